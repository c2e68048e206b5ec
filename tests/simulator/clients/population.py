"""Clients beside a whole cluster on loopback, for tests and the demo."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .. import process
from ..cluster import Cluster, command_all
from ..refusal import Refusal
from ..state import State
from ..tree import admit
from .attempts import Count, count
from .client import Client, Peer
from .install import install

# §3.5: where an administrator enters a client of this kind; that of a Query API client is inferred.
_GROUPS = {"workstation": "Users", "report_server": "Report Servers", "query_api": "Users"}


@dataclass(frozen=True)
class Population:
    """How many clients of each kind there are, and the layout of the Workstations and Sensors in turn."""

    sensors: int = 1
    workstations: int = 1
    report_servers: int = 1
    query_apis: int = 1
    workstation_layouts: tuple[str, ...] = ("6.4", "6.3")
    sensor_layouts: tuple[str, ...] = ("posix", "windows")


NOBODY = Population(0, 0, 0, 0)


class Clients:
    """
    The clients of one cluster, each on an address of its own: 127.0.1.1 and the next ones.

    As a context manager it stops what it started.

    Attributes:
        clients: By name, in the order of their kinds.
    """

    def __init__(self, cluster: Cluster, base: Path, population: Population | None = None) -> None:
        """
        Install the clients and enter them in the servers' access control; none is started.

        Args:
            cluster: Not started yet: a changed access control drops every connection (§3.5).
            base: Gets one folder for each client.
            population: The number of clients; one of each kind when left out.
        """
        self._cluster = cluster
        self.clients = {client.name: client for client in _clients(cluster, base, population or Population())}
        for client in self.clients.values():
            install(client, cluster.licensor)
        admitted = [(_GROUPS[client.kind], client.name) for client in self.clients.values() if client.kind in _GROUPS]
        for node in cluster.nodes.values():
            admit(node, admitted)

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def of_kind(self, kind: str) -> list[Client]:
        """Return the clients of *kind*, in order."""
        return [client for client in self.clients.values() if client.kind == kind]

    def state(self, name: str) -> State:
        """Return the state of one client, to let it misbehave or behave."""
        return State(self.clients[name].root)

    def start(self, *names: str) -> None:
        """Start the clients called *names*, all when none is named, at the same time. Raises Refusal when one does not start."""
        chosen = [self.clients[name] for name in names or self.clients]
        command_all("start", {client.name: client.root for client in chosen}, "--lifetime", str(self._cluster.lifetime))

    def stop(self, *names: str) -> None:
        """Stop the clients called *names*, all when none is named. Raises Refusal when one does not stop."""
        for name in names or self.clients:
            process.stop(self.clients[name].root)

    def count(self, *, since: datetime | None = None) -> Count:
        """Count what the clients tried *since* then."""
        return count({name: client.root for name, client in self.clients.items()},
                     {node.address: node.root for node in self._cluster.nodes.values()}, since=since)

    def close(self) -> None:
        """Stop every client, by force where it must be; leave the files."""
        for client in self.clients.values():
            try:
                process.stop(client.root, patience=8)
            except Refusal:
                os.kill(State(client.root).pid(), signal.SIGKILL)

    def remove(self) -> None:
        """Stop every client and delete its tree."""
        self.close()
        for client in self.clients.values():
            shutil.rmtree(client.root)


def _clients(cluster: Cluster, base: Path, population: Population) -> list[Client]:
    """Return the clients: a Query API host asks a DPU; the others ask the master, which brokers the rest to those that query."""
    servers = [Peer(node.name, node.address, node.ssl_port) for node in cluster.nodes.values()]
    dpus = [Peer(node.name, node.address, node.ssl_port) for node in cluster.of_role("dpu")] or servers
    numbers = {"sensor": population.sensors, "workstation": population.workstations, "report_server": population.report_servers,
               "query_api": population.query_apis}
    layouts = {"workstation": population.workstation_layouts, "sensor": population.sensor_layouts}
    found: list[Client] = []
    for kind, number in numbers.items():
        for index in range(number):
            name = f"{kind.replace('_', '-')}-{index + 1}"
            brokered = tuple(servers[1:]) if kind in ("workstation", "report_server") else ()
            peers = (dpus[index % len(dpus)],) if kind == "query_api" else (servers[0],)
            layout = layouts[kind][index % len(layouts[kind])] if kind in layouts else ""
            found.append(Client(base / name, kind, name, f"127.0.1.{len(found) + 1}", peers, brokered, layout))
    return found
