# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clients of a cluster, as their surveys and the servers' access logs show them: whom a rollout has to wait for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import Finding
from .addresses import Network, is_within, read_address, read_network
from .cluster import Member

_RUN = "run certops.rollout.clients first"
_ACCEPT = "list it in dwb_accepted_loss"


@dataclass(frozen=True)
class Client:
    """
    One client that the inventory knows.

    Attributes:
        host: Its name in the inventory.
        kind: What it is, by its inventory group.
        survey: What ``client_info`` returned, empty when it returned nothing.
        failure: Why it could not be surveyed; empty also when nobody tried.
        networks: Where it may connect from, as far as the inventory has it in numbers.
    """

    host: str
    kind: str = ""
    survey: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    networks: tuple[Network, ...] = ()

    @property
    def restart_pending(self) -> bool:
        """Tell whether it has not read yet what is on its disk."""
        return bool(self.survey.get("restart_pending"))

    @property
    def uses_tls(self) -> bool:
        """Tell whether it has to trust anybody; also where its configuration does not say."""
        servers = self.survey.get("servers") or ()
        return not servers or any(server.get("tls", True) for server in servers)


@dataclass(frozen=True)
class AcceptedLoss:
    """
    Whom the operator gives up.

    Attributes:
        hosts: Names in the inventory.
        networks: Where others connect from.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def covers(self, client: Client) -> bool:
        """Tell whether *client* is given up: by its name, or because all of its addresses are."""
        within = [any(network.version == each.version and network.subnet_of(each) for each in self.networks)  # type: ignore[arg-type]
                  for network in client.networks]
        return client.host in self.hosts or (bool(within) and all(within))


@dataclass(frozen=True)
class Waiting:
    """
    Whom a rollout waits for.

    Attributes:
        findings: One for each thing that is not ready.
        warnings: What is not ready and does not count.
    """

    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()


def read_accepted(entries: Iterable[object]) -> AcceptedLoss:
    """
    Return whom *entries* name.

    Args:
        entries: Names in the inventory, addresses and networks.
    """
    texts = [str(entry) for entry in entries]
    networks = {text: read_network(text) for text in texts}
    return AcceptedLoss(frozenset(texts), tuple(network for network in networks.values() if network is not None))


def check_clients(clients: Sequence[Client], accepted: AcceptedLoss, *, partial: bool = False, moved: bool = True) -> Waiting:
    """
    Return what keeps a rollout waiting for the clients that the inventory knows.

    Args:
        clients: All of the cluster.
        accepted: Whom the operator gives up.
        partial: Whether clients that nobody surveyed may be left out, for reading only.
        moved: Whether clients will have to trust, or be trusted by, somebody else than today; where not, one that is away may stay away.
    """
    findings: list[Finding] = []
    warnings: list[str] = []
    for client in clients:
        found = _not_surveyed(client) or _not_ready(client)
        given_up = accepted.covers(client) or (not client.survey and (not moved or (partial and not client.failure)))
        findings += [] if given_up else found
        warnings += [f"{_plainly(finding)}; it is left out" for finding in found] if given_up else []
        warnings += _told(client)
    return Waiting(tuple(findings), tuple(warnings))


def _not_surveyed(client: Client) -> list[Finding]:
    if client.failure:
        return [Finding(f"{client.host}: client", client.failure, f"make it reachable, or {_ACCEPT}, then run again", "client-lost")]
    if not client.survey:
        return [Finding(f"{client.host}: client", "was not surveyed, so nobody knows whom it trusts",
                        f"run without --limit, with certops.rollout.survey_clients before, or {_ACCEPT}", "client-unknown")]
    return []


def _not_ready(client: Client) -> list[Finding]:
    survey = client.survey
    findings = [Finding(**{**finding, "where": f"{client.host}: {finding['where']}"}) for finding in survey.get("findings", ())]
    if survey.get("interrupted"):
        findings.append(Finding(f"{client.host}: client", f"has an unfinished change, {survey['interrupted']}", _RUN, "client-interrupted"))
    elif client.restart_pending and client.kind != "workstation":
        findings.append(Finding(f"{client.host}: client", "has not been restarted since its trust was changed, and may not have read it",
                                f"{_RUN}, or {_ACCEPT}", "client-restart"))
    if not findings and client.uses_tls and not survey.get("bundle_after"):
        findings.append(Finding(f"{client.host}: client", "whom it trusts is not known", f"{_RUN}, or {_ACCEPT}", "client-unknown"))
    return findings


def _told(client: Client) -> list[str]:
    """Return what its operator should know: a Workstation is started by who sits before it."""
    waits = client.restart_pending and client.kind == "workstation"
    pending = ["trusts the new certificates only after it has been started anew"] if waits else []
    return [f"{client.host}: {warning}" for warning in (*pending, *client.survey.get("warnings", ()))]


def _plainly(finding: Finding) -> str:
    return f"{finding.where}: {finding.problem}"


def check_callers(members: Sequence[Member], known: Collection[Network], accepted: AcceptedLoss) -> Waiting:
    """
    Return who connects to a server of the cluster and is not known.

    Args:
        members: All servers of the cluster, surveyed.
        known: Addresses of its servers, of its clients, and of the controller.
        accepted: Whom the operator gives up.
    """
    seen: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for member in members:
        for caller in member.survey.get("callers", ()):
            seen.setdefault(str(caller["address"]), []).append((member.host, caller))
    findings: list[Finding] = []
    warnings = [f"{member.host}: {note}" for member in members for note in member.survey.get("audit", ())]
    addresses = {address: text for text in seen for address in [read_address(text)] if address is not None}
    for address in sorted(addresses, key=lambda each: (each.version, int(each))):
        if address.is_loopback or is_within(address, known):
            continue
        found = _unknown(addresses[address], seen[addresses[address]])
        if is_within(address, accepted.networks):
            warnings.append(f"{_plainly(found)}; it is left out")
        else:
            findings.append(found)
    return Waiting(tuple(findings), tuple(warnings))


def _unknown(address: str, seen: Sequence[tuple[str, Mapping[str, Any]]]) -> Finding:
    count = sum(int(caller.get("count", 0)) for _ignored, caller in seen)
    last = max(str(caller.get("last", "")) for _ignored, caller in seen)
    hosts = ", ".join(host for host, _ignored in seen)
    return Finding(address, f"has connected to {hosts} ({count} times{', last ' + last if last else ''}) and is no known client",
                   "give it the new trust, then name it in dwb_client_addresses or put it into the inventory; "
                   f"or {_ACCEPT}", "caller")
