# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Any number of servers as local trees, as the product ships them or as a rollout leaves them: files only, nothing runs."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg_edit import set_parameter
from demo.inventory import GROUPS
from demo.world import Company
from simulator.cluster import free_ports
from simulator.licensor import Licensor
from simulator.tree import Master, Node, install
from unit.builders import Leaf

_KEYS = 4   # RSA keys take long to find, and it does not matter here that servers share them
_PRESENT = (("component", "Certificate"), "Certificates\\custom_communications_cert.pem")


@dataclass(frozen=True)
class Fleet:
    """
    One cluster below one folder.

    Attributes:
        folder: Holds the trees, and what the controller rolls out.
        nodes: The master, then its DPUs.
    """

    folder: Path
    nodes: tuple[Node, ...]

    @property
    def pki(self) -> Path:
        """Return the folder of the company's anchors, and of the certificate of each server."""
        return self.folder / "pki"

    def inventory(self, **common: Any) -> str:
        """Return the inventory as JSON; *common* are more variables of all hosts."""
        groups: dict[str, dict[str, Any]] = {}
        for node in self.nodes:
            mark = shlex.quote(str(started(node.root)))
            variables = {"dwb_root": str(node.root), "dwb_address": node.address,
                         "bench_address": node.address, "bench_port": node.ssl_port,
                         "dwb_status_command": f"test -e {mark}", "dwb_start_command": f"touch {mark}", "dwb_stop_command": f"rm -f {mark}"}
            groups.setdefault(GROUPS[node.role], {"hosts": {}})["hosts"][node.name] = variables
        wanted = {"dwb_trust_src": [str(self.pki / f"{name}.pem") for name in ("root", "policy", "issuing")],
                  "dwb_certificate": {"pem_src": f"{self.pki}/{{{{ inventory_hostname }}}}.pem"}}
        settings = {"ansible_connection": "local", "dwb_service_manager": "command", "dwb_restart_consent": True, **wanted, **common}
        return json.dumps({"all": {"vars": settings, "children": groups}})


def started(root: Path) -> Path:
    """Return the file that is there as long as a server is started; the listener reads the server's files anew when it is new."""
    return root / "State" / "started"


class _Licensor(Licensor):
    """Gives the servers of a fleet a handful of keys in turn."""

    def issue(self, name: str, *, days: int = 365) -> Leaf:
        now = datetime.now(UTC)
        key = f"rsa2048/licence {sum(name.encode()) % _KEYS}"
        return self.authority.issue(name, key=key, not_before=now - timedelta(days=400), not_after=now + timedelta(days=days))


def make_fleet(folder: Path, size: int, *, rolled_out: bool = True) -> Fleet:
    """
    Make the trees of one cluster.

    Args:
        folder: Gets everything; what it holds is deleted.
        size: How many servers, the master among them.
        rolled_out: Whether they are as a rollout leaves them, or as the product ships them.
    """
    shutil.rmtree(folder, ignore_errors=True)
    fleet = Fleet(folder, tuple(_nodes(folder, size)))
    fleet.pki.mkdir(parents=True)
    company, licensor = Company.found(), _Licensor.open(folder / "licensor")
    anchors = b"".join(Path(path).read_bytes() for path in company.write(fleet.pki))
    for number, node in enumerate(fleet.nodes):
        install(node, licensor)
        started(node.root).touch()
        leaf = company.issuing.issue(node.name, key=f"rsa2048/leaf {number % _KEYS}").pem
        (fleet.pki / f"{node.name}.pem").write_bytes(leaf)
        if rolled_out:
            _roll_out(node, anchors, leaf)
    return fleet


def _nodes(folder: Path, size: int) -> Iterator[Node]:
    """Yield a master and its DPUs, each on an address of its own, none of which begins with 127.0.0."""
    addresses = [f"127.21.{number // 250}.{number % 250 + 1}" for number in range(size)]
    port, ssl_port = free_ports(addresses[:1], 2)
    master = Master(addresses[0], "bench-0000", ssl_port)
    for number, address in enumerate(addresses):
        name = f"bench-{number:04}"
        yield Node(folder / "servers" / name, "dpu" if number else "master", name, address, port, ssl_port,
                   master=master if number else None, members=("127.21.*",))


def _roll_out(node: Node, anchors: bytes, leaf: bytes) -> None:
    certificates = node.root / "Certificates"
    with (certificates / "trust_ca_cert.pem").open("ab") as bundle:
        bundle.write(anchors)
    (certificates / "custom_communications_cert.pem").write_bytes(leaf)
    (certificates / "custom_communications_cert.pem").chmod(0o600)
    for path in node.root.glob("Components*/Communications.cfg"):
        key, value = _PRESENT
        path.write_bytes(set_parameter(path.read_bytes(), key, kind="string", value=value, where=path.name))
