# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run ansible-playbook as an operator would, and return what came of every task on every host."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_COLLECTIONS = _HERE.parents[1] / "build" / "collections"
_NAMED = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+\.[a-z0-9_]+")
_SETTINGS = {
    "ANSIBLE_CALLBACKS_ENABLED": "collect",
    "ANSIBLE_CALLBACK_PLUGINS": str(_HERE / "callbacks"),
    "ANSIBLE_FORKS": "5",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_NOCOWS": "1",
    "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True)
class Prepared:
    """
    A run of ansible-playbook that has not begun.

    Attributes:
        argv: The command.
        env: Its whole environment; nothing of the caller's Ansible settings or home is in it.
        folder: Its working directory, which is also its home.
        record: Where the callback writes one JSON object a line.
    """

    argv: list[str]
    env: dict[str, str]
    folder: Path
    record: Path


@dataclass(frozen=True)
class Event:
    """
    What came of one task on one host; items of a loop are in ``result["results"]``.

    Attributes:
        host: Its name in the inventory.
        task: The task's name as displayed, without the role's.
        status: ok, failed, ignored, skipped or unreachable.
        result: As a registered variable would hold it.
    """

    host: str
    task: str
    status: str
    result: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """
    What came of a run.

    Attributes:
        rc: Exit status of ansible-playbook.
        stdout: All that it said, standard error with it.
        stats: By host: ok, changed, failures, unreachable, skipped, rescued, ignored.
        events: In the order in which they were told.
    """

    rc: int
    stdout: str
    stats: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()

    def of(self, host: str, task: str = "") -> Event:
        """
        Return the last event of *host*.

        Args:
            host: Its name in the inventory.
            task: Only those of the task of this name; any when empty.

        Raises:
            LookupError: There is none; the message is what ansible-playbook said.
        """
        events = self.all(task=task, host=host)
        if not events:
            raise LookupError(f"nothing of {task!r} on {host!r} in:\n{self.stdout}")
        return events[-1]

    def all(self, *, task: str = "", host: str = "") -> list[Event]:
        """
        Return the events of a task, of a host, or of both.

        Args:
            task: A task's name; any when empty.
            host: A host's name; any when empty.
        """
        return [event for event in self.events if task in ("", event.task) and host in ("", event.host)]

    @property
    def changed(self) -> int:
        """Return on how many hosts and tasks something was changed."""
        return sum(stats["changed"] for stats in self.stats.values())


def prepare(playbook: str, inventory: str, *arguments: str, folder: Path, env: Mapping[str, str] | None = None) -> Prepared:
    """
    Write playbook and inventory below *folder* and return how they are run.

    Args:
        playbook: YAML, or the name of a playbook of a collection, like certops.rollout.rollout.
        inventory: YAML or INI.
        arguments: More of the command line, like ``--check``.
        folder: Used by nobody else; may hold what earlier runs left.
        env: More of the environment.

    Returns:
        For ``finish``, or for a test that ends the process half-way.
    """
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    hosts = folder / ("inventory.yml" if re.search(r"^\S+:", inventory, re.M) else "inventory.ini")
    hosts.write_text(inventory, encoding="utf-8")
    source = playbook.strip()
    if not _NAMED.fullmatch(source):
        source = str(folder / "playbook.yml")
        Path(source).write_text(playbook, encoding="utf-8")
    record = folder / "record.jsonl"
    record.unlink(missing_ok=True)
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    return Prepared([program, "-i", str(hosts), source, *arguments], _environment(home, record, env or {}), folder, record)


def _environment(home: Path, record: Path, more: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which only the caller's PATH and collections are left of what Ansible looks at."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "COVERAGE_", "PYTEST_"))}
    collections = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(_COLLECTIONS)
    places = {"HOME": str(home), "ANSIBLE_HOME": str(home / ".ansible"), "ANSIBLE_REMOTE_TMP": str(home / ".ansible" / "tmp"),
              "ANSIBLE_CONFIG": str(home / "ansible.cfg"),
              "ANSIBLE_COLLECTIONS_PATH": collections, "TEST_RECORD": str(record)}
    (home / "ansible.cfg").touch()
    return {**kept, **_SETTINGS, **places, **more}


def run_playbook(playbook: str, inventory: str, *arguments: str, folder: Path, timeout: float = 300) -> Result:
    """
    Run a playbook to its end.

    Args:
        playbook: YAML, or the name of a playbook of a collection.
        inventory: YAML or INI.
        arguments: More of the command line.
        folder: Used by nobody else, like pytest's ``tmp_path``.
        timeout: Seconds until it is killed with all that it started.

    Raises:
        subprocess.TimeoutExpired: It was killed.
    """
    return finish(prepare(playbook, inventory, *arguments, folder=folder), timeout=timeout)


def start(run: Prepared) -> subprocess.Popen[str]:
    """Begin *run* in a session of its own, so that it can be killed with all its workers."""
    return subprocess.Popen(
        run.argv, env=run.env, cwd=run.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", start_new_session=True)


def finish(run: Prepared, *, timeout: float = 300) -> Result:
    """
    Carry out *run* and return what came of it.

    Args:
        run: As prepared.
        timeout: Seconds until it is killed with all that it started.

    Raises:
        subprocess.TimeoutExpired: It was killed.
    """
    with start(run) as process:
        try:
            stdout, _ignored = process.communicate(timeout=timeout)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return read_result(run, rc=process.returncode, stdout=stdout)


def read_result(run: Prepared, *, rc: int, stdout: str) -> Result:
    """
    Return what the callback recorded of *run*; a run that was killed has events, but no stats.

    Args:
        run: As prepared.
        rc: Exit status.
        stdout: What it said.
    """
    lines = run.record.read_text(encoding="utf-8").splitlines() if run.record.exists() else []
    records = [json.loads(line) for line in lines]
    stats: Mapping[str, Mapping[str, int]] = next((record["stats"] for record in records if "stats" in record), {})
    return Result(rc, stdout, stats, tuple(Event(**record) for record in records if "stats" not in record))


def children(pid: int) -> Iterator[int]:
    """Return the ids of all processes that descend from *pid*; a server that has been started is a daemon and descends from nobody."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
        except OSError:
            continue
    waiting = [pid]
    while waiting:
        found = parents.get(waiting.pop(), [])
        waiting += found
        yield from found


def kill(process: subprocess.Popen[str], *, whole: bool) -> str:
    """Kill a run without warning, the *whole* of it or all but its workers, which end a moment later; return what it said."""
    victims = [*children(process.pid)] if whole else []
    os.killpg(process.pid, signal.SIGKILL)
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return process.communicate(timeout=60)[0]
