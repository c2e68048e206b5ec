# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module report: what is served, what is on disk, what is off, one row a node, and one a client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..plugin_utils._core.dwb.report import make_client_rows, make_rows, make_table
from ..plugin_utils._core.errors import Finding, OptionError, Refused
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.clients import clients
from ..plugin_utils._task.cluster import cluster_name, members, reporter


class ActionModule(RolloutAction):
    """Print and judge the state of one cluster."""

    _requires_connection = False

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rows; fail, after they are shown, when any node is not as it should be."""
        rows = make_rows(members(task_vars, str(options["result"])))
        host = str(task_vars["inventory_hostname"])
        speaks = host == reporter(task_vars)
        known = make_client_rows(clients(task_vars, str(options["clients"] or ""))) if speaks else []
        table = [f"cluster {cluster_name(task_vars)}", *make_table([*rows, *known])]
        if speaks:
            self._publish(options, table, {"cluster": cluster_name(task_vars), "nodes": rows, "clients": known})
        mine = next((row for row in rows if row["node"] == host and row["problems"]), None)
        if mine and options["fail"]:
            raise Refused([Finding(host, "; ".join(mine["problems"]), "run certops.rollout.rollout to put it right", "drift")])
        return {"changed": False, "nodes": rows, "clients": known, "table": table, "ok": not any(row["problems"] for row in rows)}

    def _publish(self, options: Mapping[str, Any], table: Sequence[str], content: Mapping[str, Any]) -> None:
        if options["show"]:
            for line in table:
                self._display.display(line)
        if options["path"] and not self.check_mode:
            _write(Path(str(options["path"])), content)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    try:
        path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise OptionError(where="path", problem=f"cannot write {path}: {error.strerror}",
                          remedy="name a file in a folder that exists and can be written to") from None
