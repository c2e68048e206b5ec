# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the demo plays with: a cluster on loopback, a company's PKI, an inventory, and ansible-playbook."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from simulator.cluster import Cluster, Shape
from simulator.tree import Node
from unit.builders import Authority, make_root

TESTS = Path(__file__).resolve().parents[1]
GROUPS = {"master": "dwb_master", "dpu": "dwb_dpu", "fsu": "dwb_fsu", "repeater": "dwb_repeater"}


@dataclass(frozen=True)
class Company:
    """A PKI of three levels, as companies have them."""

    root: Authority
    policy: Authority
    issuing: Authority

    @classmethod
    def found(cls) -> Company:
        """Make root, policy CA and issuing CA."""
        root = make_root("Plant Root CA")
        policy = root.intermediate("Plant Policy CA")
        return cls(root, policy, policy.intermediate("Plant Issuing CA"))

    def write(self, folder: Path) -> list[str]:
        """Write the anchors; return their paths."""
        paths = []
        for name in ("root", "policy", "issuing"):
            path = folder / f"{name}.pem"
            path.write_bytes(getattr(self, name).pem)
            paths.append(str(path))
        return paths


@dataclass(frozen=True)
class Played:
    """How one playbook ended."""

    code: int
    output: str
    changed: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)


class World:
    """Five servers, their certificates and the controller's files, all below one folder."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        """Install and start the cluster as the product ships it, and have the company issue a certificate per server."""
        self.folder = folder
        self.pki = folder / "pki"
        self.pki.mkdir(parents=True)
        self.cluster = Cluster(folder / "servers", shape)
        self.company = Company.found()
        self.anchors = self.company.write(self.pki)
        for name in self.names:
            self.issue(name)
        self.inventory = folder / "inventory.json"
        self.inventory.write_text(json.dumps(self._inventory(), indent=2) + "\n")
        self.shipped_bundle = (self.cluster.master.root / "Certificates" / "trust_ca_cert.pem").read_bytes()
        self.cluster.start()

    @property
    def names(self) -> list[str]:
        """Return the names of the servers, the master first."""
        return list(self.cluster.nodes)

    def node(self, name: str) -> Node:
        """Return one server."""
        return self.cluster.nodes[name]

    def issue(self, name: str, common_name: str | None = None) -> None:
        """Have the company issue a new certificate for one server, under its own common name or another."""
        (self.pki / f"{name}.pem").write_bytes(self.company.issuing.issue(common_name or name, key=f"rsa2048/{name}").pem)

    def _inventory(self) -> dict[str, object]:
        groups: dict[str, dict[str, object]] = {}
        for name, node in self.cluster.nodes.items():
            groups.setdefault(GROUPS[node.role], {"hosts": {}})["hosts"][name] = {  # type: ignore[index]
                "dwb_root": str(node.root), "dwb_address": node.address,
                **{f"dwb_{verb}_command": self._simulator(verb, node) for verb in ("start", "stop", "status")}}
        common = {"ansible_connection": "local", "dwb_service_manager": "command", "dwb_restart_consent": True, "dwb_start_timeout": 15,
                  "dwb_trust_src": self.anchors, "dwb_certificate": {"pem_src": str(self.pki) + "/{{ inventory_hostname }}.pem"}}
        return {"all": {"vars": common, "children": groups}}

    @staticmethod
    def _simulator(verb: str, node: Node) -> str:
        python, root = shlex.quote(sys.executable), shlex.quote(str(node.root))
        return f"PYTHONPATH={shlex.quote(str(TESTS))} {python} -m simulator {verb} --root {root}"

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """Return the command line that runs one of the collection's playbooks on this cluster."""
        tool = Path(sys.executable).with_name("ansible-playbook")
        return [str(tool), "-i", str(self.inventory), f"certops.rollout.{playbook}", *arguments]

    def play(self, playbook: str, *arguments: str) -> Played:
        """Run one of the collection's playbooks."""
        environment = {**os.environ, "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "no", "ANSIBLE_DISPLAY_OK_HOSTS": "no", "ANSIBLE_NOCOLOR": "1",
                       "ANSIBLE_LOCALHOST_WARNING": "no", "ANSIBLE_FORKS": "10", "ANSIBLE_HOME": str(self.folder / "ansible")}
        done = subprocess.run(self.command(playbook, *arguments), env=environment, cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
        return Played(done.returncode, done.stdout, recap(done.stdout, "changed"), recap(done.stdout, "failed"))

    def served(self) -> dict[str, str]:
        """Return the SHA-256 of the certificate each server presents in a live TLS handshake, empty where it presents none."""
        return {name: served(node) for name, node in self.cluster.nodes.items()}

    def files(self) -> dict[str, str]:
        """Return the SHA-256 of every file of certificates and configuration, of all servers, with the state beside them."""
        watched = [path for node in self.cluster.nodes.values()
                   for folder in (node.root / "Certificates", node.root / "Components", node.root / "Components for Processing Servers",
                                  node.root.with_name(node.root.name + ".certops"))
                   for path in sorted(folder.rglob("*")) if path.is_file()]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in watched}


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
