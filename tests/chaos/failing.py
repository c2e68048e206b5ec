# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Disks that fail in the middle of a commit: an error at every call, no room behind every byte, slow ones with a script that is killed."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable, Iterator
from itertools import product

from contract.host import Answer, Host

from .faulty import KINDS, FaultyDisk
from .kills import kill_after
from .nodes import is_clean, make_node, recovered, request, state
from .outcome import Effort, Outcome

_UNTRIED = "not tried: no compiler, or programs that it cannot be put before"
PROMISE = "all old and said so, or all new; after `recover` nothing is torn, nothing left behind, and the next run can begin"
_ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_CHANGES = KINDS[:KINDS.index("close")]
_Trial = tuple[str, int, int, int]   # kind, number of the first call, how many fail, how
_ALL = 2**31


def _disk(effort: Effort) -> FaultyDisk:
    """Return a disk that has counted the calls of one commit, where it works."""
    disk = FaultyDisk(effort.folder / "library", effort.folder / "disk")
    if disk.works:
        host = make_node(effort.folder / "disk")
        host.env = disk.armed()
        host.send(request(host))
    return disk


def errors(effort: Effort) -> Outcome:
    """Let the n-th call of each kind fail, once or from then on, for every n."""
    fault = ("EIO, ENOSPC, EDQUOT, EROFS of the n-th write, fsync, rename, open, unlink, link, mkdir, chmod; EIO of the n-th close, read,"
             " look; only that call, four in a row, or all from then on")
    outcome, disk = Outcome(fault, PROMISE, effort.seed), _disk(effort)
    if not disk.works:
        outcome.count(_UNTRIED)
        return outcome
    trials = [*_calls(disk.counted())]
    random.Random(effort.seed).shuffle(trials)
    for kind, call, many, how in trials[: effort.times(4, otherwise=len(trials))]:
        host = make_node(effort.folder / "disk")
        host.env = disk.armed(kind=KINDS.index(kind), from_=call, errno=how, to=call + many - 1)
        calls = f"{call}{'' if many == 1 else ' and on' if many == _ALL else f' to {call + 3}'}"
        judge(outcome, host, f"{errno.errorcode[how]} of {kind} {calls}")
    return outcome


def _calls(counted: dict[str, int]) -> Iterator[_Trial]:
    for kind in KINDS:
        hows = _ERRORS if kind in _CHANGES else (errno.EIO,)
        yield from product([kind], range(1, counted[kind] + 1), (1, 4, _ALL), hows)


def full(effort: Effort) -> Outcome:
    """Let the disk be full after so many bytes, from none to as many as a commit writes."""
    fault = "ENOSPC: a disk that is full after N bytes, with a short write before it, for N in steps of 16 bytes; room never comes back"
    outcome, disk = Outcome(fault, PROMISE, effort.seed), _disk(effort)
    if not disk.works:
        outcome.count(_UNTRIED)
        return outcome
    most, step = disk.counted()["bytes"] + 16, 16
    rooms = [*range(random.Random(effort.seed).randrange(step), most, step)]
    random.Random(effort.seed).shuffle(rooms)
    for room in rooms[: effort.times(2, otherwise=len(rooms))]:
        host = make_node(effort.folder / "disk")
        host.env = disk.armed(bytes=room)
        judge(outcome, host, f"{room} bytes")
    return outcome


def judge(outcome: Outcome, host: Host, when: str, *, heal: Callable[[], bool] = lambda: True) -> None:
    """
    Commit on a bad disk, see what came of it, recover on a good one, and see whether the next run can begin.

    Args:
        outcome: Of the experiment.
        host: Its ``env`` makes the disk bad.
        when: What was done to it, for people.
        heal: Makes the disk good again, if it takes more than to leave ``env`` away; tells whether it was bad at all.
    """
    answer = host.send(request(host))
    ended = state(host)
    if not heal():
        outcome.count("not tried: what was to be done could not be done at that moment")
        return
    outcome.count(_ending(answer, ended))
    outcome.expect("without a word" not in _ending(answer, ended), f"{when}: {ended}, {answer.outcome}, {answer.stderr[-300:]}")
    host.env = {}
    after, said = recovered(host)
    outcome.expect(said.outcome == (0, ""), f"{when}: recover said {said.outcome}")
    if answer.code == 0:
        outcome.expect(after == "new", f"{when}: done, and {after}")
    elif answer.code == 5:   # it could not end: all new or all old is what recover is for
        outcome.expect(after in {"old", "new"}, f"{when}: interrupted, and {after}")
    else:
        outcome.expect(ended == after == "old", f"{when}: {answer.outcome}, {ended}, then {after}")
    go_on(outcome, host, when)


def go_on(outcome: Outcome, host: Host, when: str) -> None:
    """
    See that the next run can begin, where nothing is new yet, and that nothing is left behind.

    Args:
        outcome: Of the experiment.
        host: Recovered, on a good disk.
        when: What was done to it, for people.
    """
    if state(host) == "old":
        again = host.send(request(host, "r2"))
        outcome.expect(again.outcome == (0, "") and state(host) == "new", f"{when}: the next run said {again.outcome}, {state(host)}")
    outcome.expect(is_clean(host), f"{when}: something was left behind")


def _ending(answer: Answer, ended: str) -> str:
    if not answer.verdict.get("ok") and not answer.verdict.get("message"):
        return f"{ended}, without a word"
    return f"{'torn, to be recovered' if ended == 'mixed' else f'all {ended}'}, exit status {answer.code}"


def slow(effort: Effort) -> Outcome:
    """Let every call that changes something wait, and kill the script at a moment that was drawn."""
    fault = "a disk that takes up to 20 ms for each change, and SIGKILL of the script at a random moment"
    outcome, disk = Outcome(fault, PROMISE, effort.seed), FaultyDisk(effort.folder / "library", effort.folder / "disk")
    if not disk.works:
        outcome.count(_UNTRIED)
        return outcome
    dice, begun = random.Random(effort.seed), time.perf_counter()
    host = make_node(effort.folder / "disk")
    host.env = disk.armed(slow=20, seed=effort.seed % 2**31)
    answer = host.send(request(host))
    whole = time.perf_counter() - begun
    outcome.expect(answer.outcome == (0, "") and state(host) == "new", f"not killed: {answer.outcome}, {state(host)}")
    for number in range(effort.times(1, otherwise=300)):
        host, moment = make_node(effort.folder / "disk"), dice.random() * whole
        host.env = disk.armed(slow=20, seed=(effort.seed + number) % 2**31)
        kill_after(host, moment)
        host.env, torn = {}, state(host)
        after, said = recovered(host)
        outcome.count(f"{'torn' if torn == 'mixed' else 'whole'}, then all {after}")
        outcome.expect(said.outcome == (0, "") and after in {"old", "new"}, f"after {moment:.4f} s: recover said {said.outcome}, {after}")
        go_on(outcome, host, f"after {moment:.4f} s of {whole:.4f} s")
    return outcome
