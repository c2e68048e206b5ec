# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all parts of the benchmark share: fleets, playbooks run on them, and results with their spread."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .fleet import Fleet, make_fleet
from .listener import serving
from .measure import Cost, Series, run

FORKS = 10
_PLAYBOOKS = Path(__file__).with_name("playbooks")
_COLLECTIONS = Path(__file__).resolve().parents[1] / "build" / "collections"
_SETTINGS = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_NOCOWS": "1", "ANSIBLE_LOCALHOST_WARNING": "no", "LC_ALL": "C.UTF-8",
             "ANSIBLE_COLLECTIONS_PATH": str(_COLLECTIONS), "ANSIBLE_PYTHON_INTERPRETER": sys.executable, "ANSIBLE_FORKS": str(FORKS)}


@dataclass(frozen=True)
class Ratio:
    """
    How one thing compares with another, measured in one go.

    Attributes:
        name: What is compared.
        values: One for each round.
        goal: What it has to be; None where nothing was promised.
        at_least: Whether the goal is a least value, as a speed-up has it, and not a greatest one.
    """

    name: str
    values: Sequence[float]
    goal: float | None = None
    at_least: bool = False

    @property
    def median(self) -> float:
        """Return the median."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool | None:
        """Tell whether the goal is reached, None where there is none."""
        if self.goal is None:
            return None
        return self.median >= self.goal if self.at_least else self.median <= self.goal

    def as_result(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        spread = {"median": self.median, "least": min(self.values), "most": max(self.values), "rounds": len(self.values)}
        goal = {} if self.goal is None else {"goal": f"{'>=' if self.at_least else '<='} {self.goal}", "reached": self.reached}
        return {"name": self.name, **{name: round(value, 3) for name, value in spread.items()}, **goal}

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"   goal {'>=' if self.at_least else '<='} {self.goal}: {'yes' if self.reached else 'NO'}"
        return f"{self.name:<70} {self.median:8.2f}   {min(self.values):.2f} to {max(self.values):.2f}{goal}"


@dataclass
class Part:
    """What one part of the benchmark has found."""

    title: str
    ratios: list[Ratio] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, series: Series) -> None:
        """Keep the times of one side, all rounds of it."""
        self.figures[name] = [asdict(cost) for cost in series.costs]

    def as_result(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"title": self.title, "ratios": [ratio.as_result() for ratio in self.ratios], "figures": _rounded(self.figures)}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(value, 4) if isinstance(value, float) else value


class Bench:
    """A folder in which fleets are made and playbooks run."""

    def __init__(self, folder: Path, *, rounds: int, most: int = 2000) -> None:
        """Take a folder that is thrown away, how often everything is repeated, and how many nodes are enough."""
        self.folder = folder
        self.rounds = rounds
        self.most = most

    @contextmanager
    def fleet(self, size: int, *, rolled_out: bool = True, **common: Any) -> Iterator[Fleet]:
        """
        Return a fleet that answers TLS, as long as the context is open.

        Args:
            size: How many servers.
            rolled_out: Whether they are as a rollout leaves them, or as shipped.
            common: More variables of all hosts.
        """
        fleet = make_fleet(self.folder / f"fleet-{size}", size, rolled_out=rolled_out)
        (fleet.folder / "inventory.json").write_text(fleet.inventory(**common), encoding="utf-8")
        with serving(fleet):
            yield fleet

    def play(self, fleet: Fleet, playbook: str, *arguments: str, memory: bool = False, env: Mapping[str, str] | None = None) -> Cost:
        """
        Run a playbook on a fleet.

        Args:
            fleet: Its inventory is used.
            playbook: One of the folder ``playbooks`` here, or one of the collection.
            arguments: More of the command line.
            memory: Whether to watch the memory.
            env: More of the environment.

        Raises:
            RuntimeError: It failed; a side that does not do its work is not compared.
        """
        own = _PLAYBOOKS / f"{playbook}.yml"
        name = str(own) if own.exists() else f"certops.rollout.{playbook}"
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        home = {"HOME": str(fleet.folder), "ANSIBLE_HOME": str(fleet.folder / "ansible"), "PATH": os.environ["PATH"]}
        cost = run([program, "-i", str(fleet.folder / "inventory.json"), name, *arguments],
                   env={**_SETTINGS, **home, **(env or {})}, cwd=fleet.folder, memory=memory)
        if cost.code:
            output = (fleet.folder / "output").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"{playbook} ended with {cost.code}:\n{output[-3000:]}")
        return cost
