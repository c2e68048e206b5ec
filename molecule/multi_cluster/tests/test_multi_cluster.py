# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two clusters in one inventory: a server of one does not come back, its cluster is taken back, the other arrives."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from integration.playbook import Result
from machines.machine import SERVER, Facts
from machines.scenario import Scenario

NORTH, SOUTH = ("insight-north-master", "insight-north-dpu"), ("insight-south-master", "insight-south-dpu")


def configured(facts: Mapping[str, Facts]) -> dict[str, Facts]:
    """Return the facts of the files of certificates and configuration."""
    return {path: fact for path, fact in facts.items() if path.startswith((f"{SERVER}/Certificates", f"{SERVER}/Components"))}


@pytest.fixture(scope="module")
def shipped(scenario: Scenario) -> dict[str, str]:
    """Return what every server presents before the rollout that fails."""
    return scenario.served()


@pytest.fixture(scope="module")
def failed(scenario: Scenario, shipped: dict[str, str]) -> Result:
    """Return a rollout of both clusters, in which the DPU of the north does not start with its new certificate."""
    assert not set(shipped.values()) & {scenario.issued(name) for name in scenario.machines}
    return scenario.play("rollout")


class TestClusterThatFails:
    def test_is_told_apart_from_the_other(self, failed: Result) -> None:
        """The exit status is not 0, one host speaks for the north, names the DPU, and says that all was taken back."""
        said = {event.host: event.result["msg"] for event in failed.all(task="Say what happened") if event.status == "failed"}

        assert failed.rc != 0
        assert list(said) == [NORTH[0]], failed.stdout
        assert "was taken back." in said[NORTH[0]]
        assert f"{NORTH[1]}: " in said[NORTH[0]]
        assert {host for host, stats in failed.stats.items() if stats["failures"]} == {NORTH[0]}
        assert {"cluster north", "cluster south"} <= set(failed.stdout.splitlines())

    def test_is_taken_back_completely(self, failed: Result, shipped: dict[str, str], scenario: Scenario) -> None:
        """Both servers have the files that they had before, and present what they presented."""
        before = scenario.pictured("taken-back")

        assert failed.rc != 0
        assert {name: configured(scenario.machines[name].files()) for name in NORTH} == {name: configured(before[name]) for name in NORTH}
        assert {name: scenario.machines[name].served().fingerprint for name in NORTH} == {name: shipped[name] for name in NORTH}

    def test_keeps_nobody_from_arriving(self, failed: Result, scenario: Scenario) -> None:
        """Both servers of the south present the company's certificates."""
        assert {name: scenario.machines[name].served().fingerprint for name in SOUTH} == {name: scenario.issued(name) for name in SOUTH}
        assert all(failed.stats[name]["rescued"] == 0 for name in SOUTH)

    def test_arrives_the_next_time_without_a_change_of_the_other(self, failed: Result, scenario: Scenario) -> None:
        """The fault is mended: the same playbook completes the north, and changes nothing in the south."""
        again = scenario.play("rollout")

        assert failed.rc != 0
        assert again.rc == 0, again.stdout
        assert {host for host, stats in again.stats.items() if stats["changed"]} == set(NORTH)
        assert scenario.served() == {name: scenario.issued(name) for name in scenario.machines}
