# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Data Workbench node from options to plan: what every module of a node does before it differs from the others."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible.parsing.dataloader import DataLoader

from .._core.bundle import add_anchors, remove_anchors
from .._core.dwb.layout import Layout, make_layout
from .._core.dwb.planner import Wanted, plan_phases
from .._core.dwb.retirement import check_retired
from .._core.dwb.server import Server, read_server
from .._core.dwb.survey import Judged
from .._core.errors import CoreError, Finding
from .._core.requirements import Expectation, Judgement, check_identity, check_installed
from .._core.trust import read_fingerprints
from .._host.port import HostFiles
from .asked import check_rollout, check_sid, collect, missing_inputs, of_group, phases_of, readable_anchors
from .sources import check_trust, trust_sources, wanted_identity

GROUPS = {"dwb_master": "master", "dwb_dpu": "dpu", "dwb_fsu": "fsu", "dwb_repeater": "repeater"}


def role_of(options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> str:
    """
    Return the node's role: the option, else what its inventory groups say.

    Raises:
        OptionError: Neither tells, or the groups tell two.
    """
    return of_group("role", GROUPS, options, member_of=task_vars.get("group_names", ()))


@dataclass(frozen=True)
class Request:
    """
    What the options of one task ask of one node.

    Attributes:
        host: Its name in the inventory.
        role: master, dpu, fsu or repeater.
        layout: Its paths.
        wanted: What it should be like.
        trust: PEM of the anchors in ``wanted``, by the file or option that gave it.
        min_days: For how many days a certificate has to be valid still.
        window: How long a rollout may take.
        take_over: A rollout to be finished though its controller cannot be asked whether it still runs.
        now: Aware.
        findings: What is wrong with the options themselves.
    """

    host: str
    role: str
    layout: Layout
    wanted: Wanted
    trust: Mapping[str, bytes]
    min_days: int
    window: timedelta
    take_over: str
    now: datetime
    findings: tuple[Finding, ...]


def read_request(options: Mapping[str, Any], task_vars: Mapping[str, Any], loader: DataLoader) -> Request:
    """
    Return what is asked of the node; faults of certificates and trust files are kept as findings, to be told with the node's.

    Args:
        options: Of the task.
        task_vars: Of the host.
        loader: The play's.

    Raises:
        OptionError: Without the role or the root nothing can be asked.
    """
    host = str(task_vars.get("inventory_hostname", ""))
    findings: list[Finding] = []
    phases = phases_of(options.get("phases"))
    # Where nothing is asked for, what is on disk counts, and no file of the controller can stand against it.
    trust = (collect(findings, lambda: trust_sources(loader, options)) or {}) if phases else {}
    identity = collect(findings, lambda: wanted_identity(loader, options.get("certificate"), host=host)) if phases else None
    retired = (collect(findings, lambda: read_fingerprints(options.get("retired") or (), option="retired")) or []) if phases else []
    findings += missing_inputs(phases, given=(*trust, *retired), identity=identity, findings=findings)
    findings += _check_goal(options, retired)
    findings += check_sid(options.get("service_sid"))
    now = datetime.now(UTC)
    files = {name: base64.b64decode(text) for name, text in (options.get("master_files") or {}).items() if text}
    return Request(
        host=host, role=role_of(options, task_vars), layout=make_layout(str(options["root"])),
        wanted=Wanted(readable_anchors(trust), identity, phases, files, str(options.get("service_sid") or ""), retired),
        trust=trust, min_days=int(options.get("min_days") or 0), window=timedelta(hours=float(options.get("restart_window") or 0)),
        take_over=str(options.get("take_over") or ""), now=now, findings=tuple(findings))


def as_a_whole(request: Request) -> Request:
    """
    Return the request of a whole rollout: trust that it does not bring is no trust. A task of one phase counts on those before it.

    Args:
        request: With all phases of the rollout.
    """
    if "trust" in request.wanted.phases:
        return request
    return replace(request, wanted=replace(request.wanted, anchors=(), retired=()))


def _check_goal(options: Mapping[str, Any], retired: Sequence[str]) -> list[Finding]:
    if not options.get("retire") or retired or options.get("retired"):
        return []
    return [Finding("dwb_retired_ca", "is empty: there is nothing to retire",
                    "give the SHA-256 of every certificate of the old CA that is to leave the trust bundles", "retired")]


def judge(server: Server, request: Request) -> Judged:
    """
    Return the plan of *server*, or every finding that stands against it; never both.

    Args:
        server: As observed.
        request: What is asked of it.
    """
    findings = [*request.findings, *server.findings, *check_rollout(server, request.take_over)]
    if "trust" in request.wanted.phases:
        bundle = _bundle(server)
        findings += check_trust(request.trust, bundle=remove_anchors(bundle, request.wanted.retired), now=request.now)
        findings += check_retired(server, request.wanted) if bundle and request.wanted.retired else []
    judgement = _judge_certificate(server, request)
    findings += judgement.findings
    warnings = [str(warning) for warning in judgement.warnings]
    if findings:
        return Judged({phase: [] for phase in request.wanted.phases}, findings, warnings)
    try:
        return Judged(plan_phases(server, request.wanted), (), warnings)
    except CoreError as error:
        return Judged({}, error.findings, warnings)


def _judge_certificate(server: Server, request: Request) -> Judgement:
    """Judge the leaf that the node will present: the new one where it is asked for, else the custom one that is installed."""
    wanted = request.wanted
    expected = Expectation(
        node=request.host, common_name=next(iter(server.licence.common_name_bytes), None) if server.licence else None,
        ciphers=server.ciphers, min_days=request.min_days, now=request.now)
    bundle = add_anchors(_bundle(server), wanted.anchors)
    if wanted.identity is not None and "certificate" in wanted.phases:
        return check_identity(wanted.identity, bundle, expected)
    if "configuration" in wanted.phases and server.certificate.kind == "file":
        return check_installed(server.certificate.content or b"", bundle, expected)
    return Judgement((), ())


def _bundle(server: Server) -> bytes:
    """Return the present bundle; empty when it is one of the server's findings."""
    return b"" if any(finding.where.startswith(server.bundle.path) for finding in server.findings) else server.bundle.content or b""


def observe(host: HostFiles, request: Request) -> Server:
    """
    Return the server as one observation shows it.

    Args:
        host: The node's files.
        request: What is asked of it.
    """
    return read_server(request.layout, host.observe(request.layout.looks()), now=request.now, window=request.window)
