# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PEM (RFC 7468): strict blocks, fingerprints, nothing skipped in silence."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache

from .errors import PemError

# A marker stands alone on its line. Whatever else has the dashes of one is refused: glued blocks look like that.
_DASHES, _KEY = b"-----", b"PRIVATE KEY"
_MARKER = re.compile(rb"-----(?P<edge>BEGIN|END) (?P<label>[!-,.-~]+(?:[ -][!-,.-~]+)*)-----[ \t]*")
_SUSPECT = re.compile(rb"-----(?:BEGIN|END|(?:B|BE|BEG|BEGI|E|EN)$)")
_TAIL = re.compile(rb"(?:BEGIN|END) [A-Z0-9 ]")
_LABEL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
# Blanks of any kind may stand beside the base64 of a block.
_PLAIN = bytes(byte if 0x20 <= byte < 0x7F or byte in b"\n\r\t" else ord(" " if byte in b"\v\f" else "?") for byte in range(256))
BOM = b"\xef\xbb\xbf"   # OpenSSL 3 takes one at the start of a file; amid it, blocks are lost


@dataclass(frozen=True)
class PemBlock:
    """
    One block of a PEM file.

    Attributes:
        label: As it stands in the markers, like ``CERTIFICATE``.
        raw: From BEGIN to END, both included, without a line end behind it.
        der: What the body encodes.
        line: Line of the BEGIN marker, 1-based.
    """

    label: str
    raw: bytes = field(repr=False)
    der: bytes = field(repr=False)
    line: int = field(default=1, compare=False)

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the DER, 64 lower-case hexadecimal digits."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def is_private_key(self) -> bool:
        """Tell whether the label is that of a private key of any kind."""
        return self.label.endswith("PRIVATE KEY")

    @property
    def is_certificate(self) -> bool:
        """Tell whether the block is one X.509 certificate and nothing else."""
        return self.label == "CERTIFICATE"

    def with_line_end(self, eol: bytes) -> bytes:
        """
        Return the block with every line ended by *eol*, the last one, too.

        Args:
            eol: LF, or CR and LF.
        """
        return b"".join(line.rstrip() + eol for line in lines_of(self.raw))


def split_pem(content: bytes, *, where: str = "PEM") -> list[PemBlock]:
    """
    Split *content* into PEM blocks; text between blocks is allowed.

    Args:
        content: A whole file, LF or CRLF, with or without a byte order mark.
        where: The file as an operator knows it; an error appends the line.

    Returns:
        Blocks in file order; empty when there is no marker.

    Raises:
        PemError: A marker without its partner, inside of a block, or not alone on its line; a body that is no base64.
    """
    # The same trust file is asked for by every rule that looks at it. A key is not kept longer than it is needed.
    return _split(content, where) if _KEY in content else list(_known(content, where))


@lru_cache(maxsize=1024)
def _known(content: bytes, where: str) -> tuple[PemBlock, ...]:
    return tuple(_split(content, where))


def _split(content: bytes, where: str) -> list[PemBlock]:
    blocks: list[PemBlock] = []
    begin: _Begin | None = None
    lines = lines_of(content.removeprefix(BOM))
    for number, line in enumerate(lines, start=1):
        if _DASHES not in line:
            continue
        marker = _MARKER.fullmatch(line.rstrip(b"\r\n"))
        if marker is None:
            if _is_suspect(line):
                raise _error(where, number, problem="a marker is not alone on its line",
                             remedy="put every BEGIN and END marker on a line of its own")
        elif begin is None and marker["edge"] == b"BEGIN":
            begin = _Begin(number, marker["label"].decode("ascii"))
        elif begin and marker["edge"] == b"END" and marker["label"].decode("ascii") == begin.label:
            blocks.append(_block(begin, lines[begin.line - 1 : number], f"{where}: block {len(blocks) + 1}"))
            begin = None
        else:
            raise _unpaired(begin, marker["edge"].decode("ascii"), where=where, number=number)
    if begin:
        raise _error(where, begin.line, problem=f"BEGIN {begin.label} has no END", remedy="the file was cut off: fetch it again")
    return blocks


def as_text(content: bytes) -> str:
    """
    Return *content* as ASCII with the same blocks; what else stands in it and cannot be printed becomes a question mark.

    Args:
        content: A whole file, which may hold any bytes between its blocks.
    """
    return content.removeprefix(BOM).translate(_PLAIN).decode("ascii")


def lines_of(content: bytes) -> list[bytes]:
    """
    Return the lines of *content* with their ends.

    Args:
        content: Any bytes. Only LF ends a line, as in OpenSSL; ``splitlines`` would split at a lone CR, too.
    """
    return _LINE.findall(content)


def _is_suspect(line: bytes) -> bool:
    """Tell whether *line* has the dashes before a marker, or those behind one; as one pattern that would take hours for a long line."""
    before_dashes = line.split(b"-----")[:-1]
    return bool(_SUSPECT.search(line)) or any(_TAIL.search(part, len(part.rstrip(_LABEL))) for part in before_dashes)


@dataclass(frozen=True)
class _Begin:
    line: int
    label: str


def _unpaired(begin: _Begin | None, edge: str, *, where: str, number: int) -> PemError:
    if begin is None:
        return _error(where, number, problem="an END marker has no BEGIN",
                      remedy="restore the beginning of the block, or delete what is left of it")
    inside = "begins" if edge == "BEGIN" else "ends"
    return _error(where, number, problem=f"another block {inside} inside of the {begin.label} that begins in line {begin.line}",
                  remedy="restore the block that was cut, or delete what is left of it")


def _block(begin: _Begin, lines: list[bytes], where: str) -> PemBlock:
    try:
        der = base64.b64decode(_body(begin.label, [line.strip() for line in lines[1:-1]]), validate=True)
    except binascii.Error:
        raise _error(where, begin.line, problem=f"the body of this {begin.label} is no base64", remedy="fetch the file again") from None
    return PemBlock(begin.label, b"".join(lines).strip(), der, begin.line)


def _body(label: str, lines: list[bytes]) -> bytes:
    """Return the base64 of a block. What is above a blank line are headers (RFC 1421), which OpenSSL takes of old encrypted keys only."""
    if b"" in lines:
        blank = lines.index(b"")
        headers, lines = lines[:blank], lines[blank + 1 :]
        if b"" in lines or (headers and not (label.endswith("PRIVATE KEY") and headers[0].startswith(b"Proc-Type:"))):
            raise binascii.Error
    text = b"".join(lines).translate(None, b" \t\r")
    if not text:
        raise binascii.Error
    return text


def _error(where: str, line: int, *, problem: str, remedy: str) -> PemError:
    return PemError(where=f"{where}: line {line}", problem=problem, remedy=remedy)
