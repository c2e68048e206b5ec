# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is served, what is on disk and what is off: one row a server and one a client, for people and for auditors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..printable import printable
from .clients import Client
from .cluster import Member, differs_from_master

_COLUMNS = ("node", "role", "common name", "served (SHA-256)", "on disk (SHA-256)", "days", "state")


def make_rows(members: Sequence[Member]) -> list[dict[str, Any]]:
    """
    Return one row per server, with everything that is off.

    Args:
        members: All servers of one cluster.

    Returns:
        Rows in the order given; ``problems`` is empty only when the server serves
        what is on its disk, and that is what is wanted.
    """
    masters = [member for member in members if member.role == "master"]
    return [_row(member, masters) for member in members]


def _row(member: Member, masters: Sequence[Member]) -> dict[str, Any]:
    survey = member.survey
    served = survey.get("served", {})
    return {
        "node": member.host, "role": member.role, "common_name": served.get("common_name") or survey.get("common_name"),
        "served": member.served or None, "on_disk": survey.get("presents"),
        "not_after": served.get("not_after"), "days_left": served.get("days_left"),
        "problems": _problems(member, masters) if survey else [member.failure or "was not surveyed"],
    }


def make_client_rows(clients: Sequence[Client]) -> list[dict[str, Any]]:
    """
    Return one row per client that somebody tried to survey, as those of servers; a client serves nothing.

    Args:
        clients: All of one cluster.
    """
    return [_client_row(client) for client in clients if client.survey or client.failure]


def _client_row(client: Client) -> dict[str, Any]:
    survey = client.survey
    shown = survey.get("installed") if survey.get("leaf_now") else survey.get("licence")
    presented: Mapping[str, Any] = shown or {}
    pending = f"restart pending since rollout {survey.get('marker', {}).get('run', '')}".rstrip()
    return {
        "node": client.host, "role": client.kind, "common_name": presented.get("common_name"), "served": None,
        "on_disk": survey.get("presents"), "not_after": presented.get("not_after"), "days_left": presented.get("days_left"),
        "problems": [*_planned(survey), *([pending] if client.restart_pending else [])] if survey else [client.failure],
    }


def _planned(survey: Mapping[str, Any]) -> list[str]:
    """Return what is wrong, and what is to be changed."""
    problems = [f"{finding['where']}: {finding['problem']}" for finding in survey.get("findings", ())]
    planned = [change for changes in survey.get("changes", {}).values() for change in changes]
    return problems + [f"{_file(change['path'])}: {change['action']}" for change in planned]


def _problems(member: Member, masters: Sequence[Member]) -> list[str]:
    survey = member.survey
    problems = _planned(survey)
    if not survey.get("changes", {}).get("configuration") and differs_from_master(member, masters):
        problems.append("Communications.cfg differs from the master's")
    if survey.get("served", {}).get("error"):
        problems.append(f"does not answer TLS: {survey['served']['error']}")
    elif member.served != survey.get("presents"):
        problems.append("serves another certificate than the one on its disk")
    problems += _validity(survey.get("served", {}))
    if survey.get("marker", {}).get("restart_pending"):
        problems.append(f"restart pending since rollout {survey['marker']['run']}")
    return problems


def _validity(served: Mapping[str, Any]) -> list[str]:
    """Tell of a certificate that every client refuses by now, or refuses still: it may well be the one on the disk."""
    if (served.get("days_left") or 0) < 0:
        return [f"serves a certificate that expired on {str(served.get('not_after'))[:10]}"]
    if (served.get("age_days") or 0) < 0:
        return [f"serves a certificate that is not valid before {str(served.get('not_before'))[:10]}"]
    return []


def _file(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def make_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """
    Return *rows* as lines of a table, as wide as its longest cells.

    Args:
        rows: As ``make_rows`` returns them.
    """
    cells = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_COLUMNS) - 1)]
    return ["  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]) for line in cells]


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    days = "-" if row["days_left"] is None else str(row["days_left"])
    state = "; ".join(row["problems"]) or "ok"
    name = printable(row["common_name"] or "-", limit=64)
    return (row["node"], row["role"] or "-", name, _short(row["served"]), _short(row["on_disk"]), days, printable(state, limit=20_000))


def _short(fingerprint: str | None) -> str:
    return fingerprint[:16] if fingerprint else "-"
