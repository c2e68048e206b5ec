"""Data Workbench servers in memory: a whole install tree, in which a test breaks one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.layout import Layout, make_layout
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server import Server, read_server
from ansible_collections.certops.rollout.plugins.plugin_utils._core.identity import Identity, IdentitySource, read_identity
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import PemBlock, split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder

from unit.builders import Authority, Leaf, make_root
from unit.core import findings
from unit.fakes import MemoryHost

CFG = Path(__file__).parents[2] / "fixtures" / "cfg"
NOW = datetime.now(UTC).replace(microsecond=0)   # as exact as a node tells its clock
CN = "insight-01"


@cache
def licensor() -> Authority:
    """Return the Visual Sciences CA of the tests."""
    return make_root("Visual Sciences CA")


@cache
def company() -> tuple[Authority, Authority]:
    """Return the company's root and its issuing CA."""
    root = make_root("Corp Root")
    return root, root.intermediate("Corp Issuing CA")


def leaf(serial: int = 4711) -> Leaf:
    """Return the company's certificate for the server; another serial number is another certificate."""
    return _issued(serial)


@cache
def _issued(serial: int) -> Leaf:
    """Issue once: the cache takes ``leaf()`` and ``leaf(4711)`` for two calls, and they may be a second apart."""
    return company()[1].issue(CN, serial=serial)


def anchors() -> list[PemBlock]:
    """Return what has to be in every bundle."""
    return split_pem(b"".join(authority.pem for authority in company()))


def identity(serial: int = 4711) -> Identity:
    """Return key and leaf as they are installed."""
    return read_identity(IdentitySource("leaf.pem", leaf(serial).pem))


@dataclass
class Tree:
    """
    The files of one server, by their path below the root with slashes; None is an absent file.

    Attributes:
        root: As the node writes it.
        files: What differs from the tree that the product ships.
    """

    root: str = "/srv/dwb"
    files: Mapping[str, bytes | None] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """Return the paths."""
        return make_layout(self.root)

    def path(self, name: str) -> str:
        """Return the node's path of the file *name*."""
        return self.layout.path(self.root, *name.split("/")) if not name.startswith("..") else self.layout.state + name[2:]

    def host(self) -> MemoryHost:
        """Return the node."""
        shipped: dict[str, bytes | None] = {
            "Certificates/server_cert.pem": b"Product = Query API\r\n" + licensor().issue(CN).pem,
            "Certificates/trust_ca_cert.pem": licensor().pem,
            "Components/Communications.cfg": (CFG / "Communications (CRLF).cfg.bin").read_bytes(),
            **self.files,
        }
        system = "windows" if self.layout.windows else "posix"
        files = {self.path(name): content for name, content in shipped.items() if content is not None}
        host = MemoryHost(files, folder=StateFolder(self.layout.state), system=system)
        host.clock = int(NOW.timestamp())
        return host

    def observe(self, host: MemoryHost | None = None) -> Server:
        """Return the server as one observation shows it."""
        return read_server(self.layout, (host or self.host()).observe(self.layout.looks()), now=NOW, window=timedelta(hours=4))


def rules(server: Server) -> list[str]:
    """Return the rules of the server's findings."""
    return findings.rules(server.findings)
