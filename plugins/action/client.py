# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module client: options, observe, plan, commit, result."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..plugin_utils._core.dwb.marker import Turn, split_commit
from ..plugin_utils._core.errors import Refused
from ..plugin_utils._task.base import RolloutAction, holder, new_run
from ..plugin_utils._task.client import judge_client, observe_client, read_client_request
from ..plugin_utils._task.transaction import Way, carry_out, recover


class ActionModule(RolloutAction):
    """Bring one client of a Data Workbench cluster to the state that is wanted."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Make all changes of the phases asked for in one transaction."""
        request = read_client_request(options, task_vars, self._loader)
        turn = Turn(str(options["run"] or new_run(request.now)), holder())
        at = partial(self.files, host=request.host, keep=int(options["keep"]))
        files, client = observe_client(at, request)
        held = split_commit(client.observation.run)[0]
        run = held if held == request.take_over else turn.run
        recovered = not self.check_mode and recover(files, client.observation, run=run)
        if recovered:
            files, client = observe_client(at, request)
        judged = judge_client(client, request)
        if judged.findings:
            raise Refused(judged.findings)
        # Where nothing was ever changed there is nothing to note, and maybe no folder to keep the note in.
        noted = client.marker.run or (self.check_mode and options["run"])   # by the task before it, which has written nothing
        way = Way(turn, bool(options["restarted"] and noted), self.check_mode, self.wants_diff)
        result = carry_out(files, client, judged.planned, way=way)
        told = {"changed": recovered or result["changed"], "kind": request.layout.kind, "folder": client.layout.root}
        return {**result, **told, "warnings": list(judged.warnings)}
