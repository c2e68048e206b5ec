# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From one CA to the next on a running cluster; the tests are in the order of an operator's days."""

from __future__ import annotations

import json
import ssl
from functools import cached_property
from hashlib import sha256

import pytest
from integration.playbook import Result
from machines.machine import SERVER, Machine
from machines.scenario import Scenario
from machines.trial import standing

BUNDLE = f"{SERVER}/Certificates/trust_ca_cert.pem"
GETS_IN = {200, 403}


class Rotation:
    """Both CAs, and how the first one is retired."""

    def __init__(self, scenario: Scenario) -> None:
        """Open the CAs."""
        self.scenario = scenario
        self.old, self.new = scenario.company("plant"), scenario.company("works")
        self.trusts_old, self.trusts_new = (company.root.pem + company.issuing.pem for company in (self.old, self.new))

    @cached_property
    def vendor(self) -> bytes:
        """Return the root of Visual Sciences."""
        return (self.scenario.ephemeral / "licensor" / "visual_sciences.pem").read_bytes()

    def retire(self, *arguments: str, clients: list[str], fingerprints: list[str] | None = None) -> Result:
        """Play retire_ca for the old CA, or for certificates with *fingerprints*."""
        pki = self.scenario.pki
        variables = {"dwb_trust_src": [str(pki / "works" / f"{level}.pem") for level in ("root", "issuing")],
                     "dwb_retired_ca": fingerprints or [self.old.root.fingerprint, self.old.issuing.fingerprint],
                     "dwb_client_certificates": [str(pki / f"{client}.pem") for client in clients]}
        return self.scenario.play("retire_ca", "--extra-vars", json.dumps(variables), *arguments)


@pytest.fixture(scope="module")
def rotation(scenario: Scenario) -> Rotation:
    """Return both CAs."""
    return Rotation(scenario)


@pytest.fixture(scope="module")
def retired(rotation: Rotation) -> list[Result]:
    """Return how retiring went in check mode, in earnest and again, once no client needs the old CA any more."""
    return [rotation.retire(*arguments, clients=["workstation-new"]) for arguments in (("--check",), (), ())]


def lines(machine: Machine) -> bytes:
    """Return the trust bundle of a machine, whatever its line ends."""
    return machine.read(BUNDLE).replace(b"\r\n", b"\n")


class TestRotation:
    def test_trusts_the_new_ca_everywhere_before_anybody_gets_a_leaf_of_it(self, scenario: Scenario) -> None:
        """The last server that learns to trust does so before the first one is given its new certificate."""
        changed = [event.task for event in scenario.recorded("converge-1").events if event.result.get("changed")]

        assert changed.count("Trust before use") == changed.count("Install key and certificate") == len(scenario.machines)
        assert changed[: len(scenario.machines)] == ["Trust before use"] * len(scenario.machines)

    def test_presents_the_new_leaf_everywhere(self, scenario: Scenario) -> None:
        """Each server its own."""
        assert scenario.served() == {name: scenario.issued(name) for name in scenario.machines}

    def test_lets_clients_of_both_cas_in(self, machine: Machine, rotation: Rotation) -> None:
        """Whoever trusts the new CA may present a certificate of either."""
        clients = [rotation.scenario.pem(name) for name in ("workstation-old", "workstation-new")]

        assert {machine.served(trusted=rotation.trusts_new, client=client).status for client in clients} <= GETS_IN

    def test_is_refused_by_a_client_that_trusts_the_old_ca_only(self, machine: Machine, rotation: Rotation) -> None:
        """Such a client has to be given the new CA before the rollout."""
        with pytest.raises(ssl.SSLCertVerificationError):
            machine.served(trusted=rotation.trusts_old)


class TestRefusal:
    def test_of_a_ca_that_a_known_client_needs_touches_nothing(self, rotation: Rotation) -> None:
        """The finding names the file of the client's certificate and every server that would turn it away."""
        before = standing(rotation.scenario)
        told = rotation.retire(clients=["workstation-new", "workstation-old"])

        assert told.rc == 2
        assert str(rotation.scenario.pem("workstation-old")) in told.stdout
        assert all(name in told.stdout for name in before.served)
        assert before.differs(standing(rotation.scenario)) == []

    def test_of_the_vendors_root_cannot_be_overridden(self, rotation: Rotation) -> None:
        """It is the anchor of every licence."""
        vendor = sha256(ssl.PEM_cert_to_DER_cert(rotation.vendor.decode("ascii"))).hexdigest()
        told = rotation.retire(clients=[], fingerprints=[vendor])

        assert told.rc == 2
        assert "is never retired" in told.stdout
        assert all(rotation.vendor in lines(machine) for machine in rotation.scenario.machines.values())


class TestRetirement:
    def test_is_predicted_done_and_done_once(self, retired: list[Result], scenario: Scenario) -> None:
        """Check mode tells every bundle that changes; the second run changes nothing."""
        checked, done, again = (sorted((event.host, change["action"]) for event in run.all(task="Trust before use")
                                       for change in event.result.get("changes", ()) if change["path"] == BUNDLE) for run in retired)

        assert [run.rc for run in retired] == [0, 0, 0]
        assert checked == done == [(name, "remove 2 anchors") for name in sorted(scenario.machines)]
        assert (again, retired[-1].changed) == ([], 0)

    def test_leaves_the_vendor_and_the_new_ca(self, retired: list[Result], machine: Machine, rotation: Rotation) -> None:
        """In this order, with nothing between them."""
        assert lines(machine) == rotation.vendor + rotation.trusts_new

    def test_lets_a_client_of_the_new_ca_in(self, retired: list[Result], machine: Machine, rotation: Rotation) -> None:
        """It is trusted still."""
        assert machine.served(trusted=rotation.trusts_new, client=rotation.scenario.pem("workstation-new")).status in GETS_IN

    def test_turns_a_client_of_the_old_ca_away(self, retired: list[Result], machine: Machine, rotation: Rotation) -> None:
        """The server has read its bundle anew."""
        with pytest.raises((ssl.SSLError, ConnectionResetError)):
            machine.served(client=rotation.scenario.pem("workstation-old"))
