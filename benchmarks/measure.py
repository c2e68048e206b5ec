# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a command costs with all that it starts: time on the clock, time of the processors, memory."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_SAMPLE = 0.1   # seconds between two looks at the memory


@dataclass(frozen=True)
class Cost:
    """
    What one run has cost.

    Attributes:
        wall: Seconds on the clock.
        cpu: Seconds of all processors, of the command and of all that it started and waited for.
        memory: MiB that the command and its children held at once at the most, pages they share counted once; 0 when not asked for.
        code: Exit status.
    """

    wall: float
    cpu: float
    memory: float = 0.0
    code: int = 0


@dataclass
class Series:
    """Repeated runs of the same thing."""

    costs: list[Cost] = field(default_factory=list)

    def median(self, what: str = "wall") -> float:
        """Return the median of an attribute of Cost."""
        values: list[float] = [getattr(cost, what) for cost in self.costs]
        return statistics.median(values)

    def spread(self, what: str = "wall") -> tuple[float, float]:
        """Return the smallest and the greatest value of an attribute of Cost."""
        values = [getattr(cost, what) for cost in self.costs]
        return min(values), max(values)


def run(argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, memory: bool = False) -> Cost:
    """
    Run a command to its end.

    Args:
        argv: The command.
        env: Its whole environment.
        cwd: Where it runs; what it says goes to ``output`` there.
        memory: Whether to watch its memory, which costs a little time.
    """
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with (cwd / "output").open("wb") as output, \
            subprocess.Popen(argv, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process:
        watch = _Watch(process.pid) if memory else None
        code = process.wait()
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, watch.end() if watch else 0.0, code)


def in_turn(sides: Mapping[str, Callable[[], Cost]], *, rounds: int) -> dict[str, Series]:
    """
    Run all *sides* one after the other, *rounds* times, so that whatever else the machine does hits all of them alike.

    Args:
        sides: By name.
        rounds: At least one.
    """
    series = {name: Series() for name in sides}
    for _ignored in range(rounds):
        for name, side in sides.items():
            series[name].costs.append(side())
    return series


def ratios(one: Series, other: Series, what: str = "wall", *, base: Series | None = None) -> list[float]:
    """
    Return what *one* costs of what *other* costs, round by round.

    Args:
        one: Numerator.
        other: Denominator, of as many rounds.
        what: An attribute of Cost.
        base: What both cost before they do anything, taken off them first.
    """
    off = base.median(what) if base else 0.0
    return [(getattr(mine, what) - off) / (getattr(its, what) - off) for mine, its in zip(one.costs, other.costs, strict=True)]


class _Watch:
    """Looks at the memory of a process and of its children until it is told to end."""

    def __init__(self, pid: int) -> None:
        self._pid, self._most, self._over = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return self._most / 1024

    def _look(self) -> None:
        while not self._over.wait(_SAMPLE):
            self._most = max(self._most, sum(map(_proportional, _tree(self._pid))))


def _tree(pid: int) -> list[int]:
    """Return a process and all below it; those that ended meanwhile are left out."""
    found, waiting = [pid], [pid]
    while waiting:
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{waiting[0]}/task"):
                children = Path(f"/proc/{waiting[0]}/task/{thread}/children").read_text(encoding="ascii").split()
                found += map(int, children)
                waiting += map(int, children)
        waiting.pop(0)
    return found


def _proportional(pid: int) -> int:
    """Return the memory of one process in KiB, its share of pages that it has in common with others (Linux, ``Pss``)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
