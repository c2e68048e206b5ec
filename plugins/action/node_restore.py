# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module node_restore: every commit of a rollout taken back, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..plugin_utils._core.dwb.marker import Turn
from ..plugin_utils._core.dwb.planner import taken_back_commit
from ..plugin_utils._core.errors import Refused
from ..plugin_utils._host.port import HostFiles
from ..plugin_utils._task.base import RolloutAction, holder
from ..plugin_utils._task.node import observe, read_request, rollout_findings
from ..plugin_utils._task.transaction import recover, settle


class ActionModule(RolloutAction):
    """Bring the files of one node back to what they were before a rollout."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Restore the backups of the rollout; a node it never touched stays as it is."""
        request = read_request({**options, "phases": []}, task_vars, self._loader)
        files = self.files(request.layout.state, host=request.host, keep=int(options["keep"]))
        server = observe(files, request)
        run = str(options["run"] or server.marker.run)
        recovered = not self.check_mode and recover(files, server.observation, run=run)
        if recovered:
            server = observe(files, request)
        against = [finding for finding in server.findings if finding.rule == "NodeError"]
        against += [] if options["force"] else rollout_findings(server, request)
        if against:
            raise Refused(against)
        commits = tuple(reversed(server.marker.commits)) if run and server.marker.run == run else ()
        if commits and not self.check_mode:
            # Noted first: cut short here, the marker still says that there is something to take back.
            note = taken_back_commit(server, Turn(run, holder()))
            settle(files, note.run, note.changes, check_mode=False)
            self._take_back(files, commits, force=bool(options["force"]))
        return {"changed": recovered or bool(commits), "run": run, "commits": list(commits)}

    @staticmethod
    def _take_back(files: HostFiles, commits: Sequence[str], *, force: bool) -> None:
        for commit in commits:
            files.restore(commit, force=force)
