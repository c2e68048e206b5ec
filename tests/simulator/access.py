"""Access control (§3.5): rights by the connecting certificate or the address."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .cfg import Entry, parse
from .refusal import Refusal

_FIELDS = {"CN": "commonName", "O": "organizationName", "OU": "organizationalUnitName", "L": "localityName",
           "ST": "stateOrProvinceName", "C": "countryName", "Email": "emailAddress"}


@dataclass(frozen=True)
class Caller:
    """
    Who connected.

    Attributes:
        address: The numeric address.
        certificate: The verified certificate as `ssl` decodes it, empty when none was presented.
    """

    address: str
    certificate: dict[str, Any]

    @property
    def name(self) -> str:
        """Return the CN of the certificate, empty without one."""
        return next((value for field, value in self._subject() if field == "commonName"), "")

    def is_member(self, written: str) -> bool:
        """Tell whether the caller is meant by a member such as `IP:10.1.0.1` or `CN: name` (10.30)."""
        kind, _ignored, value = written.partition(":")
        if kind == "IP":
            return fnmatchcase(self.address, value.strip())
        return (_FIELDS.get(kind), value.strip()) in self._subject()

    def _subject(self) -> list[tuple[str, str]]:
        return [pair for names in self.certificate.get("subject", ()) for pair in names]


@dataclass(frozen=True)
class Group:
    """One AccessGroup; its URIs are readable, to write is not a matter of the stand-in."""

    name: str
    members: tuple[str, ...]
    uris: tuple[str, ...]

    def allows(self, caller: Caller, uri: str) -> bool:
        """Tell whether a member may read *uri*: a final "/" is a prefix, a final "$" exact (§3.5)."""
        if not any(caller.is_member(member) for member in self.members):
            return False
        rules = (rule.replace("%CN%", caller.name) for rule in self.uris)
        return any(uri.startswith(rule) if rule.endswith("/") else uri == rule.removesuffix("$") for rule in rules)


def load(file: Path) -> tuple[Group, ...]:
    """Return the groups of an access control file. Raises Refusal when it is missing or not understood."""
    try:
        entries = parse(file.read_bytes())
    except (FileNotFoundError, Refusal) as problem:
        raise Refusal(f"{file.name}: {problem}") from None
    groups = next((entry.children for entry in entries if entry.key == "Access Control Groups"), [])
    return tuple(
        Group(group.text("Name"), _strings(group, "Members"), (*_strings(group, "Read-Only Access"), *_strings(group, "Read-Write Access")))
        for group in groups
    )


def _strings(group: Entry, key: str) -> tuple[str, ...]:
    vector = group.child(key)
    return tuple(item.unescaped() for item in vector.children) if vector else ()
