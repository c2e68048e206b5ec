# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rollouts that are cut short, and rollouts that meet: running it again finishes the job, and rollback still knows the way back."""

from __future__ import annotations

import os
import random
import re
import signal
import time

import pytest

from integration.playbook import Prepared, Result, kill, read_result, start
from integration.world import Stage, findings, wait_for

# A rollout of this cluster takes from about 8 s to 20 s; the moments are spread over it, one in each part.
_PARTS, _SECONDS = 6, 15.0
_DICE = random.Random(20260102)
MOMENTS = [round((part + _DICE.random()) * _SECONDS / _PARTS, 2) for part in range(_PARTS)]


@pytest.fixture
def small(pair: Stage) -> Stage:
    """Return the smallest cluster as the product ships it."""
    return pair.back_to("shipped")


def cut(stage: Stage, *, after: float, whole: bool) -> Prepared:
    """Begin a rollout and kill it so many seconds later, unless it has ended by then."""
    run = stage.prepare("rollout")
    with start(run) as process:
        time.sleep(after)
        if process.poll() is None:
            kill(process, whole=whole)
    return run


def arrives(stage: Stage) -> Result:
    """Make sure that a rollout, run again, ends as one that was never interrupted."""
    result = stage.play("rollout")

    assert result.rc == 0, result.stdout
    assert stage.served() == {name: stage.leaf(name).fingerprint for name in stage.names}
    return result


class TestKilledRollout:
    @pytest.mark.parametrize("moment", MOMENTS)
    def test_is_finished_by_the_next_and_can_be_taken_back(self, small: Stage, moment: float) -> None:
        """Whenever it was: the second run arrives, the third changes nothing, rollback brings back what was before the first."""
        cut(small, after=moment, whole=MOMENTS.index(moment) % 2 == 0)

        arrives(small)
        third = small.play("rollout")
        back = small.play("rollback")

        assert (third.rc, third.changed) == (0, 0), third.stdout
        assert back.rc == 0, back.stdout
        assert small.files() == small.shipped
        assert small.served() == small.licensed

    def test_can_be_taken_back_instead(self, small: Stage) -> None:
        """Killed while the configuration is written and the servers are down: rollback alone brings everything back."""
        run = small.prepare("rollout")
        with start(run) as process:
            wait_for(run, process, lambda event: event.task == "Gate after the master was stopped")
            time.sleep(0.4)
            kill(process, whole=True)

        back = small.play("rollback")

        assert back.rc == 0, back.stdout
        assert small.files() == small.shipped
        assert small.served() == small.licensed

    def test_by_its_operator_is_finished_by_the_next(self, small: Stage) -> None:
        """Ctrl-C in the middle of the activation: the next run restarts what has not been."""
        run = small.prepare("rollout")
        with start(run) as process:
            wait_for(run, process, lambda event: event.task == "Note that it has been restarted")
            while process.poll() is None:  # ansible-core may miss the first one, as an operator knows
                os.killpg(process.pid, signal.SIGINT)
                time.sleep(1)

        assert process.returncode != 0
        arrives(small)


class TestTwoRollouts:
    def test_the_second_is_refused_and_told_about_the_first(self, small: Stage) -> None:
        """While servers are activated another rollout does not start; it names the first one's identifier and age, which arrives."""
        small.world.cluster.state(small.names[1]).misbehave("slow", after=1, seconds=7)
        run = small.prepare("rollout")
        with start(run) as process:
            wait_for(run, process, lambda event: event.task == "Gate after the configuration")
            second = small.play("rollout")
            stdout, _ignored = process.communicate(timeout=120)
        first = read_result(run, rc=process.returncode, stdout=stdout)

        identifier = first.of(small.names[0], "Plan").result["run"]
        assert second.rc != 0
        assert "Nothing was touched." in second.stdout
        assert re.search(rf"rollout {identifier} by \S+ has been at work here for \d+ s", "\n".join(findings(second)))
        assert first.rc == 0, first.stdout
        assert small.served() == {name: small.leaf(name).fingerprint for name in small.names}

    def test_that_begin_at_the_same_moment_leave_one_camp(self, small: Stage) -> None:
        """Both see an untouched cluster; whatever becomes of them, no server is left with other certificates than its peers."""
        runs = [small.prepare("rollout"), small.prepare("rollout")]
        processes = [start(run) for run in runs]
        results = [read_result(run, stdout=process.communicate(timeout=240)[0], rc=process.returncode)
                   for run, process in zip(runs, processes, strict=True)]

        served = small.served()
        new = {name: small.leaf(name).fingerprint for name in small.names}
        assert served in (new, small.licensed), "\n\n".join(result.stdout for result in results)
        if served == small.licensed:
            assert all(result.rc for result in results)
            assert small.files() == small.shipped
        arrives(small)
