# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rollout that is taken back: by itself because a server died, and by its operator."""

from __future__ import annotations

import re

import pytest
from integration.playbook import Result
from machines.machine import SERVER
from machines.scenario import Scenario
from machines.trial import Standing, renew, said, standing

BUNDLE = f"{SERVER}/Certificates/trust_ca_cert.pem"
CUSTOM = f"{SERVER}/Certificates/custom_communications_cert.pem"
# Trust, certificates and their CA change; the time is what a stand-in needs at most.
TO_FORGE = ("--extra-vars", "company=forge dwb_start_timeout=20")


@pytest.fixture(scope="module")
def before(scenario: Scenario) -> Standing:
    """Return what the machines are like after the first rollout."""
    return standing(scenario)


@pytest.fixture(scope="module")
def failed(scenario: Scenario, before: Standing) -> Result:
    """Return a rollout of another company's certificates, whose last server starts and dies a moment later."""
    del before
    renew(scenario, "forge")
    culprit = list(scenario.machines.values())[-1]
    culprit.stand_in("misbehave", "--fault", "dies", "--times", "1")
    return scenario.play("rollout", *TO_FORGE)


class TestServerThatDiesAfterItsRestart:
    def test_is_named_as_the_reason(self, scenario: Scenario, failed: Result) -> None:
        """The exit status is not 0, and the last words tell that all was taken back, the node, and what it failed to do."""
        culprit = list(scenario.machines)[-1]

        assert failed.rc != 0, failed.stdout
        assert re.search(rf"was taken back\.\s{culprit}: .*Connection refused", said(failed))
        assert "Traceback" not in failed.stdout

    def test_dies_after_the_others_were_restarted(self, scenario: Scenario, failed: Result) -> None:
        """All nodes had the new files, and all but the last served the new certificate for good: there was something to take back."""
        *others, culprit = scenario.machines

        installed = {event.host for event in failed.all(task="Install key and certificate")
                     if CUSTOM in {change["path"] for change in event.result["changes"]}}
        assert installed == {*others, culprit}
        # The last one may be asked in the moment that it lives.
        assert {event.host for event in failed.all(task="Note that it has been restarted") if event.status == "ok"} >= set(others)

    def test_leaves_every_server_with_what_it_served(self, scenario: Scenario, failed: Result, before: Standing) -> None:
        """Also the culprit runs again, with its old certificate."""
        assert failed.rc != 0
        assert scenario.served() == before.served

    def test_leaves_every_file_of_the_servers_as_it_was(self, scenario: Scenario, failed: Result, before: Standing) -> None:
        """Bundle, custom certificate and both Communications.cfg, and all others: content, mode and owner."""
        assert failed.rc != 0
        assert standing(scenario).of_server() == before.of_server()


class TestRollbackByHand:
    def test_brings_back_what_was_before_a_good_rollout(self, scenario: Scenario, failed: Result, before: Standing) -> None:
        """The same rollout without the fault arrives; the playbook rollback takes it back: files and what is served are as before."""
        assert failed.rc != 0
        good = scenario.play("rollout", *TO_FORGE)
        rolled_out = standing(scenario)
        back = scenario.play("rollback")

        assert good.rc == 0, good.stdout
        assert rolled_out.served == {name: scenario.issued(name) for name in scenario.machines}
        assert {f"{name}:{path}" for name in scenario.machines for path in (BUNDLE, CUSTOM)} <= set(rolled_out.differs(before))
        assert back.rc == 0, back.stdout
        assert scenario.served() == before.served
        assert standing(scenario).of_server() == before.of_server()
