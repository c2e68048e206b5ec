# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Who connects to a server: its ``<YYYYMMDD>-access.txt`` of the last days (dossier 2.1, 8.1).

A line is known from one screenshot only, as ``IP:port  timestamp  text``. The address is all that counts here; a line without one is
counted, and where no line has one nobody knows who connects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..cfg_edit import get_parameter
from ..errors import CoreError, Finding
from ..observation import FileState, Look
from .addresses import read_address
from .server import Server

# Time zones go from UTC-12 to UTC+14, and the name of a log may be a local day or one of UTC.
_WEST, _EAST = timedelta(hours=12), timedelta(hours=14)

_LINE = re.compile(rb"(?P<address>\S+):\d{1,5}\s+(?P<rest>\S.*)", re.DOTALL)
_TIME = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d[0-9A-Za-z:/., +-]{0,31}?(?=\s\s|\t|\Z)")
_BOM = b"\xef\xbb\xbf"
_REMEDY = "make sure of your clients, then set dwb_audit_days: 0"


@dataclass(frozen=True)
class Caller:
    """
    An address that has connected.

    Attributes:
        address: Numeric, in the one spelling that Python gives it.
        count: How many lines name it.
        last: The time of the last of them, as the log has it; empty when it has none that is fit to be shown.
    """

    address: str
    count: int
    last: str


@dataclass(frozen=True)
class AccessLog:
    """
    What one log tells.

    Attributes:
        callers: In the order in which they first appear.
        unknown: How many lines name nobody.
    """

    callers: tuple[Caller, ...] = ()
    unknown: int = 0


@dataclass(frozen=True)
class Audit:
    """
    What the logs of some days tell.

    Attributes:
        callers: Sorted by address.
        notes: What could not be read, or not as a whole, for people.
        findings: That nobody can tell who connects.
    """

    callers: tuple[Caller, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_access_log(content: bytes, *, cut: bool = False) -> AccessLog:
    """
    Return who is named in *content*.

    Args:
        content: Of any origin: this never fails.
        cut: Whether it begins anywhere in the file. What stands before its first line end may then be half an address, and is left out.
    """
    lines = content.removeprefix(_BOM).split(b"\n")
    finished, unfinished = lines[:-1], lines[-1]
    callers: dict[str, Caller] = {}
    unknown = 0
    for line in finished[1:] if cut else finished:
        unknown += not _count(line.strip(), callers) and bool(line.strip())
    # The server may be at work on its last line.
    _count(unfinished.strip() if finished or not cut else b"", callers)
    return AccessLog(tuple(callers.values()), unknown)


def _count(line: bytes, callers: dict[str, Caller]) -> bool:
    """Count the line for whom it names; tell whether it names anybody."""
    match = _LINE.fullmatch(line)
    address = read_address(match["address"].decode("ascii", "replace")) if match else None
    if match is None or address is None:
        return False
    time = _TIME.match(match["rest"])
    known = callers.get(str(address), Caller(str(address), 0, ""))
    last = time[0].decode("ascii").strip() if time else known.last
    callers[known.address] = Caller(known.address, known.count + 1, last)
    return True


def log_looks(server: Server, *, days: int) -> list[Look]:
    """
    Return the logs of the last days, by the node's clock; some more, because nobody knows where its day begins.

    Args:
        server: With a readable Communications.cfg.
        days: At least 1.

    Raises:
        CfgError: The parameter Access Log Directory is not understood.
    """
    folder, now = _folder(server), datetime.fromtimestamp(server.observation.clock, UTC)
    first, last = (now - timedelta(days=days) - _WEST).date(), (now + _EAST).date()
    names = (f"{first + timedelta(days=day):%Y%m%d}-access.txt" for day in range((last - first).days + 1))
    return [Look(server.layout.path(folder, name), "log") for name in names]


def _folder(server: Server) -> str:
    layout, file = server.layout, server.communications
    found = get_parameter(file.content or b"", ("component", "Access Log Directory"), where=file.path)
    value = (found.value.strip() if found else "") or "Audit"
    bare = (value if layout.windows else value.replace("\\", "/")).rstrip("/\\")
    return bare if is_absolute(bare, windows=layout.windows) else layout.path(layout.root, bare)


def is_absolute(path: str, *, windows: bool) -> bool:
    """
    Tell whether *path* stands for itself, and not for something below the install root.

    Args:
        path: In the node's own notation.
        windows: Whether that is the one of Windows.
    """
    return bool(re.match(r"[A-Za-z]:[\\/]|[\\/]", path)) if windows else path.startswith("/")


def read_audit(logs: Sequence[FileState]) -> Audit:
    """
    Return what all *logs* together tell.

    Args:
        logs: As observed, oldest first.
    """
    present = [log for log in logs if log.kind != "absent"]
    read = [(log, read_access_log(log.content or b"", cut=log.size > len(log.content or b""))) for log in present if log.kind == "file"]
    unknown = sum(told.unknown for _ignored, told in read)
    callers = _joined(caller for _ignored, told in read for caller in told.callers)
    notes = [f"{log.path}: is no plain file, so it was not read" for log in present if log.kind != "file"]
    notes += [f"{log.path}: only the last {len(log.content or b'')} of {log.size} bytes were read"
              for log, _ignored in read if log.size > len(log.content or b"")]
    if not present and logs:
        notes.append(f"{logs[0].path}: is absent, as are the access logs of the days after it; who connects is not known")
    if unknown and not callers:
        where = read[-1][0].path
        return Audit((), tuple(notes), (Finding(
            where, f"none of {unknown} lines names an address, so nobody can tell who connects", _REMEDY, "audit"),))
    return Audit(callers, (*notes, *([f"{unknown} lines of the access logs name no address"] if unknown else ())))


def unreadable(error: CoreError) -> Audit:
    """Return what is told when the logs cannot be read at all."""
    return Audit(findings=tuple(Finding(
        finding.where, f"{finding.problem}; so nobody can tell who connects", f"{finding.remedy}; or {_REMEDY}", "audit")
        for finding in error.findings))


def _joined(callers: Iterable[Caller]) -> tuple[Caller, ...]:
    joined: dict[str, Caller] = {}
    for caller in callers:
        before = joined.get(caller.address, Caller(caller.address, 0, ""))
        joined[caller.address] = Caller(caller.address, before.count + caller.count, caller.last or before.last)
    return tuple(joined[address] for address in sorted(joined))
