# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The scenario that Molecule has under way: its machines, its certificates, what its playbooks did, and how more of them are played."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from integration.playbook import Prepared, Result, finish, read_result
from simulator.clients.attempts import Count, count

from .company import Company
from .machine import CLIENT, SERVER, Facts, Machine, as_json, from_json

GROUPS = ("dwb_master", "dwb_dpu", "dwb_fsu", "dwb_repeater")
CLIENT_GROUPS = ("dwb_workstation", "dwb_report_server", "dwb_query_api", "dwb_sensor")


@dataclass(frozen=True)
class Scenario:
    """
    One scenario.

    Attributes:
        folder: Of its playbooks and its inventory.
        ephemeral: Where everything goes that it makes.
    """

    folder: Path
    ephemeral: Path

    @classmethod
    def here(cls) -> Scenario:
        """Return the scenario that this process was started for by Molecule."""
        return cls(Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]), Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]))

    @property
    def name(self) -> str:
        """Return its name."""
        return self.folder.name

    @property
    def pki(self) -> Path:
        """Return the folder with ``HOST.pem`` of every server and a folder for each company."""
        return self.ephemeral / "pki"

    def company(self, name: str = "plant") -> Company:
        """Return a CA."""
        return Company(self.pki / name)

    def pem(self, host: str) -> Path:
        """Return the file with the certificate that is to be rolled out to one server."""
        return self.pki / f"{host}.pem"

    def issued(self, host: str) -> str:
        """Return the SHA-256 of the certificate that is to be rolled out to one server."""
        return load_pem_x509_certificate(self.pem(host).read_bytes()).fingerprint(SHA256()).hex()

    def served(self) -> dict[str, str]:
        """Return the SHA-256 of what each server presents."""
        return {name: machine.served().fingerprint for name, machine in self.machines.items()}

    @cached_property
    def machines(self) -> dict[str, Machine]:
        """Return the machines with servers by their name in the inventory, masters first."""
        return self._of_groups(GROUPS)

    @cached_property
    def clients(self) -> dict[str, Machine]:
        """Return the machines with clients by their name in the inventory."""
        return self._of_groups(CLIENT_GROUPS)

    def _of_groups(self, names: Iterable[str]) -> dict[str, Machine]:
        inventory = yaml.safe_load((self.folder / "hosts.yml").read_text(encoding="utf-8"))
        groups = inventory["machines"]["children"]
        hosts = {name: variables for group in names for name, variables in (groups.get(group) or {"hosts": {}})["hosts"].items()}
        return {name: Machine(name, f"certops-{self.name}-{name}", variables["ansible_host"]) for name, variables in hosts.items()}

    def count(self) -> Count:
        """Count the connections of all clients, and which of them no restart of a server explains."""
        return count({name: machine.root / CLIENT.lstrip("/") for name, machine in self.clients.items()},
                     {machine.address: machine.root / SERVER.lstrip("/") for machine in self.machines.values()})

    def photograph(self, name: str) -> None:
        """Keep the facts of every file of every machine under *name*."""
        picture = {machine.name: as_json(machine.files()) for machine in (*self.machines.values(), *self.clients.values())}
        (self.ephemeral / f"{name}.json").write_text(json.dumps(picture), encoding="utf-8")

    def pictured(self, name: str) -> dict[str, dict[str, Facts]]:
        """Return what was kept under *name*, by machine and path."""
        picture = json.loads((self.ephemeral / f"{name}.json").read_text(encoding="utf-8"))
        return {machine: from_json(facts) for machine, facts in picture.items()}

    def recorded(self, playbook: str) -> Result:
        """
        Return what a playbook did that Molecule played.

        Args:
            playbook: Its name and how often it had been played, like ``converge-2``; ``converge-check-1`` for check mode.
        """
        record = self.ephemeral / "records" / f"{playbook}.jsonl"
        return read_result(Prepared([], {}, self.folder, record), rc=0, stdout="")

    def prepare(self, playbook: str, *arguments: str, **env: str) -> Prepared:
        """Return how one of the collection's playbooks is run on these machines, with the settings that Molecule runs them with."""
        runs = self.ephemeral / "runs"
        runs.mkdir(exist_ok=True)
        record = runs / f"{len(list(runs.iterdir())) + 1}-{playbook}.jsonl"
        record.touch()
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "--inventory", str(self.ephemeral / "inventory"), f"certops.rollout.{playbook}", *arguments]
        return Prepared(command, {**os.environ, "TEST_RECORD": str(record), **env}, self.folder, record)

    def play(self, playbook: str, *arguments: str, **env: str) -> Result:
        """Run one of the collection's playbooks to its end."""
        return finish(self.prepare(playbook, *arguments, **env), timeout=600)
