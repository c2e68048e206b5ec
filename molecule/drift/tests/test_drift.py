# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hand edits, and an upgrade that replaces the trust bundle: found, named and corrected, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import pytest
from machines.machine import SERVER, Facts, Machine
from machines.scenario import Scenario

COMMUNICATIONS = f"{SERVER}/Components/Communications.cfg"
PROCESSING = f"{SERVER}/Components for Processing Servers/Communications.cfg"
NOTE = b"  Note = string: by hand\r\n"
# insight-dpu-1: a hand edit; insight-fsu-1: a hand edit and an upgrade.
OFF = ("insight-dpu-1", "insight-fsu-1")
ALIKE = ("insight-master", "insight-dpu-2")


def configured(facts: Mapping[str, Facts]) -> dict[str, Facts]:
    """Return the facts of the files of certificates and configuration."""
    return {path: fact for path, fact in facts.items() if path.startswith((f"{SERVER}/Certificates", f"{SERVER}/Components"))}


def kept(facts: Mapping[str, Facts]) -> dict[str, Facts]:
    """Return these, and what the collection keeps beside the server."""
    return configured(facts) | {path: fact for path, fact in facts.items() if path.startswith(f"{SERVER}.certops")}


class TestDrift:
    def test_names_exactly_the_machines_that_are_off(self, scenario: Scenario) -> None:
        """Exit status not 0; those that failed are the edited one and the upgraded one, and the table says what is off."""
        told = scenario.recorded("prepare-1").of("localhost", "Look for drift").result
        rows = {name: next(line for line in told["stdout"].splitlines() if line.startswith(f"{name} ")) for name in (*OFF, *ALIKE)}

        assert told["rc"] != 0
        assert sorted(host for host, stats in scenario.recorded("drift-1").stats.items() if stats["failures"]) == sorted(OFF)
        assert rows["insight-dpu-1"].endswith(" Communications.cfg: set Certificate")
        assert rows["insight-fsu-1"].endswith(" trust_ca_cert.pem: add 2 anchors; Communications.cfg: set Certificate")
        assert all(rows[name].endswith(" ok") for name in ALIKE)

    def test_changes_nothing(self, scenario: Scenario) -> None:
        """Before and after it every machine has the same files."""
        before, after = ({name: kept(facts) for name, facts in scenario.pictured(picture).items()} for picture in ("edited", "looked-at"))

        assert scenario.recorded("drift-1").changed == 0
        assert all(before.values())
        assert before == after

    def test_finds_nothing_after_the_correction(self, scenario: Scenario) -> None:
        """Exit status 0, on every machine."""
        result = scenario.play("drift")

        assert (result.rc, result.changed) == (0, 0), result.stdout
        assert set(result.stats) == {*OFF, *ALIKE}


class TestCorrection:
    def test_brings_back_what_was_rolled_out(self, scenario: Scenario) -> None:
        """Bundle, certificate and configuration are what they were; the FSU's own configuration keeps what else was edited in it."""
        wanted = {name: configured(facts) for name, facts in scenario.pictured("rolled-out").items()}
        found = {name: configured(machine.files()) for name, machine in scenario.machines.items()}
        edited = found["insight-fsu-1"].pop(COMMUNICATIONS)
        own = wanted["insight-fsu-1"].pop(COMMUNICATIONS)
        content = scenario.machines["insight-fsu-1"].read(COMMUNICATIONS)

        assert found == wanted
        assert content.endswith(NOTE)
        assert sha256(content.removesuffix(NOTE)).hexdigest() == own.sha256
        assert (edited.mode, edited.owner) == (own.mode, own.owner)

    def test_gives_a_dpu_the_bytes_of_its_master(self, scenario: Scenario) -> None:
        """What else was edited in a file that the master hands out does not stay: the next synchronisation would undo it."""
        content = scenario.machines["insight-dpu-1"].read(COMMUNICATIONS)

        assert content == scenario.machines["insight-master"].read(PROCESSING)
        assert NOTE not in content

    @pytest.mark.parametrize("name", ALIKE)
    def test_touches_no_other_machine(self, name: str, scenario: Scenario) -> None:
        """No file there is written, not even beside the server."""
        assert kept(scenario.machines[name].files()) == kept(scenario.pictured("looked-at")[name])
        assert [event.task for event in scenario.recorded("converge-1").all(host=name) if event.result.get("changed")] == []

    def test_restarts_exactly_the_machines_that_were_off(self, machine: Machine, scenario: Scenario) -> None:
        """The others run on in the process that they had."""
        noted = scenario.recorded("prepare-1").of(machine.name, "Note the process").result["stdout"].strip()
        running = machine.run("systemctl", "show", "--property=InvocationID", "insight").decode().strip()

        assert noted.partition("=")[2]
        assert (running != noted) == (machine.name in OFF)
