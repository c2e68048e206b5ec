# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The company's PKI as files on the controller: CAs that issue again tomorrow, and what the servers are to get."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from unit.builders import Authority, Leaf, make_root

LEVELS = ("root", "issuing")


class Company:
    """
    A CA of two levels, kept in a folder; whoever opens it first founds it.

    Attributes:
        root: The self-signed CA.
        issuing: The one below it, which issues.
    """

    def __init__(self, folder: Path) -> None:
        """Open the CA in *folder*, whose name is that of the company."""
        with _alone(folder):
            if not (folder / "issuing.key").exists():
                root = make_root(f"{folder.name} root CA")
                for level, authority in zip(LEVELS, (root, root.intermediate(f"{folder.name} issuing CA")), strict=True):
                    _keep(folder / level, authority)
        self.root, self.issuing = (_read(folder / level) for level in LEVELS)

    def issue(self, name: str, file: Path, **how: object) -> Leaf:
        """
        Issue a certificate, replacing the one before it.

        Args:
            name: Its common name.
            file: Gets key and leaf as one PEM.
            how: Fields of ``unit.builders.How``.
        """
        leaf = self.issuing.issue(name, **{"key": f"rsa2048/{name}", **how})
        file.touch(mode=0o600)
        file.write_bytes(leaf.pem)
        return leaf


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(file: Path, authority: Authority) -> None:
    file.with_suffix(".pem").write_bytes(authority.pem)
    key = file.with_suffix(".key")
    key.touch(mode=0o600)
    key.write_bytes(authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _read(file: Path) -> Authority:
    return Authority(load_pem_x509_certificate(file.with_suffix(".pem").read_bytes()),
                     load_pem_private_key(file.with_suffix(".key").read_bytes(), None))
