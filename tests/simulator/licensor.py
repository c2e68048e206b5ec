"""The Visual Sciences CA of a test cluster (§4.1): it alone can licence a server."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import NameOID
from unit.builders import Authority, Leaf, make_root

_NAMES = ((NameOID.ORGANIZATION_NAME, "Visual Sciences,LLC"), (NameOID.COMMON_NAME, "Visual Sciences CA"))
_SINCE = timedelta(days=700)


@dataclass(frozen=True)
class Licensor:
    """
    The CA as kept in a folder.

    Attributes:
        file: Its certificate, "compiled into" the servers it licences.
        authority: The CA itself.
    """

    file: Path
    authority: Authority = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Licensor:
        """Return the CA kept in *folder*; the first call makes it, and several processes may call at once."""
        folder.mkdir(parents=True, exist_ok=True)
        key, file = folder / "visual_sciences.key", folder / "visual_sciences.pem"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                made = make_root(names=_NAMES, key="rsa2048/Visual Sciences CA")
                key.touch(mode=0o600)
                key.write_bytes(made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
                file.write_bytes(made.pem)
        authority = Authority(load_pem_x509_certificate(file.read_bytes()), load_pem_private_key(key.read_bytes(), None))
        return cls(file, authority)

    @property
    def pem(self) -> str:
        """Return its certificate as text: the shipped trust bundle."""
        return self.authority.pem.decode()

    def issue(self, name: str, *, days: int = 365) -> Leaf:
        """Return a certificate with a key of its own for the CN *name*, valid since long ago until *days* from now."""
        now = datetime.now(UTC)
        return self.authority.issue(name, key=f"rsa2048/{name}", not_before=now - _SINCE, not_after=now + timedelta(days=days))
