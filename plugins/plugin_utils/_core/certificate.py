# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a certificate and a private key are to the rest of the collection: plain values, as ``x509`` fills them in."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """
    What the extensions say (RFC 5280 section 4.2).

    Attributes:
        is_ca: basicConstraints says CA.
        path_length: How many CAs may follow below; None for any number.
        key_usage: In the words of RFC 5280; None when the extension is absent and every usage is allowed.
        extended_key_usage: ``serverAuth``, ``clientAuth`` or a dotted OID each; None when the extension is absent.
        dns_names: The dNSName entries of subjectAltName in their order.
        fault: Why the extensions could not be read, None when they could; all else is then as if they were absent.
    """

    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[str] | None = None
    extended_key_usage: tuple[str, ...] | None = None
    dns_names: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def can_sign(self) -> bool:
        """Whether keyUsage lets the key sign certificates (RFC 5280 section 4.2.1.3)."""
        return self.key_usage is None or "keyCertSign" in self.key_usage


@dataclass(frozen=True, kw_only=True)
class Certificate(Extensions):
    """
    What one certificate says; the attributes of its extensions included.

    Attributes:
        subject: As RFC 4514 writes it.
        issuer: As RFC 4514 writes it.
        common_names: The CNs of the subject as text, in the order of the certificate.
        common_name_bytes: The same as they are encoded, without the string type.
        fingerprint: SHA-256 of the DER, 64 lower-case hexadecimal digits.
        serial: May be zero or negative, as old CAs made them.
        not_before: Aware, UTC.
        not_after: Aware, UTC; the certificate is valid up to and including this second.
        key_type: RSA, RSA-PSS, EC, Ed25519, Ed448, DSA or unknown.
        key_bits: 0 when unknown.
        signature: Algorithm of the issuer's signature in OpenSSL's words, or a dotted OID.
        public_key_sha256: Of the SubjectPublicKeyInfo, equal to that of the private key that fits; empty when the key is unknown.
        self_issued: Subject and issuer are the same name.
        der: The whole certificate.
    """

    subject: str
    issuer: str
    common_names: tuple[str, ...]
    common_name_bytes: tuple[bytes, ...]
    fingerprint: str
    serial: int
    not_before: dt.datetime
    not_after: dt.datetime
    key_type: str
    key_bits: int
    signature: str
    public_key_sha256: str
    self_issued: bool
    der: bytes = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The certificate as RFC 7468 writes it: lines of 64 characters, ended by LF."""
        text = base64.b64encode(self.der)
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


@dataclass(frozen=True)
class PrivateKey:
    """
    A private key that can be written to a file.

    Attributes:
        pem: Unencrypted PKCS#8, lines ended by LF; the same key always gives the same bytes.
        public_key_sha256: Of the SubjectPublicKeyInfo that belongs to it.
    """

    pem: bytes = field(repr=False)
    public_key_sha256: str
