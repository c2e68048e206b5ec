# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module gate: no node goes on when one of its cluster did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plugin_utils._core.errors import Finding
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.cluster import STOPPED, is_own, members, refuse, reporter


class ActionModule(RolloutAction):
    """Fail on every node of a cluster when any of them failed or vanished."""

    _requires_connection = False

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return whether the gate is open, and if not, why."""
        arrived = members(task_vars, str(options["result"] or ""))
        failed = [member for member in arrived if member.failure]
        culprits = [member for member in failed if is_own(member)] or failed
        remedy = f"no node goes on past {options['step']!r}: {STOPPED}"
        findings = [Finding(member.host, member.failure, remedy, "gate") for member in culprits]
        if findings and options["fail"]:
            refuse(findings, task_vars)
        why = "; ".join(f"{member.host}: {member.failure}" for member in culprits)
        return {"changed": False, "open": not failed, "why": why, "reporter": reporter(task_vars)}
