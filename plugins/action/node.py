# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module node: options, observe, plan, commit, result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plugin_utils._core.dwb.marker import Turn
from ..plugin_utils._core.dwb.retirement import check_own
from ..plugin_utils._core.errors import Refused
from ..plugin_utils._task.base import RolloutAction, holder, new_run
from ..plugin_utils._task.node import judge, observe, read_request
from ..plugin_utils._task.transaction import Way, carry_out, recover


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
        way = Way(turn, bool(options["restarted"]), self.check_mode, self.wants_diff)
        result = carry_out(files, server, judged.planned, way=way)
        return {**result, "changed": recovered or result["changed"], "warnings": list(judged.warnings)}
