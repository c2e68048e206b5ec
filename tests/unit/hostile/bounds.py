"""What a reader of hostile bytes may cost: seconds, and megabytes."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS, MEGABYTES = 5.0, 200
"""Quadratic work takes minutes for the inputs here; a busy machine may take a few seconds for linear work."""


@contextmanager
def within(*, seconds: float = SECONDS) -> Iterator[None]:
    """Fail when the block takes longer."""
    begun = time.process_time()
    yield
    taken = time.process_time() - begun

    assert taken < seconds, f"took {taken:.1f} s"


@contextmanager
def within_memory(*, megabytes: int = MEGABYTES) -> Iterator[None]:
    """Fail when the block holds more memory at once than *megabytes*, on top of what it was given."""
    tracemalloc.start()
    try:
        yield
        held = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()

    assert held < megabytes, f"held {held:.0f} MB"
