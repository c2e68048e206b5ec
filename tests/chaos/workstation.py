# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Somebody saves a Communications.cfg with a Workstation while a rollout is at work."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration.camps import Camps
from integration.playbook import Result, read_result, start
from integration.steps import LAST, Held, Moment, draw, hold
from integration.world import Stage
from simulator.cluster import Shape

from .lanes import Trial, left_behind, run_trials, tail
from .outcome import Effort, Outcome

_SHIPPED, _SAVED = b"Log Directory = string: Logs", b"Log Directory = string: Logs saved by hand"

_FIRST = "Note that it begins"   # before it a rollout has changed nothing


@dataclass(frozen=True)
class Save:
    """
    How somebody saves.

    Attributes:
        moment: Of the rollout.
        processing: Whether the master's copy for the processing servers is saved, else its own file.
        anew: Whether the file is emptied and written anew, else another one is renamed over it.
        fresh: Whether it was opened just before, else before the rollout, so that it has nothing of what that wrote.
    """

    moment: Moment
    processing: bool
    anew: bool
    fresh: bool


def saves(effort: Effort) -> Outcome:
    """Save one of the master's files at a random moment of a rollout, in both ways, opened before the rollout or just before."""
    outcome = Outcome(
        "somebody saves the master's Communications.cfg at a random moment of a rollout, by renaming or by writing anew",
        "what was saved is there; exit status 0 only if at the last look every server presented what was wanted, and the report says so; "
        "else the message says what to do; no server is left down or refused; the next rollout arrives and keeps the save", effort.seed)
    dice = random.Random(effort.seed)
    jobs = [Save(draw(dice), dice.random() < 0.5, dice.random() < 0.5, dice.random() < 0.5)
            for _ignored in range(effort.times(1, otherwise=24))]
    run_trials(outcome, effort, Shape(), jobs, save_meanwhile)
    return outcome


def save_meanwhile(stage: Stage, save: Save) -> Trial:
    """Make one trial."""
    trial = Trial(stage.back_to("shipped"), str(save))
    folder = "Components for Processing Servers" if save.processing else "Components"
    path, report = stage.file(stage.names[0], folder, "Communications.cfg"), stage.folder / "report.json"
    report.unlink(missing_ok=True)
    opened = path.read_bytes()
    moments: list[float] = []
    held = hold(stage, "rollout", "-e", f"dwb_report_path={report}", before=str(save.moment.task))
    with start(held.run) as process:
        held.pass_by(process, save.moment)
        moments.extend(_write(path, save, opened))
        stdout, _ignored = process.communicate(timeout=240)
    result = read_result(held.run, rc=process.returncode, stdout=stdout)
    time.sleep(1)   # a server looks at its files every quarter of a second
    _judge(trial, result, held, moments, json.loads(report.read_text()) if report.exists() else {})
    trial.expect(_SAVED in path.read_bytes(), f"what was saved is lost, exit status {result.rc}")
    trial.again()
    trial.expect(_SAVED in path.read_bytes(), "what was saved is lost with the next rollout")
    return trial


def _write(path: Path, save: Save, opened: bytes) -> tuple[float, float]:
    """Save the file with another value; return when that began and when it was over, seconds since 1970."""
    content = (path.read_bytes() if save.fresh else opened).replace(_SHIPPED, _SAVED)
    begun = time.time()
    if save.anew:
        with path.open("r+b") as file:
            file.truncate(0)
            for at in range(0, len(content), 512):
                file.write(content[at:at + 512])
                file.flush()
                time.sleep(0.002)
    else:
        path.with_name("saved.fresh").write_bytes(content)
        path.with_name("saved.fresh").replace(path)
    return begun, time.time()


def _judge(trial: Trial, result: Result, held: Held, moments: Sequence[float], report: dict[str, Any]) -> None:
    """Say how the rollout ended, and whether it told the truth as of its last look."""
    stage, served = trial.stage, trial.stage.served()
    wanted = {name: stage.leaf(name).fingerprint for name in stage.names}
    looked = [step.time for step in held.steps() if step.name == LAST]
    late = bool(looked) and moments[1] > looked[0]   # whatever a rollout says, it cannot know what happens after its last look
    early = all(moments[0] < step.time for step in held.steps() if step.name == _FIRST)
    when = "saved after the last look" if late else "saved before it began" if early else "saved meanwhile"
    told = {row["node"]: row["served"] for row in report.get("nodes", ()) if not row["problems"]}
    if result.rc == 0:
        trial.expect(told == wanted, f"exit status 0, and the report has {told}, wanted is {wanted}")
        trial.expect(late or served == wanted, f"exit status 0, and {served} is served, wanted is {wanted}")
    else:
        trial.expect("run " in tail(result), f"the message does not say what to do: {tail(result)}")
    trial.expect(all(served.values()), f"a server is down, exit status {result.rc}: {served}")
    camps = Camps(stage).refusals()
    trial.expect(not camps, f"refused: {camps}")
    trial.expect(not left_behind(stage), f"left behind: {left_behind(stage)}")
    ended = "arrived" if result.rc == 0 else "nothing was touched" if "Nothing was touched." in result.stdout else "ended with an error"
    trial.ended = f"{when}: {ended}"
