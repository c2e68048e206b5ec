# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Content under a path that is no file, for OpenSSL, which wants paths: no key is ever written to a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread


@contextmanager
def _memory(content: bytes) -> Iterator[str]:
    """Lend *content* under a path. In a pipe OpenSSL cannot seek, and Python would tell of that instead of what is wrong with a key."""
    descriptor = os.memfd_create("lent")
    try:
        _feed(os.dup(descriptor), content)
        yield f"/dev/fd/{descriptor}"
    finally:
        os.close(descriptor)


@contextmanager
def _pipe(content: bytes) -> Iterator[str]:
    """Lend *content* under a path where there is no such memory. A thread writes it, because a pipe holds no more than 64 KiB."""
    reader, writer = os.pipe()
    feeder = Thread(target=_feed, args=(writer, content), daemon=True)
    feeder.start()
    try:
        yield f"/dev/fd/{reader}"
    finally:
        os.close(reader)
        feeder.join()


def _feed(writer: int, content: bytes) -> None:
    left = memoryview(content)
    try:
        with suppress(BrokenPipeError):   # OpenSSL had enough
            while left:
                left = left[os.write(writer, left):]
    finally:
        os.close(writer)


lent = _memory if hasattr(os, "memfd_create") else _pipe   # Linux, or another system
