# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module node: options, observe, plan, commit, result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plugin_utils._core.dwb.marker import Turn
from ..plugin_utils._core.dwb.planner import make_commit, restart_commit
from ..plugin_utils._core.dwb.retirement import check_own
from ..plugin_utils._core.errors import Refused
from ..plugin_utils._task.base import RolloutAction, holder, new_run
from ..plugin_utils._task.node import judge, observe, read_request
from ..plugin_utils._task.transaction import recover, report, settle


class ActionModule(RolloutAction):
    """Bring one Data Workbench node to the state that is wanted."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Make all changes of the phases asked for in one transaction."""
        request = read_request(options, task_vars, self._loader)
        turn = Turn(str(options["run"] or new_run(request.now)), holder())
        files = self.files(request.layout.state, host=request.host, keep=int(options["keep"]))
        server = observe(files, request)
        recovered = not self.check_mode and recover(files, server.observation, run=turn.run)
        if recovered:
            server = observe(files, request)
        judged = judge(server, request)
        findings = judged.findings or check_own(server, request.wanted)
        if findings:
            raise Refused(findings)
        commit = restart_commit(server, turn) if options["restarted"] else make_commit(server, judged.planned, turn)
        changes = commit.changes if commit else ()
        settle(files, commit.run if commit else "", changes, check_mode=self.check_mode)
        pending = not options["restarted"] and (bool(changes) or server.marker.restart_pending)
        result = report(changes, diff=self.wants_diff)
        result |= {"changed": recovered or bool(changes), "run": turn.run}
        return {**result, "restart_pending": pending, "warnings": list(judged.warnings)}
