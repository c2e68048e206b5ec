# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Trials on whole clusters: two of them at once where there is time for many, and what became of a cluster in the end."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from integration.camps import Camps
from integration.playbook import Result
from integration.world import CUSTOM, Stage
from simulator.cluster import Shape
from simulator.refusal import Refusal

from .outcome import Effort, Outcome

_T = TypeVar("_T")
_OURS = {"backup", "marker", "taken-back"}   # what a rollout leaves beside the install root


@dataclass
class Trial:
    """
    One trial on a cluster.

    Attributes:
        stage: The cluster, as it is before.
        about: What is done to it, for messages.
        ended: How the trial ended, in words; empty where the fault did not happen, which is no trial.
        broken: What did not hold.
    """

    stage: Stage
    about: str
    ended: str = ""
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Keep what is there before."""
        self.files, self.served = self.stage.files(), self.stage.served()

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what did not hold, unless it *holds*."""
        if not holds:
            self.broken.append(f"{self.about}: {otherwise}")

    def state(self) -> str:
        """Return ``rolled out``, ``taken back``, or what every server serves that is neither as it was nor as it is wanted."""
        served = self.stage.served()
        if served == {name: self.stage.leaf(name).fingerprint for name in self.stage.names}:
            return "rolled out"
        if served == self.served and self.stage.files() == self.files:
            return "taken back"
        return f"torn: {served}, before {self.served}, changed {self._changed()}"

    def _changed(self) -> list[str]:
        now = self.stage.files()
        return [path for path in sorted({*now, *self.files}) if now.get(path) != self.files.get(path)]

    def again(self, playbook: str = "rollout", *, state: str = "rolled out", **env: str) -> None:
        """
        Do what an operator does: run a playbook, which must arrive, and once more, which must change nothing.

        Args:
            playbook: ``rollout`` or ``rollback``.
            state: What has become of the cluster then.
            env: For the runs.
        """
        second = self.stage.play(playbook, **env)
        self.expect(second.rc == 0, f"the next {playbook} ended with {second.rc}: {tail(second)}")
        self.expect(self.state() == state, f"after the next {playbook}: {self.state()}")
        self.expect(not left_behind(self.stage), f"after the next {playbook} there is {left_behind(self.stage)}")
        camps = Camps(self.stage).refusals()
        self.expect(not camps, f"after the next {playbook}: {camps}")
        third = self.stage.play(playbook, **env)
        self.expect((third.rc, third.changed) == (0, 0), f"one more {playbook}: {third.rc}, {third.changed} changed: {tail(third)}")


def tail(result: Result) -> str:
    """Return the end of what a run said, where the reason is."""
    failed = [str(event.result.get("msg", "")) for event in result.events if event.status in {"failed", "unreachable"}]
    return " | ".join(text[:300] for text in failed[-3:]) or result.stdout[-800:]


def left_behind(stage: Stage) -> list[str]:
    """Return what no finished run may leave: locks, journals and stages beside the install roots, files of its own within them."""
    found = []
    for name in stage.names:
        found += [path for path in stage.state(name).iterdir() if path.name not in _OURS] if stage.state(name).exists() else []
        shipped = {Path(path).name for path in stage.shipped} | {CUSTOM}
        found += [Path(path) for path in stage.files() if Path(path).name not in shipped]
        found += [*(stage.node(name).root / "Temp").iterdir()]
    return sorted({str(path.relative_to(stage.folder)) for path in found})


def run_trials(outcome: Outcome, effort: Effort, shape: Shape, jobs: Sequence[_T], work: Callable[[Stage, _T], Trial]) -> None:
    """
    Run all trials and count how they ended.

    Args:
        outcome: Where they are counted.
        effort: Whether two clusters are used at once.
        shape: Of the clusters.
        jobs: What is different about each trial.
        work: Makes one trial on a cluster; a function of a module, because other processes carry it out.
    """
    if effort.long:
        with ProcessPoolExecutor(2) as pool:
            lanes = [pool.submit(_lane, effort.folder / f"lane-{number}", shape, jobs[number::2], work) for number in range(2)]
        ended = [trial for lane in lanes for trial in lane.result()]
    else:
        ended = _lane(effort.folder / "lane", shape, jobs, work)
    for words, broken in ended:
        if words:
            outcome.count(words)
        for text in broken:
            outcome.expect(False, text)


def _lane(folder: Path, shape: Shape, jobs: Sequence[_T], work: Callable[[Stage, _T], Trial]) -> list[tuple[str, list[str]]]:
    """Return how the trials on one cluster ended, and what did not hold."""
    stage, ended = Stage(folder, shape), []
    try:
        for job in jobs:
            try:
                trial = work(stage, job)
                ended.append((trial.ended, trial.broken))
            except (OSError, LookupError, Refusal, subprocess.SubprocessError) as error:
                ended.append(("did not come to an end", [f"{job}: {error!r}"]))
    finally:
        stage.close()
    return ended
