# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rollout that is expected to fail: what the machines were like before it, and what the operator is told."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from integration.playbook import Result

from .machine import SERVER, Facts
from .scenario import Scenario

# Where a machine keeps what is not the same on all machines of its platform. Its programs are below /usr and /opt.
_PLACES = ("/etc", "/home", "/root", "/srv", "/tmp", "/var")
# What the running server and the running system write by themselves; Ansible keeps its modules in the home of its account.
_THEIRS = (*(f"{SERVER}/{folder}/" for folder in ("Events", "Audit", "Trace", "State", "Temp", "Logs")),
           "/var/log/", "/var/lib/systemd", "/var/lib/sudo", "/var/tmp/systemd-private", "/tmp/systemd-private", "/home/deploy/.ansible")
# What podman writes into a machine that it starts.
_PODMAN = {"/etc/hosts", "/etc/resolv.conf"}


@dataclass(frozen=True)
class Standing:
    """
    What the machines of a scenario are like.

    Attributes:
        served: SHA-256 of what each server presents.
        files: Content, mode and owner of every file, by machine and path.
    """

    served: dict[str, str]
    files: dict[str, dict[str, Facts]] = field(repr=False)

    def of_server(self) -> dict[str, dict[str, Facts]]:
        """Return the files of the servers only, without the collection's folder beside them."""
        return {name: {path: fact for path, fact in facts.items() if path.startswith(f"{SERVER}/")} for name, facts in self.files.items()}

    def differs(self, other: Standing) -> list[str]:
        """Return MACHINE:PATH of each file that is not the same in both."""
        return [f"{name}:{path}" for name, facts in self.files.items() for path in sorted(facts.keys() | other.files[name].keys())
                if facts.get(path) != other.files[name].get(path)]


def standing(scenario: Scenario) -> Standing:
    """Return what the machines are like now."""
    files = {name: {path: fact for path, fact in machine.files(*_PLACES).items() if not path.startswith(_THEIRS) and path not in _PODMAN}
             for name, machine in scenario.machines.items()}
    return Standing(scenario.served(), files)


def renew(scenario: Scenario, company: str = "plant") -> None:
    """Have *company* issue another certificate for every server; the one before stays beside it, so that its key is looked for, too."""
    for name in scenario.machines:
        kept = scenario.pem(f"{name}.{len(list(scenario.pki.glob(f'{name}.*.pem'))) + 1}")
        shutil.copy(scenario.pem(name), kept)
        scenario.company(company).issue(name, scenario.pem(name))


def said(result: Result) -> str:
    """Return what a rollout that failed says in the end; it has to say it once."""
    messages = [str(event.result["msg"]) for event in result.all(task="Say what happened") if event.status == "failed"]
    if len(messages) != 1:
        raise AssertionError(f"{len(messages)} last words, in:\n{result.stdout}")
    return messages[0]
