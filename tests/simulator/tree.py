"""The install tree of a server, as the product ships it (§2.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from . import shipped
from .licence import text_lines
from .licensor import Licensor
from .state import Machine, State

ROLES = ("master", "dpu", "fsu", "repeater")
_FOLDERS = ("bin", "Certificates", "Components", "Access Control", "Addresses", "Events", "Audit", "Trace", "State", "Temp", "Profiles",
            "Lookups", "Logs", "Users")
_ACCESS = "Access Control/Access Control.cfg"
_MORE = ("/Components/",)  # §6.2: a backup FSU pulls them
_PRODUCTS = ("Insight Server", "Query API", "Premium")


@dataclass(frozen=True)
class Master:
    """Where a processing server finds its master: address, CN and HTTPS port."""

    address: str
    name: str
    ssl_port: int


@dataclass(frozen=True)
class Node:
    """
    One server to install.

    Attributes:
        root: The install root; the tree is made there.
        role: One of ROLES.
        name: The CN of its licence certificate.
        address: The one address of the machine it runs on; bound where `IP Interface` is empty.
        port: Of HTTP; the same on all servers of a cluster, because the processing servers share one Communications.cfg.
        ssl_port: Of HTTPS, the same everywhere too.
        master: Of a DPU; an FSU with a master is a backup FSU, one without stands alone.
        members: On a master, the addresses of the cluster, its own included; `*` in them is a wildcard.
    """

    root: Path
    role: str
    name: str
    address: str
    port: int
    ssl_port: int
    master: Master | None = None
    members: tuple[str, ...] = ("127.0.0.*",)


def install(node: Node, licensor: Licensor) -> None:
    """
    Make the whole tree of *node*, licensed by *licensor* and trusting it.

    Raises:
        ValueError: An unknown role, or a DPU without a master.
    """
    if node.role not in ROLES or (node.role == "dpu" and node.master is None):
        raise ValueError(f"{node.role}: no role, or a dpu without a master")
    for folder in _FOLDERS:
        (node.root / folder).mkdir(parents=True, exist_ok=True)
    State(node.root).keep_machine(Machine(node.address, licensor.pem, f"node-{node.name}"))
    for name, text in _files(node).items():
        _write(node.root / name, text)
    _write(node.root / "Certificates" / "trust_ca_cert.pem", licensor.pem)
    license_node(node, licensor)


def admit(node: Node, clients: Iterable[tuple[str, str]]) -> None:
    """Enter *clients*, pairs of group and CN, in the access control of *node*, as shipped otherwise."""
    _write(node.root / _ACCESS, shipped.access_control(node.members, more=_MORE, admitted=clients))


def license_node(node: Node, licensor: Licensor, *, days: int = 365, validated_days_ago: int = 0) -> None:
    """
    Write the server_cert.pem of *node*: text, key and certificate (§4.1).

    Args:
        node: Whose CN and machine the licence is for.
        licensor: The Visual Sciences CA of the cluster.
        days: How long the certificate is valid from now; below 0 it has expired.
        validated_days_ago: Age of the last re-validation; above 30 it is not current.
    """
    validated = datetime.now(UTC) - timedelta(days=validated_days_ago)
    text = text_lines(_PRODUCTS, State(node.root).machine().identifier, validated=validated)
    _write(node.root / "Certificates" / "server_cert.pem", text + licensor.issue(node.name, days=days).pem.decode())


def _files(node: Node) -> dict[str, str]:
    """Return the files of the role: path to text."""
    here = Master(node.address, node.name, node.ssl_port)
    master = node.master or here
    own = shipped.communications(node.port, node.ssl_port, master=node.role != "dpu")
    files = {
        "bin/InsightServer64.exe": "stand-in\n",
        "bin/EventMessages.dll": "stand-in\n",
        "Components/Communications.cfg": own,
        **{f"Components/{name}": text for name, text in shipped.OTHER_COMPONENTS.items()},
        _ACCESS: shipped.access_control(node.members, more=_MORE),
        f"Addresses/{master.name}.address": shipped.address_file(master.name, master.address),
        "Profiles/Example/profile.cfg": shipped.profile(master.name),
        "Profiles/Example/Dataset/Cluster.cfg": shipped.cluster(master.name, master.address),
        "Lookups/Example.txt": "key\tvalue\n",
    }
    if node.role == "master":
        processing = {"Communications.cfg": shipped.communications(node.port, node.ssl_port, master=False),
                      "Synchronize.cfg": _synchronize(here), **shipped.OTHER_COMPONENTS}
        files |= {f"Components for Processing Servers/{name}": text for name, text in processing.items()}
    elif node.role == "dpu":
        files["Components/Synchronize.cfg"] = _synchronize(master)
    elif node.role == "fsu" and node.master:
        files["Components/FSU_Synchronize.cfg"] = shipped.fsu_synchronize(master.address, name=master.name, ssl_port=master.ssl_port)
    return files


def _synchronize(master: Master) -> str:
    return shipped.synchronize(master.address, name=master.name, ssl_port=master.ssl_port)


def _write(file: Path, text: str) -> None:
    """Write *text* with the line ends of Windows."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())
