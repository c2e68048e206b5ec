# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds on every machine after every scenario."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from integration.leaks import Secrets
from integration.playbook import Event, Result
from machines.machine import SERVER, THEIRS, Facts, Machine
from machines.scenario import Scenario
from testinfra.host import Host

CUSTOM = f"{SERVER}/Certificates/custom_communications_cert.pem"
# What a rollout may write: three kinds of files, and its own folder beside the server.
WRITTEN = (f"{SERVER}/Certificates/trust_ca_cert.pem", CUSTOM, f"{SERVER}/Components/Communications.cfg",
           f"{SERVER}/Components for Processing Servers/Communications.cfg")


@pytest.fixture(scope="module")
def secrets(scenario: Scenario) -> Secrets:
    """Return everything that must not be found: the keys that were rolled out and those of the licences."""
    pems = [*scenario.pki.glob("*.pem"), *scenario.ephemeral.glob("trees/*/server/Certificates/server_cert.pem")]
    return Secrets(key for pem in pems for key in _keys(pem))


def _keys(pem: Path) -> Iterator[RSAPrivateKey]:
    _text, begin, key = pem.read_bytes().partition(b"-----BEGIN PRIVATE")
    if begin:
        yield cast("RSAPrivateKey", load_pem_private_key(begin + key, None))


@pytest.fixture(scope="session")
def after(machine: Machine) -> dict[str, Facts]:
    """Return the facts of all files of the machine as the scenario left them."""
    return machine.files()


class TestPrediction:
    def test_of_check_mode_is_what_the_rollout_changed(self, scenario: Scenario) -> None:
        """Host by host and in order: every file, what is done with it, every service that is stopped and started."""
        predicted, done = (_changes(scenario.recorded(name)) for name in ("converge-check-1", "converge-1"))

        assert predicted == done
        assert any(done.values())

    def test_second_run_changes_nothing(self, scenario: Scenario) -> None:
        """The converge that Molecule repeats reports changed=0 on every machine."""
        assert scenario.recorded("converge-2").changed == 0


def _changes(result: Result) -> dict[str, list[object]]:
    hosts = sorted({event.host for event in result.events})
    return {host: [_told(event) for event in result.all(host=host) if event.result.get("changed")] for host in hosts}


def _told(event: Event) -> object:
    changes = event.result.get("changes", ())
    # The note on the node counts the transactions of the rollout; one that is only predicted is always the first.
    return event.task, [(change["path"], change["action"]) for change in changes if not change["path"].endswith(".certops/marker")]


class TestKeys:
    def test_are_read_by_nobody_but_their_owner(self, machine: Machine, scenario: Scenario, secrets: Secrets) -> None:
        """Another user who opens every file of the machine, but those that are Debian's, finds no piece of a key in any of them."""
        debian = {fact.sha256 for path, fact in scenario.pictured("shipped")[machine.name].items() if path.startswith(("/usr/", "/opt/"))}
        opened = machine.readable_by("stranger", known=debian)

        assert f"{SERVER}/Certificates/trust_ca_cert.pem" in opened
        assert [path for path, content in opened.items() if secrets.found(content)] == []

    def test_are_in_no_journal(self, machine: Machine, secrets: Secrets) -> None:
        """The machine's journal, in which sudo and sshd write down what was asked of them, holds no piece of a key."""
        journal = machine.journal()

        assert b"COMMAND=" in journal
        assert secrets.found(journal) == []

    def test_are_in_no_record_of_the_controller(self, scenario: Scenario, secrets: Secrets) -> None:
        """Results of all tasks of all runs, as callbacks get them, hold no piece of a key."""
        records = [path for folder in ("records", "runs") for path in (scenario.ephemeral / folder).glob("*.jsonl")]

        assert records
        assert [path.name for path in records if secrets.found(path.read_bytes())] == []

    def test_would_be_found(self, machine: Machine, secrets: Secrets) -> None:
        """The same search finds the key in the file where it belongs."""
        assert secrets.found(machine.read(f"{SERVER}/Certificates/server_cert.pem")) == ["plain", "base64"]


class TestFiles:
    def test_of_a_run_stay_neither_in_watched_folders_nor_in_tmp(
            self, machine: Machine, scenario: Scenario, after: dict[str, Facts]) -> None:
        """Certificates and Components hold what they held, with the custom certificate at most; /tmp is as it was."""
        before = scenario.pictured("shipped")[machine.name]
        watched = (f"{SERVER}/Certificates/", f"{SERVER}/Components/", "/tmp/", "/var/tmp/")

        assert {path for path in after if path.startswith(watched) and not path.startswith(THEIRS)} - set(before) <= {CUSTOM}

    def test_that_are_not_ours_are_untouched(self, machine: Machine, scenario: Scenario, after: dict[str, Facts]) -> None:
        """Content, mode and owner of every other file of the whole machine are what they were."""
        was, now = (_others(picture) for picture in (scenario.pictured("shipped")[machine.name], after))

        assert {path: (was.get(path), now.get(path)) for path in was.keys() | now.keys() if was.get(path) != now.get(path)} == {}

    def test_that_are_ours_keep_mode_and_owner(self, machine: Machine, scenario: Scenario, after: dict[str, Facts]) -> None:
        """The bundle and both Communications.cfg belong to the same account as before, with the same mode."""
        before = scenario.pictured("shipped")[machine.name]

        assert {path: (after[path].mode, after[path].owner) for path in WRITTEN if path in before} == {
            path: (before[path].mode, before[path].owner) for path in WRITTEN if path in before}

    def test_with_the_new_key_are_private(self, machine: Machine, inside: Host) -> None:
        """The custom certificate belongs to the server's account, which alone may read it."""
        custom = inside.file(CUSTOM)

        assert (custom.user, custom.mode) == ("insight", 0o600)

    def test_beside_the_server_are_private(self, machine: Machine, inside: Host) -> None:
        """Backups hold keys, so nobody but root may enter their folder."""
        state = inside.file(f"{SERVER}.certops")

        assert (state.user, state.mode) == ("root", 0o700)


def _others(facts: dict[str, Facts]) -> dict[str, Facts]:
    theirs = (f"{SERVER}.certops", *THEIRS)
    return {path: fact for path, fact in facts.items() if path not in WRITTEN and not path.startswith(theirs)}


class TestServer:
    def test_runs(self, machine: Machine, inside: Host) -> None:
        """Its service is active and still enabled, and it listens."""
        service = inside.service("insight")

        assert service.is_running
        assert service.is_enabled
        assert machine.served().status in {200, 403}
