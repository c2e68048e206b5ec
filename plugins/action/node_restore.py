# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module node_restore: every commit of a rollout taken back, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..plugin_utils._core.dwb.layout import Place, make_layout
from ..plugin_utils._core.dwb.marker import Marker, Standing, Turn, read_standing, standing_looks
from ..plugin_utils._core.dwb.planner import taken_back_commit
from ..plugin_utils._core.errors import Refused
from ..plugin_utils._host.port import HostFiles
from ..plugin_utils._task.asked import check_rollout
from ..plugin_utils._task.base import RolloutAction, holder
from ..plugin_utils._task.transaction import recover, settle


class ActionModule(RolloutAction):
    """Bring the files of one node back to what they were before a rollout."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Restore the backups of the rollout; a node it never touched stays as it is."""
        place = make_layout(str(options["root"]))
        files = self.files(place.state, host=str(task_vars.get("inventory_hostname", "")), keep=int(options["keep"]))
        node = self._observe(files, place)
        run = str(options["run"] or node.marker.run)
        recovered = not self.check_mode and recover(files, node.observation, run=run)
        if recovered:
            node = self._observe(files, place)
        if node.findings:
            raise Refused(node.findings)
        commits, kept = _commits(node.marker, run, keep_trust=bool(options["keep_trust"]))
        against = check_rollout(node, str(options["take_over"] or "")) if commits and not options["force"] else []
        if against:
            raise Refused(against)
        if commits and not self.check_mode:
            if not kept:   # noted first: cut short here, the marker still says that there is something to take back
                note = taken_back_commit(node, Turn(run, holder()))
                settle(files, note.run, note.changes, check_mode=False)
            self._take_back(files, commits, force=bool(options["force"]))
        return {"changed": recovered or bool(commits), "run": run, "commits": list(commits)}

    @staticmethod
    def _observe(files: HostFiles, place: Place) -> Standing:
        return read_standing(place, files.observe(standing_looks(place)))

    @staticmethod
    def _take_back(files: HostFiles, commits: Sequence[str], *, force: bool) -> None:
        for commit in commits:
            files.restore(commit, force=force)


def _commits(marker: Marker, run: str, *, keep_trust: bool) -> tuple[Sequence[str], Sequence[str]]:
    """Return the commits of a rollout that are taken back, newest first, and those that stay: the bundle is what it writes first."""
    commits = marker.commits if run and marker.run == run else ()
    kept = 1 if keep_trust and marker.phases[:1] == ("trust",) else 0
    return tuple(reversed(commits[kept:])), commits[:kept]
