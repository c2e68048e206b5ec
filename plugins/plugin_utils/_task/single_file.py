# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One file of one node, looked at and changed in one transaction: what the modules for other playbooks share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .._core.dwb.layout import LICENCE, Layout, make_layout
from .._core.dwb.marker import Turn, commit_id
from .._core.errors import NodeError, OptionError
from .._core.observation import FileState, Look, Observation
from .._core.plan import Change
from .._host.port import HostFiles
from .base import RolloutAction, holder, new_run
from .transaction import recover, report, settle

# The product writes the first by itself; the others are shared by the whole cluster, and a change of the last one drops
# every connection (dossier 4.1 and 3.5).
_UNTOUCHED = frozenset({LICENCE, "cluster.cfg", "log processing.cfg", "profile.cfg", "access control.cfg"})


@dataclass(frozen=True)
class Job:
    """
    The one file that a task is about.

    Attributes:
        host: Its node's name in the inventory.
        layout: The paths of the product.
        path: Absolute, in the node's own notation.
        files: The node's.
        turn: Who commits.
        take_over: An interrupted run that is ended first, empty for none.
        now: Aware.
        check_mode: Whether nothing may be written.
        diff: Whether the result shows contents.
    """

    host: str
    layout: Layout
    path: str
    files: HostFiles
    turn: Turn
    take_over: str
    now: datetime
    check_mode: bool
    diff: bool

    def observe(self, *looks: Look) -> tuple[Observation, bool]:
        """
        Return what the node answers, and whether an interrupted run was ended first.

        Raises:
            LockedError: Another run is at work on the node.
            InterruptedRunError: One was interrupted, and it was not asked to end it.
        """
        seen = self.files.observe(looks)
        run = self.take_over if self.take_over and not self.check_mode else self.turn.run
        if not recover(self.files, seen, run=run):
            return seen, False
        return self.files.observe(looks), True

    def settle(self, change: Change | None, seen: tuple[Observation, bool]) -> dict[str, Any]:
        """
        Make *change*, unless in check mode, and return the result of the task.

        Args:
            change: None when the file is as it should be.
            seen: As ``observe`` returned it.
        """
        observation, recovered = seen
        changes = [change] if change else []
        commit = commit_id(self.turn, 1, clock=observation.clock)
        settle(self.files, commit, changes, check_mode=self.check_mode)
        kept = self.layout.path(self.layout.state, "backup", commit) if change and not self.check_mode else ""
        result = report(changes, diff=self.diff)
        return {**result, "changed": bool(change) or recovered, "path": self.path, "backup": kept}


def absolute(layout: Layout, path: str) -> str:
    """
    Return *path* as an absolute one; a relative one begins at the root.

    Args:
        layout: Tells the root and the system.
        path: On Windows with slashes of either kind.
    """
    if path.startswith("/") or (layout.windows and re.match(r"[A-Za-z]:[\\/]|\\\\", path)):
        return path
    return layout.path(layout.root, *(re.split(r"[\\/]", path) if layout.windows else [path]))


def make_job(action: RolloutAction, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> Job:
    """
    Return the job that the options common to these modules describe.

    Args:
        action: The plugin at work.
        options: With root, path, keep and take_over.
        task_vars: Of the host.

    Raises:
        OptionError: The root is no absolute path, or the file is one that is never written.
    """
    layout = make_layout(str(options["root"]))
    host, now = str(task_vars.get("inventory_hostname", "")), datetime.now(UTC)
    files = action.files(layout.state, host=host, keep=int(options["keep"]))
    turn, take_over = Turn(new_run(now), holder()), str(options["take_over"] or "")
    path = absolute(layout, str(options["path"]))
    if re.split(r"[\\/]", path)[-1].casefold() in _UNTOUCHED:
        raise OptionError(where="path", problem=f"{path} belongs to the product or to the whole cluster; it is read and never written",
                          remedy="name another file")
    return Job(host, layout, path, files, turn, take_over, now, action.check_mode, action.wants_diff)


def editable(state: FileState) -> bytes:
    """
    Return the whole content of an observed file.

    Args:
        state: Of a look at its text.

    Raises:
        NodeError: It is no plain file, is larger than 1 MiB, or holds a private key, which is never read.
    """
    if state.kind != "file":
        raise NodeError(where=state.path, problem=f"is {'absent' if state.kind == 'absent' else 'no plain file'}",
                        remedy="correct the path; the file has to be there")
    if state.withheld:
        raise NodeError(where=state.path, problem="holds a private key", remedy="name a file without one; keys are never read from a node")
    if state.content is None:
        raise NodeError(where=state.path, problem=f"has {state.size} bytes, more than 1 MiB", remedy="name a smaller file")
    return state.content
