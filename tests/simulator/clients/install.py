"""The tree of a client, as the product ships it (§2.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ..licence import text_lines
from ..licensor import Licensor
from ..state import Machine, State
from . import shipped
from .client import Client

# §1.3: licence types that need a certificate file; a Sensor has another mechanism.
_PRODUCTS = {"workstation": "Insight", "report_server": "Report", "query_api": "Query API"}
_PROGRAMS = {"sensor": "txlogd", "workstation": "Insight.exe", "report_server": "ReportServer.exe", "query_api": "stunnel"}


def install(client: Client, licensor: Licensor, *, stands_at: Path | None = None) -> None:
    """
    Make the whole tree of *client*, licensed by *licensor* and trusting it.

    Args:
        client: What to install, and where.
        licensor: The Visual Sciences CA of the servers.
        stands_at: Where the tree is going to be moved to, when it is made in another place: files name that one.

    Raises:
        ValueError: An unknown kind or layout, or no server to connect to.
    """
    if not client.peers:
        raise ValueError(f"{client.name}: a client needs a server to connect to")
    for folder in (client.certificates, client.config.parent, client.program, client.root / "State", client.root / "Trace"):
        folder.mkdir(parents=True, exist_ok=True)
    state = State(client.root)
    state.keep_machine(Machine(client.address, licensor.pem, f"node-{client.name}"))
    state.keep_client(client.as_json())
    _write(client, client.bundle, licensor.pem)
    _write(client, client.program / _PROGRAMS[client.kind], "stand-in\n")
    _write(client, client.config, _configuration(client, stands_at or client.root))
    if client.kind == "workstation" and client.config.parent != client.program:
        data = (stands_at or client.root) / client.config.parent.relative_to(client.root)
        _write(client, client.program / "Insight.ini", shipped.insight_ini(data))
    if client.kind != "sensor":
        license_client(client, licensor)


def license_client(client: Client, licensor: Licensor, *, name: str = "", days: int = 365) -> Path:
    """
    Write the licence certificate of *client*: text, key and certificate (§4.1); return its file.

    Args:
        client: Whose machine the licence is for.
        licensor: The Visual Sciences CA.
        name: The CN, which is the name of the file too; that of the client when left out.
        days: How long it is valid from now.
    """
    name = name or client.name
    text = text_lines([_PRODUCTS[client.kind]], State(client.root).machine().identifier, validated=datetime.now(UTC))
    file = client.certificates / f"{name}.pem"
    _write(client, file, text + licensor.issue(name, days=days).pem.decode())
    return file


def _configuration(client: Client, at: Path) -> str:
    """Return the text of the one configuration file, which names places below *at*."""
    if client.kind == "workstation":
        return shipped.insight_cfg(client.peers)
    if client.kind == "report_server":
        return shipped.report_server_cfg(client.peers)
    if client.kind == "query_api":
        return shipped.stunnel_conf(client.peers, certificate=f"{client.name}.pem")
    folder = at / client.certificates.relative_to(client.root)
    queue = folder / "Diskq2000.log" if client.layout == "windows" else at / "var" / "queue" / "VisualSensor.dat"
    return shipped.txlogd_conf(client.peers[0], sensor=client.name, folder=folder, queue=queue)


def _write(client: Client, file: Path, text: str) -> None:
    """Write *text* with the line ends of the client's system."""
    end = "\n" if client.kind == "sensor" and client.layout != "windows" else "\r\n"
    file.write_bytes(text.replace("\r\n", "\n").replace("\n", end).encode())
