"""The configuration files of clients, filled in (§2.2, §3.6, §5.2 to §5.4); lines end in LF here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .client import Peer

_PROXY = ("  Proxy Address = string: ", "  Proxy Password = EncryptedString: ", "  Proxy Port = int: 8080", "  Proxy User Name = string: ")


def insight_cfg(peers: Sequence[Peer]) -> str:
    """Return Insight.cfg with a blank `SSL Client Certificate`, as long as one certificate is there (§4.5)."""
    return _client_cfg(peers) + "Update Software = bool: true\n"


def report_server_cfg(peers: Sequence[Peer]) -> str:
    """Return ReportServer.cfg, blank like Insight.cfg."""
    return _client_cfg(peers) + "Reporting = :\n  Status interval (seconds) = int: 600\n"


def insight_ini(data: Path) -> str:
    """Return Insight.ini, which since 6.4 says where the data folder is (§2.2)."""
    return f"[InitialSettings]\nAppDataFolder={data}\n"


def txlogd_conf(peer: Peer, *, sensor: str, folder: Path, queue: Path) -> str:
    """
    Return txlogd.conf.

    Args:
        peer: The server that gets the events.
        sensor: The SensorID.
        folder: The value of CertPath.
        queue: The file of the disk queue.
    """
    return (
        f"# Sensor\nSensorID {sensor}\nServerAddress {peer.address}\nServerPort {peer.port}\nSSL on\nCertName {peer.name}\n"
        f"CertPath {folder}\n\n# Queue\nQueueFile {queue}\nQueueSize 200\n"
    )


def stunnel_conf(peers: Sequence[Peer], *, certificate: str) -> str:
    """Return stunnel.conf of a Query API host: one service for each of *peers* (§5.4)."""
    services = [f"\n[{peer.name}]\naccept = {8002 + number}\nconnect = {peer.address}:{peer.port}\n" for number, peer in enumerate(peers)]
    return f"; Query API\nclient=yes\ncert={certificate}\nCAfile=trust_ca_cert.pem\nverify = 2\n" + "".join(services)


def _client_cfg(peers: Sequence[Peer]) -> str:
    lines = ["Licensing = serverInfo:", *_PROXY, f"Servers = vector: {len(peers)} items"]
    for number, peer in enumerate(peers):
        inside = (f"  Address = string: {peer.address}", f"  Name = string: {peer.name}", f"  Port = int: {peer.port}", *_PROXY,
                  "  SSL Client Certificate = string: ", f"  SSL Server Common Name = string: {peer.name}",
                  "  Use Address File = bool: false", "  Use SSL = bool: true")
        lines += [f"  {number} = serverInfo:", *(f"  {line}" for line in inside)]
    return "\n".join(lines) + "\n"
