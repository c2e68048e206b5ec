# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module client_info: one observation or two, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..plugin_utils._core.dwb.client.survey import make_client_survey
from ..plugin_utils._task.base import RolloutAction, new_run
from ..plugin_utils._task.client import judge_client, observe_client, read_client_request


class ActionModule(RolloutAction):
    """Survey one client of a Data Workbench cluster."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the client is like, what would be changed, and what stands against it."""
        request = read_client_request(options, task_vars, self._loader)
        _ignored, client = observe_client(partial(self.files, host=request.host), request)
        survey = make_client_survey(client, request.wanted, judge_client(client, request), now=request.now)
        return {"changed": False, **survey, "proposed_run": new_run(request.now)}
