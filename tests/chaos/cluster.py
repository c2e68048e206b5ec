# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole cluster loses its controller: ansible-playbook is killed at every task that it begins, and at any moment."""

from __future__ import annotations

import random
from dataclasses import dataclass

from integration.camps import Watch
from integration.playbook import kill, start
from integration.steps import Moment, draw, hold
from integration.world import Stage
from simulator.cluster import Shape

from .lanes import Trial, run_trials
from .outcome import Effort, Outcome

_PROMISE = ("at no moment does a server that is up refuse another one; running it again, or rollback, arrives on every server and leaves "
            "no lock, journal or temporary file; once more changes nothing")
_TASKS = 60   # more than a rollout of a master and a DPU begins


@dataclass(frozen=True)
class Cut:
    """
    How a controller dies.

    Attributes:
        task: Before which task, counted from 1; 0 where the moment counts.
        moment: Then; None where the task counts.
        whole: Whether the workers and the scripts that they run die with it; else they are orphans and may go on for a moment.
        before: What the cluster presents: ``shipped`` or ``another CA``.
        then: What the operator does: ``rollout`` or ``rollback``.
    """

    task: int = 0
    moment: Moment | None = None
    whole: bool = True
    before: str = "shipped"
    then: str = "rollout"


def at_every_task(effort: Effort) -> Outcome:
    """Kill the controller when its n-th task begins, for every n."""
    outcome = Outcome("SIGKILL of ansible-playbook and its workers when its n-th task begins", _PROMISE, effort.seed)
    dice = random.Random(effort.seed)
    numbers = range(1, _TASKS + 1) if effort.long else [dice.randint(8, 40)]
    run_trials(outcome, effort, Shape(), [Cut(task=number, whole=dice.random() < 0.5) for number in numbers], kill_at_task)
    return outcome


def at_random_moments(effort: Effort) -> Outcome:
    """Kill the controller at a moment that was drawn, of a first rollout or of one to another CA; run it again, or take it back."""
    outcome = Outcome("SIGKILL of ansible-playbook at a random moment, with its workers and scripts or without them", _PROMISE, effort.seed)
    dice = random.Random(effort.seed)
    cuts = [Cut(moment=draw(dice), whole=dice.random() < 0.5, before=dice.choice(("shipped", "another CA")),
                then=dice.choice(("rollout", "rollout", "rollback"))) for _ignored in range(effort.times(1, otherwise=60))]
    if not effort.long:   # another CA takes a rollout more
        cuts = [Cut(moment=cut.moment, whole=cut.whole, then=cut.then) for cut in cuts]
    run_trials(outcome, effort, Shape(), cuts, kill_at_moment)
    return outcome


def kill_at_task(stage: Stage, cut: Cut) -> Trial:
    """Make one trial of ``at_every_task``."""
    trial = Trial(stage.back_to("shipped"), f"killed at task {cut.task}, {'whole' if cut.whole else 'without its workers'}")
    held = hold(stage, "rollout", before=str(cut.task))
    with Watch(stage) as watch:
        with start(held.run) as process:
            if not held.wait(process):   # it has fewer tasks
                process.communicate(timeout=60)
                return trial
            kill(process, whole=cut.whole)
        _finish(trial, watch, cut)
    return trial


def kill_at_moment(stage: Stage, cut: Cut) -> Trial:
    """Make one trial of ``at_random_moments``."""
    about = f"{cut.before}, killed {cut.moment}, {'whole' if cut.whole else 'without its workers'}, then {cut.then}"
    trial = Trial(_as_before(stage, cut.before), about)
    moment = cut.moment or Moment(1, 0)
    held = hold(stage, "rollout", before=str(moment.task))
    with Watch(stage) as watch:
        with start(held.run) as process:
            if not held.pass_by(process, moment):   # it has ended
                process.communicate(timeout=60)
                return trial
            kill(process, whole=cut.whole)
        _finish(trial, watch, cut)
    return trial


def _finish(trial: Trial, watch: Watch, cut: Cut) -> None:
    """Look at what the dead controller left, and do what an operator does."""
    now = watch.camps.refusals()
    trial.expect(not now, f"right after the kill: {now}")
    left = "rolled out" if trial.state() == "rolled out" else "as before" if trial.state() == "taken back" else "half-way"
    state = "taken back" if cut.then == "rollback" else "rolled out"
    trial.again(cut.then, state=state)
    trial.expect(not watch.refusals, f"meanwhile: {list(watch.refusals)}")
    trial.ended = f"left {left}, then {state if not trial.broken else 'broken'}"


def _as_before(stage: Stage, snapshot: str) -> Stage:
    """Bring the cluster back to a snapshot; the one of another CA is made when it is asked for first."""
    if snapshot == "another CA" and not (stage.folder / "kept" / snapshot).exists():
        stage.back_to("shipped").play("rollout")
        stage.world.found("Mill")
        stage.renew()
        stage.keep(snapshot)
    stage.back_to(snapshot)
    if snapshot == "another CA":
        stage.common = {"dwb_trust_src": stage.world.anchors}
    return stage
