# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests do to a server, and what they see of it."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simulator.licensor import Licensor
from simulator.tree import Node

CUSTOM = "custom_communications_cert.pem"
FIRST_LINE = b"component = CommServer:\r\n"
LINE = b"  Certificate = string: Certificates\\\\custom_communications_cert.pem\r\n"


@dataclass(frozen=True)
class Seen:
    """What a handshake showed: SHA-256 of the leaf's DER, protocol, cipher, and whether `/Status/` answered."""

    fingerprint: str
    protocol: str
    cipher: str
    status: int


def see(node: Node, *, client: str = "", trusted: str = "", ciphers: str = "DEFAULT", path: str = "/Status/") -> Seen:
    """
    Connect to *node* over TLS and read *path*.

    Args:
        node: The server.
        client: PEM text of a certificate and key to present; empty for none.
        trusted: PEM text of the trusted certificates; empty to trust everybody.
        ciphers: OpenSSL cipher string of the client.
        path: What to ask for.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    if trusted:
        context.load_verify_locations(cadata=trusted)
        context.verify_mode = ssl.CERT_REQUIRED
    if client:
        handle = os.memfd_create("client")
        os.write(handle, client.encode())
        context.load_cert_chain(f"/proc/self/fd/{handle}")
        os.close(handle)
    connection = http.client.HTTPSConnection(node.address, node.ssl_port, timeout=5, context=context)
    try:
        connection.request("GET", path)
        wire = connection.sock
        assert isinstance(wire, ssl.SSLSocket)
        der, cipher = wire.getpeercert(binary_form=True) or b"", wire.cipher()
        seen = hashlib.sha256(der).hexdigest(), wire.version() or "", cipher[0] if cipher else ""
        return Seen(*seen, connection.getresponse().status)
    finally:
        connection.close()


def listens(node: Node, port: int) -> bool:
    """Tell whether somebody accepts connections at *port* of the node's address."""
    try:
        socket.create_connection((node.address, port), timeout=2).close()
    except ConnectionRefusedError:
        return False
    return True


def fingerprint(pem: str) -> str:
    """Return the SHA-256 of the first certificate in *pem*."""
    end = "-----END CERTIFICATE-----"
    block = pem[pem.index("-----BEGIN CERTIFICATE-----") : pem.index(end) + len(end)]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(block.replace("\r", ""))).hexdigest()


def communications(node: Node, folder: str = "Components") -> Path:
    """Return the node's Communications.cfg."""
    return node.root / folder / "Communications.cfg"


def shipped_fingerprint(node: Node) -> str:
    """Return the fingerprint of the node's server_cert.pem."""
    return fingerprint((node.root / "Certificates" / "server_cert.pem").read_text())


def edit(file: Path, old: bytes, *, new: bytes) -> None:
    """Replace the first *old* in *file*, in one move."""
    content = file.read_bytes()
    assert old in content
    fresh = file.parent.parent / "State" / "fresh"
    fresh.write_bytes(content.replace(old, new, 1))
    fresh.replace(file)


def give_certificate(node: Node, company: Licensor, *, name: str = "") -> str:
    """Put a custom certificate of *company* into the node's folder; return it as PEM text."""
    pem = company.issue(name or node.name)
    (node.root / "Certificates" / CUSTOM).write_text(pem)
    return pem


def use_certificate(node: Node, folder: str = "Components") -> None:
    """Add the documented line below the first line of a Communications.cfg."""
    edit(communications(node, folder), FIRST_LINE, new=FIRST_LINE + LINE)


def trust(node: Node, company: Licensor) -> None:
    """Append the company's CA to the node's trust bundle."""
    bundle = node.root / "Certificates" / "trust_ca_cert.pem"
    bundle.write_bytes(bundle.read_bytes() + company.root_pem.encode())


def log(node: Node, name: str = "Trace/Server.log") -> str:
    """Return what the node wrote into the logs that match *name*, empty before its first line."""
    return "".join(file.read_text() for file in sorted(node.root.glob(name)))


def until(condition: Callable[[], bool], seconds: float = 8) -> bool:
    """Tell whether *condition* comes true within *seconds*."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one command of the stand-in as an operator does."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    line = [sys.executable, "-m", "simulator", *map(str, arguments)]
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)
