# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Whether a client stays in its groups when its certificate changes (dossier 3.5, 4.5, 10.30, 10.31).

Each member is asked twice, with the certificate of today and with the new one. What the manual does not settle is
undecided; yet a member that sees the same of both certificates gives the same answer twice, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..certificate import Certificate
from ..errors import CertificateError
from ..names import Attribute, Name, shown
from ..pem import split_pem
from ..x509 import read_certificate
from .access_file import AccessGroup, Member
from .membership import NO, UNDECIDED, YES, Answer, Client, membership


class LineAnswer(NamedTuple):
    """What one member says of the client with the certificate of today, and with the new one."""

    about: Member
    now: Answer
    after: Answer

    @property
    def keeps(self) -> bool:
        """Whether nobody can drop out by this line, whatever it means."""
        return self.now.member == NO or self.now.sees == self.after.sees


@dataclass(frozen=True)
class GroupAnswer:
    """
    What becomes of the client in one group.

    Attributes:
        group: As in the file.
        lines: One answer for each of its members.
    """

    group: AccessGroup
    lines: tuple[LineAnswer, ...]

    @property
    def now(self) -> str:
        """Whether the client is in the group with the certificate of today."""
        return _any(line.now.member for line in self.lines)

    @property
    def after(self) -> str:
        """Whether it is with the new one."""
        return _any(line.after.member for line in self.lines)

    @property
    def lost(self) -> str:
        """Whether it is in the group today and will not be."""
        if self.now == NO or self.after == YES or all(line.keeps for line in self.lines):
            return NO
        return YES if (self.now, self.after) == (YES, NO) else UNDECIDED

    def as_result(self) -> dict[str, Any]:
        """Return the answer as plain values, with the lines that speak for the client or cannot be decided."""
        lines = [{"line": line.about.line, "text": line.about.text, "now": line.now.member, "member": line.after.member,
                  "why": line.after.why or line.now.why}
                 for line in self.lines if (line.now.member, line.after.member) != (NO, NO)]
        return {"name": self.group.name, "line": self.group.line, "now": self.now, "member": self.after, "lost": self.lost, "lines": lines}


@dataclass(frozen=True)
class Access:
    """
    What becomes of the client in all groups.

    Attributes:
        today: Subject of the certificate of today.
        new: Subject of the new one.
        groups: In file order.
    """

    today: Name
    new: Name
    groups: tuple[GroupAnswer, ...]

    @property
    def member(self) -> str:
        """Whether the client stays in all groups that it is in today; undecided too when it is in none for certain."""
        losses = {group.lost for group in self.groups}
        if YES in losses:
            return NO
        known = self.today == self.new or any(group.now == YES for group in self.groups)
        return UNDECIDED if UNDECIDED in losses or not known else YES

    def as_result(self) -> dict[str, Any]:
        """Return everything as plain values."""
        named = {
            "groups_now": [group for group in self.groups if group.now == YES],
            "groups_after": [group for group in self.groups if group.after == YES],
            "lost": [group for group in self.groups if group.lost == YES],
            "gained": [group for group in self.groups if (group.now, group.after) == (NO, YES)],
            "undecided": [group for group in self.groups if group.lost == UNDECIDED],
        }
        names = {key: [group.group.name for group in found] for key, found in named.items()}
        return {"member": self.member, "groups": [group.as_result() for group in self.groups], **names, "doubts": self._doubts()}

    def _doubts(self) -> list[str]:
        """Return what an operator should know besides."""
        doubts = []
        if all(group.now != YES for group in self.groups):
            doubts.append("the certificate of today is in no group for certain; make sure that it is the one the client presents")
        before, after = self.today.common_names, self.new.common_names
        rules = [str(line) for group in self.groups if group.now != NO for line in group.group.personal]
        if before != after and rules:
            # Dossier 4.5 infers it from /Users/%CN%/; the manual does not say what becomes of the old folder.
            doubts.append(f"the CN {_listed(before)} becomes {_listed(after)}: rules with %CN% (line {', '.join(rules)}) lead to another "
                          "folder then, and what the client has in Users below its old name is probably out of its reach")
        return doubts


def check_access(groups: Iterable[AccessGroup], today: Client, new: Client) -> Access:
    """
    Return what becomes of a client in *groups* when its certificate changes.

    Args:
        groups: As ``read_groups`` returns them.
        today: The client as it connects today.
        new: The same client with its new certificate.
    """
    return Access(today.subject, new.subject, tuple(
        GroupAnswer(group, tuple(LineAnswer(member, membership(member, today), membership(member, new)) for member in group.members))
        for group in groups))


def read_client(content: bytes, *, where: str) -> Certificate:
    """
    Return the certificate that a client presents.

    Args:
        content: PEM; the first certificate is the client's. Keys are passed over.
        where: The file or option as an operator knows it.

    Raises:
        PemError: It is no PEM.
        CertificateError: There is no certificate, it cannot be decoded, or it is that of a CA with others below it.
    """
    blocks = [block for block in split_pem(content, where=where) if block.is_certificate]
    if not blocks:
        raise CertificateError(where=where, problem="holds no certificate in PEM", remedy="give the client's certificate as PEM")
    leaf = read_certificate(blocks[0], where=where)
    if leaf.is_ca and len(blocks) > 1:
        raise CertificateError(where=where, problem=f"its first certificate is that of a CA: {leaf.subject}",
                               remedy="put the client's own certificate first; that is the one it presents")
    return leaf


def _any(answers: Iterable[str]) -> str:
    found = set(answers)
    return YES if YES in found else UNDECIDED if UNDECIDED in found else NO


def _listed(names: Iterable[Attribute]) -> str:
    return ", ".join(shown(name.text) for name in names) or "(none)"
