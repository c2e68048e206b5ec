# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rollouts during which the last machine is rebooted, while all servers are down; its own comes up with the system."""

from __future__ import annotations

from subprocess import Popen

from integration.playbook import Prepared, Result, read_result, start
from integration.world import wait_for
from machines.machine import Machine
from machines.podman import podman
from machines.scenario import Scenario
from machines.trial import leftovers, renew, said


def until_all_are_down(run: Prepared, process: Popen[str]) -> None:
    """Wait until every server is stopped, and none has been started again."""
    wait_for(run, process, lambda event: event.task == "Gate after the configuration" and event.status == "ok")


def result_of(run: Prepared, process: Popen[str]) -> Result:
    """Return what came of *run* once it has ended."""
    stdout, _ignored = process.communicate(timeout=300)
    return read_result(run, rc=process.returncode, stdout=stdout)


def booted(machine: Machine) -> bytes:
    """Return when the machine was booted."""
    return podman("inspect", "--format", "{{.State.StartedAt}}", machine.container)


def arrived(scenario: Scenario) -> bool:
    """Tell whether every server presents what was issued to it, and nothing is left over."""
    return scenario.served() == {name: scenario.issued(name) for name in scenario.machines} and not leftovers(scenario)


class TestMachineThatIsRebooted:
    def test_and_back_before_its_turn_is_no_obstacle(self, scenario: Scenario) -> None:
        """Its server, which comes up with the system, presents the new certificate; the rollout arrives."""
        first, last = list(scenario.machines.values())[1:]
        since = booted(last)
        renew(scenario)
        # So that the last one's turn comes when it is back.
        first.stand_in("misbehave", "--fault", "slow", "--seconds", "8", "--times", "1")
        run = scenario.prepare("rollout")
        with start(run) as process:
            until_all_are_down(run, process)
            podman("restart", last.container)
            result = result_of(run, process)

        assert booted(last) != since
        assert result.rc == 0, result.stdout
        assert arrived(scenario)

    def test_and_away_at_its_turn_is_refused_by_nobody(self, scenario: Scenario) -> None:
        """It is named as lost, and may come up with its new certificate at any time, so all stay with theirs; a further run arrives."""
        last = list(scenario.machines.values())[-1]
        renew(scenario)
        run = scenario.prepare("rollout")
        with start(run) as process:
            until_all_are_down(run, process)
            podman("stop", last.container)
            wait_for(run, process, lambda event: event.host == last.name and event.status == "unreachable")
            podman("start", last.container)
            result = result_of(run, process)
        served = scenario.served()
        again = scenario.play("rollout")

        assert result.rc != 0, result.stdout
        assert f"{last.name} is left as it is: it was lost while the servers were activated" in said(result), result.stdout
        assert served == {name: scenario.issued(name) for name in scenario.machines}, result.stdout
        assert again.rc == 0, again.stdout
        assert arrived(scenario)
