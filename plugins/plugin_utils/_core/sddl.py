# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Who may do what with a file, read from its DACL in SDDL.

Names and numbers are those of Microsoft's pages "Security Descriptor String Format", "ACE Strings" and "SID Strings".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SYSTEM = "S-1-5-18"
ADMINISTRATORS = "S-1-5-32-544"
FILE_READ = 0x120089
# Who has only these may see that the file is there, its attributes and its protection, and may wait for it.
_HARMLESS = 0x20000 | 0x100000 | 0x80 | 0x8

_RIGHTS = {
    "GA": 0x10000000, "GR": 0x80000000, "GW": 0x40000000, "GX": 0x20000000,
    "RC": 0x20000, "SD": 0x10000, "WD": 0x40000, "WO": 0x80000,
    "RP": 0x10, "WP": 0x20, "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "LO": 0x80, "DT": 0x40, "CR": 0x100,
    "FA": 0x1F01FF, "FR": FILE_READ, "FW": 0x120116, "FX": 0x1200A0,
    "KA": 0xF003F, "KR": 0x20019, "KW": 0x20006, "KX": 0x20019,
}
# What a file system makes of a generic right.
_GENERIC = {0x10000000: 0x1F01FF, 0x80000000: FILE_READ, 0x40000000: 0x120116, 0x20000000: 0x1200A0}
_SIDS = {
    "AC": "S-1-15-2-1", "AN": "S-1-5-7", "AO": "S-1-5-32-548", "AU": "S-1-5-11", "BA": ADMINISTRATORS, "BG": "S-1-5-32-546",
    "BO": "S-1-5-32-551", "BU": "S-1-5-32-545", "CG": "S-1-3-1", "CO": "S-1-3-0", "ED": "S-1-5-9", "IU": "S-1-5-4",
    "LS": "S-1-5-19", "NO": "S-1-5-32-556", "NS": "S-1-5-20", "NU": "S-1-5-2", "OW": "S-1-3-4", "PO": "S-1-5-32-550",
    "PS": "S-1-5-10", "PU": "S-1-5-32-547", "RC": "S-1-5-12", "RD": "S-1-5-32-555", "RE": "S-1-5-32-552", "RU": "S-1-5-32-554",
    "SO": "S-1-5-32-549", "SU": "S-1-5-6", "SY": SYSTEM, "WD": "S-1-1-0", "WR": "S-1-5-33",
    # These belong to a domain or a machine that the alias does not name.
    "LA": "*-500", "LG": "*-501", "DA": "*-512", "DU": "*-513", "DG": "*-514", "DC": "*-515", "DD": "*-516", "CA": "*-517",
    "SA": "*-518", "EA": "*-519", "PA": "*-520",
}
_DACL = re.compile(r"D:((?:P|AR|AI)*)((?:\([^()]*\))*)", re.IGNORECASE)
_ACE = re.compile(r"A;((?:OI|CI|NP|IO|ID)*);([^;]*);;;([^;]*)", re.IGNORECASE)
_SID = re.compile(r"S-1-\d+(?:-\d+)+")
_OF_A_DOMAIN = re.compile(r"S-1-5-21-\d+-\d+-\d+(-5\d\d)")
# An account or a service with a name of its own; what ends below 1000 is built in, and most of it is a group.
_PLAIN = re.compile(r"S-1-5-21-\d+-\d+-\d+-\d{4,}|S-1-5-80(?:-\d+){5}|S-1-5-19|S-1-5-20")


@dataclass(frozen=True)
class Dacl:
    """
    A DACL that only allows.

    Attributes:
        protected: Whether it inherits nothing from its folder.
        allowed: Access mask by SID. An account that a domain or machine has under a fixed number is ``*-500`` and the like,
            because Windows writes it with and without its domain.
    """

    protected: bool
    allowed: Mapping[str, int]


def read_dacl(sddl: str) -> Dacl | None:
    """
    Return what the DACL *sddl* allows, None when it holds anything that is not understood: a denial, a condition, an unknown right.

    Args:
        sddl: The part ``D:`` of a security descriptor, and no other part.
    """
    parts = _DACL.fullmatch(sddl.strip())
    if parts is None:
        return None
    allowed: dict[str, int] = {}
    for entry in re.findall(r"\(([^()]*)\)", parts[2]):
        found = _read_ace(entry)
        if found is None:
            return None
        sid, mask = found
        if mask & ~_HARMLESS:
            allowed[sid] = allowed.get(sid, 0) | mask
    return Dacl("P" in parts[1].upper(), allowed)


def _read_ace(text: str) -> tuple[str, int] | None:
    parts = _ACE.fullmatch(text)
    if parts is None:
        return None
    flags, rights, account = (part.upper() for part in parts.groups())
    mask, sid = _mask(rights), canonical(account)
    if mask is None or not sid:
        return None
    inherit_only = "IO" in re.findall("..", flags)   # says something about files below a folder, and nothing about this one
    return sid, 0 if inherit_only else mask


def _mask(rights: str) -> int | None:
    """Return the access mask that *rights* spell, generic ones as a file system takes them; None when one is unknown."""
    if re.fullmatch(r"0X[0-9A-F]{1,8}|0|[1-9]\d{0,9}", rights):
        mask = int(rights, 16 if rights.startswith("0X") else 10)
    elif len(rights) % 2 == 0 and all(name in _RIGHTS for name in re.findall("..", rights)):
        mask = 0
        for name in re.findall("..", rights):
            mask |= _RIGHTS[name]
    else:
        return None
    for generic, specific in _GENERIC.items():
        if mask & generic:
            mask = mask & ~generic | specific
    return mask


def canonical(account: str) -> str:
    """
    Return the one spelling of a SID or of its alias, empty for what is neither.

    Args:
        account: ``SY``, ``S-1-5-18``, ``S-1-5-21-…``.
    """
    sid = account.upper()
    of_domain = _OF_A_DOMAIN.fullmatch(sid)
    if of_domain:
        return f"*{of_domain[1]}"
    return sid if _SID.fullmatch(sid) else _SIDS.get(sid, "")


def is_kept(observed: str, wanted: str, *, one_more: bool) -> bool:
    """
    Tell whether the file that has the DACL *observed* is as private as *wanted* says, and as readable.

    Args:
        observed: SDDL of the file; what cannot be understood is not private.
        wanted: SDDL; what cannot be understood, or lets in what the folder says, cannot be compared and counts as kept.
        one_more: Whether one account that *wanted* does not name may read: it is the service's, when nobody said which one that is.
    """
    want, have = read_dacl(wanted), read_dacl(observed)
    if want is None or not want.protected:
        return True
    if have is None or not have.protected:
        return False
    extra = {sid: mask for sid, mask in have.allowed.items() if mask & ~want.allowed.get(sid, 0) & ~_HARMLESS}
    if any(mask & ~have.allowed.get(sid, 0) & ~_HARMLESS for sid, mask in want.allowed.items()):
        return False
    return not extra or (one_more and all(_may_read_only(sid, mask) for sid, mask in extra.items()) and len(extra) == 1)


def _may_read_only(sid: str, mask: int) -> bool:
    return bool(_PLAIN.fullmatch(sid)) and not mask & ~FILE_READ
