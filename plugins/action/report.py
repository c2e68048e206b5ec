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
from ..plugin_utils._task.cluster import Cluster, clusters, members_of, own_cluster


class ActionModule(RolloutAction):
    """Print and judge the state of one cluster, or of every one of the play."""

    _requires_connection = False

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rows; fail, after they are shown, when any node is not as it should be."""
        host = str(task_vars["inventory_hostname"])
        if options["problems"] is not None:
            _judge(host, options["problems"], fail=bool(options["fail"]))
            return {"changed": False, "ok": not options["problems"], "problems": options["problems"]}
        if options["every_cluster"]:
            off = _off([row for cluster in clusters(task_vars) for row in self._report(cluster, options, task_vars)["nodes"]])
            return {"changed": False, "ok": not off, "problems": off}
        report = self._report(own_cluster(task_vars), options, task_vars)
        off = _off(report["nodes"])
        _judge(host, off, fail=bool(options["fail"]))
        return {"changed": False, **report, "ok": not off, "problems": off}

    def _report(self, cluster: Cluster, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rows of one cluster; publish them where this host speaks for it, or for all of them."""
        rows = make_rows(members_of(cluster.hosts, task_vars, str(options["result"])))
        own = cluster.speaker == task_vars["inventory_hostname"]
        known = make_client_rows(clients(task_vars, str(options["clients"] or ""))) if own else []
        report: dict[str, Any] = {"nodes": rows, "clients": known, "table": [f"cluster {cluster.name}", *make_table([*rows, *known])]}
        if options["show"] and (own or options["every_cluster"]):
            for line in report["table"]:
                self._display.display(line)
        path = options["path"] if own else self._path(cluster.speaker, task_vars) if options["every_cluster"] else None
        if path and not self.check_mode:
            _write(Path(str(path)), {"cluster": cluster.name, "nodes": rows, "clients": known})
        return report

    def _path(self, host: str, task_vars: Mapping[str, Any]) -> str | None:
        """Return where *host*, another one than this, would write the report of its cluster."""
        variables = {**task_vars, **task_vars["hostvars"].raw_get(host)} if host else {}
        path = variables.get("dwb_report_path")
        return str(self._templar.copy_with_new_env(available_variables=variables).template(path)) if path else None


def _off(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    return {row["node"]: row["problems"] for row in rows if row["problems"]}


def _judge(host: str, off: Mapping[str, Sequence[str]], *, fail: bool) -> None:
    if fail and off.get(host):
        raise Refused([Finding(host, "; ".join(off[host]), "run certops.rollout.rollout to put it right", "drift")])


def _write(path: Path, content: Mapping[str, Any]) -> None:
    try:
        path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise OptionError(where="path", problem=f"cannot write {path}: {error.strerror}",
                          remedy="name a file in a folder that exists and can be written to") from None
