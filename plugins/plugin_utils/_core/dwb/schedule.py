# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ScheduledRestart.cfg: whether the server restarts by itself while a rollout is under way."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

from ..cfg_edit import get_parameter
from ..errors import CfgError, Finding
from ..observation import FileState

_START = re.compile(r"(?P<day>[A-Za-z]+ \d{1,2}, \d{4} \d{1,2}:\d{2}:\d{2})(?: (?P<zone>\S+))?")
_EVERY = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": None}
_REMEDY = "rename the file to ScheduledRestart.cfg.off for the rollout, or run it at another time"

# Abbreviations of time zones are ambiguous; one that is not UTC may be up to 14 hours off.
_UNKNOWN_ZONE = timedelta(hours=14)


def check_schedule(file: FileState, *, now: datetime, window: timedelta) -> list[Finding]:
    """
    Find out whether the server restarts by itself within *window*; what cannot be decided counts as due.

    Args:
        file: ScheduledRestart.cfg as observed.
        now: Aware.
        window: How long a rollout may take.

    Returns:
        One finding, or none. Source of the keys: Data Workbench, "Register the service".
    """
    try:
        start, every = (_value(file, key) for key in ("Start Time", "Restart Every"))
        first, slack = _parse(start)
        due = _next(first - slack, every=every, now=now - 2 * slack)
    except (CfgError, ValueError, OverflowError) as error:
        return [Finding(file.path, f"the next restart cannot be told: {error}", _REMEDY, "scheduled-restart")]
    if due is None or due - now > window:
        return []
    hours = window / timedelta(hours=1)
    return [Finding(file.path, f"the server restarts by itself within {hours:g} hours ({start}, every {every or '-'})",
                    _REMEDY, "scheduled-restart")]


def _value(file: FileState, key: str) -> str:
    found = get_parameter(file.content or b"", ("component", key), where=file.path)
    return found.value.strip() if found else ""


def _parse(text: str) -> tuple[datetime, timedelta]:
    match = _START.fullmatch(text)
    if match is None:
        raise ValueError(f"Start Time is {text!r}")
    zone = match["zone"] or ""
    slack = timedelta(0) if zone in {"UTC", "GMT"} else _UNKNOWN_ZONE
    return datetime.strptime(match["day"], "%B %d, %Y %H:%M:%S").replace(tzinfo=UTC), slack


def _next(first: datetime, *, every: str, now: datetime) -> datetime | None:
    """Return the first restart at or after *now*, None if there is none any more."""
    if first >= now:
        return first
    if every not in _EVERY:
        if every:
            raise ValueError(f"Restart Every is {every!r}")
        return None
    period = _EVERY[every]
    if period is not None:
        return first + -((first - now) // period) * period
    month = (now.year - first.year) * 12 + now.month - first.month
    due = _months_later(first, month)
    return due if due >= now else _months_later(first, month + 1)


def _months_later(first: datetime, months: int) -> datetime:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return first.replace(year=year, month=month + 1, day=min(first.day, last))
