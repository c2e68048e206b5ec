# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients that connect every second through a rollout and the change to another CA; the tests are in the order of an operator's days."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from integration.playbook import Result
from machines.machine import CLIENT, SERVER, Facts, Machine
from machines.scenario import Scenario
from machines.trial import Standing, standing

BUNDLES = {"web-1": f"{CLIENT}/usr/local/visual_sciences/trust_ca_cert.pem",
           "workstation-1": f"{CLIENT}/AppData/Data Workbench/Certificates/trust_ca_cert.pem",
           "report-1": f"{CLIENT}/Report/Certificates/trust_ca_cert.pem",
           "query-1": f"{CLIENT}/stunnel/trust_ca_cert.pem"}
OWN = f"{CLIENT}/Report/Certificates/custom_client_cert.pem"


@dataclass(frozen=True)
class Rotation:
    """
    The change from one CA to the next, told once.

    Attributes:
        scenario: With both CAs.
        before: What the machines were like.
        refused: A rollout for which the clients were not ready.
        after_refusal: What the machines were like after it.
        checked: Trust for the clients in check mode.
        trusted: Trust for the clients.
        rolled: The rollout.
        presented: The clients again: what presents a certificate of its own gets a new one.
        again: The same once more.
        retired: The retirement of the old CA.
        runs: By machine, what identifies the processes of the web server and of the client, before and after.
    """

    scenario: Scenario
    before: Standing
    refused: Result
    after_refusal: Standing
    checked: Result
    trusted: Result
    rolled: Result
    presented: Result
    again: Result
    retired: Result
    runs: dict[str, tuple[tuple[str, str], tuple[str, str]]]


@pytest.fixture(scope="module")
def rotation(scenario: Scenario) -> Rotation:
    """Go from the first CA to the second."""
    old, new = scenario.company("plant"), scenario.company("works")
    for name in (*scenario.machines, "report-1"):
        new.issue(name, scenario.pem(name))
    before, runs = standing(scenario), {name: _runs(machine) for name, machine in scenario.clients.items()}
    anchors = [str(scenario.pki / company / f"{level}.pem") for company in ("plant", "works") for level in ("root", "issuing")]
    both = ("--extra-vars", json.dumps({"dwb_trust_src": anchors}))
    refused = scenario.play("rollout", *both)
    after_refusal = standing(scenario)
    checked, trusted = scenario.play("clients", "--check", *both), scenario.play("clients", *both)
    scenario.clients["workstation-1"].run("systemctl", "restart", "insight-client")
    rolled = scenario.play("rollout", *both)
    presented = scenario.play("clients", *both, "--extra-vars", "dwb_client_restarted=true")
    again = scenario.play("clients", *both)
    retired = scenario.play("retire_ca", "--extra-vars", json.dumps(
        {"dwb_trust_src": anchors[2:], "dwb_retired_ca": [old.root.fingerprint, old.issuing.fingerprint]}))
    after = {name: (runs[name], _runs(machine)) for name, machine in scenario.clients.items()}
    return Rotation(scenario, before, refused, after_refusal, checked, trusted, rolled, presented, again, retired, after)


def _runs(machine: Machine) -> tuple[str, str]:
    web, client = (machine.run("systemctl", "show", "--property=InvocationID", unit).decode().strip() for unit in ("web", "insight-client"))
    return web, client


class TestRollout:
    def test_costs_nobody_a_connection_but_during_a_servers_own_restart(self, scenario: Scenario) -> None:
        """Every attempt of every client since it was installed is counted."""
        counted = scenario.count()

        assert [(name, attempt.time, attempt.error) for name, attempt in counted.unexplained] == []
        assert all(number > 10 for number in counted.attempts.values())

    def test_has_the_clients_in_its_report(self, scenario: Scenario) -> None:
        """The servers' own logs name who connects, too."""
        logs = [b"".join(file.read_bytes() for file in (machine.root / SERVER.lstrip("/") / "Audit").iterdir())
                for machine in scenario.machines.values()]

        assert all(any(f"{client.address}:".encode() in log for log in logs) for client in scenario.clients.values())


class TestRefusal:
    def test_names_every_client_that_would_be_locked_out(self, rotation: Rotation) -> None:
        """And what to run first."""
        assert rotation.refused.rc != 0
        assert all(f"{name} would refuse the certificate of" in rotation.refused.stdout for name in rotation.scenario.clients)
        assert "run certops.rollout.clients first" in rotation.refused.stdout

    def test_touches_nothing(self, rotation: Rotation) -> None:
        """No file of a server, and what it presents."""
        assert rotation.before.differs(rotation.after_refusal) == []


class TestRotation:
    def test_goes_from_step_to_step(self, rotation: Rotation) -> None:
        """Clients, rollout, clients, retirement."""
        assert [run.rc for run in (rotation.trusted, rotation.rolled, rotation.presented, rotation.retired)] == [0, 0, 0, 0]

    def test_costs_nobody_a_connection_but_during_a_servers_own_restart(self, rotation: Rotation) -> None:
        """From the first installation to the retirement of the first CA."""
        assert [(name, attempt.time, attempt.error) for name, attempt in rotation.scenario.count().unexplained] == []

    def test_of_clients_is_predicted_by_check_mode_and_done_once(self, rotation: Rotation) -> None:
        """Client by client: every file, and what is done with it; the second run changes nothing."""
        predicted, done = (_changes(run) for run in (rotation.checked, rotation.trusted))

        assert predicted == done
        assert set(done) == set(rotation.scenario.clients)
        assert rotation.again.changed == 0

    def test_ends_with_servers_that_present_the_new_leaf(self, rotation: Rotation) -> None:
        """Each its own."""
        assert rotation.scenario.served() == {name: rotation.scenario.issued(name) for name in rotation.scenario.machines}

    def test_ends_with_a_report_server_that_presents_its_own(self, rotation: Rotation) -> None:
        """Its process has read the new certificate."""
        served = json.loads(rotation.scenario.clients["report-1"].read(f"{CLIENT}/State/served.json"))

        assert served["fingerprint"] == rotation.scenario.issued("report-1")

    def test_restarts_the_transmitter_and_never_the_web_server(self, rotation: Rotation) -> None:
        """The web server beside the Sensor is the same process still."""
        (web, transmitter), (web_after, transmitter_after) = rotation.runs["web-1"]

        assert web == web_after != "InvocationID="
        assert transmitter != transmitter_after

    def test_loses_no_event(self, rotation: Rotation) -> None:
        """What waited while a server was away was delivered afterwards."""
        served = json.loads(rotation.scenario.clients["web-1"].read(f"{CLIENT}/State/served.json"))

        assert served["lost"] == "0"
        assert int(served["waiting"]) <= 1


def _changes(result: Result) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for event in result.events:
        if event.result.get("changed"):
            told = [(change["path"], change["action"]) for change in event.result.get("changes", ())
                    if not change["path"].endswith(".certops/marker")]
            found.setdefault(event.host, []).extend(told)
    return found


class TestFiles:
    def test_that_are_not_ours_are_untouched(self, rotation: Rotation, client: Machine) -> None:
        """Of a client nothing changes but its bundle, and what presents a certificate of its own."""
        before, after = _of_client(rotation.scenario.pictured("shipped")[client.name]), _of_client(client.files(CLIENT))
        changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        own = {OWN, f"{CLIENT}/Report/ReportServer.cfg"} if client.name == "report-1" else set()

        assert changed == {BUNDLES[client.name]} | own

    def test_keep_mode_and_owner(self, rotation: Rotation, client: Machine) -> None:
        """The account of the client can read its bundle as before."""
        before, after = rotation.scenario.pictured("shipped")[client.name], client.files(CLIENT)
        bundle = BUNDLES[client.name]

        assert (after[bundle].mode, after[bundle].owner) == (before[bundle].mode, before[bundle].owner)

    def test_with_a_key_are_private(self, rotation: Rotation) -> None:
        """The Report Server's account alone may read its new key."""
        machine = rotation.scenario.clients["report-1"]

        assert machine.run("stat", "--format=%U %a", OWN).split() == [b"insight", b"600"]
        assert OWN not in machine.readable_by("stranger")


def _of_client(facts: dict[str, Facts]) -> dict[str, Facts]:
    running = tuple(f"{CLIENT}/{folder}" for folder in ("State", "Trace", "var"))
    return {path: fact for path, fact in facts.items()
            if path.startswith(f"{CLIENT}/") and ".certops" not in path and not path.startswith(running)}
