# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Hostile input: every parser is fed what is nearly right.

What behaves in a new way is changed further, so the stream goes where the code has branches: it is guided by what a parser says.
"""

from __future__ import annotations

import base64
import resource
import time
from collections.abc import Callable

from .mutate import Mutator
from .outcome import Effort, Outcome
from .targets import TARGETS, behaviour, seeds

_SLOW = 1.0      # seconds that one input may take
_BATCH = 256     # inputs between two looks at the processor's time, which are dear
_MEMORY = 200    # MB that all of them may add to what the process holds


def fuzz(name: str) -> Callable[[Effort], Outcome]:
    """
    Return the experiment that feeds one parser.

    Args:
        name: One of TARGETS.
    """
    def experiment(effort: Effort) -> Outcome:
        outcome = Outcome(f"input of any kind for the parser `{name}`", "no crash, nothing above 1 s, no 200 MB", effort.seed)
        mutator, held, left = Mutator(seeds(name), seed=effort.seed), _megabytes(), effort.times(300, otherwise=1_000_000)
        while left > 0:
            begun = time.process_time()
            for _ignored in range(min(left, _BATCH)):
                outcome.count(_feed(name, mutator.next(), outcome=outcome, mutator=mutator, begun=begun))
            left -= _BATCH
        outcome.expect(_megabytes() - held < _MEMORY, f"held {_megabytes() - held} MB")
        return outcome
    return experiment


def _feed(name: str, content: bytes, *, outcome: Outcome, mutator: Mutator, begun: float) -> str:
    """Tell how *content* was taken by a parser; *begun* is the processor time at the beginning of its batch."""
    at = time.perf_counter()
    try:
        behaved = behaviour(TARGETS[name], content)
    except Exception as error:   # noqa: BLE001  whatever it is, it would have been a traceback
        outcome.expect(False, f"{type(error).__name__}: {error}: {base64.b64encode(content).decode()}")
        return "crashed"
    if time.perf_counter() - at > _SLOW:   # others may be at work here too, so the processor's time counts
        taken = time.process_time() - begun
        outcome.expect(taken < _SLOW, f"took {taken:.1f} s: {base64.b64encode(content).decode()}")
    mutator.learn(content, behaved if isinstance(behaved, tuple) else repr(behaved))
    return "refused" if isinstance(behaved, tuple) and behaved and str(behaved[0]).endswith(("Error", "Refused")) else "read"


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
