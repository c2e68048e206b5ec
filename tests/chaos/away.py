# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Half of a cluster, or one node, cannot be reached any more from some phase of a rollout on, and is there again for the next one."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

from integration.camps import Watch
from integration.playbook import read_result, start
from integration.steps import LAST, hold
from integration.world import Stage
from simulator.cluster import Shape

from .lanes import Trial, run_trials, tail
from .outcome import Effort, Outcome

PHASES = {
    "trust": "Trust before use", "certificate": "Install key and certificate",
    "canary": "Restart the canary, without a change of its configuration", "stop": "Stop all but the master",
    "configuration": "Write the configuration while the servers are down", "activation": "Gate before the turn",
    "note": "Note that it has been restarted", "verification": LAST,
}
_SHAPE = Shape(dpus=3)


@dataclass(frozen=True)
class Away:
    """
    Who is lost, and when.

    Attributes:
        phase: One of PHASES.
        nodes: By their place in the cluster, the master is 0.
        then: What the operator does once they are there again: ``rollout`` or ``rollback``.
    """

    phase: str
    nodes: tuple[int, ...]
    then: str


def half(effort: Effort) -> Outcome:
    """Lose a half, with the master or without it, and one node, the master or a DPU, at the beginning of each phase."""
    outcome = Outcome(
        "half of a cluster of four, or one node of it, cannot be reached from the beginning of the n-th phase on, until the run is over",
        "the exit status is not 0 and the message says what to do; at no moment does a server that is up refuse another one; "
        "the next rollout, or rollback, arrives on every server and leaves nothing behind; once more changes nothing", effort.seed)
    dice = random.Random(effort.seed)
    jobs = [Away(phase, dice.choice(nodes), dice.choice(("rollout", "rollback")))
            for phase, nodes in product(PHASES, (((0, 1), (2, 3)), ((0,), (3,))))]
    # Two servers are enough for the sample of every day.
    short = [Away(dice.choice(("certificate", "stop", "verification")), (dice.choice((0, 1)),), "rollout")]
    run_trials(outcome, effort, _SHAPE if effort.long else Shape(), jobs if effort.long else short, lose)
    return outcome


def lose(stage: Stage, away: Away) -> Trial:
    """Make one trial."""
    names = [stage.names[number] for number in away.nodes]
    trial = Trial(stage.back_to("shipped"), f"{', '.join(names)} lost at {away.phase}, then {away.then}")
    lost = stage.folder / "lost"
    lost.unlink(missing_ok=True)
    stage.common = {"ansible_connection": "losable"}
    held = hold(stage, "rollout", before=PHASES[away.phase], CERTOPS_LOST_HOSTS=str(lost))
    with Watch(stage) as watch:
        with start(held.run) as process:
            if held.wait(process, patience=120):
                lost.write_text(" ".join(names))
                held.go_on()
            stdout, _ignored = process.communicate(timeout=240)
        result = read_result(held.run, rc=process.returncode, stdout=stdout)
        lost.unlink()
        now = watch.camps.refusals()
        trial.expect(not now, f"right after the run: {now}")
        trial.expect(any(event.status == "unreachable" for event in result.events), "nobody was unreachable")
        trial.expect(result.rc != 0, "exit status 0")
        trial.expect("certops.rollout.rollback" in result.stdout, f"the message does not say what to do: {tail(result)}")
        down = sorted(name for name, served in stage.served().items() if not served)
        trial.again(away.then, state="taken back" if away.then == "rollback" else "rolled out", CERTOPS_LOST_HOSTS=str(lost))
        trial.expect(not watch.refusals, f"meanwhile: {list(watch.refusals)}")
    ended = f"{'some were down' if down else 'all were up'} until the next run, then {away.then} arrived"
    trial.ended = "broken" if trial.broken else ended
    return trial
