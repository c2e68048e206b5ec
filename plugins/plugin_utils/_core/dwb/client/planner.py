# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a client as observed and what is wanted to the list of changes: nothing is decided anywhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ... import stunnel
from ...bundle import add_anchors
from ...certificate import Certificate
from ...errors import CfgError, Finding, Refused
from ...identity import Identity
from ...key_file import plan_key_file
from ...observation import FileState
from ...pem import PemBlock
from ...plan import Change, replacing
from ...trust import plan_added
from ..planner import key_guard
from ..server_info import StoreEntry
from ..server_info_plan import ClientFiles, ServerInfoPlan, plan_client_certificates, plan_crypto_api
from .layout import base_name
from .reader import Client

_SECRET = re.compile(rb"(?im)^([^=\r\n]*(?:passw|passphrase|secret)[^=\r\n]*=[ \t]*(?:\w+:)?)[^\r\n]*")


@dataclass(frozen=True)
class ClientWanted:
    """
    What a client should be like.

    Attributes:
        anchors: Certificates its trust bundle has to hold.
        identity: Its own key and leaf, None to leave the file as it is.
        phases: Which of trust, certificate and configuration are asked for.
        chosen: Common names of the servers that get to see its own certificate; None for all.
        in_store: Whether that is in the Windows store instead of a file.
        reader: SID of the account that it runs under (Windows), empty when nobody told.
    """

    anchors: Sequence[PemBlock] = ()
    identity: Identity | None = None
    phases: Sequence[str] = ()
    chosen: Sequence[str] | None = None
    in_store: bool = False
    reader: str = ""


@dataclass(frozen=True)
class ClientPlan:
    """
    What is to be done on a client.

    Attributes:
        changes: By phase, in the order they are to be made; a phase with nothing to do has an empty list.
        warnings: What stays although it is not as wished for.
    """

    changes: dict[str, list[Change]] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()


def plan_client(client: Client, wanted: ClientWanted) -> ClientPlan:
    """
    Return the changes of each phase that is asked for.

    Args:
        client: Without findings; what it lacks is not made up.
        wanted: What it should be like.

    Raises:
        CfgError: A configuration file cannot be edited without guessing.
        Refused: A file that is never written would have to be.
    """
    planned: dict[str, list[Change]] = {}
    warnings: tuple[Finding, ...] = ()
    if "trust" in wanted.phases:
        change = None if client.trusts_nobody else plan_added(client.bundle, wanted.anchors)
        planned["trust"] = [change] if change else []
    if "certificate" in wanted.phases and wanted.identity is not None:
        planned["certificate"], warnings = _plan_certificate(client, wanted, wanted.identity)
    if "configuration" in wanted.phases and (wanted.identity or client.installed):
        planned["configuration"], left = _plan_configuration(client, wanted)
        warnings += left
    return ClientPlan(planned, warnings)


def client_bundle_after(client: Client, wanted: ClientWanted) -> bytes:
    """Return the trust bundle as it will be."""
    before = client.bundle.content or b""
    return before if client.trusts_nobody else add_anchors(before, wanted.anchors if "trust" in wanted.phases else ())


def own_leaf(client: Client, wanted: ClientWanted) -> Certificate | None:
    """Return the leaf of the client's own certificate as it will be, whether it is presented or not."""
    return wanted.identity.leaf if wanted.identity and "certificate" in wanted.phases else client.installed


def _plan_certificate(client: Client, wanted: ClientWanted, identity: Identity) -> tuple[list[Change], tuple[Finding, ...]]:
    """Return the change that installs key and leaf, private to whom the licence certificate belongs to."""
    if wanted.in_store:
        return [], ()
    guard = key_guard(client.layout, client.licence_file or client.bundle, reader=wanted.reader)
    change = plan_key_file(client.certificate, identity, guard=guard, one_more=not wanted.reader)
    if change is None:
        return [], ()
    unread = client.layout.windows and not wanted.reader and client.certificate.kind == "absent"
    warning = Finding(change.path, "nobody but SYSTEM and Administrators will be allowed to read it",
                      "give service_sid if the client runs under another account", "reader")
    return [change], (warning,) if unread else ()


def _plan_configuration(client: Client, wanted: ClientWanted) -> tuple[list[Change], tuple[Finding, ...]]:
    """Return the changes that make the connections present the client's own certificate, and what is left as it is."""
    pairs = [(state, _plan_file(client, wanted, state)) for state in client.configs]
    findings = [finding for _ignored, plan in pairs for finding in plan.findings]
    if findings:
        raise Refused(findings)
    changes = [_changed(state, plan, _value(client, wanted)) for state, plan in pairs if plan.content != state.content]
    return changes, tuple(finding for _ignored, plan in pairs for finding in plan.left)


def _plan_file(client: Client, wanted: ClientWanted, state: FileState) -> ServerInfoPlan:
    content, name = state.content or b"", base_name(state.path)
    if client.layout.kind == "query_api":
        return ServerInfoPlan(stunnel.with_cert(content, _stunnel_value(client), where=state.path))
    if not any(each.file == state.path for each in client.connections):
        return ServerInfoPlan(content)
    if wanted.in_store:
        return plan_crypto_api(content, store_entry(client, wanted), file=name, where=state.path, chosen=wanted.chosen)
    licence = base_name(client.licence_file.path) if client.licence_file else ""
    files = ClientFiles(client.layout.certificate_name, licence, wanted.chosen)
    return plan_client_certificates(content, files, file=name, where=state.path)


def store_entry(client: Client, wanted: ClientWanted) -> StoreEntry:
    """
    Return by what names the client finds its own certificate in the Windows store, as Windows displays them.

    Args:
        client: As observed.
        wanted: With the identity.
    """
    leaf = wanted.identity.leaf if wanted.identity else client.installed
    issuer = _issuer_name(leaf) if leaf else ""
    return StoreEntry(leaf.common_names[0] if leaf and leaf.common_names else "", issuer)


def _issuer_name(leaf: Certificate) -> str:
    """Return the issuer's CN as Windows shows it in Issued By (dossier 5.3), unescaped (RFC 4514 section 2.4)."""
    parts = re.split(r"(?<!\\)[,+]", leaf.issuer)
    name = next((part[3:] for part in parts if part.startswith("CN=")), "")
    return re.sub(r"\\(.)", r"\1", name)


def _stunnel_value(client: Client) -> str:
    """Return the value of cert: bare as the product's documentation has it, absolute where the present one is."""
    present = client.connections[0].certificate
    name = base_name(present)
    folder = present[: len(present) - len(name)]
    here = client.layout.root.replace("\\", "/").casefold()
    if folder and folder.replace("\\", "/").rstrip("/").casefold() not in {here, "."}:
        raise CfgError(where=client.connections[0].file, problem=f"unknown layout: cert is {present!r}, not in the same folder",
                       remedy="keep stunnel.conf, certificate and trust bundle in one folder")
    return folder + client.layout.certificate_name


def _value(client: Client, wanted: ClientWanted) -> str:
    return store_entry(client, wanted).name if wanted.in_store else client.layout.certificate_name


def _changed(state: FileState, plan: ServerInfoPlan, value: str) -> Change:
    change = replacing(state, plan.content, f"name the certificate {value}", value=value)
    return replace(change, before=_masked(state.content or b""), after=_masked(plan.content))


def _masked(content: bytes) -> bytes:
    """Return the content as a diff may show it: a client's files hold passwords of proxies and key stores."""
    return _SECRET.sub(rb"\1 (not shown)", content)
