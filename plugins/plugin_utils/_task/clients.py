# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clients of one cluster as an action of one of its servers sees them, and what the inventory says of addresses."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from .._core.dwb.addresses import Network, read_network
from .._core.dwb.clients import Client, Waiting, check_callers, check_clients, read_accepted
from .._core.dwb.cluster import Member
from .._core.dwb.moments import is_retiring
from .client import CLIENT_GROUPS
from .cluster import cluster_hosts, cluster_name, cluster_of


def clients(task_vars: Mapping[str, Any], result: str) -> list[Client]:
    """
    Return the clients of the cluster, in the order of the inventory, with what a task registered for each.

    Args:
        task_vars: Of one server of the cluster.
        result: Name of the registered variable; empty for no clients at all.
    """
    groups = task_vars.get("groups", {}) if result else {}
    kinds = {str(host): kind for group, kind in CLIENT_GROUPS.items() for host in groups.get(group, ())}
    # The variables of a task are templates still; those of hostvars are not.
    mine = cluster_of(str(task_vars["inventory_hostname"]), task_vars)
    # Each look at hostvars puts all variables of the host together, so there is one.
    every = ((host, kind, task_vars["hostvars"][host]) for host, kind in kinds.items())
    return [_client(host, kind, variables, result=result) for host, kind, variables in every if cluster_name(variables) == mine]


def _client(host: str, kind: str, variables: Mapping[str, Any], *, result: str) -> Client:
    registered, networks = variables.get(result), tuple(_networks(host, variables))
    survey = registered if isinstance(registered, Mapping) and not registered.get("skipped") else {}
    if survey.get("failed") or survey.get("unreachable"):
        said = str(survey.get("msg") or "").strip() or "could not be surveyed"
        return Client(host, kind, failure="; ".join(said.splitlines()), networks=networks)
    return Client(host, kind, survey, networks=networks)


def _networks(host: str, variables: Mapping[str, Any]) -> list[Network]:
    """Return where a host may connect from, as far as its variables say that in numbers."""
    told = [host, *(variables.get(name) for name in ("ansible_host", "dwb_address")), *_listed(variables)]
    return [network for each in told for network in [read_network(each)] if network is not None]


def _listed(variables: Mapping[str, Any]) -> list[str]:
    """Return what dwb_client_addresses of a host names, read as Ansible reads a list: no role does that where it is set for a client."""
    named = variables.get("dwb_client_addresses") or ()
    entries = named if isinstance(named, Sequence) and not isinstance(named, str) else str(named).split(",")
    return [str(entry).strip() for entry in entries]


def wait_for_clients(options: Mapping[str, Any], task_vars: Mapping[str, Any], every: Sequence[Member]) -> Waiting:
    """
    Return what keeps a rollout waiting for clients.

    Args:
        options: With clients, accepted_loss and partial.
        task_vars: Of one server of the cluster.
        every: The servers, surveyed.
    """
    accepted = read_accepted(options["accepted_loss"] or ())
    of_cluster = clients(task_vars, str(options["clients"] or ""))
    moved = is_retiring(every) or any(member.survey.get("another_issuer", True) for member in every)
    ready = check_clients(of_cluster, accepted, partial=bool(options["partial"]), moved=moved)
    known = [network for client in of_cluster for network in client.networks]
    servers = {host: task_vars["hostvars"][host] for host in cluster_hosts(task_vars)}
    known += [network for host, variables in servers.items() for network in _networks(host, variables)]
    met = [member.survey.get("served", {}).get(end) for member in every for end in ("peer", "controller")]
    known += [network for each in met for network in [read_network(each)] if network is not None]
    strangers = check_callers(every, known, accepted)
    warnings = (*_mistyped(options, servers, hosts=task_vars["hostvars"]), *ready.warnings, *strangers.warnings)
    return Waiting((*ready.findings, *strangers.findings), warnings)


def surveyed_clients(options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> list[Client]:
    """
    Return the clients that can be judged and are not given up.

    Args:
        options: With clients and accepted_loss.
        task_vars: Of one server of the cluster.
    """
    accepted = read_accepted(options["accepted_loss"] or ())
    return [client for client in clients(task_vars, str(options["clients"] or "")) if client.survey and not accepted.covers(client)]


def _mistyped(options: Mapping[str, Any], servers: Mapping[str, Mapping[str, Any]], *, hosts: Container[str]) -> Iterable[str]:
    """Yield entries that name nobody: who was meant is waited for all the same."""
    for entry in options["accepted_loss"] or ():
        if read_network(entry) is None and entry not in hosts:
            yield f"dwb_accepted_loss: {entry!r} is neither a name in the inventory nor an address or network"
    for entry in dict.fromkeys(each for variables in servers.values() for each in _listed(variables)):
        if read_network(entry) is None:
            yield f"dwb_client_addresses: {entry!r} is neither an address nor a network; names are not looked up"
