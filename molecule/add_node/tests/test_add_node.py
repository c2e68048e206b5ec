# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A DPU joins a cluster that was rolled out before: it alone is changed, and synchronises from the master over mutual TLS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from machines.company import Company
from machines.machine import SERVER, Machine
from machines.scenario import Scenario

FRESH = "insight-dpu-3"
COMMUNICATIONS = f"{SERVER}/Components/Communications.cfg"
PROCESSING = f"{SERVER}/Components for Processing Servers/Communications.cfg"
LOOKUP = f"{SERVER}/Lookups/Example.txt"
CONFIGURED = (f"{SERVER}/Certificates", f"{SERVER}/Components", f"{SERVER}.certops")


@contextmanager
def written(machine: Machine, path: str, content: bytes) -> Iterator[None]:
    """Give a file another content for a while."""
    before = machine.read(path)
    machine.write(path, content)
    try:
        yield
    finally:
        machine.write(path, before)


def arrives(machine: Machine, path: str, content: bytes, *, patience: float = 20) -> bool:
    """Tell whether a file gets *content*, *patience* seconds long."""
    end = time.monotonic() + patience
    while machine.read(path) != content and time.monotonic() < end:
        time.sleep(0.2)
    return machine.read(path) == content


class TestBeforeItJoins:
    def test_it_is_as_shipped(self, scenario: Scenario) -> None:
        """The rollout of the cluster as it was then did not know it."""
        shipped, before = (scenario.pictured(name)[FRESH] for name in ("shipped", "before"))

        assert {path: fact for path, fact in before.items() if path.startswith(CONFIGURED)} == {
            path: fact for path, fact in shipped.items() if path.startswith(CONFIGURED)}

    def test_it_refuses_the_master(self, scenario: Scenario) -> None:
        """It trusts the vendor only, and the master presents the company's certificate: nothing is synchronised."""
        log = scenario.machines[FRESH].read(f"{SERVER}/Trace/Synchronization.log")

        assert b"ERROR Synchronize.cfg: 10.213.5.11:1443: certificate verify failed" in log


class TestJoining:
    def test_makes_every_server_present_its_own_certificate(self, scenario: Scenario) -> None:
        """The newcomer as well as those that were there."""
        assert scenario.served() == {name: scenario.issued(name) for name in scenario.machines}

    def test_changes_the_newcomer_only(self, machine: Machine, scenario: Scenario) -> None:
        """The others keep every file and their process: a newcomer needs nothing from them, so none is restarted."""
        before, after = ({path: fact for path, fact in facts.items() if path.startswith(CONFIGURED)}
                         for facts in (scenario.pictured("before")[machine.name], machine.files()))
        noted = scenario.recorded("prepare-1").of(machine.name, "Note the process").result["stdout"].strip()
        running = machine.run("systemctl", "show", "--property=InvocationID", "insight").decode().strip()
        changed = [event.task for event in scenario.recorded("converge-1").all(host=machine.name) if event.result.get("changed")]

        assert noted.partition("=")[2]
        assert [before != after, running != noted, bool(changed)] == [machine.name == FRESH] * 3

    def test_restarts_the_newcomer_once_with_its_configuration_written(self, scenario: Scenario) -> None:
        """It is no canary: restarted as it is, it would pull the master's configuration by itself, unplanned and not to be taken back."""
        orders = [event.task for event in scenario.recorded("converge-1").all(host=FRESH)
                  if event.result.get("changed") and event.task.startswith(("Bring", "Write"))]

        assert [task.partition(" ")[0] for task in orders] == ["Bring", "Write", "Bring"]

    def test_gives_the_newcomer_the_bytes_of_its_master(self, scenario: Scenario) -> None:
        """So its first synchronisation changes nothing."""
        assert scenario.machines[FRESH].read(COMMUNICATIONS) == scenario.machines["insight-master"].read(PROCESSING)


class TestSynchronisation:
    def test_brings_the_newcomer_what_changes_on_the_master(self, scenario: Scenario) -> None:
        """The newcomer verifies the master, presents its own certificate, and has the file a moment later; back again, too."""
        master, fresh = scenario.machines["insight-master"], scenario.machines[FRESH]
        before, content = master.read(LOOKUP), b"key\tfrom the master\r\n"

        with written(master, LOOKUP, content):
            assert arrives(fresh, LOOKUP, content)
        assert arrives(fresh, LOOKUP, before)

    def test_needs_a_certificate_that_the_master_trusts(self, scenario: Scenario, tmp_path: Path) -> None:
        """The newcomer's is accepted; one with the same name from another company ends the connection."""
        master, company = scenario.machines["insight-master"], scenario.company()
        trusted = company.root.pem + company.issuing.pem
        Company(tmp_path / "other").issue(FRESH, tmp_path / "other.pem")

        assert master.served(trusted=trusted, client=scenario.pem(FRESH)).status in {200, 403}
        with pytest.raises(OSError, match=r"unknown ca|reset by peer"):
            master.served(trusted=trusted, client=tmp_path / "other.pem")
