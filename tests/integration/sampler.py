# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Somebody who looks all the time while something else happens."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self


class Sampler:
    """Looks again and again, in a thread of its own, while it is entered."""

    def __init__(self, *, pause: float) -> None:
        """Rest for *pause* seconds between two looks."""
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._repeat)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def look(self) -> None:
        """Look once."""
        raise NotImplementedError

    def _repeat(self) -> None:
        while not self._over.wait(self._pause):
            self.look()
