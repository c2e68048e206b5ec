"""A whole cluster on loopback, for tests and the demo."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import process
from .licensor import Licensor
from .refusal import Refusal
from .state import State
from .tree import Master, Node, install

_TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Shape:
    """How many servers of each role stand beside the one master, and what the CNs begin with."""

    dpus: int = 1
    fsus: int = 0
    backups: int = 0
    repeaters: int = 0
    prefix: str = "insight"


class Cluster:
    """
    Servers below one folder, each on an address of its own: the master on 127.0.0.1, the others on the next ones.

    As a context manager it stops what it started; a process that does not stop is killed.

    Attributes:
        nodes: By CN, the master first, in the order in which they are started.
        licensor: The Visual Sciences CA of this cluster.
    """

    def __init__(self, base: Path, shape: Shape | None = None, *, lifetime: float = 3600) -> None:
        """
        Install the servers; none is started.

        Args:
            base: Gets one folder for each server, and `licensor`.
            shape: The number of servers; one master and one DPU when left out.
            lifetime: Seconds after which each process ends by itself.
        """
        self.lifetime = lifetime
        self.licensor = Licensor.open(base / "licensor")
        self.nodes = {node.name: node for node in _nodes(base, shape or Shape())}
        for node in self.nodes.values():
            install(node, self.licensor)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def master(self) -> Node:
        """Return the master."""
        return next(iter(self.nodes.values()))

    def of_role(self, role: str) -> list[Node]:
        """Return the servers of *role*, in order."""
        return [node for node in self.nodes.values() if node.role == role]

    def state(self, name: str) -> State:
        """Return the state of one server, to let it misbehave or behave."""
        return State(self.nodes[name].root)

    def served(self) -> dict[str, str]:
        """Return what each server says it presents: CN to fingerprint, empty where it presents nothing."""
        return {name: process.status(node.root).fingerprint for name, node in self.nodes.items()}

    def start(self, *names: str) -> None:
        """
        Start the servers called *names*, all when none is named: the master first (§6.4), the others at the same time.

        Raises:
            Refusal: One did not start; the others may run.
        """
        nodes = [self.nodes[name] for name in names or self.nodes]
        for is_master in (True, False):
            roots = {node.name: node.root for node in nodes if (node.role == "master") == is_master}
            command_all("start", roots, "--lifetime", str(self.lifetime))

    def stop(self, *names: str) -> None:
        """Stop the servers called *names*, all when none is named: the master last. Raises Refusal when one does not stop."""
        for node in reversed([self.nodes[name] for name in names or self.nodes]):
            process.stop(node.root)

    def close(self) -> None:
        """Stop every server of this cluster, by force where it must be; leave the files."""
        for node in reversed(self.nodes.values()):
            try:
                process.stop(node.root, patience=5)
            except Refusal:
                os.kill(State(node.root).pid(), signal.SIGKILL)

    def remove(self) -> None:
        """Stop every server and delete its tree."""
        self.close()
        for node in self.nodes.values():
            shutil.rmtree(node.root)


def free_ports(addresses: Sequence[str], number: int) -> list[int]:
    """Return *number* ports that nobody listens on, at none of *addresses*."""
    found: set[int] = set()
    while len(found) < number:
        port = random.randint(20000, 32000)  # below the range from which the system serves outgoing connections
        if all(_is_free(address, port) for address in addresses):
            found.add(port)
    return sorted(found)


def _is_free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _nodes(base: Path, shape: Shape) -> list[Node]:
    """Return the servers of *shape*; all use the same two ports, which one shared Communications.cfg demands (§6.2)."""
    roles = [("master", "master"), *(("dpu", f"dpu-{n}") for n in range(1, shape.dpus + 1)),
             *(("fsu", f"fsu-{n}") for n in range(1, shape.fsus + 1)), *(("backup", f"backup-{n}") for n in range(1, shape.backups + 1)),
             *(("repeater", f"repeater-{n}") for n in range(1, shape.repeaters + 1))]
    addresses = tuple(f"127.0.0.{n}" for n in range(1, len(roles) + 1))
    port, ssl_port = free_ports(addresses, 2)
    master = Master(addresses[0], f"{shape.prefix}-master", ssl_port)
    return [
        Node(base / name, "fsu" if role == "backup" else role, f"{shape.prefix}-{name}", address, port, ssl_port,
             master=master if role in ("dpu", "backup") else None, members=addresses)
        for (role, name), address in zip(roles, addresses, strict=True)
    ]


def command_all(verb: str, roots: Mapping[str, Path], *options: str) -> None:
    """Give all *roots*, by name, the same command at the same time; wait for all, then raise Refusal when one of them failed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_TESTS), os.environ.get("PYTHONPATH", "")])}
    running = [
        (name, subprocess.Popen([sys.executable, "-m", "simulator", verb, "--root", str(root), *options],
                                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
        for name, root in roots.items()
    ]
    problems = [f"{name}: {errors.strip()}" for name, child in running for errors in [child.communicate()[1]] if child.returncode]
    if problems:
        raise Refusal("\n".join(problems))
