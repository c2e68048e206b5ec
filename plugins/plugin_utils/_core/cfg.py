# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Read a .cfg file without losing a byte.

One assignment per line, ``key = type: value``, nested by spaces. There is no quoting, no comment and no
continuation. A line that is none of this is kept as it is and listed among the faults of the file:
reading goes on around it, an edit near it is refused (``cfg_path.refuse_faults``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from .text_lines import TextFile, fault_at, read_lines

SCALARS = frozenset({"int", "unsigned int", "__int64", "float", "double", "bool", "string", "Path", "EncryptedString", "ref", "v3d"})

_TYPE = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*(?: [A-Za-z_][A-Za-z0-9_]*)*(?:<[A-Za-z0-9_ ]+>)?)?")
# The word stays plural for one item; more than nine digits cannot be a count of lines.
_COUNT = re.compile(r" *(0|[1-9][0-9]{0,8}) items *")
# No product file has comments; these look like somebody's and would otherwise pass for keys.
_COMMENT = ("#", ";", "//")


class CfgLine(NamedTuple):
    """
    One line of a file; a named tuple because a file has thousands.

    Attributes:
        number: 1-based.
        raw: The bytes without the line end.
        indent: Leading spaces.
        key: Empty when the line is blank or not understood.
        type: May be empty, as in ``Reporting = :``.
        value: Everything after the colon of the type, spaces and escapes as they stand.
    """

    number: int
    raw: bytes
    indent: int = 0
    key: str = ""
    type: str = ""
    value: str = ""

    def __repr__(self) -> str:
        """Return number, key and type: a value may be a password."""
        return f"CfgLine({self.number}, {self.key!r}, {self.type!r})"

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing but spaces."""
        return not self.raw.strip()

    @property
    def items(self) -> int | None:
        """The N of ``N items``; None when the line states no count."""
        found = None if self.type in SCALARS else _COUNT.fullmatch(self.value)
        return int(found[1]) if found else None

    @property
    def is_vector(self) -> bool:
        """Whether the children are labelled 0, 1, 2 … (any type may state a count, ``Comment: 0 items``)."""
        return self.type == "vector" or self.type.startswith("vector<") or self.items is not None

    @property
    def is_scalar(self) -> bool:
        """Whether the line holds a value, so that it cannot have children."""
        return self.type in SCALARS or (bool(self.value.strip()) and self.items is None)


class Entry(NamedTuple):
    """
    A line with a key and what stands below it.

    Attributes:
        line: The line itself.
        children: Direct children in file order; empty for a scalar.
    """

    line: CfgLine
    children: list[Entry]

    def __repr__(self) -> str:
        """Return the line and the number of children, since a tree may be deep."""
        return f"Entry({self.line!r}, {len(self.children)} children)"

    @property
    def last_line(self) -> int:
        """The number of the last line of this entry and everything below it."""
        entry = self
        while entry.children:
            entry = entry.children[-1]
        return entry.line.number


@dataclass(frozen=True)
class CfgFile(TextFile):
    """
    A parsed file; ``render`` gives back its bytes.

    Attributes:
        lines: All lines; after a final line end there is one more, empty.
        entries: The top-level entries in file order.
        faults: By line number, what is wrong with each line that is not understood.
    """

    lines: tuple[CfgLine, ...] = field(repr=False)
    entries: tuple[Entry, ...] = field(repr=False)
    faults: Mapping[int, str] = field(repr=False)


@lru_cache(maxsize=16)
def parse(content: bytes, *, where: str) -> CfgFile:
    """
    Read a whole file, once for all who ask for something in it; ``render`` of the result is *content* again.

    Args:
        content: The file as stored on the node: LF or CRLF, with or without BOM and final line end.
        where: The file as an operator knows it; errors append ``:<line>``.

    Returns:
        Lines, tree and faults. Depth is relative: an entry belongs to the nearest line above it that is indented less.

    Raises:
        CfgError: A tab, mixed line ends, a control character, UTF-16, or text that is not what its BOM says.
    """
    text, pairs = read_lines(content, where=where)
    # "any other" component file too is misread when it has a tab: Access Control page of the product manual.
    if (tab := content.find(b"\t")) >= 0:
        raise fault_at(content, tab, where=where, problem="a tab, which stops the product reading the file; it takes spaces only")
    lines = tuple(parse_line(raw, line, number=number) for number, (raw, line) in enumerate(pairs, 1))
    entries, faults = _tree(lines)
    return CfgFile(text.where, text.bom, text.eol, text.encoding, lines, entries, faults)


def render(file: CfgFile) -> bytes:
    """Return the bytes that *file* was read from."""
    return file.joined(line.raw for line in file.lines)


def parse_line(raw: bytes, text: str, *, number: int) -> CfgLine:
    """
    Read one line.

    Args:
        raw: The line without its line end.
        text: *raw*, decoded.
        number: 1-based.

    Returns:
        The line; its key is empty when it is blank or no ``key = type: value``.
    """
    stripped = text.lstrip(" ")
    key, assign, rest = stripped.partition(" = ")
    kind, colon, value = rest.partition(":")
    indent = len(text) - len(stripped)
    unsure = key != key.strip() or key.startswith(_COMMENT) or not _TYPE.fullmatch(kind)
    if unsure or not (key and assign and colon):
        return CfgLine(number, raw, indent)
    return CfgLine(number, raw, indent, key, kind, value)


def _tree(lines: tuple[CfgLine, ...]) -> tuple[tuple[Entry, ...], dict[int, str]]:
    top: list[Entry] = []
    faults: dict[int, str] = {}
    # With each, whether it holds a value: to look again for every child is no work for a line of half a megabyte.
    open_entries: list[tuple[Entry, bool]] = []
    for line in lines:
        if line.is_blank:
            continue
        while open_entries and open_entries[-1][0].line.indent >= line.indent:
            open_entries.pop()
        parent, below_value = open_entries[-1] if open_entries else (None, False)
        entry, is_scalar = Entry(line, []), line.is_scalar
        if fault := _fault(line, parent, is_scalar=is_scalar, below_value=below_value):
            faults[line.number] = fault
        else:
            (parent.children if parent else top).append(entry)
        # A faulty line stays a parent: what is indented below it must not fall to the entry before it.
        open_entries.append((entry, is_scalar))
    return tuple(top), faults


def _fault(line: CfgLine, parent: Entry | None, *, is_scalar: bool, below_value: bool) -> str:
    if not line.key:
        return "no 'key = type: value'"
    if line.is_vector and is_scalar:
        return "a vector whose count is no 'N items'"
    if parent is None:
        return "a top-level line that is indented" if line.indent else ""
    if below_value:
        return f"indented below line {parent.line.number}, which holds a value"
    if parent.children and parent.children[0].line.indent != line.indent:
        return f"indented by {line.indent}, its siblings by {parent.children[0].line.indent}"
    return ""
