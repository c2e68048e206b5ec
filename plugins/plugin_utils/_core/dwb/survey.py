# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The survey: all that playbooks, reports and the cluster's plan need to know of one server, as plain values."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ..errors import Finding
from ..observation import FileState
from ..pem import as_text, split_pem
from ..plan import Change
from ..printable import printable
from ..trust import readable_certificates
from ..x509 import Certificate
from .layout import BUNDLE, CERTIFICATE, LICENCE
from .marker import Noted, split_commit
from .planner import Wanted, bundle_after, planned_files, taken_back
from .retirement import held_leaves
from .server import Server

# What a plan and a rehearsal work with, and a report does not: most of a survey.
CONTENTS = frozenset({"planned_files", "leaf_after", "leaf_now", "bundle_after", "retiring"})
_EXPECTED = {BUNDLE, CERTIFICATE, LICENCE}


@dataclass(frozen=True)
class Judged:
    """
    What was thought about one server.

    Attributes:
        planned: Changes by phase.
        findings: Everything that keeps a rollout from starting here.
        warnings: What the operator should know all the same.
    """

    planned: Mapping[str, Sequence[Change]] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    warnings: Sequence[str] = ()


def make_survey(server: Server, wanted: Wanted, judged: Judged, *, role: str, now: datetime) -> dict[str, Any]:
    """
    Return the survey of *server*: no key, no secret, nothing but what a result may show.

    Args:
        server: As observed.
        wanted: What it should be like.
        judged: What was planned and found.
        role: master, dpu, fsu or repeater.
        now: Aware.
    """
    leaf = _leaf_after(server, wanted)
    observation = server.observation
    return {
        "role": role, "root": server.layout.root, "system": observation.system,
        "common_name": _common_name(server.licence),
        "port": server.port, "follows": server.follows,
        "marker": asdict(server.marker), "taken_back": taken_back(server),
        "edited": edited(server, (server.bundle, server.certificate, server.communications, server.processing)),
        "interrupted": split_commit(observation.run)[0],
        "findings": [asdict(finding) for finding in judged.findings], "warnings": [*judged.warnings, *_leftovers(server)],
        "changes": {phase: [change.as_result() for change in changes] for phase, changes in judged.planned.items()},
        "files": _files(server, judged.planned),
        "planned_files": _encoded(planned_files(server)) if role == "master" and not judged.findings else {},
        "licence": describe(server.licence, now), "installed": describe(server.installed, now),
        "presents": server.presents.fingerprint if server.presents else None,
        "wanted": leaf.fingerprint if leaf else None,
        "leaf_after": as_text(_leaf_pem(server, wanted)),
        "leaf_now": as_text(server.certificate.content or b"") if server.settings.get("Certificate") else "",
        "bundle_after": as_text(bundle_after(server, wanted)) if not judged.findings else "",
        "retiring": _retiring(server, wanted, judged) if not judged.findings else {},
    }


def _retiring(server: Server, wanted: Wanted, judged: Judged) -> dict[str, Any]:
    """Return what a rehearsal without the retired anchors needs on top; empty when no retirement is asked for."""
    if not wanted.retired or "trust" not in wanted.phases:
        return {}
    return {
        "anchors": [name for change in judged.planned.get("trust", ()) for name in _removed(change)],
        "bundle_now": as_text(server.bundle.content or b""),
        "leaves": {name: leaf.pem.decode("ascii") for name, leaf in held_leaves(server, wanted).items()},
    }


def _removed(change: Change) -> list[str]:
    names = change.details.get("removed")
    return list(names) if isinstance(names, list) else []


def _leaf_after(server: Server, wanted: Wanted) -> Certificate | None:
    """Return the leaf that the server presents once everything wanted is done."""
    custom = wanted.identity.leaf if wanted.identity and "certificate" in wanted.phases else server.installed
    return custom if "configuration" in wanted.phases or server.settings.get("Certificate") else server.licence


def shows_another_issuer(server: Server, wanted: Wanted, judged: Judged, *, served: Mapping[str, Any]) -> bool:
    """
    Tell whether those who connect will have to trust somebody else than today.

    Args:
        server: As observed.
        wanted: What it should be like.
        judged: What was planned and found.
        served: What it presents over TLS; empty when it was not asked.
    """
    leaf, today = _leaf_after(server, wanted), server.presents
    if leaf is None or leaf.fingerprint == served.get("fingerprint", today.fingerprint if today else None):
        return False
    issuers = {issuer for issuer in (served.get("issuer"), today.issuer if today else None) if issuer}
    return issuers != {leaf.issuer} or bool(judged.planned.get("trust")) or (not judged.findings and _has_two_keys(server, leaf.issuer))


def _has_two_keys(server: Server, issuer: str) -> bool:
    """Tell whether a CA has another key and the same name: the new one may be in the bundle since an earlier rollout of trust alone."""
    anchors = readable_certificates(split_pem(server.bundle.content or b""))
    return len({anchor.public_key_sha256 for anchor in anchors if anchor.subject == issuer}) > 1


def _leaf_pem(server: Server, wanted: Wanted) -> bytes:
    """Return the custom leaf as it will be; empty while the server presents its licence certificate."""
    custom = wanted.identity.leaf_pem if wanted.identity and "certificate" in wanted.phases else server.certificate.content or b""
    return custom if "configuration" in wanted.phases or server.settings.get("Certificate") else b""


def describe(certificate: Certificate | None, now: datetime) -> dict[str, Any] | None:
    """
    Return what a report tells of a certificate, None for none.

    Args:
        certificate: Parsed.
        now: Aware.
    """
    if certificate is None:
        return None
    return {
        "common_name": _common_name(certificate),
        "fingerprint": certificate.fingerprint, "issuer": certificate.issuer,
        "not_before": certificate.not_before.isoformat(), "not_after": certificate.not_after.isoformat(),
        "days_left": (certificate.not_after - now).days, "age_days": (now - certificate.not_before).days,
    }


def _common_name(certificate: Certificate | None) -> str | None:
    """Return the common name as it may be shown: it is whatever somebody had certified."""
    return printable(certificate.common_names[0]) if certificate and certificate.common_names else None


def _files(server: Server, planned: Mapping[str, Sequence[Change]]) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of both Communications.cfg, as they are and as they will be."""
    after = {change.path: change for change in planned.get("configuration", ())}
    states = {"communications": server.communications, "processing": server.processing}
    return {name: {"sha256": state.sha256, "planned_sha256": _sha256_after(state, after.get(state.path))}
            for name, state in states.items()}


def _sha256_after(state: FileState, change: Change | None) -> str:
    return change.sha256 if change else state.sha256


def edited(node: Noted, states: Iterable[FileState]) -> list[str]:
    """
    Return which files somebody has changed since the last rollout wrote them; unknown while one is under way.

    Args:
        node: As observed.
        states: All files that a rollout may write there.
    """
    if node.observation.state != "clean":
        return []
    written = node.marker.files
    return [state.path for state in states if written.get(state.path, state.sha256) != state.sha256]


def _encoded(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(content).decode("ascii") for name, content in files.items()}


def _leftovers(server: Server) -> list[str]:
    """Return what should not be in Certificates: the server takes each of them for a licence (dossier 4.6)."""
    folder = server.layout.path(server.layout.root, "Certificates")
    names = [file.path.replace("\\", "/").rpartition("/")[2] for file in server.observation.folders[folder].files]
    return [f"{folder}: {printable(name)} is scanned as a licence; move it away" for name in names if name.casefold() not in _EXPECTED]
