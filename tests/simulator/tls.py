"""What the server presents and whom it trusts, in the terms of OpenSSL."""

from __future__ import annotations

import hashlib
import os
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from .refusal import Refusal

CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.S)
# §4.3: the two lines by which the product knows a key.
_KEY = re.compile(rb"-----BEGIN (RSA )?PRIVATE KEY-----.*?-----END (RSA )?PRIVATE KEY-----", re.S)
_ENCRYPTED = re.compile(rb"BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED")


@dataclass(frozen=True)
class Identity:
    """
    A leaf and its key as loaded; files are not read again (10.2).

    Attributes:
        file: Where it came from, for messages.
        pem: The key and the leaf; never shown.
        name: The CN of the leaf.
        fingerprint: SHA-256 of the leaf's DER, lower-case hex.
    """

    file: str
    pem: bytes = field(repr=False)
    name: str
    fingerprint: str


def identity(file: str, content: bytes) -> Identity:
    """
    Return what a certificate file presents: its first certificate (§4.3) with its key.

    Args:
        file: The name to use in messages.
        content: The whole file; text around the blocks is skipped (§4.1).

    Raises:
        Refusal: No leaf, no key, more than one key, an encrypted key, no RSA (10.9), expired (10.3), no single CN (10.8).
    """
    leaf, key = CERTIFICATE.search(content), list(_KEY.finditer(content))
    if _ENCRYPTED.search(content):
        raise Refusal(f"{file}: the private key is encrypted")
    if leaf is None or len(key) != 1:
        raise Refusal(f"{file}: {'no certificate' if leaf is None else f'{len(key)} private keys'} in it")
    try:
        certificate = x509.load_pem_x509_certificate(leaf[0])
        name = common_name(certificate)
        rsa = isinstance(certificate.public_key(), RSAPublicKey)
    except ValueError as error:
        raise Refusal(f"{file}: {error}") from None
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Refusal(f"{file}: outside its validity, {certificate.not_valid_before_utc} to {certificate.not_valid_after_utc}")
    if not rsa:
        raise Refusal(f"{file}: its key is not RSA")
    der = ssl.PEM_cert_to_DER_cert(leaf[0].decode("ascii"))
    return Identity(file, key[0][0] + b"\n" + leaf[0] + b"\n", name, hashlib.sha256(der).hexdigest())


def common_name(certificate: x509.Certificate) -> str:
    """Return the CN; a certificate has exactly one (10.8). Raises Refusal."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(names) != 1:
        raise Refusal(f"{certificate.subject.rfc4514_string()}: {len(names)} common names")
    return str(names[0].value)


def server_context(mine: Identity, bundle: bytes, *, ciphers: str) -> ssl.SSLContext:
    """Return the context of the listener; a client certificate is optional (§8.3 step 2). Raises Refusal."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_TICKET
    context.verify_mode = ssl.CERT_OPTIONAL
    _prepare(context, mine, bundle=bundle, ciphers=ciphers)
    return context


def client_context(mine: Identity | None, bundle: bytes) -> ssl.SSLContext:
    """Return the context for a connection to a server; None presents nothing; the CN is compared by the caller (10.8). Raises Refusal."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    _prepare(context, mine, bundle=bundle)
    return context


def checked_bundle(content: bytes) -> bytes:
    """Return *content* when every block of the trust bundle loads; glued blocks spoil all of it (Appendix B). Raises Refusal."""
    with _file(content) as path:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except ssl.SSLError as error:
            raise Refusal(f"trust_ca_cert.pem: {words(error)}") from None
    return content


def _prepare(context: ssl.SSLContext, mine: Identity | None, *, bundle: bytes, ciphers: str = "") -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # §9: OpenSSL 1.1.0h has no TLS 1.3
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the documented check (§4.3)
    # The leaf twice: a chain given by hand keeps OpenSSL from filling in intermediates, on which nobody may rely (10.6).
    leaf = CERTIFICATE.search(mine.pem) if mine else None
    pem = mine.pem + leaf[0] + b"\n" if mine and leaf else b""
    try:
        context.set_ciphers((ciphers or "DEFAULT") + ":@SECLEVEL=1")  # the level of OpenSSL 1.1.0
        with _file(bundle) as trusted, _file(pem) as presented:
            context.load_verify_locations(trusted)
            if pem:
                context.load_cert_chain(presented)
    except ssl.SSLError as error:
        raise Refusal(f"{mine.file if mine else 'trust_ca_cert.pem'}: {words(error)}") from None


def words(error: ssl.SSLError) -> str:
    """Return OpenSSL's reason in lower case, without Python's place in front and behind."""
    return str(getattr(error, "reason", None) or re.sub(r"\[\w+\] | \(_ssl.*", "", str(error))).strip(".").lower().replace("_", " ")


@contextmanager
def _file(content: bytes) -> Iterator[str]:
    """Offer *content* under a path, in memory only: a key is never written to a disk."""
    handle = os.memfd_create("pem")
    try:
        with os.fdopen(os.dup(handle), "wb") as memory:
            memory.write(content)
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
