"""What may be seen of a file."""

from __future__ import annotations

import re

_BEGIN = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_END = re.compile(rb"-----END [A-Z0-9 ]*PRIVATE KEY-----[ \t]*(\r?\n)?")
_CUT = re.compile(rb"(?s)\A.*" + _END.pattern)
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(?:(?!-----BEGIN )[\s\S])*?-----END CERTIFICATE-----[ \t]*(?:\r?\n)?")


def without_keys(content: bytes) -> tuple[bytes, int]:
    """Return *content* without its private keys, and their number; one without an end takes all that follows with it."""
    rest, number, at = [], 0, 0
    while begin := _BEGIN.search(content, at):
        rest.append(content[at:begin.start()])
        end = _END.search(content, begin.end())
        number, at = number + 1, end.end() if end else len(content)
    return b"".join([*rest, content[at:]]), number


def without_cut_key(content: bytes) -> tuple[bytes, int]:
    """Return *content* without all that lies before the END of a key that began before it, and 1 if there is such a one."""
    return _CUT.subn(b"", content)


def only_certificates(content: bytes) -> bytes:
    """Return the whole certificate blocks of *content*."""
    return b"".join(_CERTIFICATE.findall(content))
