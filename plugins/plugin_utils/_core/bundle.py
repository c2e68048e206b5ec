# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Trust bundles: what is there stays byte for byte, what is missing comes at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .errors import Finding, PemError, Refused
from .pem import BOM, PemBlock, lines_of, split_pem


def read_anchors(content: bytes, *, where: str) -> list[PemBlock]:
    """
    Return the certificates of a trust file.

    Args:
        content: The whole file.
        where: The file as an operator knows it.

    Returns:
        Blocks in file order.

    Raises:
        PemError: The file is no PEM.
        Refused: It holds anything but certificates; one finding for each such block.
    """
    blocks = split_pem(content, where=where)
    strange = [(number, block) for number, block in enumerate(blocks, start=1) if not block.is_certificate]
    if strange:
        raise Refused(Finding(f"{where}: block {number}, line {block.line}", f"is a {block.label}, not a CERTIFICATE",
                              _remedy(block), "label") for number, block in strange)
    return blocks


def _remedy(block: PemBlock) -> str:
    if block.is_private_key:
        return "take the private key out at once, and replace it: everybody may read a trust bundle"
    return "convert it to a plain certificate (openssl x509)" if "CERTIFICATE" in block.label else "take it out"


def missing_anchors(bundle: bytes, anchors: Iterable[PemBlock]) -> list[PemBlock]:
    """
    Return those of *anchors* that *bundle* lacks, each once, in the order given.

    Args:
        bundle: A whole trust file.
        anchors: Certificates; the same when the SHA-256 of their DER is, however they are wrapped.

    Raises:
        PemError: The bundle is no PEM.
    """
    known = {block.sha256 for block in _blocks(bundle)}
    missing = {anchor.sha256: anchor for anchor in anchors if anchor.sha256 not in known}
    return list(missing.values())


def add_anchors(bundle: bytes, anchors: Iterable[PemBlock]) -> bytes:
    """
    Return *bundle* with the missing *anchors* appended; its own bytes never change.

    Args:
        bundle: A whole trust file; new blocks use its own line end, LF where it has none.
        anchors: Certificates.

    Raises:
        PemError: The bundle is no PEM.
    """
    missing = missing_anchors(bundle, anchors)
    if not missing:
        return bundle
    eol = b"\r\n" if b"\r\n" in bundle else b"\n"
    joint = eol if bundle and not bundle.endswith(b"\n") else b""
    return bundle + joint + b"".join(anchor.with_line_end(eol) for anchor in missing)


def remove_anchors(bundle: bytes, fingerprints: Collection[str], *, protected: Collection[str] = ()) -> bytes:
    """
    Return *bundle* without the certificates that have one of *fingerprints*; every other byte stays.

    Args:
        bundle: A whole trust file.
        fingerprints: SHA-256, lower case; one that is not there is absent already.
        protected: SHA-256 of certificates that are never removed.

    Raises:
        PemError: The bundle is no PEM.
        Refused: A protected certificate was asked for.
    """
    wanted = set(fingerprints) & set(protected)
    if wanted:
        raise Refused(Finding("fingerprints", f"{fingerprint} is protected", "leave it in the bundle", "protected")
                      for fingerprint in sorted(wanted))
    lines = lines_of(bundle)
    for block in reversed(_blocks(bundle)):
        if block.sha256 in fingerprints:
            _cut(lines, block)
    return b"".join(lines)


def _blocks(bundle: bytes) -> list[PemBlock]:
    if b"\0" in bundle:
        raise PemError(where="trust bundle", problem="is no text of single bytes: it holds a NUL",
                       remedy="save it as PEM, ASCII or UTF-8; OpenSSL reads neither UTF-16 nor DER")
    return split_pem(bundle, where="trust bundle")


def _cut(lines: list[bytes], block: PemBlock) -> None:
    """Delete the lines of *block*; a byte order mark before it is the file's, not the block's."""
    first = block.line - 1
    lines[first : first + len(lines_of(block.raw))] = [BOM] if lines[first].startswith(BOM) else []
