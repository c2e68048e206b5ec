"""Clients in memory, one tree for each kind, in which a test breaks one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.layout import (
    ClientLayout,
    located,
    make_client_layout,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.reader import Client, read_client
from ansible_collections.certops.rollout.plugins.plugin_utils._core.identity import Identity, IdentitySource, read_identity
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder

from unit.builders import CLIENT, Leaf
from unit.fakes import MemoryHost

from .servers import NOW, company, licensor

CN = "Jane Doe"
OWN = "custom_client_cert.pem"
MASTER, DPU = "insight-01", "insight-02"


def servers_cfg(first: bytes = b"", second: bytes = b"") -> bytes:
    """Return an Insight.cfg or ReportServer.cfg with two TLS servers, a plain one, and the proxy to the License Server."""
    return b"\r\n".join([
        b"Licensing = serverInfo:", b"  Proxy Password = EncryptedString: c2VjcmV0", b"Servers = vector: 3 items",
        b"  0 = serverInfo:", b"    Name = string: Master", b"    Port = int: 443", b"    SSL Client Certificate = string: " + first,
        b"    SSL Server Common Name = string: " + MASTER.encode(), b"    Use SSL = bool: true",
        b"  1 = serverInfo:", b"    Name = string: DPU", b"    SSL Client Certificate = string: " + second,
        b"    SSL Server Common Name = string: " + DPU.encode(),
        b"  2 = serverInfo:", b"    Name = string: Plain", b"    Use SSL = bool: false", b"Update Software = bool: true", b""])


REPLICATE = b"\n".join([
    b"component = Replicate:", b"  Server = serverInfo:", b"    Name = string: Repeater", b"    SSL Client Certificate = string: ",
    b"    SSL Server Common Name = string: repeater-01", b"    Use SSL = bool: true", b""])
STUNNEL = b"\n".join([
    b"; the tunnel of the Query API", b"client = yes", b"verify = 2", b"CAfile = trust_ca_cert.pem", b"cert = Jane Doe.pem", b"",
    b"[insight]", b"accept = 8002", b"connect = 10.0.0.5:443", b""])
TXLOGD = b"# Sensor\nServerAddress 10.0.0.5\nServerPort 443\nSSL on\nCertName insight-01\nCertPath %s\nQueueSize 2000\n"


@cache
def own_leaf(serial: int = 4711) -> Leaf:
    """Return the company's certificate for the client, fit for nothing else."""
    return company()[1].issue(CN, serial=serial, eku=(CLIENT,), dns=())


def own_identity(leaf: Leaf | None = None) -> Identity:
    """Return key and leaf as they are installed."""
    return read_identity(IdentitySource("jane.pem", (leaf or own_leaf()).pem))


@cache
def licence() -> bytes:
    """Return the licence certificate, with the text that precedes it."""
    return b"Product = Premium\r\n" + licensor().issue(CN).pem


def shipped(kind: str, root: str) -> dict[str, bytes]:
    """Return the files of a client as the product and its operator left them, by absolute POSIX path."""
    certificates = {f"{root}/Certificates/trust_ca_cert.pem": licensor().pem, f"{root}/Certificates/Jane Doe.pem": licence()}
    bare = {f"{root}/trust_ca_cert.pem": licensor().pem}
    return {
        "workstation": {f"{root}/Insight.cfg": servers_cfg(), **certificates},
        "report_server": {f"{root}/ReportServer.cfg": servers_cfg(), **certificates},
        "repeater": {f"{root}/Components/Replicate.cfg": REPLICATE, f"{root}/Certificates/trust_ca_cert.pem": licensor().pem,
                     f"{root}/Certificates/server_cert.pem": licence()},
        "query_api": {f"{root}/stunnel.conf": STUNNEL, f"{root}/Jane Doe.pem": licence(), **bare},
        "sensor": {f"{root}/etc/txlogd.conf": TXLOGD % f"{root}/lib".encode(), f"{root}/lib/trust_ca_cert.pem": licensor().pem},
    }[kind]


@dataclass
class ClientTree:
    """
    The files of one client.

    Attributes:
        kind: What it is.
        files: What differs from what the product ships, by its path below the root, or by its absolute one; None is an absent file.
        options: Of the layout, besides kind and root.
        root: Where it is installed.
    """

    kind: str = "report_server"
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    root: str = "/srv/client"

    @property
    def layout(self) -> ClientLayout:
        """Return the paths as far as the options tell."""
        given: dict[str, str] = {"root": self.root, "data_path": "", "config": "", "certificate_name": OWN}
        given |= {"root": "", "config": f"{self.root}/etc/txlogd.conf"} if self.kind == "sensor" else {}
        return make_client_layout(self.kind, **{**given, **self.options})

    def host(self) -> MemoryHost:
        """Return the node."""
        changed = {name if name.startswith("/") else f"{self.root}/{name}": content for name, content in self.files.items()}
        files: dict[str, Any] = {**shipped(self.kind, self.root), **changed}
        windows = self.layout.windows
        named = {path.replace("/", "\\") if windows else path: content for path, content in files.items() if content is not None}
        host = MemoryHost(named, folder=StateFolder(self.layout.state), system="windows" if windows else "posix")
        host.clock = int(NOW.timestamp())
        host.add_folder(self.root)
        return host

    def path(self, name: str) -> str:
        """Return the node's path of the file *name*, below the root."""
        path = f"{self.root}/{name}"
        return path.replace("/", "\\") if self.layout.windows else path

    def observe(self, host: MemoryHost | None = None) -> Client:
        """Return the client as one observation or two show it."""
        node = host or self.host()
        first = node.observe(self.layout.looks())
        layout = located(self.layout, first)
        seen = first if layout == self.layout else node.observe(layout.looks())
        return read_client(layout, seen, now=NOW)
