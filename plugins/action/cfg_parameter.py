# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module cfg_parameter: one typed parameter of one .cfg file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plugin_utils._core.cfg_plan import plan_parameter_absent, plan_parameter_present
from ..plugin_utils._core.errors import OptionError
from ..plugin_utils._core.observation import Look
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.single_file import editable, make_job


class ActionModule(RolloutAction):
    """Set or remove a parameter and leave every other byte of its file alone."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Change the file in one transaction, or not at all."""
        job = make_job(self, options, task_vars)
        path = [str(segment) for segment in options["parameter"]]
        seen = job.observe(Look(job.path, "text"))
        state = seen[0].file(job.path)
        editable(state)
        if options["state"] == "absent":
            planned = plan_parameter_absent(state, path)
        else:
            planned = plan_parameter_present(state, path, kind=str(options["type"]), value=_value(options))
        return {**job.settle(planned.change, seen), "before": planned.before, "after": planned.after}


def _value(options: Mapping[str, Any]) -> str:
    """Return the value as text; YAML's true and false are what a bool of the file is written like."""
    if options["value"] is None:
        raise OptionError(where="value", problem="is missing", remedy="give the value that the parameter is to have")
    value = str(options["value"])
    return value.lower() if options["type"] == "bool" else value
