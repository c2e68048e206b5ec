# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of stand-in servers under test: it is played on, looked at, and put back to where it was in no time."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from demo.world import TESTS, World
from simulator.cluster import Shape
from simulator.tree import Node
from unit.builders import Leaf

from integration.playbook import Event, Prepared, Result, finish, prepare, read_result

FOLDERS = ("Certificates", "Components", "Components for Processing Servers")
CUSTOM = "custom_communications_cert.pem"
_CONNECTIONS = {"ANSIBLE_CONNECTION_PLUGINS": str(TESTS / "plugins" / "connection")}


@dataclass(frozen=True)
class Moment:
    """
    Something that a server has logged.

    Attributes:
        time: Local, as the product writes it, to the millisecond.
        what: ``up``, ``down``, or the name of the certificate file that is presented from now on.
    """

    time: datetime
    what: str


class Stage:
    """
    A cluster, what is asked of it, and snapshots of it.

    Attributes:
        world: The cluster, its certificates and its inventory.
        common: Variables of all hosts, over those of the inventory.
        of_host: Variables of single hosts, over those.
        clients: Variables of hosts that are no servers, by group and name.
        shipped: The files of certificates and configuration as the product ships them.
        licensed: What each server presents then.
    """

    def __init__(self, folder: Path, shape: Shape, *, settings: Mapping[str, Any] | None = None) -> None:
        """Install and start the cluster; keep it as ``shipped``."""
        self.world = World(folder, shape)
        self.folder = folder
        self.common: dict[str, Any] = {}
        self.of_host: dict[str, dict[str, Any]] = {}
        self.clients: dict[str, dict[str, dict[str, Any]]] = {}
        self._settings = {"dwb_start_timeout": 5, **(settings or {})}
        self._runs = 0
        self._leaves: dict[str, Leaf] = {}
        self._kept_leaves: dict[str, dict[str, Leaf]] = {}
        self.renew()
        self.keep("shipped")
        self.shipped, self.licensed = self.files(), self.served()

    @property
    def names(self) -> list[str]:
        """Return the names of the servers, the master first."""
        return self.world.names

    def node(self, name: str) -> Node:
        """Return one server."""
        return self.world.node(name)

    def file(self, name: str, *parts: str) -> Path:
        """Return the path of a file below the root of one server."""
        return self.node(name).root.joinpath(*parts)

    def state(self, name: str) -> Path:
        """Return the state folder of one server."""
        return Path(f"{self.node(name).root}.certops")

    def bundle(self, name: str) -> Path:
        """Return the trust bundle of one server."""
        return self.file(name, "Certificates", "trust_ca_cert.pem")

    def communications(self, name: str) -> Path:
        """Return the Communications.cfg of one server."""
        return self.file(name, "Components", "Communications.cfg")

    def pem(self, name: str) -> Path:
        """Return the file with the certificate that is to be rolled out to one server."""
        return self.world.pki / f"{name}.pem"

    def leaf(self, name: str) -> Leaf:
        """Return the certificate that the company has issued to one server."""
        return self._leaves[name]

    def renew(self) -> None:
        """Have the company issue another certificate to every server."""
        for name in self.names:
            self._leaves[name] = self.world.company.issuing.issue(name, key=f"rsa2048/{name}")
            self.pem(name).write_bytes(self._leaves[name].pem)

    def inventory(self) -> dict[str, Any]:
        """Return the inventory with the variables of this test."""
        inventory: dict[str, Any] = json.loads(self.world.inventory.read_text())
        inventory["all"]["vars"] |= {**self._settings, **self.common}
        inventory["all"]["children"] |= {group: {"hosts": hosts} for group, hosts in self.clients.items()}
        for group in inventory["all"]["children"].values():
            group["hosts"] = {name: variables | self.of_host.get(name, {}) for name, variables in group["hosts"].items()}
        return inventory

    def prepare(self, playbook: str, *arguments: str, **env: str) -> Prepared:
        """Return how one of the collection's playbooks, or one given as YAML, is run here; each run has a folder of its own."""
        self._runs += 1
        source = f"certops.rollout.{playbook}" if playbook.isidentifier() else playbook
        return prepare(source, yaml.safe_dump(self.inventory(), sort_keys=False), *arguments,
                       folder=self.folder / f"run-{self._runs}", env={**_CONNECTIONS, **env})

    def play(self, playbook: str, *arguments: str, **env: str) -> Result:
        """Run a playbook on this cluster to its end."""
        return finish(self.prepare(playbook, *arguments, **env))

    def served(self) -> dict[str, str]:
        """Return the SHA-256 of the certificate that each server presents in a TLS handshake, empty where it presents none."""
        return self.world.served()

    def wait_until_served(self, *, patience: float = 10) -> None:
        """Wait until every server presents a certificate again, after its files were put right."""
        end = time.monotonic() + patience
        while not all(self.served().values()) and time.monotonic() < end:
            time.sleep(0.1)

    def files(self) -> dict[str, bytes]:
        """Return the files of certificates and configuration of all servers, without the collection's state beside them."""
        return _read(node.root / folder for node in self.world.cluster.nodes.values() for folder in FOLDERS)

    def everything(self) -> dict[str, bytes]:
        """Return the files of certificates and configuration of all servers, with the collection's state beside them."""
        return {**self.files(), **_read(self.state(name) for name in self.names)}

    def history(self, name: str) -> list[Moment]:
        """Return what one server has logged about its starts, its stops and what it presents, in order."""
        root = self.node(name).root
        lines = [line for log in sorted([*root.glob("Events/*-event.txt"), root / "Trace" / "Server.log"])
                 for line in log.read_text().splitlines()]
        found = (Moment(datetime.fromisoformat(line[:23]), what) for line in lines for what in [_meaning(line)] if what)
        # In one millisecond a server loads its files before it is up.
        return sorted(found, key=lambda moment: (moment.time, moment.what == "up"))

    def forget_history(self) -> None:
        """Empty the logs of all servers."""
        for name in self.names:
            root = self.node(name).root
            for log in (*root.glob("Events/*"), root / "Trace" / "Server.log"):
                log.write_bytes(b"")

    def starts(self) -> dict[str, int]:
        """Return how often each server has started since its history was forgotten."""
        return {name: [moment.what for moment in self.history(name)].count("up") for name in self.names}

    def keep(self, snapshot: str) -> None:
        """Keep all files of the cluster, and the certificates that are to be rolled out, under a name."""
        self._kept_leaves[snapshot] = dict(self._leaves)
        for place in self._places():
            if place.exists():
                shutil.copytree(place, self._kept(snapshot, place))

    def back_to(self, snapshot: str) -> Stage:
        """Bring the cluster back to what was kept: files, running servers, no faults, no variables of a test, empty logs."""
        self.common, self.of_host, self.clients, self._leaves = {}, {}, {}, dict(self._kept_leaves[snapshot])
        self.world.cluster.close()
        for place in self._places():
            shutil.rmtree(place, ignore_errors=True)
            if self._kept(snapshot, place).exists():
                shutil.copytree(self._kept(snapshot, place), place)
        for name in self.names:
            self.world.cluster.state(name).behave()
        self.world.cluster.start()
        self.forget_history()
        return self

    def _places(self) -> list[Path]:
        of_nodes = [place for name in self.names for place in (*(self.node(name).root / folder for folder in FOLDERS), self.state(name))]
        return [*of_nodes, self.world.pki]

    def _kept(self, snapshot: str, place: Path) -> Path:
        return self.folder / "kept" / snapshot / place.relative_to(self.folder)

    def close(self) -> None:
        """End all servers."""
        self.world.cluster.close()


def _read(folders: Iterable[Path]) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}


def _meaning(line: str) -> str:
    if "started up." in line:
        return "up"
    if "shutting down." in line:
        return "down"
    return line.partition("; presenting ")[2].partition(",")[0]


@contextmanager
def written(path: Path, content: bytes | None) -> Iterator[None]:
    """
    Give a file another content for a while; its first one comes back, or it goes.

    Args:
        path: Need not exist.
        content: None takes the file away.
    """
    before = path.read_bytes() if path.exists() else None
    _put(path, content)
    try:
        yield
    finally:
        _put(path, before)


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    # As an editor does it: no server may see half a file.
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.write_bytes(content)
    fresh.replace(path)


def wait_for(run: Prepared, process: subprocess.Popen[str], found: Callable[[Event], bool], *, patience: float = 60) -> None:
    """
    Return as soon as something has come of a task.

    Args:
        run: Whose record is read.
        process: It must not end before.
        found: Whether an event is the one.
        patience: Seconds.

    Raises:
        TimeoutError: It did not happen.
    """
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        content = run.record.read_text() if run.record.exists() else ""
        events = read_result(run, rc=0, stdout="").events if content.endswith("\n") else ()
        if any(found(event) for event in events):
            return
        time.sleep(0.05)
    raise TimeoutError(f"the run has ended before it was seen, with {process.poll()}")


def findings(result: Result) -> list[str]:
    """Return what a refused run lists: one line for each finding, as the operator reads it."""
    told = next((event for event in result.events if event.status == "failed" and len(event.result.get("findings", ())) > 0
                 and event.result["findings"][0]["rule"] not in {"stopped", "gate"}), None)
    return str(told.result["msg"]).splitlines() if told else []
