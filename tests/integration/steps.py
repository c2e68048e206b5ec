# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run of ansible-playbook that is held before one of its tasks, so that something can happen to it there and nowhere else."""

from __future__ import annotations

import random
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from integration.playbook import Prepared
from integration.world import Stage

# The task of a rollout that looks at what is served when all is done.
LAST = "Survey what was wanted"


@dataclass(frozen=True)
class Step:
    """
    A task that has begun.

    Attributes:
        time: When, seconds since 1970.
        name: Of the task.
    """

    time: float
    name: str


@dataclass(frozen=True)
class Moment:
    """
    A moment of a run, however slow the machine is.

    Attributes:
        task: The number of a task, counted from 1.
        seconds: How long after that has begun.
    """

    task: int
    seconds: float

    def __str__(self) -> str:
        """Return it for a message."""
        return f"{self.seconds:.3f} s after task {self.task}"


def draw(dice: random.Random) -> Moment:
    """Return some moment of a rollout of a master and a DPU, which begins about fifty tasks."""
    return Moment(dice.randint(1, 50), dice.random() * 0.6)


@dataclass(frozen=True)
class Held:
    """
    A run that notes its tasks, and is held before one of them.

    Attributes:
        run: For ``integration.playbook.start``.
        file: Where the tasks are noted.
    """

    run: Prepared
    file: Path

    @property
    def _halted(self) -> Path:
        return self.file.with_name(f"{self.file.name}.halted")

    def wait(self, process: subprocess.Popen[str], *, patience: float = 60) -> bool:
        """Return once the run is held: whether it is, and has not ended before."""
        end = time.monotonic() + patience
        while not self._halted.exists():
            if process.poll() is not None or time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def go_on(self) -> None:
        """Let the run go on."""
        self._halted.unlink()

    def pass_by(self, process: subprocess.Popen[str], moment: Moment) -> bool:
        """Return at *moment* of the run, which goes on: whether it has come so far."""
        if not self.wait(process):
            return False
        self.go_on()
        time.sleep(moment.seconds)
        return process.poll() is None

    def steps(self) -> list[Step]:
        """Return the tasks that have begun, in order."""
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        return [Step(float(moment), name) for moment, _ignored, name in (line.partition(" ") for line in lines)]


def hold(stage: Stage, playbook: str, *arguments: str, before: str = "", callbacks: str = "collect,halt", **env: str) -> Held:
    """
    Return a run that is held before a task.

    Args:
        stage: The cluster.
        playbook: As for ``Stage.prepare``.
        arguments: As for ``Stage.prepare``.
        before: Number or name of the task; none when empty.
        callbacks: What is told of the run.
        env: As for ``Stage.prepare``.
    """
    file = stage.folder / "steps"
    for path in (file, file.with_name("steps.halted")):
        path.unlink(missing_ok=True)
    asked = {"ANSIBLE_CALLBACKS_ENABLED": callbacks, "TEST_STEPS": str(file), "TEST_HALT": before}
    return Held(stage.prepare(playbook, *arguments, **asked, **env), file)
