# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often something was really done: calls of functions, counted by the interpreter, without replacing any of them."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def counted(*functions: Callable[..., Any]) -> Iterator[Counter[str]]:
    """
    Count how often the bodies of *functions* are entered, by their names; an answer from a cache enters none.

    Args:
        functions: Python functions, also cached ones. What they remember from before is forgotten.
    """
    bodies = {inspect.unwrap(function).__code__: function.__name__ for function in functions}
    for function in functions:
        getattr(function, "cache_clear", dict)()
    calls: Counter[str] = Counter()

    def see(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code in bodies:
            calls[bodies[frame.f_code]] += 1

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield calls
    finally:
        sys.setprofile(before)
