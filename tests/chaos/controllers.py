# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two controllers roll out on one cluster at once."""

from __future__ import annotations

import random

from integration.camps import Watch
from integration.playbook import Result, read_result, start
from integration.steps import Moment, draw, hold
from integration.world import Stage
from simulator.cluster import Shape

from .lanes import Trial, run_trials, tail
from .outcome import Effort, Outcome


def at_once(effort: Effort) -> Outcome:
    """Begin a second rollout of the same cluster at once, or at some moment of the first."""
    outcome = Outcome(
        "two rollouts of one cluster at once, begun at the same moment or one at some moment of the other",
        "one that does not arrive says why; at no moment does a server that is up refuse another one; in the end all servers are "
        "rolled out or all are as they were; the next rollout arrives and leaves nothing behind; once more changes nothing", effort.seed)
    dice = random.Random(effort.seed)
    moments = [Moment(0, 0), *(draw(dice) for _ignored in range(9))] if effort.long else [draw(dice)]
    run_trials(outcome, effort, Shape(), moments, roll_out_twice)
    return outcome


def roll_out_twice(stage: Stage, moment: Moment) -> Trial:
    """Make one trial."""
    trial = Trial(stage.back_to("shipped"), f"the second {moment} of the first")
    held = hold(stage, "rollout", before=str(moment.task))
    runs = [held.run, stage.prepare("rollout")]
    with Watch(stage) as watch:
        with start(runs[0]) as first:
            if moment.task:
                held.pass_by(first, moment)
            with start(runs[1]) as second:
                told = [process.communicate(timeout=240)[0] for process in (first, second)]
        results = [read_result(run, rc=process.returncode, stdout=stdout)
                   for run, process, stdout in zip(runs, (first, second), told, strict=True)]
        state = trial.state()
        for result in results:
            trial.expect(result.rc == 0 or bool(_why(result)), f"ended with {result.rc} and does not say why: {tail(result)}")
        trial.expect(not state.startswith("torn"), state)
        trial.expect(state == "rolled out" or all(result.rc for result in results), "one has arrived, and the cluster is not rolled out")
        trial.again()
        trial.expect(not watch.refusals, f"meanwhile: {list(watch.refusals)}")
    trial.ended = f"{' and '.join(sorted(_ended(result) for result in results))}, then {state}" if not trial.broken else "broken"
    return trial


def _why(result: Result) -> str:
    """Return what the run says in the end."""
    said = [str(event.result.get("msg", "")) for event in result.all(task="Say what happened") if event.status == "failed"]
    return said[0] if said else ""


def _ended(result: Result) -> str:
    if result.rc == 0:
        return "one arrived" if result.changed else "one found nothing to do"
    return "one was refused" if "Nothing was touched." in _why(result) else "one was taken back"
