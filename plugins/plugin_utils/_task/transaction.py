# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One transaction on one node: a torn one is recovered first, a planned one is committed or only shown."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.dwb.marker import Noted, Turn, split_commit
from .._core.dwb.planner import make_commit, restart_commit
from .._core.errors import InterruptedRunError, LockedError
from .._core.observation import Observation
from .._core.plan import Change
from .._host.port import HostFiles
from .base import holder, is_at_work

# A script that lost its controller ends by itself within seconds; a lock of ours that is older was left by a killed one.
_PATIENCE = 20


def recover(files: HostFiles, observation: Observation, *, run: str) -> bool:
    """
    Bring the files of an interrupted commit to all-old or all-new; tell whether there was one.

    Args:
        files: The node's.
        observation: Its state as just observed.
        run: The rollout that is at work now; only its own commits are recovered, by this or a dead controller process.

    Raises:
        LockedError: The commit is of another rollout, or its process still runs.
        InterruptedRunError: The commit is of another rollout and was interrupted.
    """
    if observation.state == "clean":
        return False
    rollout, by = split_commit(observation.run)
    age = observation.clock - observation.since
    # A run that was killed before it could write who it is has nothing to lose: it had not begun.
    if rollout and (rollout != run or (by != holder() and is_at_work(by))):
        error = LockedError if observation.state == "locked" else InterruptedRunError
        raise error(where="node", problem=f"rollout {rollout} has held this node for {age} s",
                    remedy=f"wait for it; if it was interrupted, give take_over: {rollout} (role: dwb_take_over)")
    time.sleep(max(0, min(_PATIENCE - age, _PATIENCE)))
    files.recover(stale=_PATIENCE)
    return True


def settle(files: HostFiles, commit: str, changes: Sequence[Change], *, check_mode: bool) -> None:
    """
    Commit *changes* in one transaction, or nothing in check mode.

    Args:
        files: The node's.
        commit: Id of the transaction.
        changes: In the order they are made; none is nothing to do.
        check_mode: Whether nothing may be written.
    """
    if changes and not check_mode:
        files.commit(commit, changes)


@dataclass(frozen=True)
class Way:
    """
    How a task is to be carried out.

    Attributes:
        turn: Who commits.
        restarted: Note that the product was restarted, instead of any change.
        check_mode: Whether nothing may be written.
        diff: Whether contents before and after are shown.
    """

    turn: Turn
    restarted: bool
    check_mode: bool
    diff: bool


def carry_out(files: HostFiles, node: Noted, planned: Mapping[str, Sequence[Change]], *, way: Way) -> dict[str, Any]:
    """
    Make all that is planned in one transaction, and return the result of the task.

    Args:
        files: The node's.
        node: As observed.
        planned: Changes by phase.
        way: How.
    """
    commit = restart_commit(node, way.turn) if way.restarted else make_commit(node, planned, way.turn)
    changes = commit.changes if commit else ()
    settle(files, commit.run if commit else "", changes, check_mode=way.check_mode)
    pending = not way.restarted and (bool(changes) or node.marker.restart_pending)
    return {**report(changes, diff=way.diff), "run": way.turn.run, "restart_pending": pending}


def report(changes: Sequence[Change], *, diff: bool) -> dict[str, Any]:
    """
    Return the result of a task that made, or in check mode would make, *changes*.

    Args:
        changes: In order.
        diff: Whether contents before and after are shown.
    """
    result: dict[str, Any] = {"changed": bool(changes), "changes": [change.as_result() for change in changes]}
    if diff:
        result["diff"] = [change.as_diff() for change in changes]
    return result
