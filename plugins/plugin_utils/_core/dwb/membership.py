# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Whether a client is meant by one member of an access group: yes, no, or not to be said (dossier 3.5, 10.30, 10.31).

An answer comes with all that it depends on. A member that sees the same of two certificates gives the same answer twice,
also where nobody knows which.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

from ..certificate import Certificate
from ..errors import OptionError
from ..names import Attribute, Name, read_subject, shown
from .access_file import Member
from .addresses import Address, plain

YES, NO, UNDECIDED = "yes", "no", "undecided"

_FIELDS = {"CN": "CN", "O": "O", "OU": "OU", "L": "L", "ST": "ST", "C": "C", "Email": "emailAddress"}
_IN_ADDRESSES = frozenset("0123456789abcdefABCDEF.:*")

_VARIABLE = "a group variable; its members are in User List.cfg"
_UNKNOWN = "a form of member that the manual does not explain"
_SIGN_IN = "may mean somebody who signs in, which no certificate tells"
_BESIDE = "the manual grants rights by address where there is no certificate; whether it counts beside one, it does not say"
_WILDCARD = "the manual explains no wildcard in a field of a certificate"
_SEVERAL = "the certificate has this field more than once, and the manual does not say which one counts"
_SPELLING = "alike but not the same, or not ASCII: how the product compares that is not documented"


@dataclass(frozen=True)
class Client:
    """
    Who connects.

    Attributes:
        subject: Of the certificate.
        address: Where from; None when nobody knows.
    """

    subject: Name
    address: Address | None = None


class Answer(NamedTuple):
    """
    What one member says of one client.

    Attributes:
        member: yes, no or undecided.
        why: Why it is undecided, else empty.
        sees: All of the client that the answer depends on.
    """

    member: str
    why: str
    sees: object


def membership(member: Member, client: Client) -> Answer:
    """
    Return whether *client* is meant by *member*.

    Args:
        member: One line of the file.
        client: Who connects, with a certificate.
    """
    kind, _ignored, value = member.text.partition(":")
    value = value.strip()
    if member.doubt:
        return _undecided(member.doubt, client)
    if "$(" in member.text:
        return _undecided(_VARIABLE, client)
    if kind == "PLC":
        return _undecided(_SIGN_IN, client)
    if kind == "IP" and value:
        return Answer(NO, "", client.address) if _is_elsewhere(value, client.address) else Answer(UNDECIDED, _BESIDE, client.address)
    if kind in _FIELDS and value:
        return _by_field(kind, value, client)
    return _undecided(_UNKNOWN, client)


def client_of(certificate: Certificate, address: str) -> Client:
    """
    Return the client that connects with *certificate*.

    Args:
        certificate: As ``read_client`` returns it.
        address: Numeric, IPv4 or IPv6; empty when nobody knows.

    Raises:
        OptionError: It is no address.
    """
    try:
        return Client(read_subject(certificate.der), plain(ip_address(address)) if address else None)
    except ValueError:
        raise OptionError(where="address", problem=f"{shown(address)} is no numeric address",
                          remedy="give the IP address that the client connects from, or leave it out") from None


def _by_field(kind: str, value: str, client: Client) -> Answer:
    own = client.subject.of(_FIELDS[kind])
    answers = {_compare(value, attribute) for attribute in own}
    if answers == {YES}:
        return Answer(YES, "", own)
    if answers <= {NO}:
        # Both forms name an account that signs in, too, from 6.7 on (dossier 3.5); which version runs here is not known.
        return _undecided(_SIGN_IN, client) if kind == "Email" or (kind == "O" and "@" in value) else Answer(NO, "", own)
    if "*" in value:
        return Answer(UNDECIDED, _WILDCARD, own)
    return Answer(UNDECIDED, _SEVERAL if len(answers) > 1 else _SPELLING, own)


def _compare(value: str, own: Attribute) -> str:
    """Compare as the manual says, by case; whatever could be equal in one reading and not in another is undecided."""
    if value.isascii() and value.encode() == own.value:
        return YES
    return UNDECIDED if matches(_skeleton(value), _skeleton(own.text)) else NO


def _skeleton(text: str) -> str:
    """Return what no code page changes."""
    return text.encode("ascii", "ignore").decode().strip()


def matches(pattern: str, text: str) -> bool:
    """
    Tell whether *text* is meant by *pattern* when every ``*`` stands for any characters, none included.

    Args:
        pattern: Only ``*`` is special.
        text: By case.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    last = rest.pop()
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _is_elsewhere(value: str, address: Address | None) -> bool:
    """Tell whether *value* means other addresses than *address* in every reading."""
    if address is None or not _IN_ADDRESSES.issuperset(value):
        return False
    if "*" in value:
        # An IPv6 address has many spellings. Whether 10.1.* is a pattern is not documented; if it is not, it means nobody.
        return address.version == 4 and not matches(value, str(address))
    try:
        return plain(ip_address(value)) != address
    except ValueError:
        return False


def _undecided(why: str, client: Client) -> Answer:
    return Answer(UNDECIDED, why, client)
