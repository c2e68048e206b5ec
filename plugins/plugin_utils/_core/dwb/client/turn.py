# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One client's turn: what is done now, what waits for the servers, how it is started anew, and what is off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import CoreError, Finding
from ...handshake import Verdict, verify
from ..clients import Client
from ..cluster import Member

_LATER = ("certificate", "configuration")
# What is given for a service of each manager; the words are those of the role's variables.
_NEEDED = {"none": (), "win_service": ("name",), "systemd": ("name",), "command": ("status_command", "start_command", "stop_command")}
# A Sensor's collector lives inside of the web server, its transmitter does not: only the latter reads the trust bundle (dossier 10.27).
_WEB_SERVERS = frozenset({"apache", "apache2", "httpd", "iisadmin", "nginx", "tomcat", "w3svc", "was", "weblogic"})


@dataclass(frozen=True)
class Service:
    """
    How a client is started anew.

    Attributes:
        manager: none, win_service, systemd or command.
        given: What is known of it, by the words name, status_command, start_command and stop_command.
        prefix: What the variables begin with that give it, ``dwb_client_`` or ``dwb_sensor_``.
        restarted: Whether the operator says that it was started anew since.
    """

    manager: str
    given: Mapping[str, str] = field(default_factory=dict)
    prefix: str = "dwb_client_"
    restarted: bool = False


@dataclass(frozen=True)
class ClientTurn:
    """
    What is to be done with one client.

    Attributes:
        run: The unfinished run that is to be finished, else a new identifier.
        phases: What is to be written, in one transaction; without those of its own certificate while a server would refuse that.
        store: Whether the certificate is to be in the store of a Windows user.
        restart: Whether it is to be started anew.
        note: Whether that it was started anew is to be noted.
        findings: Everything that keeps it from being touched.
        warnings: What the operator has to know, or to do.
    """

    run: str
    phases: Sequence[str]
    store: bool
    restart: bool
    note: bool
    findings: Sequence[Finding]
    warnings: Sequence[str]

    @property
    def needed(self) -> bool:
        """Tell whether anything is to be done at all."""
        return bool(self.phases) or self.store or self.note


def plan_client(survey: Mapping[str, Any], servers: Sequence[Member], service: Service, *, store: bool = False) -> ClientTurn:
    """
    Return what is to be done with one client.

    Args:
        survey: What ``client_info`` returned for it.
        servers: Of its cluster, surveyed as they are.
        service: How it is started anew.
        store: Whether its certificate is kept in the store of a Windows user, which no survey shows.
    """
    due = _due(survey)
    waits = [str(finding) for finding in refusals(survey, servers)] if store or set(_LATER) & set(due) else []
    phases = [phase for phase in due if not waits or phase not in _LATER]
    restart = (bool(phases) or _is_pending(survey)) and service.manager != "none"
    by_hand = _is_pending(survey) and service.restarted and not phases
    return ClientTurn(
        run=_run(survey, pending=restart or by_hand), phases=phases, store=store and not waits, restart=restart, note=restart or by_hand,
        findings=[*_told(survey), *(check_service(service, sensor=survey["kind"] == "sensor") if restart else ())],
        warnings=[*survey.get("warnings", ()), *waits, *_by_hand(survey, service, writes=bool(phases))])


def _due(survey: Mapping[str, Any]) -> list[str]:
    """Return the phases with changes; torn files are done again."""
    changes = survey.get("changes", {})
    return [phase for phase in changes if changes[phase] or survey.get("interrupted")]


def _is_pending(survey: Mapping[str, Any]) -> bool:
    return bool(survey.get("restart_pending"))


def _run(survey: Mapping[str, Any], *, pending: bool) -> str:
    """Return whose run it is. What nobody starts anew stays pending for long, and is no run that could be finished."""
    unfinished = survey.get("marker", {}).get("run") if pending and _is_pending(survey) else ""
    return str(survey.get("interrupted") or unfinished or survey.get("proposed_run", ""))


def _told(survey: Mapping[str, Any]) -> list[Finding]:
    return [Finding(**finding) for finding in survey.get("findings", ())]


def _by_hand(survey: Mapping[str, Any], service: Service, *, writes: bool) -> list[str]:
    """Return what the operator has to do where nobody starts the client anew."""
    if service.manager != "none" or not (writes or (_is_pending(survey) and not service.restarted)):
        return []
    note = f"-e {service.prefix}restarted=true"
    return [f"it reads what is on its disk when it is started anew; have that done, then run this again with {note}"]


def check_service(service: Service, *, sensor: bool) -> list[Finding]:
    """
    Find what keeps a client from being started anew: something is not said, or a web server would be meant.

    Args:
        service: How it is started anew.
        sensor: Whether it is a Sensor, of which the transmitter alone is.
    """
    findings = [Finding(f"{service.prefix}{_variable(word)}", f"is empty, and the service manager {service.manager} needs it",
                        "give it, or say how else it is started anew in " + f"{service.prefix}service_manager", "service")
                for word in _NEEDED[service.manager] if not service.given.get(word)]
    name = service.given.get("name", "").casefold().removesuffix(".service")
    if sensor and (name in _WEB_SERVERS or name.startswith("tomcat")):
        findings.append(Finding(f"{service.prefix}service_name", f"{service.given['name']} is a web server, which is never restarted",
                                "name the service of the transmitter", "web-server"))
    return findings


def _variable(word: str) -> str:
    return "service_name" if word == "name" else word


def refusals(survey: Mapping[str, Any], servers: Sequence[Member]) -> list[Finding]:
    """
    Find the servers that would refuse the client's own certificate, or may: it waits for them.

    Args:
        survey: Of the client.
        servers: Of its cluster, surveyed as they are. A certificate that nobody can be asked about waits, too.
    """
    leaf = str(survey.get("leaf_after") or "").encode("latin-1")
    if not leaf:
        return []
    if not servers:
        return [_wait("no server of its cluster is in the inventory", "add them, or correct dwb_cluster_name")]
    return [_wait(problem, remedy) for server in servers for problem, remedy in _objections(server, leaf)]


def _wait(problem: str, remedy: str) -> Finding:
    return Finding("its own certificate waits", problem, remedy, "waits")


def _objections(server: Member, leaf: bytes) -> Iterator[tuple[str, str]]:
    """Yield why *server* would refuse a client, and what is to be done."""
    if not server.survey:
        yield f"{server.host} could not be asked: {server.failure}", "make it reachable, and leave it in --limit"
    elif not server.survey.get("bundle_after"):
        yield f"the trust bundle of {server.host} cannot be read", "see certops.rollout.preflight"
    elif server.survey.get("marker", {}).get("restart_pending"):
        yield f"{server.host} has not read its trust bundle yet", "run certops.rollout.rollout, then this again"
    else:
        error = _error(leaf, str(server.survey["bundle_after"]), as_client=True)
        if error:
            yield f"{server.host} refuses it: {error}", "run certops.rollout.rollout, then this again"


def _error(leaf: bytes, bundle: str, *, as_client: bool) -> str:
    """Return why a certificate is refused, empty when it is not."""
    try:
        verdict: Verdict = verify(leaf, bundle.encode("latin-1"), purpose="client" if as_client else "server")
    except CoreError as error:
        return str(error)
    return "" if verdict.accepted else f"error {verdict.code}, {verdict.text}"


def find_drift(survey: Mapping[str, Any], servers: Sequence[Member], service: Service) -> list[Finding]:
    """
    Find everything that is off with one client.

    Args:
        survey: What ``client_info`` returned for it, asked for what is wanted.
        servers: Of its cluster, surveyed as they are. One that was not surveyed is off by itself, in the report of its cluster.
        service: How it is started anew. Where nobody does that, nobody can tell whether it was.
    """
    findings = _told(survey)
    put_right = "run certops.rollout.clients to put it right"
    findings += [Finding(str(change["path"]), f"is not as it should be: {change['action']}", put_right, "drift")
                 for changes in survey.get("changes", {}).values() for change in changes]
    if survey.get("interrupted"):
        findings.append(Finding("node", f"run {survey['interrupted']} is at work here, or was interrupted", put_right, "interrupted"))
    if _is_pending(survey) and service.manager != "none":
        findings.append(Finding("node", "the running client has not read yet what is on its disk", put_right, "restart"))
    return [*findings, *_locked_out(survey, servers)]


def _locked_out(survey: Mapping[str, Any], servers: Sequence[Member]) -> list[Finding]:
    """Find servers whose own certificate the client refuses today. A licence certificate is trusted by every bundle that is shipped."""
    bundle = str(survey.get("bundle_now") or "") if Client("", survey=survey).uses_tls else ""
    refused = [(server.host, _error(str(server.survey["leaf_now"]).encode("latin-1"), bundle, as_client=False))
               for server in servers if server.survey.get("leaf_now") and bundle]
    remedy = "run certops.rollout.clients with every CA level in dwb_trust_src"
    return [Finding("node", f"refuses the certificate of {host}: {error}", remedy, "locked-out") for host, error in refused if error]
