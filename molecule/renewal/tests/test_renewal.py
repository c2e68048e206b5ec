# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The same CA, new certificates: every server is restarted once, in order, and nothing but its certificate changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from integration.world import findings
from machines.machine import SERVER, Facts, Machine
from machines.scenario import Scenario

KEPT = (f"{SERVER}/Certificates", f"{SERVER}/Components", f"{SERVER}/Components for Processing Servers", f"{SERVER}.certops")


def logged(machine: Machine, log: str, what: str) -> list[str]:
    """Return when the server logged a line with *what*; the stand-in writes times that can be compared as text."""
    files = sorted((machine.root / SERVER.lstrip("/")).glob(log))
    return [line[:23] for file in files for line in file.read_text(encoding="utf-8").splitlines() if what in line]


def serving(scenario: Scenario) -> dict[str, object]:
    """Return the process of every server, its files and what it presents."""
    return {name: (machine.run("systemctl", "show", "--property=InvocationID", "insight"), _existing(machine), machine.served().fingerprint)
            for name, machine in scenario.machines.items()}


def _existing(machine: Machine) -> dict[str, Facts]:
    return machine.files(*(folder for folder in KEPT if (machine.root / folder.lstrip("/")).exists()))


@contextmanager
def issued(scenario: Scenario, host: str, common_name: str, **how: Any) -> Iterator[None]:
    """Give a server, on the controller, another certificate for a while."""
    file = scenario.pem(host)
    before = file.read_bytes()
    scenario.company().issue(common_name, file, **how)
    try:
        yield
    finally:
        file.write_bytes(before)


class TestRenewal:
    def test_makes_every_server_present_its_new_certificate(self, scenario: Scenario) -> None:
        """The old one is presented by nobody."""
        old = {load_pem_x509_certificate(file.read_bytes()).fingerprint(SHA256()).hex() for file in scenario.pki.glob("*-old.pem")}
        served = scenario.served()

        assert served == {name: scenario.issued(name) for name in scenario.machines}
        assert len(old) == len(served)
        assert not old & set(served.values())

    def test_writes_neither_trust_nor_configuration(self, machine: Machine, scenario: Scenario) -> None:
        """Bundle and Communications.cfg are the same files, last written when they were rolled out."""
        noted = scenario.recorded("prepare-1").of(machine.name, "Note trust and configuration").result["stdout"].split("\n")
        files = [line.strip().split(" ", 2) for line in noted if line.strip()]
        stats = [(machine.root / path.lstrip("/")).stat() for _inode, _time, path in files]

        assert len(files) == (3 if machine.name == "insight-master" else 2)
        assert [(stat.st_ino, int(stat.st_mtime)) for stat in stats] == [(int(inode), int(time)) for inode, time, _path in files]

    def test_restarts_every_server_once(self, machine: Machine, scenario: Scenario) -> None:
        """There is no canary: no configuration changes that could cost it its licence."""
        orders = [event for event in scenario.recorded("converge-1").all(host=machine.name)
                  if event.task.startswith("Bring") and event.result.get("changed")]

        assert len(orders) == 2

    def test_stops_the_master_last_and_starts_it_first(self, scenario: Scenario) -> None:
        """No server begins to load its files before the one in front of it in the row is up."""
        master, *others = scenario.machines.values()
        stopped = [logged(machine, "Events/*-event.txt", "shutting down.")[-1] for machine in others]
        loaded, up = ([logged(machine, log, what)[-1] for machine in (master, *others)]
                      for log, what in (("Trace/Server.log", "; presenting "), ("Events/*-event.txt", "started up.")))

        assert max(stopped) <= logged(master, "Events/*-event.txt", "shutting down.")[-1] < min(loaded)
        assert all(before <= after for (_loaded, before), (after, _up) in pairwise(zip(loaded, up, strict=True)))

    def test_lets_in_a_client_that_trusted_the_company_before(self, machine: Machine, scenario: Scenario, tmp_path: Path) -> None:
        """It needs nothing new: neither for what it trusts nor for the certificate that it presents."""
        company = scenario.company()
        company.issue("analyst", tmp_path / "analyst.pem")

        assert machine.served(trusted=company.root.pem + company.issuing.pem, client=tmp_path / "analyst.pem").status in {200, 403}


class TestBrokenRenewal:
    @pytest.mark.parametrize(("common_name", "days", "problem"), [
        ("somebody-else", 365, "subject CN is 'somebody-else', server_cert.pem of insight-dpu-2 has 'insight-dpu-2'"),
        ("insight-dpu-2", 9, "days; at least 30 are wanted"),
    ])
    def test_of_one_server_is_refused_for_all(self, scenario: Scenario, common_name: str, days: int, problem: str) -> None:
        """A wrong name, or an end that is too near: named with node, file and cause; nor does another server get its good one."""
        host = "insight-dpu-2"
        before = serving(scenario)

        with issued(scenario, "insight-dpu-1", "insight-dpu-1"), issued(
                scenario, host, common_name, not_after=datetime.now(UTC) + timedelta(days=days)):
            result = scenario.play("rollout")

        told = [line for line in findings(result) if line.startswith(f"{host}: ")]
        assert result.rc != 0
        assert "Nothing was touched." in result.stdout
        assert told == findings(result)
        assert f"{host}: {scenario.pem(host)}: " in told[0]
        assert problem in told[0]
        assert serving(scenario) == before
