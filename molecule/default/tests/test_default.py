# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first rollout of a cluster as the product ships it."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from machines.machine import SERVER, Machine
from machines.scenario import Scenario
from testinfra.host import Host

BUNDLE = f"{SERVER}/Certificates/trust_ca_cert.pem"
COMMUNICATIONS = f"{SERVER}/Components/Communications.cfg"
PROCESSING = f"{SERVER}/Components for Processing Servers/Communications.cfg"


class TestFromOutside:
    def test_every_server_presents_what_was_issued_to_it(self, scenario: Scenario) -> None:
        """The leaf on each port is the machine's own."""
        assert scenario.served() == {name: scenario.issued(name) for name in scenario.machines}

    def test_a_client_that_trusts_the_company_gets_in(self, machine: Machine, scenario: Scenario) -> None:
        """The company's two anchors are all that it needs."""
        company = scenario.company()

        assert machine.served(trusted=company.root.pem + company.issuing.pem).status in {200, 403}

    def test_a_client_that_trusts_the_vendor_only_does_not(self, machine: Machine, scenario: Scenario) -> None:
        """It ends the handshake."""
        vendor = (scenario.ephemeral / "licensor" / "visual_sciences.pem").read_bytes()

        with pytest.raises(ssl.SSLCertVerificationError):
            machine.served(trusted=vendor)

    @pytest.mark.parametrize("purpose", ["sslserver", "sslclient"])
    def test_openssl_accepts_it_with_the_bundle_of_every_other_machine(
            self, machine: Machine, scenario: Scenario, tmp_path: Path, purpose: str) -> None:
        """Each presents its certificate to the others as server and as client."""
        (tmp_path / "leaf.pem").write_text(machine.served().leaf)
        for other in scenario.machines.values():
            (tmp_path / "bundle.pem").write_bytes(other.read(BUNDLE))
            subprocess.run(["openssl", "verify", "-x509_strict", "-no-CAstore", "-no-CApath", "-purpose", purpose,
                            "-CAfile", "bundle.pem", "leaf.pem"], cwd=tmp_path, capture_output=True, check=True)


class TestFromInside:
    def test_the_bundle_keeps_the_vendor_and_gains_the_company(self, inside: Host, machine: Machine, scenario: Scenario) -> None:
        """Both levels of the company's CA stand behind what was shipped."""
        shipped = (scenario.ephemeral / "trees" / machine.name / "server" / "Certificates" / "trust_ca_cert.pem").read_bytes()
        company = scenario.company()

        content = inside.file(BUNDLE).content
        assert content.startswith(shipped)
        assert content[len(shipped):].replace(b"\r\n", b"\n") == company.root.pem + company.issuing.pem

    def test_the_configuration_names_the_certificate(self, inside: Host) -> None:
        """As the product's own path, relative to its root."""
        assert inside.file(COMMUNICATIONS).contains(r"Certificate = string: Certificates\\\\custom_communications_cert.pem")

    def test_a_processing_server_holds_the_bytes_of_its_master(self, scenario: Scenario) -> None:
        """So that the next synchronisation changes nothing."""
        master, *others = scenario.machines.values()

        assert {other.read(COMMUNICATIONS) for other in others} == {master.read(PROCESSING)}

    def test_the_machine_lacks_what_it_is_here_for(self, inside: Host, machine: Machine) -> None:
        """No Python, no shell but dash, no tools but those of busybox: otherwise this scenario proves less than it says."""
        lacking = {"insight-dpu-1": ("python3", "python"), "insight-dpu-2": ("bash", "ksh", "zsh"),
                   "insight-dpu-3": ("python3", "bash", "dash", "perl", "openssl")}

        assert [name for name in lacking.get(machine.name, ()) if inside.exists(name)] == []
        if machine.name == "insight-dpu-3":
            assert inside.file("/usr/bin/sort").linked_to == "/usr/bin/busybox"
