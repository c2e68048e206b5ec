# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be wrong with a machine, or with what is asked for it: each is there while its context is entered."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from .machine import Machine
from .podman import podman
from .scenario import Scenario

DISK = "/srv/insight"


@contextmanager
def down(_scenario: Scenario, machine: Machine) -> Iterator[None]:
    """Power it off."""
    podman("stop", machine.container)
    try:
        yield
    finally:
        podman("start", machine.container)
        machine.wait_until_served()


@contextmanager
def read_only(_scenario: Scenario, machine: Machine) -> Iterator[None]:
    """Let nobody write below the server any more; a mount of its own, because the server keeps files open there."""
    _in_its_mounts(machine, "mount", "--bind", DISK, DISK)
    _in_its_mounts(machine, "mount", "--options", "remount,bind,ro", DISK)
    try:
        yield
    finally:
        _in_its_mounts(machine, "umount", DISK)


def _in_its_mounts(machine: Machine, *command: str) -> None:
    # From outside: in a container not even root may mount.
    pid = machine.root.parent.name
    subprocess.run(["nsenter", "--target", pid, "--mount", *command], check=True)


@contextmanager
def full(_scenario: Scenario, machine: Machine) -> Iterator[None]:
    """Fill the disk under the server to the last byte."""
    filler = machine.root / DISK.lstrip("/") / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def tomorrow(_scenario: Scenario, machine: Machine) -> Iterator[None]:
    """Have every process that begins there read a clock that is a day ahead."""
    etc = machine.root / "etc"
    library, *_others = (machine.root / "usr" / "lib").glob("*/faketime/libfaketime.so.1")
    added = {etc / "faketimerc": "+1d\n", etc / "ld.so.preload": f"/{library.relative_to(machine.root)}\n"}
    for file, text in added.items():
        file.write_text(text)
    try:
        yield
    finally:
        for file in reversed(added):
            file.unlink()


@contextmanager
def of_another(scenario: Scenario, machine: Machine) -> Iterator[None]:
    """Hold the certificate of another machine ready for it."""
    pem = scenario.pem(machine.name)
    own = pem.read_bytes()
    pem.write_bytes(scenario.pem(MASTER).read_bytes())
    try:
        yield
    finally:
        pem.write_bytes(own)


def nothing(_scenario: Scenario, _machine: Machine) -> AbstractContextManager[None]:
    """Leave the machine as it is: what is wrong is said by the arguments."""
    return nullcontext()


@dataclass(frozen=True)
class Fault:
    """
    Something that is wrong.

    Attributes:
        machine: Its name.
        cause: What the operator has to be told of it, as a regular expression.
        there: Brings the fault about.
        arguments: Of ansible-playbook.
        began: Whether it can be found out only by writing: the rollout begins, and is taken back.
    """

    machine: str
    cause: str
    there: Callable[[Scenario, Machine], AbstractContextManager[None]] = nothing
    arguments: tuple[str, ...] = ()
    began: bool = False


def only(machine: str, name: str, value: str) -> tuple[str, ...]:
    """Return the arguments that give one machine a variable, and all others the one that they have."""
    return "--extra-vars", f"{{{name}: \"{{{{ '{value}' if inventory_hostname == '{machine}' else 'sudo on a test machine' }}}}\"}}"


MASTER, DPU, SMALL = "insight-master", "insight-dpu-1", "insight-dpu-2"
FAULTS = {
    "wrong sudo password": Fault(DPU, "incorrect sudo password", arguments=only(DPU, "ansible_become_password", "wrong")),
    "no sudo password": Fault(DPU, "missing sudo password", arguments=only(DPU, "ansible_become_password", "")),
    "machine is down": Fault(DPU, "(no route to host|connection timed out)", down),
    "read-only file system": Fault(SMALL, "read-only file system", read_only, began=True),
    "full disk": Fault(SMALL, "no space left on device", full, began=True),
    "clock a day ahead": Fault(MASTER, r"clock: the node is 86[34]\d\d s ahead of the controller", tomorrow),
    "certificate of another machine": Fault(DPU, f"subject CN is '{MASTER}', server_cert.pem of {DPU} has '{DPU}'", of_another),
    "missing level of the CA": Fault(MASTER, "unable to get local issuer certificate", arguments=(
        "--extra-vars", '{dwb_trust_src: ["{{ pki }}/forge/root.pem"]}')),
}
