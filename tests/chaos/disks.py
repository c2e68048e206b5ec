# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad disks: full at every size, with folders that are missing, and files that cannot be changed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.host import Host

from .nodes import is_clean, make_node, recovered, request, state
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


def broken(effort: Effort) -> Outcome:
    """Commit where a folder or a file is not as it should be."""
    fault = "a folder in place of a file, a link, a file that is immutable, a state folder that is a file"
    outcome = Outcome(fault, "all old, and said so", effort.seed)
    for name, harm in (("folder", _folder), ("link", _link), ("state", _state), ("immutable", _immutable)):
        host = make_node(effort.folder / name)
        if not harm(host):
            outcome.count("not tried: this machine cannot")
            continue
        answer = host.send(request(host))
        outcome.count(f"refused, exit status {answer.code}")
        outcome.expect(answer.code in {3, 6, 7} and bool(answer.verdict.get("message")), f"{name}: {answer.outcome}")
        _undo(host)
        outcome.expect((host.root / "trust.pem").read_bytes() == b"old trust\n", f"{name}: trust.pem was changed")
    return outcome


def _folder(host: Host) -> bool:
    (host.root / "key.pem").mkdir()
    return True


def _link(host: Host) -> bool:
    (host.root / "key.pem").symlink_to("/nowhere")
    return True


def _state(host: Host) -> bool:
    host.state.write_bytes(b"")
    return True


def _immutable(host: Host) -> bool:
    return subprocess.run(["chattr", "+i", str(host.root / "gone.cfg")], check=False, capture_output=True).returncode == 0


def _undo(host: Host) -> None:
    if os.path.exists(host.root / "gone.cfg"):
        subprocess.run(["chattr", "-i", str(host.root / "gone.cfg")], check=False, capture_output=True)
