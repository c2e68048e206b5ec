"""The one builder of test certificates: real ones, each with as many things broken as a test asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
BOTH = (SERVER, CLIENT)
_HASHES: dict[str, Any] = {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
_CA_USAGE = ("key_cert_sign", "crl_sign")
_LEAF_USAGE = ("digital_signature", "key_encipherment")
_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
           "crl_sign", "encipher_only", "decipher_only")


@dataclass(frozen=True)
class How:
    """
    How a certificate is made; the defaults give one that nothing is wrong with.

    Attributes:
        key: rsa1024, rsa2048, rsa3072, rsa4096, rsa8192, ec or ed25519; a number behind a slash asks for another one of the kind.
        not_before: Aware; a day ago when None.
        not_after: Aware; in 365 days when None, CAs in ten years.
        eku: Extended key usages, None for no such extension.
        usage: Names as in cryptography, None for no such extension.
        ca: What basicConstraints say; None for no such extension.
        path_length: Of basicConstraints.
        constraints_critical: Whether basicConstraints is critical.
        dns: dNSNames; the CN when None, no such extension when empty.
        ski: Whether there is a subject key identifier.
        aki: Whether there is an authority key identifier.
        digest: Hash of the signature.
        pss: Whether the signature is RSASSA-PSS.
        permitted: Name constraints, DNS names.
        unknown_critical: Whether there is a critical extension that nobody knows.
        names: Attributes of the subject instead of one CN: pairs of OID and text.
        serial: A random one when None.
    """

    key: str = "rsa2048"
    not_before: datetime | None = None
    not_after: datetime | None = None
    eku: Sequence[x509.ObjectIdentifier] | None = BOTH
    usage: Sequence[str] | None = _LEAF_USAGE
    ca: bool | None = False
    path_length: int | None = None
    constraints_critical: bool = True
    dns: Sequence[str] | None = None
    ski: bool = True
    aki: bool = True
    digest: str = "sha256"
    pss: bool = False
    permitted: Sequence[str] = ()
    unknown_critical: bool = False
    names: Sequence[tuple[x509.ObjectIdentifier, str]] | None = None
    serial: int | None = None


_CA = How(eku=None, usage=_CA_USAGE, ca=True, dns=())


@cache
def make_key(kind: str) -> Any:
    """Return the key called *kind*; each name is one key for the whole process, because RSA keys take time."""
    kind = kind.partition("/")[0]
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else ed25519.Ed25519PrivateKey.generate()


@dataclass(frozen=True)
class Issued:
    """A certificate with its key and those above it, root last."""

    cert: x509.Certificate
    key: Any = field(repr=False)
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        """Return the DER."""
        return self.cert.public_bytes(serialization.Encoding.DER)

    @property
    def cert_pem(self) -> bytes:
        """Return the certificate alone."""
        return self.cert.public_bytes(serialization.Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """Return the certificate, then its CAs up to but without the root."""
        return self.cert_pem + b"".join(cert.public_bytes(serialization.Encoding.PEM) for cert in self.above[:-1])

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the DER, lower case."""
        return self.cert.fingerprint(hashes.SHA256()).hex()


@dataclass(frozen=True)
class Leaf(Issued):
    """A certificate of a server or client."""

    @property
    def key_pem(self) -> bytes:
        """Return the unencrypted PKCS#8 key."""
        return _key_pem(self.key, serialization.PrivateFormat.PKCS8, None)

    @property
    def traditional_key_pem(self) -> bytes:
        """Return the unencrypted key in its traditional form."""
        return _key_pem(self.key, serialization.PrivateFormat.TraditionalOpenSSL, None)

    @property
    def pem(self) -> bytes:
        """Return key, then certificate, as the product wants them."""
        return self.key_pem + self.cert_pem

    def encrypted_key_pem(self, passphrase: str) -> bytes:
        """Return the key encrypted in PKCS#8."""
        return _key_pem(self.key, serialization.PrivateFormat.PKCS8, passphrase)

    def encrypted_traditional_key_pem(self, passphrase: str) -> bytes:
        """Return the key encrypted in its traditional form, with Proc-Type and DEK-Info."""
        return _key_pem(self.key, serialization.PrivateFormat.TraditionalOpenSSL, passphrase)

    def p12(self, passphrase: str | None) -> bytes:
        """Return key, certificate and CAs as PKCS#12."""
        return pkcs12.serialize_key_and_certificates(b"server", self.key, self.cert, self.above[:-1], _encryption(passphrase))


@dataclass(frozen=True)
class Authority(Issued):
    """A CA."""

    @property
    def pem(self) -> bytes:
        """Return the certificate, as an anchor."""
        return self.cert_pem

    def intermediate(self, name: str, **how: Any) -> Authority:
        """Return a CA below this one; *how* are fields of How."""
        asked = replace(_CA, **{"key": f"rsa2048/{name}", **how})
        return Authority(_build(name, asked, self), make_key(asked.key), (self.cert, *self.above))

    def issue(self, common_name: str, **how: Any) -> Leaf:
        """Return a leaf; *how* are fields of How."""
        asked = How(**how)
        return Leaf(_build(common_name, asked, self), make_key(asked.key), (self.cert, *self.above))


def make_root(name: str = "Corp Root", **how: Any) -> Authority:
    """Return a self-signed CA; *how* are fields of How."""
    asked = replace(_CA, **{"key": f"rsa2048/{name}", **how})
    return Authority(_build(name, asked, None), make_key(asked.key))


def self_signed(common_name: str, **how: Any) -> Leaf:
    """Return a leaf that nobody but itself has signed."""
    asked = How(**how)
    return Leaf(_build(common_name, asked, None), make_key(asked.key))


def _key_pem(key: Any, form: serialization.PrivateFormat, passphrase: str | None) -> bytes:
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, form, _encryption(passphrase))
    return pem


def _encryption(passphrase: str | None) -> serialization.KeySerializationEncryption:
    return serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()


def _name(common_name: str, how: How) -> x509.Name:
    names = [(NameOID.COMMON_NAME, common_name)] if how.names is None else how.names
    return x509.Name([x509.NameAttribute(oid, text, _validate=False) for oid, text in names])


def _build(common_name: str, how: How, issuer: Authority | None) -> x509.Certificate:
    now = datetime.now(UTC).replace(microsecond=0)
    subject, key = _name(common_name, how), make_key(how.key)
    signer = issuer.key if issuer else key
    builder = x509.CertificateBuilder(
        issuer_name=issuer.cert.subject if issuer else subject, subject_name=subject, public_key=key.public_key(),
        serial_number=how.serial or x509.random_serial_number(), not_valid_before=how.not_before or now - timedelta(days=1),
        not_valid_after=how.not_after or now + timedelta(days=3650 if how.ca else 365))
    for extension, critical in _extensions(common_name, how, signer.public_key()):
        builder = builder.add_extension(extension, critical)
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else _HASHES[how.digest]()
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH) if how.pss else None
    return builder.sign(signer, digest, rsa_padding=scheme)


def _extensions(common_name: str, how: How, signer: Any) -> list[tuple[x509.ExtensionType, bool]]:
    """Return what How asks for; the order is that of RFC 5280."""
    dns = [common_name] if how.dns is None else how.dns
    permitted = [x509.DNSName(name) for name in how.permitted]
    wanted: list[tuple[bool, Any, bool]] = [
        (how.aki, lambda: x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), False),
        (how.ski, lambda: x509.SubjectKeyIdentifier.from_public_key(make_key(how.key).public_key()), False),
        (how.usage is not None, lambda: x509.KeyUsage(**{name: name in (how.usage or ()) for name in _USAGES}), True),
        (bool(dns), lambda: x509.SubjectAlternativeName([x509.DNSName(name) for name in dns]), False),
        (how.ca is not None, lambda: x509.BasicConstraints(bool(how.ca), how.path_length), how.constraints_critical),
        (bool(permitted), lambda: x509.NameConstraints(permitted, None), True),
        (how.eku is not None, lambda: x509.ExtendedKeyUsage(list(how.eku or ())), False),
        (how.unknown_critical, lambda: x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True),
    ]
    return [(make(), critical) for present, make, critical in wanted if present]
