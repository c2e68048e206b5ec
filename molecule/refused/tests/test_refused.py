# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Renewals with something wrong: an error that names node and cause, every machine as before; without the fault the same one arrives."""

from __future__ import annotations

import re

import pytest
from integration.world import findings
from machines.faults import FAULTS, Fault
from machines.scenario import Scenario
from machines.trial import Standing, renew, said, standing

TO_FORGE = ("--extra-vars", "company=forge")


@pytest.fixture(scope="module")
def before(scenario: Scenario) -> Standing:
    """Return what the machines are like after the first rollout; another company has issued what is to come."""
    before = standing(scenario)
    renew(scenario, "forge")
    return before


class TestRenewal:
    @pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
    def test_with_something_wrong_leaves_every_machine_as_it_was(self, scenario: Scenario, before: Standing, fault: Fault) -> None:
        """It fails, names node and cause, and shows no traceback; files, modes, owners and what is served are as before."""
        was = standing(scenario)
        with fault.there(scenario, scenario.machines[fault.machine]):
            result = scenario.play("rollout", *TO_FORGE, *fault.arguments)
        after = standing(scenario)

        assert result.rc != 0, result.stdout
        told = "\n".join([*findings(result), said(result)])
        assert re.search(rf"^{fault.machine}: .*{fault.cause}", told, re.MULTILINE | re.IGNORECASE), result.stdout
        assert ("was taken back" if fault.began else "Nothing was touched.") in told
        assert not re.search(r"Traceback|\bsh: |line \d", told)
        assert "Traceback (most recent call last)" not in result.stdout
        assert after.served == was.served == before.served
        if fault.began:
            assert after.of_server() == was.of_server()
        else:
            assert after.differs(was) == []

    def test_with_nothing_wrong_arrives(self, scenario: Scenario, before: Standing) -> None:
        """The same certificates, once every fault is gone."""
        result = scenario.play("rollout", *TO_FORGE)

        assert result.rc == 0, result.stdout
        assert scenario.served() == {name: scenario.issued(name) for name in scenario.machines}
        assert scenario.served() != before.served
