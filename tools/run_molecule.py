# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Play scenarios of molecule/, two at a time: ``run_molecule.py [SCENARIO ...]``, all when none is named.

Exit status 69 when their machines cannot be made here, 1 when a scenario failed or did not run. Whatever happens, no machine stays.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
BUILD = HOME / "build" / "molecule"
LOGS = HOME / "build" / "molecule-logs"
AT_A_TIME = 2
# The longest first, so that no core is idle in the end.
FIRST = ("refused", "reboot", "ca_rotation", "rollback", "interrupted")
_PASSED = re.compile(r"^=+ (\d+) passed in ", re.M)


@dataclass(frozen=True)
class Played:
    """How one scenario ended: its name, what is wrong (empty when nothing is), seconds."""

    name: str
    problem: str
    seconds: float


def main(names: Sequence[str]) -> int:
    """Play the scenarios called *names*."""
    known = sorted(path.parent.name for path in HOME.glob("molecule/*/molecule.yml"))
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"there is no scenario {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    begun = time.monotonic()
    built = subprocess.run([sys.executable, "-m", "machines", "build"], env=_environment(""), check=False).returncode
    if built:
        return built
    print(f"images: {time.monotonic() - begun:.0f} s", flush=True)
    return _play_all(sorted(names or known, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST)))


def _play_all(names: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            played = list(pool.map(_play, names))
    finally:
        for name in names:
            _remove(name)
    failed = [one for one in played if one.problem]
    print(*(f"{one.name:15} {one.problem or 'ok':30} {one.seconds:4.0f} s" for one in played), sep="\n")
    print(f"{len(played) - len(failed)} of {len(played)} scenarios passed")
    return 1 if failed else 0


def _play(name: str) -> Played:
    LOGS.mkdir(parents=True, exist_ok=True)
    # Keys and records of a run that failed would be taken for those of this one.
    shutil.rmtree(BUILD / name, ignore_errors=True)
    log, begun = LOGS / f"{name}.log", time.monotonic()
    with log.open("wb") as file:
        command = [str(Path(sys.executable).with_name("molecule")), "test", "--scenario-name", name, "--no-command-borders"]
        code = subprocess.run(command, cwd=HOME, env=_environment(name), stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                              check=False).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    problem = problem_of(code, text)
    if problem:
        print(f"--- {name}: {problem}; the end of {log.relative_to(HOME)}:", *text.splitlines()[-120:], sep="\n", flush=True)
    return Played(name, problem, time.monotonic() - begun)


def problem_of(code: int, text: str) -> str:
    """Return what is wrong with a run, empty when nothing is; Molecule is content with a scenario whose tests it does not find."""
    if code:
        return f"failed with exit status {code}"
    return "" if _PASSED.search(text) else "its tests did not run, or some were skipped"


def _environment(name: str) -> dict[str, str]:
    tools = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(HOME / "tests"), "NO_COLOR": "1",
            "MOLECULE_EPHEMERAL_DIRECTORY": str(BUILD / name)}


def _remove(name: str) -> None:
    """Remove the machines of a scenario that was not played to its end; Molecule removes the others."""
    named = ["--filter", f"name=^certops-{name}(-|$)", "--quiet"]
    for kind, force in (("container", ("--force", "--time", "0")), ("network", ("--force",))):
        listed = ["podman", kind, "ls", *named, *(("--all",) if kind == "container" else ())]
        found = subprocess.run(listed, capture_output=True, text=True, check=False).stdout.split()
        if found:
            subprocess.run(["podman", kind, "rm", *force, *found], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
