# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines of a configuration file without losing a byte; what every grammar of the product's files is read from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import CfgError

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONE_CR = re.compile(rb"\r(?!\n)")
_LONE_LF = re.compile(rb"(?<!\r)\n")
_CRLF = re.compile(rb"\r\n")


@dataclass(frozen=True)
class TextFile:
    """
    What a text file has besides its lines.

    Attributes:
        where: The file as an operator knows it.
        bom: The UTF-8 byte order mark or nothing.
        eol: The file's own line end.
        encoding: ``ascii``, ``utf-8``, or ``latin-1`` for single-byte text of an unknown code page.
    """

    where: str
    bom: bytes
    eol: bytes
    encoding: str

    def error(self, number: int | None, problem: str, *, remedy: str) -> CfgError:
        """Return an error about line *number*; None when no line is at fault but what was asked for."""
        return CfgError(where=self.where if number is None else f"{self.where}:{number}", problem=problem, remedy=remedy)

    def joined(self, raws: Iterable[bytes]) -> bytes:
        """Return the bytes of the file with the lines *raws*, each without its line end."""
        return self.bom + self.eol.join(raws)


def read_lines(content: bytes, *, where: str, eol: bytes = b"\r\n") -> tuple[TextFile, list[tuple[bytes, str]]]:
    """
    Split a whole file into lines; ``joined`` of these is *content* again.

    Args:
        content: The file as stored on the node: LF or CRLF, with or without BOM and final line end.
        where: The file as an operator knows it; errors append ``:<line>``.
        eol: The line end of a file that has none.

    Returns:
        The form of the file, and each line as bytes and as text; after a final line end there is one more, empty.

    Raises:
        CfgError: Mixed line ends, a control character, UTF-16, or text that is not what its BOM says.
    """
    bom = _BOM if content.startswith(_BOM) else b""
    body = content[len(bom) :]
    if body.startswith(_UTF16):
        raise CfgError(where=f"{where}:1", problem="the file is UTF-16", remedy="save it as the product wrote it: ANSI or UTF-8")
    if control := _CONTROL.search(body):
        raise fault_at(body, control.start(), where=where, problem=f"a control character, byte 0x{control[0].hex()}; this is no text file")
    end = _line_end(body, where) or eol
    text, encoding = _decoded(body, where, bom=bool(bom))
    return TextFile(where, bom, end, encoding), list(zip(body.split(end), text.split(end.decode()), strict=True))


def fault_at(content: bytes, position: int, *, where: str, problem: str) -> CfgError:
    """
    Return an error about the line of the byte at *position*.

    Args:
        content: A whole file.
        position: 0-based.
        where: The file as an operator knows it.
        problem: What is wrong there.
    """
    number = content.count(b"\n", 0, position) + 1
    return CfgError(where=f"{where}:{number}", problem=problem, remedy="correct the line in a text editor, or restore the file")


def _line_end(body: bytes, where: str) -> bytes:
    if lone := _LONE_CR.search(body):
        raise fault_at(body, lone.start(), where=where, problem="a carriage return without line feed")
    first = body.find(b"\n")
    if first < 0:
        return b""
    crlf = body[:first].endswith(b"\r")
    if odd := (_LONE_LF if crlf else _CRLF).search(body):
        ends = ("LF", "CRLF") if crlf else ("CRLF", "LF")
        raise fault_at(body, odd.start(), where=where, problem=f"the line ends in {ends[0]}, the first line in {ends[1]}")
    return b"\r\n" if crlf else b"\n"


def _decoded(body: bytes, where: str, *, bom: bool) -> tuple[str, str]:
    try:
        return body.decode("utf-8"), "utf-8" if bom or not body.isascii() else "ascii"
    except UnicodeDecodeError as fault:
        if bom:
            raise fault_at(body, fault.start, where=where, problem="a byte that is no UTF-8 in a file marked as UTF-8") from fault
    return body.decode("latin-1"), "latin-1"
