# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bytes that are nearly right: pieces of real files, cut, doubled, spliced and peppered with what parsers stumble over."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

TOKENS = (
    b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n", b"-----BEGIN PRIVATE KEY-----", b"-----", b"BEGIN ", b"=", b"==",
    b"\r", b"\n", b"\r\n", b"\t", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc2\x9b", b"\x1b[2J", b"\xe2\x80\xae", b"  ", b" = ", b": ",
    b"vector: 999999999 items", b"0 = ", b"1 = ", b"component = CommServer:", b"string", b"[]", b"{}", b"[", b"{", b'"', b"\\", b"\\u0000",
    b'{"ok": true}\n', b"null", b"true", b"-1", b"9007199254740992", b"1e999", b"NaN", b"1" + b"0" * 4400, b"\x30\x82\xff\xff", b"\x30\x80",
    b")", b";", b"\x06\x7f", b"\xa0\x03\x02\x01\x02", b"\x17\x0d990101000000Z", b"{{ 7 * 7 }}", b"../", b"A" * 300,
    b"D:P(A;;FA;;;SY)", b"(",
)

_CHANGES, _LENGTHS, _TIMES, _PIECES = (1, 1, 1, 2, 3, 5), (1, 1, 2, 4, 16, 64, 256), (1, 1, 2, 20), (8, 64, 512)
_Thing = TypeVar("_Thing")


class Mutator:
    """
    A stream of inputs that grows with what was new.

    Attributes:
        corpus: Inputs worth changing further.
    """

    LIMIT = 4096   # bytes of an input; what takes long because it is large has tests of its own

    def __init__(self, seeds: Sequence[bytes], *, seed: int) -> None:
        """Begin with *seeds*, at least one."""
        self.corpus = [content[: self.LIMIT] for content in seeds]
        self._dice = random.Random(seed)
        self._random = self._dice.random
        self._seen: set[object] = set()

    def next(self) -> bytes:
        """Return an input that was made of one or two others; the shorter of two is changed, as it is read sooner."""
        one, other = self._one(self.corpus), self._one(self.corpus)
        content = bytearray(one if len(one) < len(other) else other)
        for _ignored in range(self._one(_CHANGES)):
            self._change(content)
        return bytes(content[: self.LIMIT])

    def learn(self, content: bytes, behaviour: object) -> None:
        """Keep *content* when nothing has behaved so before."""
        if behaviour not in self._seen:
            self._seen.add(behaviour)
            if len(self.corpus) < 5000:
                self.corpus.append(content)

    def _one(self, things: Sequence[_Thing]) -> _Thing:
        return things[int(self._random() * len(things))]   # random.choice is five times as dear

    def _change(self, content: bytearray) -> None:
        start = int(self._random() * (len(content) + 1))
        end = min(len(content), start + self._one(_LENGTHS))
        kind = int(self._random() * 6)
        if kind == 0:
            content[start:start] = self._one(TOKENS)
        elif kind == 1:
            del content[start:end]
        elif kind == 2:
            content[start:start] = content[start:end] * self._one(_TIMES)
        elif kind == 3:
            content[start:end] = self._dice.randbytes(end - start)
        elif kind == 4:
            other = self._one(self.corpus)
            at = int(self._random() * (len(other) + 1))
            content[start:end] = other[at : at + self._one(_PIECES)]
        elif start < len(content):
            content[start] ^= 1 << int(self._random() * 8)
