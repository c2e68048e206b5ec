# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rollout that is expected to fail: what the machines were like before it, and what the operator is told."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from integration.playbook import Result

from .machine import SERVER, THEIRS, Facts, Machine
from .podman import podman
from .scenario import Scenario

# Where a machine keeps what is not the same on all machines of its platform. Its programs are below /usr and /opt.
_PLACES = ("/etc", "/home", "/root", "/srv", "/tmp", "/var")


@dataclass(frozen=True)
class Standing:
    """
    What the machines of a scenario are like.

    Attributes:
        served: SHA-256 of what each server presents, empty where none answers.
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
    files = {name: {path: fact for path, fact in machine.files(*_PLACES).items() if not path.startswith(THEIRS)}
             for name, machine in scenario.machines.items()}
    return Standing(presented(scenario), files)


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


def presented(scenario: Scenario) -> dict[str, str]:
    """Return the SHA-256 of what each server presents, empty where none answers."""
    return {name: _fingerprint(machine) for name, machine in scenario.machines.items()}


def _fingerprint(machine: Machine) -> str:
    try:
        return machine.served().fingerprint
    except OSError:
        return ""


def leftovers(scenario: Scenario) -> list[str]:
    """Return MACHINE:PATH of whatever a run has left beside the servers but its note and its backups: locks, journals, stages."""
    kept = {"marker", "taken-back", "backup"}
    return [f"{name}:{path}" for name, machine in scenario.machines.items() for path in machine.files(f"{SERVER}.certops")
            if path.removeprefix(f"{SERVER}.certops").split("/")[1:2] not in ([], *([name] for name in kept))]


def hang_up(scenario: Scenario, *, patience: float = 20) -> None:
    """End the connections to the machines that ssh keeps for the next command, also for a run that was killed; wait until they are gone."""
    for machine in scenario.machines.values():
        for socket in _sockets(machine):
            subprocess.run(["ssh", "-O", "exit", "-o", f"ControlPath={socket}", machine.address], capture_output=True, check=False)
    end = time.monotonic() + patience
    while connections(scenario) and time.monotonic() < end:
        time.sleep(0.1)


def connections(scenario: Scenario) -> list[str]:
    """Return the connections that are open: here the sockets that ssh keeps, on the machines the processes of the account or for it."""
    return [found for machine in scenario.machines.values() for found in (*_sockets(machine), *_sessions(machine))]


def _sessions(machine: Machine) -> list[str]:
    listed = podman("top", machine.container, "user", "args").decode(errors="replace").splitlines()
    return [f"{machine.name}: {line}" for line in listed if line.startswith("deploy") or "sshd: deploy" in line]


def _sockets(machine: Machine) -> list[str]:
    # What ssh calls itself then (OpenSSH, mux.c and clientloop.c): ssh: SOCKET [mux]
    named = re.compile(rf"ssh: (\S*/{re.escape(machine.address)}-\S*) \[mux\]")
    found = (named.match(_command(path)) for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [match[1] for match in found if match]


def _command(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
