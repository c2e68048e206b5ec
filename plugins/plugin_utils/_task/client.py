# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One client of a Data Workbench cluster from options to plan: what both of its modules do before they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ansible.parsing.dataloader import DataLoader

from .._core.dwb.client.checks import Terms, check_owner, check_sensor, judge_certificate
from .._core.dwb.client.layout import ClientLayout, located, make_client_layout
from .._core.dwb.client.planner import ClientWanted, plan_client
from .._core.dwb.client.reader import Client, read_client
from .._core.dwb.layout import PHASES
from .._core.dwb.survey import Judged
from .._core.errors import CoreError, Finding
from .._host.port import HostFiles
from .asked import check_rollout, check_sid, collect, missing_inputs, of_group, phases_of, readable_anchors
from .sources import check_trust, trust_sources, wanted_identity

CLIENT_GROUPS = {
    "dwb_workstation": "workstation", "dwb_report_server": "report_server", "dwb_replication": "repeater", "dwb_query_api": "query_api",
    "dwb_sensor": "sensor",
}


@dataclass(frozen=True)
class ClientRequest:
    """
    What the options of one task ask of one client.

    Attributes:
        layout: Its paths, as far as the options tell.
        wanted: What it should be like.
        trust: PEM of the anchors in ``wanted``, by the file or option that gave it.
        terms: What the operator allows.
        take_over: A rollout to be finished though its controller cannot be asked whether it still runs.
        findings: What is wrong with the options themselves.
    """

    layout: ClientLayout
    wanted: ClientWanted
    trust: Mapping[str, bytes]
    terms: Terms
    take_over: str
    findings: tuple[Finding, ...]

    @property
    def host(self) -> str:
        """Return its name in the inventory."""
        return self.terms.host

    @property
    def now(self) -> datetime:
        """Return the controller's clock when the task began, aware."""
        return self.terms.now


def read_client_request(options: Mapping[str, Any], task_vars: Mapping[str, Any], loader: DataLoader) -> ClientRequest:
    """
    Return what is asked of the client; faults of certificates and trust files are kept as findings, to be told with the client's.

    Args:
        options: Of the task.
        task_vars: Of the host.
        loader: The play's.

    Raises:
        OptionError: Without the kind or the folder nothing can be asked.
    """
    host = str(task_vars.get("inventory_hostname", ""))
    findings: list[Finding] = []
    kind = of_group("kind", CLIENT_GROUPS, options, member_of=task_vars.get("group_names", ()))
    given = any((options.get("certificate") or {}).values())
    phases = phases_of(options.get("phases"), default=PHASES if given else PHASES[:1])
    trust = (collect(findings, lambda: trust_sources(loader, options)) or {}) if "trust" in phases else {}
    identity = collect(findings, lambda: wanted_identity(loader, options.get("certificate"), host=host)) if phases else None
    findings += missing_inputs(phases, given=tuple(trust), identity=identity, findings=findings)
    findings += check_sid(options.get("service_sid"))
    chosen = options.get("certificate_for")
    return ClientRequest(
        layout=_layout(kind, options),
        wanted=ClientWanted(readable_anchors(trust), identity, phases, None if chosen is None else [str(name) for name in chosen],
                            options.get("store") == "windows", str(options.get("service_sid") or "")),
        trust=trust, terms=_terms(host, options), take_over=str(options.get("take_over") or ""), findings=tuple(findings))


def _layout(kind: str, options: Mapping[str, Any]) -> ClientLayout:
    root, data_path, config = (str(options.get(name) or "") for name in ("root", "data_path", "config"))
    name = str(options.get("certificate_name") or "custom_client_cert.pem")
    return make_client_layout(kind, root=root, data_path=data_path, config=config, certificate_name=name)


def _terms(host: str, options: Mapping[str, Any]) -> Terms:
    return Terms(host, int(options.get("min_days") or 0), datetime.now(UTC), str(options.get("owner") or ""),
                 str(options.get("sensor_version") or ""), bool(options.get("accept_old_sensor")))


def observe_client(files_at: Callable[[str], HostFiles], request: ClientRequest) -> tuple[HostFiles, Client]:
    """
    Return the client's files and what they are like: by one observation, or by two where a file of it has to tell where the others are.

    Args:
        files_at: Returns the node's files, given the state folder.
        request: What is asked of the client.
    """
    files = files_at(request.layout.state)
    seen = files.observe(request.layout.looks())
    layout = located(request.layout, seen)
    if layout != request.layout:
        files = files_at(layout.state)
        seen = files.observe(layout.looks())
    return files, read_client(layout, seen, now=request.now)


def judge_client(client: Client, request: ClientRequest) -> Judged:
    """
    Return the plan of *client*, or every finding that stands against it; never both.

    Args:
        client: As observed.
        request: What is asked of it.
    """
    wanted, by_itself = request.wanted, client.layout.kind == "workstation"
    findings = [*request.findings, *client.findings, *check_rollout(client, request.take_over, by_itself=by_itself)]
    findings += [*check_owner(client, request.terms.owner), *check_sensor(client, wanted, request.terms)]
    if "trust" in wanted.phases:
        findings += check_trust(request.trust, bundle=client.readable_bundle, now=request.now)
    judgement = judge_certificate(client, wanted, request.terms)
    findings += judgement.findings
    warnings = [str(warning) for warning in (*client.warnings, *judgement.warnings)]
    if findings:
        return Judged({phase: [] for phase in wanted.phases}, findings, warnings)
    try:
        plan = plan_client(client, wanted)
    except CoreError as error:
        return Judged({}, error.findings, warnings)
    return Judged(plan.changes, (), [*warnings, *(str(warning) for warning in plan.warnings)])
