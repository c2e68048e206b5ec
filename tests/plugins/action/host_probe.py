# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The smallest action over ConnectionHost: writes one file in one commit, and looks at it before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CoreError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import Look
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change
from ansible_collections.certops.rollout.plugins.plugin_utils._host.connection import ConnectionHost
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder


class ActionModule(ActionBase):  # type: ignore[misc]   # Ansible ships no types
    """Arguments: path and run of the file, source of its content on the controller, state for the state folder."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return whether the file was new, and the guard it has now."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        wanted = self._task.args
        host = ConnectionHost(self, StateFolder(wanted["state"]), name=(task_vars or {})["inventory_hostname"])
        look = Look(wanted["path"], "public")
        try:
            before = host.observe([look]).file(look.path)
            host.commit(wanted["run"], [Change(look.path, before.sha256, Path(wanted["source"]).read_bytes(), "write")])
            after = host.observe([look]).file(look.path)
        except CoreError as error:
            return {**result, "failed": True, "msg": str(error)}
        return {**result, "changed": before != after, "guard": after.guard, "withheld": after.withheld}
