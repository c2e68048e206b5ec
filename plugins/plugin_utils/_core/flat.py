# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Files of one setting per line, read without losing a byte: what txlogd.conf, Insight.ini and stunnel.conf have in common.

A line that the grammar does not know is refused with its number: it may be the setting that is looked for, misspelt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from .text_lines import TextFile, read_lines

_BLANKS = " \t"


class Grammar(NamedTuple):
    """
    What a line may be, besides blank.

    Attributes:
        comments: What a comment begins with.
        setting: Groups ``name`` and ``value``, blanks around them are cut off; matches the whole line without those around it.
        section: The group ``section``; None when the file has none.
        eol: The line end of a file that has none.
        remedy: How a line has to be written.
    """

    comments: tuple[str, ...]
    setting: re.Pattern[str]
    section: re.Pattern[str] | None
    eol: bytes
    remedy: str


# Insight.ini and stunnel.conf.
SECTIONED = Grammar(
    comments=(";", "#"),
    setting=re.compile(r"(?P<name>[^=\[][^=]*)=(?P<value>.*)"),
    section=re.compile(r"\[[ \t]*(?P<section>[^\[\]\s][^\[\]]*)\]"),
    eol=b"\r\n",
    remedy="write it like name=value or [section], or put a ; before a comment",
)


class FlatLine(NamedTuple):
    """
    One line of a file.

    Attributes:
        number: 1-based.
        raw: The bytes without the line end.
        section: The one that the line is in; empty above the first.
        name: Of the setting; empty when the line has none.
        value: Without blanks around it.
    """

    number: int
    raw: bytes
    section: str
    name: str = ""
    value: str = ""

    def __repr__(self) -> str:
        """Return number, section and name: a value may be a password."""
        return f"FlatLine({self.number}, {self.section!r}, {self.name!r})"


@dataclass(frozen=True)
class FlatFile(TextFile):
    """
    A parsed file; ``render`` gives back its bytes.

    Attributes:
        lines: All lines; after a final line end there is one more, empty.
    """

    lines: tuple[FlatLine, ...] = field(repr=False)

    @property
    def sections(self) -> dict[str, int]:
        """The line in which each section begins, in file order; one that begins twice counts once."""
        found: dict[str, int] = {}
        for line in self.lines:
            if line.section:
                found.setdefault(line.section, line.number)
        return found

    def settings(self, name: str, *, section: str = "") -> tuple[FlatLine, ...]:
        """
        Return the lines that give *name* a value, in file order.

        Args:
            name: Upper and lower case are the same.
            section: The same; empty for what stands above the first.
        """
        wanted = name.casefold(), section.casefold()
        return tuple(line for line in self.lines if (line.name.casefold(), line.section.casefold()) == wanted)

    def setting(self, name: str, *, section: str = "") -> FlatLine | None:
        """
        Return the one line that gives *name* a value, None when there is none.

        Args:
            name: As for ``settings``.
            section: As for ``settings``.

        Raises:
            CfgError: Two lines do; which one counts is not documented.
        """
        first, *others = self.settings(name, section=section) or (None,)
        if first and others:
            raise self.error(others[0].number, f"'{name}' stands in lines {first.number} and {others[0].number}",
                             remedy="remove the one that is not meant")
        return first


def parse_flat(content: bytes, grammar: Grammar, *, where: str) -> FlatFile:
    """
    Read a whole file; ``render`` of the result is *content* again.

    Args:
        content: The file as stored on the host: LF or CRLF, with or without BOM and final line end.
        grammar: What its lines may be.
        where: The file as an operator knows it; errors append ``:<line>``.

    Raises:
        CfgError: The file is no text (``read_lines``), or a line is not understood.
    """
    text, pairs = read_lines(content, where=where, eol=grammar.eol)
    lines: list[FlatLine] = []
    section = ""
    for number, (raw, line) in enumerate(pairs, 1):
        read = _parse_line(line.strip(_BLANKS), grammar)
        if read is None:
            raise text.error(number, "the line is not understood", remedy=grammar.remedy)
        section = read.get("section", section)
        lines.append(FlatLine(number, raw, section, read.get("name", ""), read.get("value", "")))
    return FlatFile(text.where, text.bom, text.eol, text.encoding, tuple(lines))


def render(file: FlatFile) -> bytes:
    """Return the bytes that *file* was read from."""
    return file.joined(line.raw for line in file.lines)


def _parse_line(text: str, grammar: Grammar) -> dict[str, str] | None:
    """Return the parts of a line, None when it is not understood."""
    if not text or text.startswith(grammar.comments):
        return {}
    heading = grammar.section.fullmatch(text) if grammar.section else None
    found = heading or grammar.setting.fullmatch(text)
    return {part: (value or "").strip(_BLANKS) for part, value in found.groupdict().items()} if found else None
