# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an experiment came to, and the page that is made of it: numbers that were counted, none that were typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Outcome:
    """
    What came of one experiment.

    Attributes:
        fault: What was done to the system, in an operator's words.
        promise: What must hold all the same.
        seed: Repeats it.
        trials: How often the fault happened.
        counts: How the trials ended, in words.
        broken: What did not hold; nothing, if the promise is kept.
        seconds: How long it took.
    """

    fault: str
    promise: str
    seed: int
    trials: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def count(self, ended: str) -> None:
        """Count one trial that *ended* so."""
        self.trials += 1
        self.counts[ended] = self.counts.get(ended, 0) + 1

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what did not hold, unless it *holds*; the first hundred are enough to see it."""
        if not holds and len(self.broken) < 100:
            self.broken.append(otherwise)


@dataclass(frozen=True)
class Effort:
    """
    How much is to be done.

    Attributes:
        seed: Of everything that is drawn.
        long: Whether an hour is at hand rather than seconds.
        folder: An empty one of the experiment's own.
    """

    seed: int
    long: bool
    folder: Path

    def times(self, short: int, *, otherwise: int) -> int:
        """Return *short* for the sample of every day, else *otherwise*."""
        return otherwise if self.long else short


Experiment = Callable[[Effort], Outcome]
_HEAD = """\
# Reliability

What was done to the collection, how often, and what came of it. This page is written by `make chaos` from what it counted; nobody
types into it. `tests/chaos/` holds the experiments. To repeat one: `.venv/bin/nox -s chaos -- --seed SEED NAME`.

| experiment | fault | trials | ended so | what must hold | held | seed | seconds |
| --- | --- | ---: | --- | --- | --- | ---: | ---: |
"""


def page(outcomes: dict[str, Outcome]) -> str:
    """
    Return the page of *outcomes*.

    Args:
        outcomes: By the name of their experiments.
    """
    return _HEAD + "".join(_row(name, outcome) for name, outcome in outcomes.items())


def _row(name: str, outcome: Outcome) -> str:
    ended = ", ".join(f"{number} {words}" for words, number in sorted(outcome.counts.items()))
    held = f"no: {len(outcome.broken)} times" if outcome.broken else "yes"
    cells: Sequence[object] = (
        f"`{name}`", outcome.fault, f"{outcome.trials:,}", ended, outcome.promise, held, outcome.seed, f"{outcome.seconds:.0f}")
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |\n"


def keep(path: Path, outcomes: dict[str, Outcome]) -> None:
    """
    Write *outcomes* as JSON; what is there of other experiments stays.

    Args:
        path: The file; its folder is made.
        outcomes: By the name of their experiments.
    """
    known = recall(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({name: asdict(outcome) for name, outcome in {**known, **outcomes}.items()}, indent=1), encoding="utf-8")


def recall(path: Path) -> dict[str, Outcome]:
    """Return what ``keep`` wrote, nothing if it has not."""
    if not path.exists():
        return {}
    return {name: Outcome(**fields) for name, fields in json.loads(path.read_text(encoding="utf-8")).items()}
