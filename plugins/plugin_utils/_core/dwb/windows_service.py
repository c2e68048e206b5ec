# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
The Windows service of a server: told by where its program lies, never by its display name, and the SID of its account.

What is read here is what ``ansible.windows.win_service_info`` returns: ``name``, ``path``, ``state``, ``start_mode`` and ``username``.
"""

from __future__ import annotations

import hashlib
import ntpath
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import Finding, Refused

_PROGRAM = re.compile(r'"([^"]*)"?|(.*?\.exe)(?=\s|$)|(.*)', re.IGNORECASE | re.DOTALL)
_DEVICE = re.compile(r"(?:\\\\[?.]\\|\\\?\?\\)(UNC\\)?", re.IGNORECASE)
_SHOWN = 5
_ACCOUNTS = {
    "localsystem": "S-1-5-18", ".\\localsystem": "S-1-5-18", "system": "S-1-5-18", "nt authority\\system": "S-1-5-18",
    "nt authority\\localservice": "S-1-5-19", "nt authority\\local service": "S-1-5-19",
    "nt authority\\networkservice": "S-1-5-20", "nt authority\\network service": "S-1-5-20",
}


@dataclass(frozen=True)
class Service:
    """
    A Windows service.

    Attributes:
        name: Its short name, not the one that is displayed.
        state: ``started``, ``stopped``, ``stop_pending`` and so on.
        start_mode: ``auto``, ``delayed``, ``manual`` or ``disabled``.
        account: What it runs under, as Windows names it; empty when that was not told.
    """

    name: str
    state: str
    start_mode: str
    account: str

    def as_result(self, sid: str) -> dict[str, str]:
        """Return the service as it is reported, with the *sid* of its account."""
        return {**asdict(self), "sid": sid}


def choose_service(services: Sequence[Mapping[str, Any]], root: str, *, name: str = "") -> Service:
    """
    Return the one service whose program lies below the install root.

    Args:
        services: As ``win_service_info`` lists them.
        root: Absolute, as the node writes it.
        name: Of the service, when the operator gave it; then it does not matter where its program lies.

    Raises:
        Refused: There is none, or more than one.
    """
    found = [service for service in services if _is_meant(service, root, name)]
    if len(found) != 1:
        raise Refused([_not_one(found, services, root=root, name=name)])
    told = {key: str(found[0].get(key) or "") for key in ("name", "state", "start_mode", "username")}
    return Service(told["name"], told["state"], told["start_mode"], told["username"])


def _is_meant(service: Mapping[str, Any], root: str, name: str) -> bool:
    if name:
        return str(service.get("name") or "").lower() == name.lower()
    return is_below(str(service.get("path") or ""), root)


def is_below(image_path: str, root: str) -> bool:
    """
    Tell whether the program of a service lies below *root*.

    A short name (PROGRA~1) or a variable (%ProgramFiles%) is not resolved; such a path lies nowhere.

    Args:
        image_path: The command line that the service manager starts, quoted or not, with or without arguments.
        root: Absolute, as the node writes it.
    """
    match = _PROGRAM.match(image_path.strip())
    program = next((part for part in match.groups() if part), "") if match else ""
    return _plain(program).startswith(_plain(root).rstrip("\\") + "\\")


def _plain(path: str) -> str:
    r"""Return *path* in the spelling that is compared: no prefix for devices, backslashes, no ``..``, small letters."""
    bare = _DEVICE.sub(lambda found: "\\\\" if found[1] else "", path.replace("/", "\\"), count=1) if _DEVICE.match(path) else path
    return ntpath.normpath(bare).lower() if bare else ""


def _not_one(found: Sequence[Mapping[str, Any]], services: Sequence[Mapping[str, Any]], *, root: str, name: str) -> Finding:
    if found:
        problem = f"{len(found)} services have their program below {root}: {_shown(found)}"
    elif name:
        problem = f"there is no service {name!r} among {len(services)}"
    else:
        near = _shown([service for service in services if _is_near(service, root)]) or "none that looks like it"
        problem = f"none of {len(services)} services has its program below {root}; seen: {near}"
    return Finding("service", problem, "give the name of the server's service (not what is displayed) as dwb_service_name", "service")


def _is_near(service: Mapping[str, Any], root: str) -> bool:
    """Tell whether an operator would want to see the service: it names the root, the last folder of it, or the product's program."""
    path = str(service.get("path") or "").lower().replace("/", "\\")
    folder = ntpath.basename(_plain(root))
    return "insightserver" in path or f"\\{folder}\\" in path


def _shown(services: Sequence[Mapping[str, Any]]) -> str:
    shown = [f"{service.get('name')} ({service.get('path')})" for service in services[:_SHOWN]]
    more = len(services) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def account_sid(account: str, service: str) -> str:
    r"""
    Return the SID of the account that a service runs under.

    Args:
        account: As Windows names it; NT SERVICE\NAME is the virtual account of the service NAME.
        service: Name of the service, for the message.

    Raises:
        Refused: Only the node or its domain knows the SID.
    """
    known = _ACCOUNTS.get(account.lower())
    if known:
        return known
    domain, _ignored, name = account.partition("\\")
    if domain.lower() == "nt service" and name:
        return service_sid(name)
    told = f'"$env:COMPUTERNAME\\{name}"' if domain == "." else "'" + (account or "DOMAIN\\NAME").replace("'", "''") + "'"
    raise Refused([Finding(
        "service", f"{service} runs under {account or 'an account that was not told'}, whose SID is not known here",
        "give it as dwb_service_sid: S-1-5-18 for the Local System account; for another one what this prints in PowerShell on the server: "
        f"([Security.Principal.NTAccount]{told}).Translate([Security.Principal.SecurityIdentifier]).Value", "service-account")])


def service_sid(name: str) -> str:
    """
    Return the SID of a service, as ``sc.exe showsid`` does: S-1-5-80 and the SHA-1 of its name in capitals.

    Args:
        name: Of the service, not what is displayed.
    """
    digest = hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest()
    return "-".join(["S-1-5-80", *(str(part) for part in struct.unpack("<5I", digest))])
