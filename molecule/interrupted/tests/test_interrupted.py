# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rollouts whose controller is killed: the next run finishes them, and nothing is left of the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from integration.playbook import kill, read_result, start
from integration.world import wait_for
from machines.scenario import Scenario
from machines.trial import connections, hang_up, leftovers, renew, standing


@dataclass(frozen=True)
class Moment:
    """
    When the controller is killed.

    Attributes:
        task: As soon as it has gone well on one machine.
        company: Whose certificates are on their way.
        met: Tells by what the servers presented before and present then, empty where none answers, that it was that moment.
    """

    task: str
    company: str
    met: Callable[[list[str], list[str]], bool]


MOMENTS = {
    "while the machines are given new trust": Moment("Trust before use", "forge", lambda before, then: then == before),
    "while the servers are down": Moment("Gate after the configuration", "mill", lambda _before, then: "" in then),
}


class TestKilledController:
    @pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
    def test_leaves_a_rollout_that_the_next_run_finishes(self, scenario: Scenario, moment: Moment) -> None:
        """Killed with all its children: run again it ends on the new certificates, and no lock, journal or stage is left."""
        before = standing(scenario)
        renew(scenario, moment.company)
        arguments = ("rollout", "--extra-vars", f"company={moment.company}")
        run = scenario.prepare(*arguments)
        with start(run) as process:
            wait_for(run, process, lambda event: event.task == moment.task and event.status == "ok")
            kill(process, whole=True)
        then = standing(scenario)
        hang_up(scenario)
        again = scenario.play(*arguments)

        assert not read_result(run, rc=process.returncode, stdout="").stats
        assert moment.met([*before.served.values()], [*then.served.values()])
        assert then.of_server() != before.of_server()
        assert again.rc == 0, again.stdout
        assert scenario.served() == {name: scenario.issued(name) for name in scenario.machines}
        assert leftovers(scenario) == []

    def test_leaves_nothing_to_do_after_that(self, scenario: Scenario) -> None:
        """One more run changes nothing; no connection of a killed one stays open, here or there."""
        third = scenario.play("rollout", "--extra-vars", f"company={[*MOMENTS.values()][-1].company}")
        hang_up(scenario)

        assert (third.rc, third.changed) == (0, 0), third.stdout
        assert connections(scenario) == []
