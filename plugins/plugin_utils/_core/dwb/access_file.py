# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Read Access Control.cfg: its groups, and their members with their lines (dossier 3.5).

A layout that the manual does not show is refused. What it shows in two ways, or counts wrongly, is read (dossier 10.14)
and marked as in doubt, so that nobody takes an answer from it for certain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..cfg import CfgFile, Entry, parse
from ..cfg_path import find
from ..cfg_value import plain_value
from ..errors import CfgError, Finding, Refused

GROUPS = "Access Control Groups"
DEFAULT_FILE = "Access Control\\Access Control.cfg"
_REMEDY = "correct it in the Workstation, at a time when every connection may drop: a change of this file drops them all"
# "\\" and "\"" cannot be misread; "\t" may be a tab, or a backslash that was not doubled (dossier 3.2, 27 and 28).
_DOUBLED = re.compile(r'\\[\\"]')


@dataclass(frozen=True)
class Member:
    """
    One line of a group's members.

    Attributes:
        line: 1-based.
        text: The value in plain form, or the whole line when it is no member but makes the others doubtful.
        doubt: Why the product may read the line in another way; empty when it is clear.
    """

    line: int
    text: str
    doubt: str = ""


@dataclass(frozen=True)
class AccessGroup:
    """
    One AccessGroup.

    Attributes:
        name: Of the group; nothing forbids two of the same.
        line: Where it begins, 1-based.
        members: In file order.
        personal: The lines of its rules that hold ``%CN%``.
    """

    name: str
    line: int
    members: tuple[Member, ...]
    personal: tuple[int, ...] = ()


def read_groups(content: bytes, *, where: str) -> tuple[AccessGroup, ...]:
    """
    Return the groups of an access control file.

    Args:
        content: A whole file as stored on the node.
        where: The file as an operator knows it.

    Returns:
        All groups in file order.

    Raises:
        CfgError: The file is no text, or has another layout than the manual shows.
        Refused: Lines are not understood; one finding each.
    """
    file = parse(content, where=where)
    if file.faults:
        raise Refused(Finding(f"{where}:{line}", fault, _REMEDY, "CfgError") for line, fault in file.faults.items())
    root = find(file, (GROUPS,))
    if root is None or not root.line.is_vector:
        raise file.error(root.line.number if root else 1, f"the file has no '{GROUPS} = vector: N items'",
                         remedy="name an access control file of the product")
    for entry in file.entries:
        if entry is not root:
            raise _unknown(file, entry, f"stands beside '{GROUPS}'")
    doubts = _doubts(root)
    return tuple(_group(file, entry, doubts) for entry in root.children)


def access_file(content: bytes, *, where: str) -> str:
    """
    Return which access control file a server uses.

    Args:
        content: Its Communications.cfg.
        where: That file as an operator knows it.

    Returns:
        The value of ``Access Control File`` with single backslashes, relative to the install root; the documented one when there is none.

    Raises:
        CfgError: The file is no text, or names it twice.
    """
    named = find(parse(content, where=where), ("component", "Access Control File"))
    return plain_value(named.line).strip() if named and plain_value(named.line).strip() else DEFAULT_FILE


def _group(file: CfgFile, group: Entry, doubts: Sequence[Member]) -> AccessGroup:
    if group.line.type != "AccessGroup":
        raise _unknown(file, group, "is no AccessGroup")
    name, members = _only(file, group, "Name"), _only(file, group, "Members")
    if name.line.type != "string":
        raise _unknown(file, name, "is no string")
    if not members.line.is_vector:
        raise _unknown(file, members, "is no vector")
    for child in group.children:
        if child.line.key.isdigit():
            raise _unknown(file, child, "stands beside the vector that it may belong to")
    every = [*doubts, *_doubts(members)]
    doubt = every[0].doubt if every else ""
    rules = (rule.line for child in group.children if child is not members for rule in child.children)
    return AccessGroup(
        plain_value(name.line).strip(), group.line.number, (*every, *(_member(file, child, doubt) for child in members.children)),
        tuple(rule.number for rule in rules if "%CN%" in rule.value))


def _member(file: CfgFile, entry: Entry, doubt: str) -> Member:
    if entry.line.type != "string":
        raise _unknown(file, entry, "is no string")
    if "\\" in _DOUBLED.sub("", entry.line.value):
        doubt = "it has a single backslash, and the manual shows two readings of that"
    return Member(entry.line.number, plain_value(entry.line).strip(), doubt)


def _doubts(vector: Entry) -> list[Member]:
    """Return the line of *vector* as one that makes the members doubtful when its count or its labels are wrong."""
    labels = [child.line.key for child in vector.children]
    if vector.line.items == len(labels) and len(set(labels)) == len(labels) and all(label.isdigit() for label in labels):
        return []
    doubt = "count and labels do not fit the items, and the manual does not say how such a vector is read"
    return [Member(vector.line.number, vector.line.raw.decode("ascii", "replace").strip(), doubt)]


def _only(file: CfgFile, group: Entry, key: str) -> Entry:
    found = [child for child in group.children if child.line.key.casefold() == key.casefold()]
    if len(found) == 1 and found[0].line.key == key:
        return found[0]
    last = found[-1] if found else group
    raise _unknown(file, last, f"the group has {len(found)} times '{key}'" if len(found) != 1 else f"is not written '{key}'")


def _unknown(file: CfgFile, entry: Entry, problem: str) -> CfgError:
    return file.error(entry.line.number, f"unknown layout: '{entry.line.key}' {problem}", remedy=_REMEDY)
