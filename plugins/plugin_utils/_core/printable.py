# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Text of any origin in a form that is safe on a terminal: nothing in it moves a cursor, hides, or runs from right to left.

A file name, a common name, a marker: all of them come from nodes, and a terminal obeys what it is sent (ECMA-48, also
as one character from U+0080 to U+009F; Unicode TR36 for direction overrides).
"""

from __future__ import annotations

import re

_BREAK = re.compile(r"(\r\n|\n|\t)")


def printable(text: str, *, limit: int = 2000) -> str:
    """
    Return *text* as one line; what cannot be printed is escaped as Python writes it.

    Args:
        text: Of any origin and length.
        limit: Characters; of a longer text the middle is left out.
    """
    if len(text) > limit:
        text = f"{text[: limit // 2]}…{text[-limit // 2 + 1 :]}"
    return _escaped(text)


def printable_lines(text: str) -> str:
    """
    Return *text* with its lines and tabs as they are, whatever its length; all else that cannot be printed is escaped.

    Args:
        text: A whole file, LF or CRLF; a carriage return that does not end a line would overwrite it.
    """
    return text if text.isascii() and text.isprintable() else "".join(
        part if _BREAK.fullmatch(part) else _escaped(part) for part in _BREAK.split(text))


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
