# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module client_plan: one client's turn, or all that stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..plugin_utils._core.dwb.client.turn import Service, find_drift, plan_client
from ..plugin_utils._core.dwb.cluster import Member
from ..plugin_utils._core.errors import Finding, OptionError, Refused
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.cluster import cluster_hosts
from ..plugin_utils._task.options import unknown_variables


class ActionModule(RolloutAction):
    """Plan what is done with one client; others are none of its business."""

    _requires_connection = False

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the plan; fail with all findings when the client must not be touched, or for drift when it is not as it should be."""
        survey = _survey(task_vars, str(options["result"]))
        servers = [_server(host, task_vars["hostvars"][host].get(str(options["servers"]))) for host in cluster_hosts(task_vars)]
        service = _service(options, sensor=survey["kind"] == "sensor")
        if options["goal"] == "drift":
            _refuse_any([*unknown_variables(task_vars, prefix="dwb_"), *find_drift(survey, servers, service)])
            return {"changed": False, "warnings": list(survey.get("warnings", ()))}
        plan = plan_client(survey, servers, service, store=options["store"] == "windows")
        _refuse_any([*unknown_variables(task_vars, prefix="dwb_"), *plan.findings, *_check_store(options)])
        return {"changed": False, "needed": plan.needed, **{name: value for name, value in asdict(plan).items() if name != "findings"}}


def _refuse_any(findings: list[Finding]) -> None:
    if findings:
        raise Refused(findings)


def _survey(task_vars: Mapping[str, Any], result: str) -> Mapping[str, Any]:
    survey = task_vars.get(result)
    if not isinstance(survey, Mapping) or "changes" not in survey:
        raise OptionError(where="result", problem=f"{result} is no survey of this client",
                          remedy="name the variable that client_info is registered in")
    return survey


def _server(host: str, registered: object) -> Member:
    """Return a server with its survey; a server that has none is still one that the client may meet."""
    survey = registered if isinstance(registered, Mapping) else {}
    if survey.get("failed") or survey.get("unreachable") or "bundle_after" not in survey:
        return Member(host, {}, str(survey.get("msg") or "it was not surveyed"))
    return Member(host, survey)


def _service(options: Mapping[str, Any], *, sensor: bool) -> Service:
    asked = options["service"] or {}
    given = {str(word): str(value) for word, value in asked.items() if value and word != "manager"}
    prefix = "dwb_sensor_" if sensor else "dwb_client_"
    return Service(str(asked.get("manager") or "none"), given, prefix, restarted=bool(options["restarted"]))


def _check_store(options: Mapping[str, Any]) -> list[Finding]:
    """Find what keeps the Windows store from being filled: it takes PKCS#12, and it is a user's own."""
    if options["store"] != "windows":
        return []
    words = {"pkcs12_src": ("dwb_client_certificate", "has no pkcs12_src, and the Windows store takes nothing else",
                            "make one: openssl pkcs12 -export -in FILE.pem -out FILE.p12"),
             "user": ("dwb_client_store_user", "is empty, and each user has a store of their own", "name the user of the Workstation")}
    return [Finding(*words[name], "store") for name in words if not options[name]]
