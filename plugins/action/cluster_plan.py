# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module cluster_plan: what a rollout of one cluster has to do, or all that stands against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from ..plugin_utils._core.dwb.clients import Waiting
from ..plugin_utils._core.dwb.cluster import ClusterPlan, Member, check_way_back, plan_cluster, plan_restarts, plan_way_back
from ..plugin_utils._core.errors import Finding
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.clients import wait_for_clients
from ..plugin_utils._task.cluster import cluster_of, excluded_hosts, members, noted, refuse, reporter
from ..plugin_utils._task.options import unknown_variables


class ActionModule(RolloutAction):
    """Plan the rollout of the cluster that this host belongs to; every host of it gets the same plan."""

    _requires_connection = False

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return the plan; all findings of all nodes at once when it cannot be carried out."""
        every = members(task_vars, str(options["result"]))
        about = {"changed": False, "cluster": _cluster(task_vars), "reporter": reporter(task_vars)}
        if options["goal"] == "rollback":
            way = plan_way_back(every, str(options["run"] or ""), careful=bool(options["careful"]), missed=_missed(every, task_vars))
            if not options["partial"]:
                _refuse_any([*_variables(task_vars, every), *_limit(task_vars), *check_way_back(every, way)], task_vars)
            return {**about, **asdict(way), "keep_trust": way.keep_trust}
        if options["goal"] == "restart":
            return {**about, "activate": plan_restarts(every, options["also"] or ())}
        plan = plan_cluster(every, consent=bool(options["consent"]), partial=bool(options["partial"]))
        waiting = wait_for_clients(options, task_vars, every) if options["clients"] and plan.needed else Waiting()
        limited = [] if options["partial"] else _limit(task_vars)
        _refuse_any([*_variables(task_vars, every), *limited, *_of_nodes(plan), *waiting.findings], task_vars)
        warnings = [*_warnings(every), *waiting.warnings]
        return {**about, **_for_host(plan, every, str(task_vars["inventory_hostname"])), "warnings": warnings}


def _missed(every: Sequence[Member], task_vars: Mapping[str, Any]) -> set[str]:
    """Return the hosts that were lost when this play planned its way back before."""
    ways = [noted(member.host, task_vars).get("__dwb_cluster_way") or {} for member in every]
    return {str(host) for way in ways for host in way.get("lost", ())}


def _refuse_any(findings: Sequence[Finding], task_vars: Mapping[str, Any]) -> None:
    if findings:
        refuse(findings, task_vars)


def _for_host(plan: ClusterPlan, every: Sequence[Member], host: str) -> dict[str, Any]:
    """Return the plan as one host needs it; one that pulls its configuration gets the files of its master."""
    follows = next((member.survey.get("follows") for member in every if member.host == host), "")
    source: Mapping[str, str] = next((member.survey.get("planned_files", {}) for member in every if member.host == plan.master), {})
    return {
        "run": plan.run, "needed": plan.needed, "master": plan.master, "due": list(plan.due.get(host, ())),
        "activate": list(plan.activate), "canary": plan.canary, "master_files": source if follows else {},
    }


def _of_nodes(plan: ClusterPlan) -> list[Finding]:
    return [replace(finding, where=f"{host}: {finding.where}") for host, findings in plan.findings.items() for finding in findings]


def _variables(task_vars: Mapping[str, Any], every: Sequence[Member]) -> list[Finding]:
    """Find mistyped variables of any host; the same one on all hosts is told once."""
    found = [finding for member in every
             for finding in unknown_variables(task_vars["hostvars"][member.host], prefix="dwb_")]
    return list(dict.fromkeys(found))


def _limit(task_vars: Mapping[str, Any]) -> list[Finding]:
    left_out = excluded_hosts(task_vars)
    if not left_out:
        return []
    return [Finding(f"cluster {_cluster(task_vars)}", f"{', '.join(left_out)} left out by --limit: half a rollout splits the trust",
                    "run it for the whole cluster; preflight, verify and drift may be limited", "limit")]


def _cluster(task_vars: Mapping[str, Any]) -> str:
    return cluster_of(str(task_vars["inventory_hostname"]), task_vars)


def _warnings(every: Sequence[Member]) -> list[str]:
    return [f"{member.host}: {warning}" for member in every for warning in member.survey.get("warnings", ())]
