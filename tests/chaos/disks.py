# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad disks: full at every size, and read-only from some moment on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from contract.host import Host

from .failing import PROMISE, judge
from .nodes import begin_anew, every_moment, is_clean, make_node, recovered, request, shims, state
from .outcome import Effort, Outcome

_PAGE = 4096


@contextmanager
def _small_disk(at: Path, pages: int) -> Iterator[bool]:
    """Mount a file system of so many pages at *at*; tell whether this machine lets us."""
    at.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={pages * _PAGE}", "tmpfs", str(at)]
    mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(at)], check=True)


def full(effort: Effort) -> Outcome:
    """Commit with so many pages free, for every number until there are enough."""
    outcome = Outcome("ENOSPC: a disk that fills up in the middle of a commit", "all old and said so, or all new", effort.seed)
    for pages in range(7, 40, effort.times(16, otherwise=1)):
        with _small_disk(effort.folder / "disk", pages) as mounted:
            if not mounted:
                outcome.count("not tried: this machine lets nobody mount")
                continue
            _fill(outcome, effort.folder / "disk", pages)
    return outcome


def _fill(outcome: Outcome, disk: Path, pages: int) -> None:
    try:
        host = make_node(disk)
    except OSError:
        outcome.count("too small for the files themselves")
        return
    answer = host.send(request(host))
    ended = state(host)
    outcome.count(f"all {ended}, exit status {answer.code}")
    outcome.expect((ended, answer.code) in {("old", 6), ("new", 0)}, f"{pages} pages: {ended}, {answer.outcome}")
    _mend(outcome, host, f"{pages} pages")


def _mend(outcome: Outcome, host: Host, when: str) -> None:
    """See that nothing stays that would keep the next run from its work."""
    before = state(host)
    after, answer = recovered(host)
    outcome.expect(answer.outcome == (0, "") and after == before, f"{when}: recover said {answer.outcome}, the files are {after}")
    outcome.expect(is_clean(host), f"{when}: something was left behind")


def read_only(effort: Effort) -> Outcome:
    """Make the file system read-only before and after the n-th command of the script, for every n; then writable again, and recover."""
    outcome = Outcome("a file system that becomes read-only before or after the n-th command of a commit", PROMISE, effort.seed)
    at, disk = effort.folder / "shims", effort.folder / "disk"
    env = {**shims(at), "CHAOS_DO": f"mount -o remount,ro '{disk}' 2> /dev/null"}
    with _small_disk(disk, 1000) as mounted:
        if not mounted:
            outcome.count("not tried: this machine lets nobody mount")
            return outcome
        host = make_node(disk)
        host.env = env
        moments = every_moment(at, host, seed=effort.seed)
        for number, when in moments[: effort.times(2, otherwise=len(moments))]:
            begin_anew(at)
            host = make_node(disk)
            host.env = {**env, "CHAOS_AT": str(number), "CHAOS_WHEN": when}
            judge(outcome, host, f"{when} command {number}", heal=partial(_write_again, disk))
    return outcome


def _write_again(disk: Path) -> bool:
    """Let *disk* be written to again; tell whether it was read-only: it cannot become so while a file is open for writing."""
    was = bool(os.statvfs(disk).f_flag & os.ST_RDONLY)
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    return was
