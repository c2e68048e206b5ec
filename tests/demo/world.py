# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the demo plays with: a cluster on loopback, a company's PKI, an inventory, and ansible-playbook."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from simulator import process
from simulator.clients.population import NOBODY, Clients, Population
from simulator.cluster import Cluster, Shape
from simulator.refusal import Refusal
from simulator.tree import Node

from .company import Company
from .inventory import TESTS, make_inventory

__all__ = ["TESTS", "Company", "Played", "World"]  # the tests of the roles play on this world, too


# What a running client writes.
_RUNNING = {"State", "Trace", "var", "Diskq2000.log"}


@dataclass(frozen=True)
class Played:
    """How one playbook ended."""

    code: int
    output: str
    changed: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)


class World:
    """Servers, clients, their certificates and the controller's files, all below one folder."""

    def __init__(self, folder: Path, shape: Shape, population: Population = NOBODY) -> None:
        """Install and start everything as the product ships it, and have the company issue a certificate per server."""
        self.folder = folder
        self.pki = folder / "pki"
        self.pki.mkdir(parents=True)
        self.cluster = Cluster(folder / "servers", shape)
        self.clients = Clients(self.cluster, folder / "clients", population)
        self.company = Company.found()
        self.anchors = self.company.write(self.pki)
        self.issue_all()
        self.inventory = folder / "inventory.json"
        inventory = make_inventory(self.cluster.nodes.values(), self.clients.clients.values(), anchors=self.anchors, pki=self.pki)
        self.inventory.write_text(json.dumps(inventory, indent=2) + "\n")
        self.shipped_bundle = (self.cluster.master.root / "Certificates" / "trust_ca_cert.pem").read_bytes()
        try:
            self.cluster.start()
            self.clients.start()
        except Refusal:
            self.close()
            raise

    @property
    def names(self) -> list[str]:
        """Return the names of the servers, the master first."""
        return list(self.cluster.nodes)

    @property
    def roots(self) -> list[Path]:
        """Return the folders of all processes, in the order in which they are best stopped."""
        return [*(client.root for client in self.clients.clients.values()), *(node.root for node in reversed(self.cluster.nodes.values()))]

    def node(self, name: str) -> Node:
        """Return one server."""
        return self.cluster.nodes[name]

    def issue(self, name: str, common_name: str | None = None) -> None:
        """Have the company issue a new certificate for one server, under its own common name or another."""
        (self.pki / f"{name}.pem").write_bytes(self.company.issuing.issue(common_name or name, key=f"rsa2048/{name}").pem)

    def issue_all(self) -> None:
        """Have the company issue a new certificate for every server and for every client that presents one of its own."""
        for name in (*self.names, *self.presenting):
            self.issue(name)

    @property
    def presenting(self) -> list[str]:
        """Return the names of the clients that present a certificate of the company."""
        return [client.name for client in self.clients.of_kind("report_server")]

    def found(self, name: str) -> None:
        """Found another company in place of the first, and have it issue all certificates anew."""
        folder = self.pki / name
        folder.mkdir()
        self.company = Company.found(name)
        self.anchors = self.company.write(folder)
        self.issue_all()

    def issued(self, *names: str) -> dict[str, str]:
        """Return the SHA-256 of the certificates that were issued last."""
        return {name: load_pem_x509_certificate((self.pki / f"{name}.pem").read_bytes()).fingerprint(SHA256()).hex() for name in names}

    def presented(self, *names: str) -> dict[str, str]:
        """Return the SHA-256 of what each of these clients presents, empty where it presents nothing."""
        return {name: process.status(self.clients.clients[name].root).fingerprint for name in names}

    def restart_workstations(self) -> None:
        """Do what their users do."""
        names = [client.name for client in self.clients.of_kind("workstation")]
        if names:
            self.clients.stop(*names)
            self.clients.start(*names)

    def bundles(self) -> list[bytes]:
        """Return the trust bundle of every server, lines ending in LF."""
        files = (node.root / "Certificates" / "trust_ca_cert.pem" for node in self.cluster.nodes.values())
        return [file.read_bytes().replace(b"\r\n", b"\n") for file in files]

    def close(self) -> None:
        """End all processes."""
        self.clients.close()
        self.cluster.close()

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """Return the command line that runs one of the collection's playbooks on this cluster."""
        tool = Path(sys.executable).with_name("ansible-playbook")
        return [str(tool), "-i", str(self.inventory), f"certops.rollout.{playbook}", *arguments]

    def play(self, playbook: str, *arguments: str) -> Played:
        """Run one of the collection's playbooks."""
        environment = {**os.environ, "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "no", "ANSIBLE_NOCOLOR": "1",
                       "ANSIBLE_LOCALHOST_WARNING": "no", "ANSIBLE_FORKS": "10", "ANSIBLE_HOME": str(self.folder / "ansible")}
        done = subprocess.run(self.command(playbook, *arguments), env=environment, cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
        return Played(done.returncode, done.stdout, recap(done.stdout, "changed"), recap(done.stdout, "failed"))

    def served(self) -> dict[str, str]:
        """Return the SHA-256 of the certificate each server presents in a live TLS handshake, empty where it presents none."""
        return {name: served(node) for name, node in self.cluster.nodes.items()}

    def files(self) -> dict[str, str]:
        """Return the SHA-256 of every file of certificates and configuration, of servers and clients, with the state beside them."""
        folders = [folder for node in self.cluster.nodes.values()
                   for folder in (node.root / "Certificates", node.root / "Components", node.root / "Components for Processing Servers",
                                  node.root.with_name(node.root.name + ".certops"))]
        files = [path for folder in (*folders, *(client.root for client in self.clients.clients.values()))
                 for path in sorted(folder.rglob("*")) if path.is_file() and not _RUNNING & set(path.parts)]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def recap(output: str, what: str) -> dict[str, int]:
    """Return one column of Ansible's recap by host."""
    rows = (line.split(":", 1) for line in output.rpartition("PLAY RECAP")[2].splitlines()[1:] if ":" in line)
    columns = ((host.strip(), column.partition("=")) for host, counts in rows for column in counts.split())
    return {host: int(count) for host, (name, _ignored, count) in columns if name == what}


def served(node: Node) -> str:
    """Return the SHA-256 of the certificate that *node* presents, empty when it presents none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with socket.create_connection((node.address, node.ssl_port), 5) as plain, context.wrap_socket(plain) as tls:
            return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()
    except OSError:
        return ""
