# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Visual Sciences CA of a test cluster (§4.1): it alone can licence a server."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

_ORGANIZATION = "Visual Sciences,LLC"
_SINCE = timedelta(days=700)


@dataclass(frozen=True)
class Licensor:
    """
    The CA as kept in a folder.

    Attributes:
        root_file: Its certificate, "compiled into" the servers it licences.
        root_pem: The same as text; the shipped trust bundle.
    """

    root_file: Path
    root_pem: str
    _key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Licensor:
        """Return the CA kept in *folder*; the first call makes it, and several processes may call at once."""
        folder.mkdir(parents=True, exist_ok=True)
        key_file, root_file = folder / "visual_sciences.key", folder / "visual_sciences.pem"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not root_file.exists():
                key = _key()
                key_file.touch(mode=0o600)
                key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
                root_file.write_bytes(_root(key).public_bytes(Encoding.PEM))
        kept = load_pem_private_key(key_file.read_bytes(), None)
        if not isinstance(kept, rsa.RSAPrivateKey):
            raise TypeError(f"{key_file}: no RSA key")
        return cls(root_file, root_file.read_text(), kept)

    def issue(self, name: str, *, days: int = 365) -> str:
        """Return key and certificate for the CN *name*, valid from long ago until *days* from now, as PEM text."""
        authority = x509.load_pem_x509_certificate(self.root_pem.encode())
        key = _key()
        usage = x509.KeyUsage(True, False, True, *[False] * 6)
        leaf = (
            _builder(_name(name), key.public_key(), days=days)
            .issuer_name(authority.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + leaf.public_bytes(Encoding.PEM)).decode()


def _root(key: rsa.RSAPrivateKey) -> x509.Certificate:
    subject = _name("Visual Sciences CA")
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = _builder(subject, key.public_key(), days=3650).issuer_name(subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _builder(subject: x509.Name, key: rsa.RSAPublicKey, *, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).public_key(key).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - _SINCE).not_valid_after(now + timedelta(days=days))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION), x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
