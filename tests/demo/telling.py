# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a step of the demo is told: what it does, what became of it, and whether everything was as it should be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from .world import Played, World

WIDTH = 110

# What Ansible prints around the messages: banners, results that were told already, where in a file a task stands.
_NOISE = re.compile(r"TASK|PLAY [\[R]|\S+ +: ok=|ok:|changed:|skipping:|included:|fatal:|Origin:|\d+( |$)|\s*\^ ")


@dataclass
class Story:
    """
    What is told and what came true.

    Attributes:
        world: The cluster.
        outcomes: Title of each step, and what was not as it should be.
    """

    world: World
    outcomes: list[tuple[str, list[str]]] = field(default_factory=list)

    def step(self, title: str, act: Callable[[], list[str]], *, by_hand: bool = False) -> None:
        """
        Tell one step: what is served before and after, what became of the clients' connections, and every expectation that did not hold.

        Args:
            title: What it shows.
            act: Does it, and returns what was not as it should be.
            by_hand: Whether somebody edits files of running servers, which may cost connections.
        """
        print(f"\n{'=' * WIDTH}\n{len(self.outcomes) + 1}. {title}\n{'=' * WIDTH}", flush=True)
        before, began = self.world.served(), datetime.now()
        problems = act()
        self.show_served(before, self.world.served())
        counted = self.world.clients.count(since=began)
        print(f"  {counted}", flush=True)
        if not by_hand:
            problems += [f"{name} could not connect to {attempt.server} at {attempt.time}: {attempt.error}"
                         for name, attempt in counted.unexplained]
            problems += [f"{name} did not connect at all" for name, number in counted.attempts.items() if not number]
        self.outcomes.append((title, problems))
        print("\n".join(f"NOT AS IT SHOULD BE: {problem}" for problem in problems) or "as it should be", flush=True)

    def play(self, playbook: str, *arguments: str) -> Played:
        """Run a playbook and show what it says."""
        shown = (argument.replace(f"{self.world.folder}/", "") for argument in arguments)
        print("$", "ansible-playbook -i inventory.json", f"certops.rollout.{playbook}", *shown, flush=True)
        played = self.world.play(playbook, *arguments)
        told = (line for line in played.output.splitlines() if line.strip() and not _NOISE.match(line))
        for line in told:
            print(f"    {line[: WIDTH * 3]}")
        print("    changed:", ", ".join(f"{name} {number}" for name, number in played.changed.items() if number) or "nothing", flush=True)
        return played

    def show_served(self, before: dict[str, str], after: dict[str, str]) -> None:
        """Print what every server presents, before and after."""
        for name, old in before.items():
            new = after[name]
            print(f"  {name:20} serves {old[:16] or '-':16}" + (f"  ->  {new[:16] or '-'}" if new != old else "  (as before)"))

    def summary(self) -> bool:
        """Print all steps at a glance; tell whether all came true."""
        print(f"\n{'=' * WIDTH}\nSummary\n{'=' * WIDTH}")
        for number, (title, problems) in enumerate(self.outcomes, start=1):
            print(f"  {'FAILED' if problems else 'ok':6}  {number}. {title}")
        return not any(problems for _ignored, problems in self.outcomes)


def expect(**claims: bool) -> list[str]:
    """Return the claims that do not hold, as sentences."""
    return [claim.replace("_", " ") for claim, holds in claims.items() if not holds]
