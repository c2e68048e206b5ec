# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servers of one cluster as an action of one of them sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from .._core.dwb.cluster import Member
from .._core.errors import Finding, Refused
from .node import GROUPS

STOPPED = "mend them, then run the play again"
_VANISHED = "was lost on the way: unreachable, or failed in an earlier task"


def cluster_name(variables: Mapping[str, Any]) -> str:
    """Return the name of the cluster that a host with these variables belongs to; hosts without one are one cluster."""
    return str(variables.get("dwb_cluster_name") or "default")


def cluster_hosts(task_vars: Mapping[str, Any]) -> list[str]:
    """Return the hosts of this host's cluster, all that the inventory has, in its order."""
    mine = cluster_name(task_vars)
    groups = task_vars.get("groups", {})
    hosts = dict.fromkeys(str(host) for group in GROUPS for host in groups.get(group, ()))
    return [host for host in hosts if cluster_name(task_vars["hostvars"][host]) == mine]


def excluded_hosts(task_vars: Mapping[str, Any]) -> list[str]:
    """Return the hosts of the cluster that this play leaves out (``--limit``)."""
    played = set(task_vars.get("ansible_play_hosts_all", ()))
    return [host for host in cluster_hosts(task_vars) if host not in played]


def members(task_vars: Mapping[str, Any], result: str) -> list[Member]:
    """
    Return the cluster with what a task registered for each host.

    Args:
        task_vars: Of one host of the cluster.
        result: Name of the registered variable.
    """
    left_out = set(excluded_hosts(task_vars))
    return [_member(host, task_vars, result) for host in cluster_hosts(task_vars) if host not in left_out]


def _member(host: str, task_vars: Mapping[str, Any], result: str) -> Member:
    variables = task_vars["hostvars"][host]
    registered = variables.get(result)
    survey = registered if isinstance(registered, Mapping) and not registered.get("skipped") else {}
    if survey.get("failed") or survey.get("unreachable"):
        return Member(host, {}, _failure(variables, survey) or _VANISHED)
    # Ansible leaves a node that was unreachable out of ansible_play_hosts even after its errors were cleared.
    lost = host not in task_vars.get("ansible_play_hosts", ()) and not variables.get("__dwb_cluster_called_again")
    stopped = str(variables.get("__dwb_cluster_stopped") or "")
    return Member(host, {} if lost else survey, _failure(variables, {}) or (_VANISHED if lost else ""), stopped)


def _failure(variables: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return why a host failed: what its rescue noted, else what its last task said; empty when it did not."""
    noted = variables.get("__dwb_cluster_failure") or {"task": "", "result": result}
    said = noted["result"]
    words = [str(noted["task"]), str(said.get("msg") or ""), str(said.get("stderr") or "").strip()]
    return ": ".join(word for word in words if word)


def is_own(member: Member) -> bool:
    """Tell whether a member failed by itself, and was not stopped because of another one."""
    return bool(member.failure) and not member.failure.endswith(STOPPED)


def reporter(task_vars: Mapping[str, Any]) -> str:
    """Return the host that speaks for its cluster, so that what concerns all is told once: the first one still there."""
    present = set(task_vars.get("ansible_play_hosts", ()))
    return next((host for host in cluster_hosts(task_vars) if host in present), "")


def refuse(findings: Sequence[Finding], task_vars: Mapping[str, Any]) -> NoReturn:
    """
    Fail on every host of the cluster; the reporter lists all findings, the others point to it.

    Args:
        findings: At least one.
        task_vars: Of the host that fails.

    Raises:
        Refused: Always.
    """
    speaker = reporter(task_vars)
    if task_vars.get("inventory_hostname") == speaker:
        raise Refused(findings)
    problem = f"does not go on: {len(findings)} finding(s), listed at {speaker}"
    raise Refused([Finding(f"cluster {cluster_name(task_vars)}", problem, STOPPED, "stopped")])
