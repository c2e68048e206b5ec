# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The survey of a client: all that playbooks, reports and the cluster's plan need to know of it, as plain values."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from ...pem import as_text
from ..marker import split_commit
from ..planner import taken_back
from ..survey import Judged, describe, edited
from .planner import ClientWanted, client_bundle_after, own_leaf
from .reader import Client


def make_client_survey(client: Client, wanted: ClientWanted, judged: Judged, *, now: datetime) -> dict[str, Any]:
    """
    Return the survey of *client*: no key, no secret, nothing but what a result may show.

    Args:
        client: As observed.
        wanted: What it should be like.
        judged: What was planned and found.
        now: Aware.
    """
    layout, observation = client.layout, client.observation
    return {
        "kind": layout.kind, "root": layout.program, "folder": layout.root, "system": observation.system, "bundle": layout.bundle,
        "marker": asdict(client.marker), "restart_pending": client.marker.restart_pending, "taken_back": taken_back(client),
        "edited": edited(client, (client.bundle, client.certificate, *client.configs)), "interrupted": split_commit(observation.run)[0],
        "findings": [asdict(finding) for finding in judged.findings], "warnings": list(judged.warnings),
        "changes": {phase: [change.as_result() for change in changes] for phase, changes in judged.planned.items()},
        "licence": describe(client.licence, now), "installed": describe(client.installed, now),
        "presents": client.presents.fingerprint if client.presents else None,
        "leaf_now": as_text(client.no_licence.pem if client.no_licence else b""),
        "leaf_after": as_text(_leaf_after(client, wanted)),
        "bundle_now": as_text(client.bundle.content or b""),
        "bundle_after": as_text(client_bundle_after(client, wanted)) if not judged.findings else "",
        "servers": [each.as_result() for each in client.connections],
    }


def _leaf_after(client: Client, wanted: ClientWanted) -> bytes:
    """Return the client's own leaf as it will be presented in the end; empty when it is not."""
    configured = "configuration" in wanted.phases
    if wanted.in_store:
        return wanted.identity.leaf.pem if wanted.identity and configured else b""
    leaf = own_leaf(client, wanted)
    return leaf.pem if leaf and (client.is_custom or configured) else b""
