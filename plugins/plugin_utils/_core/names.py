# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Distinguished names as they are encoded, and any text in a form that is safe to print.

A product compares the bytes of a common name (X509_NAME_get_text_by_NID), so they are kept.
Old CAs put Latin-1 into a TeletexString; a reader that insists on UTF-8 fails on it, this one does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_CN = "2.5.4.3"
_TYPES = {
    _CN: "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "emailAddress",
}
_WIDE = {28: "utf-32-be", 30: "utf-16-be"}
_SPECIAL = frozenset('"+,;<>\\')
_CONTEXT_0 = 0xA0
_OID = 128   # bytes; those in use have a dozen, and the time it takes to read one grows with its square


class Attribute(NamedTuple):
    """
    One attribute of a name.

    Attributes:
        oid: Dotted.
        value: The bytes of the value, without the string type in front of them.
        text: *value* decoded by its string type; never fails.
    """

    oid: str
    value: bytes
    text: str


class Name(NamedTuple):
    """
    A subject or an issuer.

    Attributes:
        rdns: Its relative distinguished names in the order of the certificate, mostly of one attribute each.
    """

    rdns: tuple[tuple[Attribute, ...], ...]

    @property
    def common_names(self) -> tuple[Attribute, ...]:
        """The CN attributes in the order of the certificate."""
        return tuple(attribute for rdn in self.rdns for attribute in rdn if attribute.oid == _CN)

    def of(self, kind: str) -> tuple[Attribute, ...]:
        """
        Return the attributes of one kind in the order of the certificate.

        Args:
            kind: As RFC 4514 abbreviates it, ``CN`` or ``OU``; ``emailAddress`` for PKCS #9's.
        """
        return tuple(attribute for rdn in self.rdns for attribute in rdn if _TYPES.get(attribute.oid) == kind)

    @property
    def text(self) -> str:
        """The name as RFC 4514 writes it, most specific part first; whatever cannot be printed is escaped."""
        return ",".join("+".join(_written(attribute) for attribute in rdn) for rdn in reversed(self.rdns))


def read_names(tbs: bytes) -> tuple[Name, Name]:
    """
    Return issuer and subject of a certificate.

    Args:
        tbs: DER of a TBSCertificate (RFC 5280 section 4.1).

    Raises:
        ValueError: It is no such DER.
    """
    ((_ignored, body),) = _elements(tbs)
    return _names(body)


def read_subject(der: bytes) -> Name:
    """
    Return the subject of a certificate.

    Args:
        der: The whole certificate (RFC 5280 section 4.1).

    Raises:
        ValueError: It is no such DER.
    """
    ((_ignored, body),) = _elements(der)
    return _names(next(_elements(body), (0, b""))[1])[1]


def _names(body: bytes) -> tuple[Name, Name]:
    fields = [field for field in _elements(body) if field[0] != _CONTEXT_0]
    if len(fields) < 6:
        raise ValueError("a TBSCertificate has at least six fields")
    # Without the version: serial number, signature, issuer, validity, subject, key.
    return _name(fields[2][1]), _name(fields[4][1])


def fold(name: str) -> str:
    """
    Return a name in a form for comparison: case and repeated spaces do not count (RFC 5280 section 7.1).

    Args:
        name: As RFC 4514 writes it.
    """
    return " ".join(name.casefold().split())


def shown(value: str | bytes, *, limit: int = 64) -> str:
    """
    Return *value* quoted for a message: ASCII without control characters, shortened.

    Args:
        value: Of any origin.
        limit: How many characters of it are shown at the most.
    """
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    return ascii(text) if len(text) <= limit else f"{text[:limit]!a}… ({len(text)} characters)"


def _name(body: bytes) -> Name:
    return Name(tuple(tuple(_attribute(pair) for _ignored, pair in _elements(rdn)) for _ignored, rdn in _elements(body)))


def _attribute(pair: bytes) -> Attribute:
    (_ignored, oid), (tag, value) = _elements(pair)
    return Attribute(_dotted(oid), value, _decoded(tag, value))


def _decoded(tag: int, value: bytes) -> str:
    if tag in _WIDE:
        return value.decode(_WIDE[tag], "replace")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element of *der*, one behind the other."""
    at = 0
    while at < len(der):
        if len(der) < at + 2 or der[at] & 0x1F == 0x1F:
            raise ValueError("no DER element")
        size, start = der[at + 1], at + 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(der[at + 2 : start], "big")
        if start + size > len(der):
            raise ValueError("a DER element is cut")
        yield der[at], der[start : start + size]
        at = start + size


def _dotted(body: bytes) -> str:
    if len(body) > _OID:
        raise ValueError("an object identifier of no known kind")
    arcs, arc = [], 0
    for byte in body:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2) if arcs else 0
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]] if arcs else []))


def _written(attribute: Attribute) -> str:
    kind = _TYPES.get(attribute.oid, attribute.oid)
    text = attribute.text
    last = len(text) - 1
    return f"{kind}=" + "".join(_escaped(char, edge=index in (0, last), first=index == 0) for index, char in enumerate(text))


def _escaped(char: str, *, edge: bool, first: bool) -> str:
    if char in _SPECIAL or (char == " " and edge) or (char == "#" and first):
        return f"\\{char}"
    if char.isprintable():
        return char
    return "".join(f"\\{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
