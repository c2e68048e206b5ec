# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pretended node that is harmed while it commits, and the question whether it came out whole."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Mapping
from itertools import product
from pathlib import Path

from contract.host import Answer, Host, leftovers, put, read, remove

BEFORE: Mapping[str, bytes | None] = {"trust.pem": b"old trust\n", "key.pem": None, "Communications.cfg": b"old cfg\r\n", "gone.cfg": b"x"}
AFTER: Mapping[str, bytes | None] = {
    "trust.pem": b"new trust\n" * 500, "key.pem": b"new key\n" * 200, "Communications.cfg": b"new cfg\r\n", "gone.cfg": None}
TOOLS = ("awk", "base64", "cat", "chmod", "cp", "date", "find", "ln", "ls", "mkdir", "mv", "rm", "sed", "sha256sum", "sort", "sync")

# Counts the commands of a script; before or after the one that is asked for, all of its process group is killed, or CHAOS_DO is done.
# Commands of a pipe begin at once, so each takes the first number that nobody has.
_SHIM = """#!/bin/sh
set -C; n=1
until true > "$CHAOS/calls/$n"; do n=$((n + 1)); done 2> /dev/null
set +C
[ ! -e "$CHAOS/trace" ] || printf '%s\\n' "$0" "$@" >> "$CHAOS/trace"
if [ "$n" = "$CHAOS_AT" ]; then
    [ "$CHAOS_WHEN" = before ] || { REAL "$@"; code=$?; }
    eval "${CHAOS_DO:-kill -9 0}"
    [ "$CHAOS_WHEN" = before ] || exit "$code"
fi
exec REAL "$@"
"""


def make_node(folder: Path, *, shell: str = "sh") -> Host:
    """
    Return a node as it is before the commit.

    Args:
        folder: Where it is made, anew.
        shell: What runs its script.
    """
    root = folder / "Server 1"
    shutil.rmtree(root.with_name("Server 1.certops"), ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    host = Host(shell, root, root.with_name("Server 1.certops"))
    for name, content in BEFORE.items():
        path = root / name
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
    return host


def request(host: Host, run: str = "r1") -> list[str]:
    """Return the request to commit AFTER over BEFORE."""
    rows = [_row(host, name, BEFORE[name]) for name in AFTER]
    return [*host.head("commit", f"run {run}"), *rows, "end"]


def _row(host: Host, name: str, before: bytes | None) -> str:
    after, path = AFTER[name], host.root / name
    return remove(path, before) if after is None else put(path, before, after)


def state(host: Host) -> str:
    """Return ``old``, ``new`` or ``mixed``: what the files of the node are."""
    found = {name: read(host.root / name) for name in AFTER}
    return "old" if found == BEFORE else "new" if found == AFTER else "mixed"


def recovered(host: Host) -> tuple[str, Answer]:
    """Return what the files are once an interrupted commit was ended, and what the node said of it."""
    answer = host.recover("stale 0")
    return state(host), answer


def is_clean(host: Host) -> bool:
    """Tell whether nothing is left of a run but backups, so that the next one can begin."""
    return leftovers(host) == []


def shims(at: Path) -> dict[str, str]:
    """
    Return the environment in which every command of a script is counted, and none is deadly yet.

    Args:
        at: Folder of the commands and of what is noted of them; made here.
    """
    (at / "bin").mkdir(parents=True, exist_ok=True)
    for name in TOOLS:
        real = shutil.which(name)
        if real:
            (at / "bin" / name).write_text(_SHIM.replace("REAL", real))
            (at / "bin" / name).chmod(0o755)
    return {"PATH": f"{at / 'bin'}:{os.environ['PATH']}", "CHAOS": str(at), "CHAOS_AT": "0", "CHAOS_WHEN": "before"}


def begin_anew(at: Path) -> None:
    """Forget what was counted and traced below *at*, the folder of ``shims``."""
    shutil.rmtree(at / "calls", ignore_errors=True)
    (at / "calls").mkdir()
    (at / "trace").unlink(missing_ok=True)


def every_moment(at: Path, host: Host, *, seed: int) -> list[tuple[int, str]]:
    """
    Return the moments before and after each command of one commit, in an order that is drawn.

    Args:
        at: Folder of the shims, which the node has in its environment.
        host: The node, on which the commit is carried out.
        seed: Of the order.
    """
    begin_anew(at)
    host.send(request(host))
    moments = list(product(range(1, calls(at) + 1), ("before", "after")))
    random.Random(seed).shuffle(moments)
    return moments


def calls(at: Path) -> int:
    """Return how many commands were called."""
    return len(list((at / "calls").iterdir()))


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a script with all that it started; what it printed is thrown away."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
