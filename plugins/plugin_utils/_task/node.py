# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Data Workbench node from options to plan: what every module of a node does before it differs from the others."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from ansible.parsing.dataloader import DataLoader

from .._core.bundle import add_anchors, read_anchors, remove_anchors
from .._core.dwb.layout import PHASES, Layout, make_layout
from .._core.dwb.marker import split_commit
from .._core.dwb.planner import Wanted, plan_phases
from .._core.dwb.retirement import check_retired
from .._core.dwb.server import Server, read_server
from .._core.dwb.survey import Judged
from .._core.errors import CoreError, Finding, OptionError
from .._core.identity import Identity
from .._core.pem import PemBlock
from .._core.requirements import Expectation, Judgement, check_identity, check_installed
from .._core.trust import read_fingerprints
from .._host.port import HostFiles
from .base import holder, is_at_work
from .sources import check_trust, trust_sources, wanted_identity

_T = TypeVar("_T")
_SID = re.compile(r"S-1(-\d{1,10}){2,15}")
GROUPS = {"dwb_master": "master", "dwb_dpu": "dpu", "dwb_fsu": "fsu", "dwb_repeater": "repeater"}


def role_of(options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> str:
    """
    Return the node's role: the option, else what its inventory groups say.

    Raises:
        OptionError: Neither tells, or the groups tell two.
    """
    roles = [role for group, role in GROUPS.items() if group in task_vars.get("group_names", ())]
    if options.get("role"):
        return str(options["role"])
    if len(roles) != 1:
        raise OptionError(where="role", problem=f"the host is in {len(roles)} of the groups {', '.join(GROUPS)}",
                          remedy="put it into one of them, or give the option role")
    return roles[0]


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
    asked = options.get("phases")
    phases = [phase for phase in PHASES if asked is None or phase in asked]
    # Where nothing is asked for, what is on disk counts, and no file of the controller can stand against it.
    trust = (_collect(findings, lambda: trust_sources(loader, options)) or {}) if phases else {}
    identity = _collect(findings, lambda: wanted_identity(loader, options.get("certificate"), host=host)) if phases else None
    retired = (_collect(findings, lambda: read_fingerprints(options.get("retired") or (), option="retired")) or []) if phases else []
    findings += _missing(phases, given=(*trust, *retired), identity=identity, findings=findings)
    findings += _check_goal(options, retired)
    findings += _check_sid(options.get("service_sid"))
    now = datetime.now(UTC)
    files = {name: base64.b64decode(text) for name, text in (options.get("master_files") or {}).items() if text}
    return Request(
        host=host, role=role_of(options, task_vars), layout=make_layout(str(options["root"])),
        wanted=Wanted(_anchors(trust), identity, phases, files, str(options.get("service_sid") or ""), retired),
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


def _check_sid(sid: str | None) -> list[Finding]:
    if not sid or _SID.fullmatch(sid):
        return []
    return [Finding("service_sid", f"{sid!r} is no SID", "give it as S-1-5-…; 'sc.exe showsid SERVICE' shows that of a service", "sid")]


def _anchors(trust: Mapping[str, bytes]) -> list[PemBlock]:
    """Return the certificates of all sources that can be read; what is wrong with the others is found when they are judged."""
    ignored: list[Finding] = []
    return [anchor for where, content in trust.items()
            for anchor in _collect(ignored, partial(read_anchors, content, where=where)) or ()]


def _collect(findings: list[Finding], read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except CoreError as error:
        findings += error.findings
        return None


def _check_goal(options: Mapping[str, Any], retired: Sequence[str]) -> list[Finding]:
    if not options.get("retire") or retired or options.get("retired"):
        return []
    return [Finding("dwb_retired_ca", "is empty: there is nothing to retire",
                    "give the SHA-256 of every certificate of the old CA that is to leave the trust bundles", "retired")]


def _missing(phases: Sequence[str], *, given: Sequence[str], identity: Identity | None, findings: Sequence[Finding]) -> list[Finding]:
    """Find phases whose input was not given; an input that was given and is broken has its own finding."""
    missing = []
    if "trust" in phases and not given and not findings:
        missing.append(Finding("trust_src", "is empty, and the phase trust was asked for",
                               "name the PEM files of every level of the company's CA", "trust"))
    if "certificate" in phases and identity is None and not findings:
        missing.append(Finding("certificate", "is empty, and the phase certificate was asked for",
                               "give pem_src, pkcs12_src, pem_content or pkcs12_content", "certificate"))
    return missing


def judge(server: Server, request: Request) -> Judged:
    """
    Return the plan of *server*, or every finding that stands against it; never both.

    Args:
        server: As observed.
        request: What is asked of it.
    """
    findings = [*request.findings, *server.findings, *rollout_findings(server, request)]
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


def rollout_findings(server: Server, request: Request) -> list[Finding]:
    """
    Find out whether another rollout is at work here (its lock, or its marker with a restart pending).

    Args:
        server: As observed.
        request: Whose ``take_over`` names a rollout that is known to be dead.
    """
    commit = server.observation.run if server.observation.state != "clean" else ""
    run, by = split_commit(commit) if commit else (server.marker.run, server.marker.holder)
    since = server.observation.since if commit else server.marker.since
    if not (commit or server.marker.restart_pending) or by == holder() or run == request.take_over:
        return []
    if is_at_work(by) is False:
        return []   # interrupted on this controller: to be finished
    return [Finding("rollout", f"rollout {run} by {by or 'somebody'} has been at work here for {server.observation.clock - since} s",
                    f"wait for it; if you know that it was interrupted, finish it with -e dwb_take_over={run}", "rollout")]


def observe(host: HostFiles, request: Request) -> Server:
    """
    Return the server as one observation shows it.

    Args:
        host: The node's files.
        request: What is asked of it.
    """
    return read_server(request.layout, host.observe(request.layout.looks()), now=request.now, window=request.window)
