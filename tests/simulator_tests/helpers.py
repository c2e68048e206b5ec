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

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate
from simulator.server import Server
from simulator.tree import Node
from unit.builders import Authority, Leaf

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


def see(node: Node, *, client: Leaf | None = None, trusted: bytes = b"", ciphers: str = "DEFAULT", path: str = "/Status/") -> Seen:
    """
    Connect to *node* over TLS and read *path*.

    Args:
        node: The server.
        client: The certificate to present, None for none.
        trusted: PEM blocks of the trusted certificates; empty to trust everybody.
        ciphers: OpenSSL cipher string of the client.
        path: What to ask for.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    if trusted:
        context.load_verify_locations(cadata=trusted.decode())
        context.verify_mode = ssl.CERT_REQUIRED
    if client:
        handle = os.memfd_create("client")
        os.write(handle, client.pem)
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


def communications(node: Node, folder: str = "Components") -> Path:
    """Return the node's Communications.cfg."""
    return node.root / folder / "Communications.cfg"


def shipped_fingerprint(node: Node) -> str:
    """Return the SHA-256 of the certificate in the node's server_cert.pem."""
    content = (node.root / "Certificates" / "server_cert.pem").read_bytes()
    return load_pem_x509_certificate(content).fingerprint(SHA256()).hex()


def edit(file: Path, old: bytes, *, new: bytes) -> None:
    """Replace the first *old* in *file*, in one move."""
    content = file.read_bytes()
    assert old in content
    fresh = file.parent.parent / "State" / "fresh"
    fresh.write_bytes(content.replace(old, new, 1))
    fresh.replace(file)


def give_certificate(node: Node, company: Authority) -> str:
    """Put a custom certificate of *company* into the node's folder; return its fingerprint."""
    leaf = company.issue(node.name)
    (node.root / "Certificates" / CUSTOM).write_bytes(leaf.pem)
    return leaf.fingerprint


def use_certificate(node: Node, folder: str = "Components") -> None:
    """Add the documented line below the first line of a Communications.cfg."""
    edit(communications(node, folder), FIRST_LINE, new=FIRST_LINE + LINE)


def trust(node: Node, company: Authority) -> None:
    """Append the company's CA to the node's trust bundle."""
    bundle = node.root / "Certificates" / "trust_ca_cert.pem"
    bundle.write_bytes(bundle.read_bytes() + company.pem)


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


def start_here(node: Node) -> None:
    """Run the start of *node* in this process, which is quicker where it is going to fail. Raises Refusal."""
    Server(node.root, lifetime=0).run(lambda: None)


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one command of the stand-in as an operator does."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    line = [sys.executable, "-m", "simulator", *map(str, arguments)]
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)
