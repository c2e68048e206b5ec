# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
A key and its leaf, from whatever form an operator has them in.

The result is the file as the product wants it: the unencrypted key, then the leaf, nothing else. It is written
anew, so that the same key and leaf always give the same bytes and the SHA-256 of the file tells whether it changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .certificate import Certificate, PrivateKey
from .errors import CoreError, Finding, Refused
from .names import shown
from .pem import PemBlock, split_pem
from .x509 import read_certificate, read_key, read_pkcs12

_T = TypeVar("_T")
# OpenSSL sends no certificates above 100 KiB in a handshake; a real leaf has 4.
_MAX_BYTES = 32768
# "openssl ecparam -genkey" writes one before the key, which repeats it.
_HARMLESS = frozenset({"EC PARAMETERS"})


@dataclass(frozen=True)
class IdentitySource:
    """
    What an operator gave.

    Attributes:
        name: The file or option, as the operator knows it.
        content: PEM with leaf and key, or with the leaf alone; chain certificates may follow the leaf.
        key: PEM of the key when it is not in *content*.
        passphrase: Of the key or of the PKCS#12 file.
        pkcs12: A PKCS#12 file, instead of *content* and *key*.
    """

    name: str
    content: bytes | None = field(default=None, repr=False)
    key: bytes | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    pkcs12: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Identity:
    """
    A key and the leaf it belongs to.

    Attributes:
        name: As in the source.
        pem: The file to install: unencrypted PKCS#8 key, then the leaf, lines ended by LF.
        leaf: What the leaf says.
        extra: How many chain certificates came with the leaf; they are not in *pem*, for nobody reads them there.
    """

    name: str
    pem: bytes = field(repr=False)
    leaf: Certificate
    extra: int = 0

    @property
    def leaf_pem(self) -> bytes:
        """The leaf alone."""
        return self.leaf.pem

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file to install, 64 lower-case hexadecimal digits."""
        return hashlib.sha256(self.pem).hexdigest()


@dataclass
class _Material:
    """What was found in a source, and what is wrong with it."""

    name: str
    key: PrivateKey | None = field(default=None, repr=False)
    certificates: list[Certificate] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, rule: str, problem: str, remedy: str) -> None:
        """Note a broken requirement."""
        self.findings.append(Finding(self.name, problem, remedy, rule))

    def has(self, *rules: str) -> bool:
        """Tell whether one of *rules* is broken."""
        return any(finding.rule in rules for finding in self.findings)

    def collect(self, rule: str, read: Callable[[], _T]) -> _T | None:
        """Return what *read* returns; None, and its findings under *rule*, when it raises."""
        try:
            return read()
        except CoreError as error:
            self.findings += [replace(finding, rule=rule) for finding in error.findings]
            return None


def read_identity(source: IdentitySource) -> Identity:
    """
    Return key and leaf of *source*, unencrypted and in the order of the product.

    Args:
        source: One PEM, leaf and key apart, or PKCS#12; the key may be encrypted.

    Raises:
        Refused: Not exactly one key, none or a wrong passphrase, no certificate, a key of another certificate, a CA before the
            leaf, or content that cannot be read. All findings at once; none shows a key or a passphrase.
    """
    material = _Material(source.name)
    if source.pkcs12 is not None:
        _read_store(source, material)
    else:
        _read_blocks(source, material)
    leaf = _leaf(material, any_order=source.pkcs12 is not None)
    if leaf and len(leaf.pem) > _MAX_BYTES:
        material.refuse("size", f"the certificate has {len(leaf.pem)} bytes; at most {_MAX_BYTES} are read",
                        "have it reissued with fewer names")
    if material.findings or leaf is None or material.key is None:
        raise Refused(material.findings)
    return Identity(source.name, material.key.pem + leaf.pem, leaf, len(material.certificates) - 1)


def _read_store(source: IdentitySource, material: _Material) -> None:
    if source.content is not None or source.key is not None:
        material.refuse("source", "is given as PEM and as PKCS#12", "give one of them")
    store = material.collect("pkcs12", lambda: read_pkcs12(source.pkcs12 or b"", passphrase=source.passphrase, where=source.name))
    if store is None:
        return
    material.key, ders = store
    if material.key is None:
        material.refuse("one-key", "the PKCS#12 file holds no private key", "export it again, with its key")
    _read_certificates(material, ders)


def _read_blocks(source: IdentitySource, material: _Material) -> None:
    blocks = _split(material, source.content, where=source.name)
    keys = [(block, source.name) for block in blocks if block.is_private_key]
    key_file = f"key of {source.name}"
    own = _split(material, source.key, where=key_file)
    keys += [(block, key_file) for block in own if block.is_private_key]
    _read_certificates(material, [block for block in (*blocks, *own) if block.is_certificate])
    if len(keys) == 1:
        block, where = keys[0]
        material.key = material.collect("key", lambda: read_key(block, passphrase=source.passphrase, where=f"{where}: line {block.line}"))
    elif keys or not material.has("pem"):
        places = ", ".join(f"{where}: line {block.line}" for block, where in keys)
        problem = f"{len(keys)} private keys ({places}); exactly one is wanted" if keys else "no private key"
        material.refuse("one-key", problem, "leave the key of this certificate only" if keys else
                        "add the key of this certificate to the file, or name its file in key_src")


def _split(material: _Material, content: bytes | None, *, where: str) -> Sequence[PemBlock]:
    if content is None:
        return ()
    blocks = material.collect("pem", lambda: split_pem(content, where=where))
    for block in blocks or ():
        if not (block.is_private_key or block.is_certificate or block.label in _HARMLESS):
            material.findings.append(Finding(
                f"{where}: line {block.line}", f"a block {shown(block.label)}, neither certificate nor private key",
                "remove it; the file is to hold one key and its certificate", "pem"))
    if blocks == []:
        material.findings.append(Finding(where, "no PEM block: it has no line -----BEGIN …-----",
                                         "convert a DER file by openssl x509 or openssl pkey; name a PKCS#12 file in pkcs12_src", "pem"))
    return blocks or ()


def _read_certificates(material: _Material, sources: Sequence[bytes | PemBlock]) -> None:
    for number, certificate in enumerate(sources, 1):
        place = f"line {certificate.line}" if isinstance(certificate, PemBlock) else f"certificate {number}"
        read = material.collect("certificate", _reader(certificate, f"{material.name}: {place}"))
        material.certificates += [read] if read else []
    if not material.certificates and not material.has("certificate", "pem"):
        material.refuse("certificate", "no certificate", "add the certificate that the CA issued for this key")


def _reader(certificate: bytes | PemBlock, where: str) -> Callable[[], Certificate]:
    return lambda: read_certificate(certificate, where=where)


def _leaf(material: _Material, *, any_order: bool) -> Certificate | None:
    """Return the certificate of the key; the first one when it has to come first, as OpenSSL reads a PEM file."""
    if not material.certificates:
        return None
    first, *others = material.certificates
    owner = next(_owners(material), None)
    if owner and (any_order or owner == first):
        return owner
    if owner or (material.key is None and first.is_ca and not all(other.is_ca for other in others)):
        material.refuse("leaf-first", f"the first certificate, {shown(first.subject)}, is not the leaf; OpenSSL judges the first one only",
                        "put the leaf before the certificates of its CA")
    elif material.key:
        material.refuse("key-fit", f"the private key does not belong to the certificate {shown(first.subject)}: key values mismatch",
                        "give the key that the certificate was requested with")
    return first


def _owners(material: _Material) -> Iterator[Certificate]:
    hashed = material.key.public_key_sha256 if material.key else None
    return (certificate for certificate in material.certificates if certificate.public_key_sha256 == hashed)
