# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who has connected to a node, asked for only when it matters: one more observation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .._core.dwb.access_log import Audit, log_looks, read_audit, unreadable
from .._core.dwb.server import Server
from .._core.errors import CoreError
from .._host.port import HostFiles


def look_for_callers(host: HostFiles, server: Server, *, days: int) -> Audit:
    """
    Return who is named in the access logs of the last days.

    Args:
        host: The node's files.
        server: As observed.
        days: 0 asks nobody.
    """
    if days <= 0:
        return Audit()
    try:
        looks = log_looks(server, days=days)
        logs = host.observe(looks).files
        return read_audit([logs[look.path] for look in looks])
    except CoreError as error:
        return unreadable(error)


def as_survey(audit: Audit) -> dict[str, Any]:
    """Return *audit* as a survey has it, without its findings."""
    return {"callers": [asdict(caller) for caller in audit.callers], "audit": list(audit.notes)}
