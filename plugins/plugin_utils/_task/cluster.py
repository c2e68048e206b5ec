# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servers of one cluster as an action of one of them sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from .._core.dwb.cluster import Member
from .._core.errors import Finding, Refused
from .node import GROUPS

# What the survey of a host is registered as, by the role.
SURVEY = "__dwb_cluster_survey"
STOPPED = "mend them, then run the play again"
_VANISHED = "was lost on the way: unreachable, or failed in an earlier task"


@dataclass(frozen=True)
class Cluster:
    """
    The servers that are rolled out, or taken back, together.

    Attributes:
        name: As the inventory has it.
        hosts: All that the inventory has, in its order.
        speaker: The one that speaks for all, so that what concerns all is told once: the first one still there.
    """

    name: str
    hosts: tuple[str, ...]
    speaker: str


def cluster_name(variables: Mapping[str, Any]) -> str:
    """Return the name of the cluster that a host with these variables belongs to; hosts without one are one cluster."""
    return str(variables.get("dwb_cluster_name") or "default")


def server_hosts(task_vars: Mapping[str, Any]) -> list[str]:
    """Return the servers of all clusters that the inventory has, in its order."""
    groups = task_vars.get("groups", {})
    return list(dict.fromkeys(str(host) for group in GROUPS for host in groups.get(group, ())))


def cluster_of(host: str, task_vars: Mapping[str, Any]) -> str:
    """
    Return the name of the cluster that *host* belongs to: what its survey noted, else what its variables say.

    Args:
        host: Any of the inventory.
        task_vars: Of one host.
    """
    survey = noted(host, task_vars).get(SURVEY)
    known = survey.get("cluster") if isinstance(survey, Mapping) else None
    return str(known or cluster_name(task_vars["hostvars"][host]))


def noted(host: str, task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Return what tasks have registered or set for *host*.

    ``hostvars`` merges all variables of a host whenever it is asked for one: in a cluster, where every host asks for every other, that
    is what takes the time. So what tasks noted is looked up where ansible-core keeps it (VariableManager, 2.19 to 2.21).

    Args:
        host: Any of the inventory.
        task_vars: Of one host.
    """
    manager = getattr(task_vars["hostvars"], "_variable_manager", None)
    facts: Mapping[str, Mapping[str, Any]] | None = getattr(manager, "_nonpersistent_fact_cache", None)
    return task_vars["hostvars"][host] if facts is None else facts.get(host, {})


def clusters(task_vars: Mapping[str, Any]) -> list[Cluster]:
    """Return all clusters that have a host in this play, in the order of the inventory."""
    hosts: dict[str, list[str]] = {}
    played = frozenset(task_vars.get("ansible_play_hosts_all", ()))
    for host in server_hosts(task_vars):
        hosts.setdefault(cluster_of(host, task_vars), []).append(host)
    return [Cluster(name, tuple(own), speaker(own, task_vars)) for name, own in hosts.items() if not played.isdisjoint(own)]


def own_cluster(task_vars: Mapping[str, Any]) -> Cluster:
    """Return the cluster that this host belongs to."""
    hosts = cluster_hosts(task_vars)
    return Cluster(cluster_of(str(task_vars["inventory_hostname"]), task_vars), tuple(hosts), speaker(hosts, task_vars))


def cluster_hosts(task_vars: Mapping[str, Any]) -> list[str]:
    """Return the hosts of this host's cluster, all that the inventory has, in its order."""
    mine = cluster_of(str(task_vars["inventory_hostname"]), task_vars)
    return [host for host in server_hosts(task_vars) if cluster_of(host, task_vars) == mine]


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
    return members_of(cluster_hosts(task_vars), task_vars, result)


def members_of(hosts: Iterable[str], task_vars: Mapping[str, Any], result: str) -> list[Member]:
    """
    Return those of *hosts* that this play does not leave out, with what a task registered for each of them.

    Args:
        hosts: Of one cluster.
        task_vars: Of any host.
        result: Name of the registered variable.
    """
    played, present = (frozenset(task_vars.get(name, ())) for name in ("ansible_play_hosts_all", "ansible_play_hosts"))
    return [_member(host, noted(host, task_vars), result=result, present=host in present) for host in hosts if host in played]


def _member(host: str, variables: Mapping[str, Any], *, result: str, present: bool) -> Member:
    registered = variables.get(result)
    survey = registered if isinstance(registered, Mapping) and not registered.get("skipped") else {}
    stopped = str(variables.get("__dwb_cluster_stopped") or "")
    if survey.get("failed") or survey.get("unreachable"):
        return Member(host, {}, _failure(variables, survey) or _VANISHED, stopped)
    # Ansible leaves a node that was unreachable out of ansible_play_hosts even after its errors were cleared.
    lost = not present and not variables.get("__dwb_cluster_called_again")
    return Member(host, {} if lost else survey, _failure(variables, {}) or (_VANISHED if lost else ""), stopped)


def _failure(variables: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return why a host failed: what its rescue noted, else what its last task said; empty when it did not."""
    known = variables.get("__dwb_cluster_failure") or {"task": "", "result": result}
    said = known["result"]
    words = [str(known["task"]), str(said.get("msg") or ""), str(said.get("stderr") or "").strip()]
    return ": ".join(word for word in words if word)


def is_own(member: Member) -> bool:
    """Tell whether a member failed by itself, and was not stopped because of another one."""
    return bool(member.failure) and not member.failure.endswith(STOPPED)


def reporter(task_vars: Mapping[str, Any]) -> str:
    """Return the host that speaks for its cluster, so that what concerns all is told once: the first one still there."""
    return speaker(cluster_hosts(task_vars), task_vars)


def speaker(hosts: Iterable[str], task_vars: Mapping[str, Any]) -> str:
    """
    Return the first of *hosts* that is still there, empty when none is.

    Args:
        hosts: Of one cluster, in the order of the inventory.
        task_vars: Of any host.
    """
    present = frozenset(task_vars.get("ansible_play_hosts", ()))
    return next((host for host in hosts if host in present), "")


def refuse(findings: Sequence[Finding], task_vars: Mapping[str, Any]) -> NoReturn:
    """
    Fail on every host of the cluster; the reporter lists all findings, the others point to it.

    Args:
        findings: At least one.
        task_vars: Of the host that fails.

    Raises:
        Refused: Always.
    """
    speaks = reporter(task_vars)
    host = str(task_vars.get("inventory_hostname", ""))
    if host == speaks:
        raise Refused(findings)
    problem = f"does not go on: {len(findings)} finding(s), listed at {speaks}"
    raise Refused([Finding(f"cluster {cluster_of(host, task_vars)}", problem, STOPPED, "stopped")])
