# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Certificates, keys and PKCS#12 files as plain values. The only file that imports ``cryptography``.

Nothing is judged here. What cannot be read raises CertificateError, never one of the library's exceptions,
and no message repeats what a key, a passphrase or the library says.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from contextlib import suppress
from functools import cache, lru_cache

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.utils import CryptographyDeprecationWarning
except ImportError:   # ansible-core requires it; without it every plugin says so before it does anything
    AVAILABLE = False
else:
    AVAILABLE = True

from .certificate import Certificate, Extensions, PrivateKey
from .errors import CertificateError
from .names import fold, read_names
from .pem import PemBlock

__all__ = ["AVAILABLE", "Certificate", "PrivateKey", "is_encrypted", "is_issued_by", "read_certificate", "read_key", "read_pkcs12"]

# PFX ::= SEQUENCE { version INTEGER {v3(3)}, … (RFC 7292 section 4)
_PFX = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...)\x02\x01\x03", re.DOTALL)
_LOCKED = re.compile(rb"Proc-Type:[ \t]*4,[ \t]*ENCRYPTED")
_RSA_PSS = "1.2.840.113549.1.1.10"
# OpenSSL's names (RFC 8017 appendix A.2, RFC 5758, RFC 8410).
_SIGNATURES = {
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption", _RSA_PSS: "rsassaPss",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption", "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption", "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1", "1.2.840.10045.4.3.2": "ecdsa-with-SHA256", "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512", "1.3.101.112": "ED25519", "1.3.101.113": "ED448",
}
_PURPOSES = {"1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth", "2.5.29.37.0": "anyExtendedKeyUsage"}
_USAGES = {
    "digitalSignature": "digital_signature", "nonRepudiation": "content_commitment", "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment", "keyAgreement": "key_agreement", "keyCertSign": "key_cert_sign", "cRLSign": "crl_sign",
}


@cache
def _unreadable() -> tuple[type[Exception], ...]:
    """Return what the library raises at input that it cannot read."""
    return (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


def _kind(key: object) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (rsa.RSAPublicKey, "RSA"), (ec.EllipticCurvePublicKey, "EC"), (ed25519.Ed25519PublicKey, "Ed25519"),
        (ed448.Ed448PublicKey, "Ed448"), (dsa.DSAPublicKey, "DSA"))
    return next((name for cls, name in kinds if isinstance(key, cls)), "unknown")


def read_certificate(source: bytes | PemBlock, *, where: str) -> Certificate:
    """
    Read one certificate; the same DER is parsed once per process.

    Args:
        source: DER, or a block of a PEM file.
        where: For the error.

    Raises:
        CertificateError: It cannot be decoded. Extensions that cannot be decoded are told in ``fault`` instead, so that a
            licence with odd ones still has a CN.
    """
    try:
        with _quiet():
            return _parsed(source.der if isinstance(source, PemBlock) else source)
    except _unreadable():
        raise CertificateError(where=where, problem="the certificate cannot be decoded: it is no DER of an X.509 certificate",
                               remedy="get the file again from the CA, as PEM") from None


def is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """
    Return whether *issuer* is named as the issuer of *certificate* and its key made the signature.

    Args:
        certificate: Whose signature it is about; pass it twice to ask whether it is self-signed.
        issuer: The candidate. A signature algorithm that is unknown here is given the benefit of the doubt.
    """
    if fold(certificate.issuer) != fold(issuer.subject):
        return False
    return _is_signed_by(certificate.der, issuer.der)


@lru_cache(maxsize=4096)
def _is_signed_by(certificate: bytes, issuer: bytes) -> bool:
    try:
        with _quiet():
            x509.load_der_x509_certificate(certificate).verify_directly_issued_by(x509.load_der_x509_certificate(issuer))
    except InvalidSignature:
        return False
    except _unreadable():
        # An algorithm without support, or names that are equal by RFC 5280 section 7.1 but not by their bytes.
        return True
    return True


def is_encrypted(block: PemBlock) -> bool:
    """
    Return whether a private-key block needs a passphrase.

    Args:
        block: ``BEGIN RSA PRIVATE KEY`` may hold an encrypted key too; only its Proc-Type line tells (RFC 1421).
    """
    return block.label == "ENCRYPTED PRIVATE KEY" or bool(_LOCKED.search(block.raw))


def read_key(block: PemBlock, *, passphrase: str | None, where: str) -> PrivateKey:
    """
    Read one private key; a passphrase that is not needed does no harm.

    Args:
        block: PKCS#8 or traditional, encrypted or not.
        passphrase: None when there is none.
        where: For the error.

    Raises:
        CertificateError: It is encrypted and the passphrase is missing or wrong, or it cannot be decoded.
    """
    encrypted = is_encrypted(block)
    if encrypted and passphrase is None:
        raise CertificateError(where=where, problem="the private key is encrypted and no passphrase was given",
                               remedy="give the option passphrase; the key is stored without it, the server cannot ask for one")
    with suppress(*_unreadable()), _quiet():
        password = _password(passphrase if encrypted else None)
        # The library's own check of an RSA key looks for primes for 45 ms; _is_consistent finds damage at once.
        if _LOCKED.search(block.raw):
            return _usable(serialization.load_pem_private_key(block.raw, password, unsafe_skip_rsa_key_validation=True))
        return _usable(serialization.load_der_private_key(block.der, password, unsafe_skip_rsa_key_validation=True))
    if encrypted:
        raise CertificateError(where=where, remedy="give the passphrase it was encrypted with",
                               problem="the private key cannot be decrypted: wrong passphrase, or a damaged or unsupported key")
    raise CertificateError(where=where, problem=f"the private key cannot be decoded, although its block says {block.label}",
                           remedy="export it again: openssl pkey -in KEY -out NEW")


def read_pkcs12(content: bytes, *, passphrase: str | None, where: str) -> tuple[PrivateKey | None, tuple[bytes, ...]]:
    """
    Read key and certificates of a PKCS#12 file.

    Args:
        content: The whole file, RFC 7292.
        passphrase: None when there is none.
        where: For the error.

    Returns:
        The key, None when there is none, and the DER of all certificates; which of them belongs to the key is for the caller to see.

    Raises:
        CertificateError: It cannot be opened.
    """
    # Without a passphrase means either none or an empty one, which are different keys (RFC 7292 appendix B).
    for attempt in (None, "") if passphrase is None else (passphrase,):
        try:
            return _opened(content, attempt)
        except _unreadable():
            continue
    if not _PFX.match(content):
        raise CertificateError(where=where, problem="is no PKCS#12 file", remedy="export it again as PKCS#12 (.p12, .pfx)")
    problem = "no passphrase was given and it needs one" if passphrase is None else "the passphrase is wrong"
    raise CertificateError(where=where, problem=f"the PKCS#12 file cannot be opened: {problem}, or the file is damaged",
                           remedy="give its passphrase in the option passphrase, or export the file again")


def _quiet() -> warnings.catch_warnings[None]:
    """Silence the library's warnings about serial numbers and old algorithms: what matters is told as a finding."""
    return warnings.catch_warnings(action="ignore", category=CryptographyDeprecationWarning)


def _password(passphrase: str | None) -> bytes | None:
    return None if passphrase is None else passphrase.encode("utf-8", "surrogateescape")


def _opened(content: bytes, passphrase: str | None) -> tuple[PrivateKey | None, tuple[bytes, ...]]:
    with _quiet():
        store = pkcs12.load_pkcs12(content, _password(passphrase))
        key = _usable(store.key) if store.key else None
        held = [store.cert, *store.additional_certs]
        return key, tuple(entry.certificate.public_bytes(serialization.Encoding.DER) for entry in held if entry)


@lru_cache(maxsize=4096)
def _parsed(der: bytes) -> Certificate:
    loaded = x509.load_der_x509_certificate(der)
    issuer, subject = read_names(loaded.tbs_certificate_bytes)
    key_type, key_bits, key_hash = _key_facts(loaded)
    signature = loaded.signature_algorithm_oid.dotted_string
    return Certificate(
        **vars(_extensions(loaded)), subject=subject.text, issuer=issuer.text, self_issued=fold(subject.text) == fold(issuer.text),
        common_names=tuple(name.text for name in subject.common_names),
        common_name_bytes=tuple(name.value for name in subject.common_names),
        fingerprint=hashlib.sha256(der).hexdigest(), serial=loaded.serial_number,
        not_before=loaded.not_valid_before_utc, not_after=loaded.not_valid_after_utc,
        key_type=key_type, key_bits=key_bits, signature=_SIGNATURES.get(signature, signature), public_key_sha256=key_hash, der=der)


def _extensions(loaded: x509.Certificate) -> Extensions:
    try:
        found: dict[type, x509.ExtensionType] = {type(extension.value): extension.value for extension in loaded.extensions}
    except _unreadable():
        return Extensions(fault="an extension cannot be decoded, or is there twice")
    constraints, usage = found.get(x509.BasicConstraints), found.get(x509.KeyUsage)
    purposes, names = found.get(x509.ExtendedKeyUsage), found.get(x509.SubjectAlternativeName)
    return Extensions(
        is_ca=isinstance(constraints, x509.BasicConstraints) and constraints.ca,
        path_length=constraints.path_length if isinstance(constraints, x509.BasicConstraints) else None,
        key_usage=frozenset(name for name, flag in _USAGES.items() if getattr(usage, flag)) if usage else None,
        extended_key_usage=tuple(_PURPOSES.get(oid.dotted_string, oid.dotted_string) for oid in purposes)
        if isinstance(purposes, x509.ExtendedKeyUsage) else None,
        dns_names=tuple(names.get_values_for_type(x509.DNSName)) if isinstance(names, x509.SubjectAlternativeName) else ())


def _key_facts(loaded: x509.Certificate) -> tuple[str, int, str]:
    """Return type, bits and SHA-256 of the public key."""
    try:
        key = loaded.public_key()
        encoded = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    except _unreadable():
        return "unknown", 0, ""
    kind = _kind(key)
    kind = "RSA-PSS" if loaded.public_key_algorithm_oid.dotted_string == _RSA_PSS else kind
    return kind, getattr(key, "key_size", 0), hashlib.sha256(encoded).hexdigest()


def _usable(key: PrivateKeyTypes) -> PrivateKey:
    """Return *key* as a value; raises ValueError when it is an RSA key whose parts do not belong together."""
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey) and not _is_consistent(key.private_numbers()):
        raise ValueError("the parts of the key do not belong together")
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    encoded = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return PrivateKey(secret, hashlib.sha256(encoded).hexdigest())


def _is_consistent(key: rsa.RSAPrivateNumbers) -> bool:
    """Return whether the parts of an RSA key belong together (RFC 8017 section 3.2); whether p and q are prime is not asked."""
    public, small = key.public_numbers, (key.p - 1, key.q - 1)
    return (
        min(small) > 1 and key.p * key.q == public.n
        and all(public.e * key.d % factor == 1 for factor in small)
        and (key.dmp1, key.dmq1) == (key.d % small[0], key.d % small[1])
        and key.iqmp * key.q % key.p == 1)
