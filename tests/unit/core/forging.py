"""Certificates that no CA would issue: taken apart, changed, and signed again."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from unit.builders import Issued

SEQUENCE, OCTETS, BITS, UTC_TIME, GENERALIZED_TIME = 0x30, 0x04, 0x03, 0x17, 0x18
_FIELDS = ("version", "serial", "algorithm", "issuer", "validity", "subject", "key", "extensions")
_NULL = b"\x05\x00"
# DigestInfo prefixes (RFC 8017 section 9.2) and the last arc of the signature algorithm (RFC 8017 appendix A.2.4).
_RSA = {
    "md5": (4, bytes.fromhex("3020300c06082a864886f70d020505000410")),
    "sha1": (5, bytes.fromhex("3021300906052b0e03021a05000414")),
    "sha256": (11, bytes.fromhex("3031300d060960864801650304020105000420")),
}


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one DER value."""
    content = b"".join(parts)
    size = len(content)
    digits = b"" if size < 128 else size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(digits) if digits else size]) + digits + content


def values(der: bytes) -> list[bytes]:
    """Return the values inside of the first one of *der*."""
    content = _span(der)[1]
    found = []
    while content:
        size = len(_span(content)[0])
        found.append(content[:size])
        content = content[size:]
    return found


def _span(der: bytes) -> tuple[bytes, bytes]:
    """Return the first value of *der*, whole and its content."""
    head, size = 2, der[1]
    if size > 128:
        head, size = 2 + size - 128, int.from_bytes(der[2 : 2 + size - 128], "big")
    return der[: head + size], der[head : head + size]


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *arcs = (int(arc) for arc in dotted.split("."))
    encoded = bytes([first * 40 + second])
    for arc in arcs:
        septets = [arc >> shift & 127 for shift in range(28, -1, -7)]
        while len(septets) > 1 and not septets[0]:
            septets.pop(0)
        encoded += bytes([*(septet | 128 for septet in septets[:-1]), septets[-1]])
    return tlv(0x06, encoded)


def rsa_algorithm(digest: str) -> bytes:
    """Return the AlgorithmIdentifier of an RSA signature."""
    return tlv(SEQUENCE, oid(f"1.2.840.113549.1.1.{_RSA[digest][0]}"), _NULL)


def validity(before: bytes, after: bytes, *, tag: int = UTC_TIME) -> bytes:
    """Return a validity period of two times as they are given."""
    return tlv(SEQUENCE, tlv(tag, before), tlv(tag, after))


def fields(der: bytes) -> dict[str, bytes]:
    """Return the parts of a version 3 certificate that are signed."""
    return dict(zip(_FIELDS, values(values(der)[0]), strict=True))


def forge(issued: Issued, signer: Any, *, digest: str = "sha256", outer: bytes | None = None, **changed: bytes) -> bytes:
    """
    Return *issued* with other fields, signed by the key *signer*, as PEM.

    Args:
        issued: What to start from.
        signer: RSA, EC or DSA.
        digest: For RSA: md5, sha1 or sha256.
        outer: The algorithm as it stands beside the signature, when it differs from the signed one.
        changed: Whole values for names of _FIELDS; an empty one is left out.
    """
    algorithm = changed.pop("algorithm", _algorithm(signer, digest))
    signed = tlv(SEQUENCE, *{**fields(issued.der), "algorithm": algorithm, **changed}.values())
    return pem(tlv(SEQUENCE, signed, outer or algorithm, tlv(BITS, b"\x00", _signature(signed, signer, digest))))


def _algorithm(signer: Any, digest: str) -> bytes:
    if isinstance(signer, rsa.RSAPrivateKey):
        return rsa_algorithm(digest)
    return tlv(SEQUENCE, oid("1.2.840.10045.4.3.2" if isinstance(signer, ec.EllipticCurvePrivateKey) else "2.16.840.1.101.3.4.3.2"))


def _signature(signed: bytes, signer: Any, digest: str) -> bytes:
    """Sign; RSA by hand, because the library has no use for MD5 and SHA-1 any more (RFC 8017 section 8.2.1)."""
    if isinstance(signer, rsa.RSAPrivateKey):
        numbers, size = signer.private_numbers(), signer.key_size // 8
        told = _RSA[digest][1] + hashlib.new(digest, signed).digest()
        padded = b"\x00\x01" + b"\xff" * (size - 3 - len(told)) + b"\x00" + told
        return pow(int.from_bytes(padded, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")
    how = (ec.ECDSA(hashes.SHA256()),) if isinstance(signer, ec.EllipticCurvePrivateKey) else (hashes.SHA256(),)
    return bytes(signer.sign(signed, *how))


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    """Return one extension; *value* is what its OCTET STRING holds."""
    return tlv(SEQUENCE, oid(dotted), b"\x01\x01\xff" if critical else b"", tlv(OCTETS, value))


def extensions(issued: Issued, *added: x509.ExtensionType | bytes, without: Collection[str] = (), critical: bool = False) -> bytes:
    """
    Return the extensions of *issued* but for some, and some more, as a field for ``forge``.

    Args:
        issued: Whose they are.
        added: As the library has them, or as ``extension`` returns them.
        without: Dotted OIDs.
        critical: Whether those of the library are.
    """
    kept = [entry for entry in values(values(fields(issued.der)["extensions"])[0]) if not any(oid(gone) in entry for gone in without)]
    more = [entry if isinstance(entry, bytes) else extension(entry.oid.dotted_string, entry.public_bytes(), critical=critical)
            for entry in added]
    return tlv(0xA3, tlv(SEQUENCE, *kept, *more))


def pem(der: bytes, label: str = "CERTIFICATE") -> bytes:
    """Return *der* as a PEM block, whatever it is."""
    return f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) + f"-----END {label}-----\n".encode()


def flipped(issued: Issued, place: int = -1) -> bytes:
    """Return *issued* with one bit of the byte at *place* turned, by default in its signature."""
    der = bytearray(issued.der)
    der[place] ^= 1
    return pem(bytes(der))


def joined(parts: Sequence[Issued | bytes]) -> bytes:
    """Return certificates as one file."""
    return b"".join(part if isinstance(part, bytes) else part.cert_pem for part in parts)
