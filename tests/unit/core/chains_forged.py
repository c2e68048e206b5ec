"""More chains, of certificates that no library issues; the rows are those of ``chains``."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa

from unit.builders import Issued, make_key
from unit.core.chains import BUNDLE, CA, MAIL, ROOT, Chain, Row, in_bundle, leaf
from unit.core.forging import (
    BITS,
    GENERALIZED_TIME,
    SEQUENCE,
    UTC_TIME,
    extension,
    extensions,
    fields,
    forge,
    oid,
    pem,
    rsa_algorithm,
    tlv,
    validity,
)

BASIC_CONSTRAINTS, KEY_USAGE, NAMES, AUTHORITY, SUBJECT = "2.5.29.19", "2.5.29.15", "2.5.29.17", "2.5.29.35", "2.5.29.14"
POLICY_CONSTRAINTS, POLICIES, MAPPINGS, INHIBIT_ANY, PROXY = "2.5.29.36", "2.5.29.32", "2.5.29.33", "2.5.29.54", "1.3.6.1.5.5.7.1.14"
RSA = "1.2.840.113549.1.1.1"
PLANT = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Plant Root")])
EMPTY = tlv(SEQUENCE)
GENERAL, UTC = GENERALIZED_TIME, UTC_TIME
UNKNOWN_KEY = tlv(SEQUENCE, tlv(SEQUENCE, oid("1.2.3.4")), tlv(BITS, b"\x00key"))
LONG = extension("1.2.3.4", bytes(65536))


def of_leaf(signer: Any = None, **changed: Any) -> Callable[[], Chain]:
    """Return the chain of a leaf with other fields, as ``forge`` takes them."""
    return lambda: (forge(leaf(), signer or CA.key, **changed), BUNDLE)


def of_ca(**changed: Any) -> Callable[[], Chain]:
    """Return the chain of a sound leaf below a forged intermediate."""
    return lambda: (leaf().cert_pem, forge(CA, ROOT.key, **changed) + ROOT.pem)


def of_root(**changed: Any) -> Callable[[], Chain]:
    """Return the chain of a sound leaf below a forged root."""
    return lambda: (leaf().cert_pem, CA.pem + forge(ROOT, ROOT.key, **changed))


def leaf_with(*added: x509.ExtensionType | bytes, without: tuple[str, ...] = (), critical: bool = False) -> Callable[[], Chain]:
    """Return the chain of a leaf with other extensions."""
    return of_leaf(extensions=extensions(leaf(), *added, without=without, critical=critical))


def ca_with(*added: x509.ExtensionType | bytes, without: tuple[str, ...] = (), critical: bool = False) -> Callable[[], Chain]:
    """Return the chain of a sound leaf below an intermediate with other extensions."""
    return of_ca(extensions=extensions(CA, *added, without=without, critical=critical))


def root_with(*added: x509.ExtensionType | bytes, without: tuple[str, ...] = ()) -> Callable[[], Chain]:
    """Return the chain of a sound leaf below a root with other extensions."""
    return of_root(extensions=extensions(ROOT, *added, without=without))


def constrained(constraints: x509.NameConstraints, *names: x509.GeneralName) -> Callable[[], Chain]:
    """Return a leaf of these names below a CA with nameConstraints."""
    def chain() -> Chain:
        mine = extensions(leaf(), x509.SubjectAlternativeName(names), without=(NAMES,)) if names else fields(leaf().der)["extensions"]
        issuing = forge(CA, ROOT.key, extensions=extensions(CA, constraints, critical=True))
        return forge(leaf(), CA.key, extensions=mine), issuing + ROOT.pem
    return chain


def excluded(*names: x509.GeneralName) -> x509.NameConstraints:
    """Return nameConstraints that exclude *names*."""
    return x509.NameConstraints(None, names)


def permitted(*names: x509.GeneralName) -> x509.NameConstraints:
    """Return nameConstraints that permit *names*."""
    return x509.NameConstraints(names, None)


def named_by(issuer: Issued, serial: int) -> x509.AuthorityKeyIdentifier:
    """Return an authorityKeyIdentifier with the key of the CA, and with an issuer and a serial number."""
    key = x509.SubjectKeyIdentifier.from_public_key(CA.cert.public_key()).digest
    return x509.AuthorityKeyIdentifier(key, [x509.DirectoryName(issuer.cert.issuer)], serial)


def rsa_key(bits: int) -> bytes:
    """Return the SubjectPublicKeyInfo of an RSA key that nobody has."""
    modulus, exponent = (1 << bits) - 1, 65537
    numbers = tlv(SEQUENCE, tlv(2, modulus.to_bytes(bits // 8 + 1, "big")), tlv(2, exponent.to_bytes(3, "big")))
    return tlv(SEQUENCE, tlv(SEQUENCE, oid(RSA), b"\x05\x00"), tlv(BITS, b"\x00", numbers))


def ec_key(curve: bytes, point: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of an EC key."""
    return tlv(SEQUENCE, tlv(SEQUENCE, oid("1.2.840.10045.2.1"), curve), tlv(BITS, b"\x00", point))


def dsa_chain(*, ca: bool) -> Chain:
    """Return a leaf with a DSA key, or below a CA with one."""
    key = dsa.generate_private_key(1024)
    info = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if not ca:
        return forge(leaf(), CA.key, key=info), BUNDLE
    return forge(leaf(), key), forge(CA, ROOT.key, key=info) + ROOT.pem


def point(kind: str = "ec") -> bytes:
    """Return a point on P-256."""
    encoded: bytes = make_key(kind).public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return encoded


def renamed(subject: bytes) -> Chain:
    """Return a sound leaf below an intermediate of another name."""
    return forge(leaf(), CA.key, issuer=subject), forge(CA, ROOT.key, subject=subject) + ROOT.pem


DNS, IP, DIRECTORY = x509.DNSName, x509.IPAddress, x509.DirectoryName
PLANT_NET = IP(ipaddress.ip_network("10.1.0.0/16"))
CONSTRAINTS: dict[str, Row] = {
    "DNS name excluded": (48, 48, constrained(excluded(DNS("dpu-03")))),
    "DNS name not excluded": (0, 0, constrained(excluded(DNS("dpu-04")))),
    "DNS domain excluded": (48, 48, constrained(excluded(DNS("plant.example")), DNS("a.plant.example"))),
    "DNS domain permitted": (0, 0, constrained(permitted(DNS("plant.example")), DNS("a.plant.example"))),
    "DNS name of a lookalike": (47, 47, constrained(permitted(DNS("plant.example")), DNS("aplant.example"))),
    "address permitted": (0, 0, constrained(permitted(PLANT_NET), IP(ipaddress.ip_address("10.1.2.3")))),
    "address not permitted": (47, 47, constrained(permitted(PLANT_NET), IP(ipaddress.ip_address("10.2.2.3")))),
    "address excluded": (48, 48, constrained(excluded(PLANT_NET), IP(ipaddress.ip_address("10.1.2.3")))),
    "mail permitted": (0, 0, constrained(permitted(x509.RFC822Name("plant.example")), x509.RFC822Name("a@plant.example"))),
    "mail not permitted": (47, 47, constrained(permitted(x509.RFC822Name("plant.example")), x509.RFC822Name("a@corp.example"))),
    "URI not permitted": (47, 47, constrained(
        permitted(x509.UniformResourceIdentifier("plant.example")), x509.UniformResourceIdentifier("https://corp.example/"))),
    "directory name not permitted": (47, 47, constrained(permitted(DIRECTORY(PLANT)))),
    "directory name permitted": (0, 0, constrained(permitted(DIRECTORY(leaf().cert.subject)))),
    "directory name excluded": (48, 48, constrained(excluded(DIRECTORY(leaf().cert.subject)))),
    "registered ID constrained": (51, 51, constrained(
        permitted(x509.RegisteredID(MAIL)), x509.RegisteredID(MAIL))),
}

ODD: dict[str, Row] = {
    "MD5": (0, 0, of_leaf(digest="md5")),
    "SHA-1": (0, 0, of_leaf(digest="sha1")),
    "MD5 in a CA": (0, 0, of_ca(digest="md5")),
    "SHA-1 in a CA": (0, 0, of_ca(digest="sha1")),
    "SHA-1 in the root": (0, 0, of_root(digest="sha1")),
    "RSA 512": (0, 0, of_leaf(key=rsa_key(512))),
    "RSA 16384": (0, 0, of_leaf(key=rsa_key(16384))),
    "DSA": (0, 0, lambda: dsa_chain(ca=False)),
    "DSA CA": (0, 0, lambda: dsa_chain(ca=True)),
    "signed by the wrong CA": (7, 7, of_leaf(ROOT.key)),
    "signed by an EC key": (20, 20, of_leaf(make_key("ec"))),
    "other algorithm beside the signature": (78, 78, of_leaf(outer=rsa_algorithm("sha1"))),
    "other algorithm in the signed part": (78, 78, of_leaf(algorithm=rsa_algorithm("sha1"), outer=rsa_algorithm("sha256"))),
    "unknown signature algorithm": (20, 20, of_leaf(algorithm=tlv(SEQUENCE, oid("1.2.3.4")))),
    "unknown public key": (1, 1, of_leaf(key=UNKNOWN_KEY)),
    "unknown public key of a CA": (20, 20, of_ca(key=UNKNOWN_KEY)),
    "unknown public key of another CA of that name": (0, 0, lambda: (
        leaf().cert_pem, forge(CA, ROOT.key, key=UNKNOWN_KEY, serial=tlv(2, b"\x01")) + BUNDLE)),
    "broken RSA key": (1, 1, of_leaf(key=tlv(SEQUENCE, tlv(SEQUENCE, oid(RSA), b"\x05\x00"), tlv(BITS, b"\x00key")))),
    "RSA key for PSS only": (1, 1, of_leaf(key=rsa_key(2048).replace(oid(RSA), oid("1.2.840.113549.1.1.10")))),
    "EC key on P-256": (0, 0, of_leaf(key=ec_key(oid("1.2.840.10045.3.1.7"), point()))),
    "EC key off its curve": (1, 1, of_leaf(key=ec_key(oid("1.2.840.10045.3.1.7"), point()[:-1] + bytes([point()[-1] ^ 1])))),
    "EC key on an unknown curve": (1, 1, of_leaf(key=ec_key(oid("1.2.3.4"), point()))),
    "EC key without a curve": (1, 1, of_leaf(key=ec_key(b"\x05\x00", point()))),
    "serial zero": (0, 0, of_leaf(serial=tlv(2, b"\x00"))),
    "serial negative": (0, 0, of_leaf(serial=tlv(2, b"\x81"))),
    "serial of 40 bytes": (0, 0, of_leaf(serial=tlv(2, b"\x01" * 40))),
    "serial zero in a CA": (0, 0, of_ca(serial=tlv(2, b"\x00"))),
    "version 1": (0, 0, of_leaf(version=b"", extensions=b"")),
    "version 1 with extensions": (93, 93, of_leaf(version=b"")),
    "version 2": (93, 93, of_leaf(version=tlv(0xA0, tlv(2, b"\x01")))),
    "version 4": (0, 0, of_leaf(version=tlv(0xA0, tlv(2, b"\x03")))),
    "version 3 without extensions": (85, 85, of_leaf(extensions=b"")),
    "version 1 CA": (79, 79, of_ca(version=b"", extensions=b"")),
    "version 1 root": (79, 79, of_root(version=b"", extensions=b"")),
    "no issuer": (20, 20, of_leaf(issuer=EMPTY)),
    "empty issuer and CA": (83, 83, lambda: renamed(EMPTY)),
    "another name's case": (0, 0, of_leaf(issuer=fields(leaf().der)["issuer"].replace(b"Issuing", b"ISSUING"))),
    "another name's string type": (0, 0, of_leaf(issuer=fields(leaf().der)["issuer"].replace(b"\x0c\x07Issuing", b"\x13\x07Issuing"))),
    "unknown subject": (20, 20, of_leaf(issuer=PLANT.public_bytes())),
    "issuer's unique ID": (0, 0, of_leaf(key=fields(leaf().der)["key"] + tlv(0x81, b"\x00id"))),
    "general time before 2050": (0, 0, of_leaf(validity=validity(b"20200101000000Z", b"20491231235959Z", tag=GENERAL))),
    "expired in general time": (10, 10, of_leaf(validity=validity(b"20200101000000Z", b"20210101000000Z", tag=GENERAL))),
    "UTC time of 1950": (10, 10, of_leaf(validity=validity(b"500101000000Z", b"510101000000Z"))),
    "UTC time until 2049": (0, 0, of_leaf(validity=validity(b"200101000000Z", b"491231235959Z"))),
    "general time until 9999": (0, 0, of_leaf(validity=validity(b"20200101000000Z", b"99991231235959Z", tag=GENERAL))),
    "no seconds": (13, 13, of_leaf(validity=validity(b"2001010000Z", b"4912312359Z"))),
    "fractions of seconds": (13, 13, of_leaf(validity=validity(b"20200101000000.5Z", b"20491231235959.5Z", tag=GENERAL))),
    "a time zone": (13, 13, of_leaf(validity=validity(b"200101000000+0100", b"491231235959+0100"))),
    "no time at all": (13, 13, of_leaf(validity=validity(b"yesterday", b"tomorrow"))),
    "month 13 at the end": (14, 14, of_leaf(validity=validity(b"200101000000Z", b"491331235959Z"))),
    "end before beginning": (10, 10, of_leaf(validity=validity(b"210101000000Z", b"200101000000Z"))),
    "odd time in a CA": (13, 13, of_ca(validity=validity(b"2001010000Z", b"4912312359Z"))),
    "odd time in the root": (13, 13, of_root(validity=validity(b"2001010000Z", b"4912312359Z"))),
}

EXTENSIONS: dict[str, Row] = {
    "pathlen without CA": (80, 80, leaf_with(extension(BASIC_CONSTRAINTS, tlv(SEQUENCE, tlv(2, b"\x00")), critical=True),
                                             without=(BASIC_CONSTRAINTS,))),
    "negative pathlen": (20, 20, ca_with(extension(BASIC_CONSTRAINTS, tlv(SEQUENCE, b"\x01\x01\xff", tlv(2, b"\x81")), critical=True),
                                         without=(BASIC_CONSTRAINTS,))),
    "pathlen without keyCertSign": (81, 81, leaf_with(
        extension(BASIC_CONSTRAINTS, tlv(SEQUENCE, b"\x01\x01\xff", tlv(2, b"\x00")), critical=True), without=(BASIC_CONSTRAINTS,))),
    "explicit FALSE": (0, 0, leaf_with(extension(BASIC_CONSTRAINTS, tlv(SEQUENCE, b"\x01\x01\x00")), without=(BASIC_CONSTRAINTS,))),
    "broken basicConstraints": (20, 20, leaf_with(extension(BASIC_CONSTRAINTS, b"\x30\x05"), without=(BASIC_CONSTRAINTS,))),
    "broken basicConstraints in a CA": (20, 20, ca_with(extension(BASIC_CONSTRAINTS, b"\x30\x05"), without=(BASIC_CONSTRAINTS,))),
    "broken names": (20, 20, leaf_with(extension(NAMES, b"\x30\x05"), without=(NAMES,))),
    "broken keyUsage": (20, 20, leaf_with(extension(KEY_USAGE, b"\x30\x05"), without=(KEY_USAGE,))),
    "empty keyUsage": (20, 20, leaf_with(extension(KEY_USAGE, b"\x03\x01\x00"), without=(KEY_USAGE,))),
    "broken nameConstraints": (20, 20, ca_with(extension("2.5.29.30", b"\x30\x05"))),
    "keyUsage twice": (20, 20, leaf_with(extension(KEY_USAGE, b"\x03\x02\x07\x80"))),
    "names twice": (20, 20, leaf_with(x509.SubjectAlternativeName([DNS("dpu-04")]))),
    "unknown extension": (0, 0, leaf_with(extension("1.2.3.4", b"\x05\x00"))),
    "an extension of 64 KiB": (0, 0, leaf_with(LONG)),
    "unknown critical extension beside a wrong name": (34, 34, leaf_with(extension("1.2.3.4", b"", critical=True), without=(NAMES,))),
    "critical names": (0, 0, leaf_with(x509.SubjectAlternativeName([DNS("dpu-03")]), without=(NAMES,), critical=True)),
    "empty names": (87, 87, leaf_with(extension(NAMES, EMPTY), without=(NAMES,))),
    "critical authority key identifier": (34, 34, leaf_with(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(CA.key.public_key()), without=(AUTHORITY,), critical=True)),
    "critical subject key identifier": (34, 34, leaf_with(
        x509.SubjectKeyIdentifier(b"1"), without=(SUBJECT,), critical=True)),
    "authority by issuer and serial": (0, 0, leaf_with(named_by(CA, CA.cert.serial_number), without=(AUTHORITY,))),
    "authority's serial differs": (20, 20, leaf_with(named_by(CA, 1), without=(AUTHORITY,))),
    "authority's issuer differs": (20, 20, leaf_with(named_by(leaf(), CA.cert.serial_number), without=(AUTHORITY,))),
    "authority's key differs": (20, 20, leaf_with(x509.AuthorityKeyIdentifier(b"1" * 20, None, None), without=(AUTHORITY,))),
    "authority is empty": (85, 85, leaf_with(x509.AuthorityKeyIdentifier(None, None, None), without=(AUTHORITY,))),
    "empty subject key identifier": (20, 20, ca_with(x509.SubjectKeyIdentifier(b""), without=(SUBJECT,))),
    "CA's authority key differs": (2, 2, ca_with(x509.AuthorityKeyIdentifier(b"1" * 20, None, None), without=(AUTHORITY,))),
    "root's authority key differs": (2, 2, root_with(x509.AuthorityKeyIdentifier(b"1" * 20, None, None), without=(AUTHORITY,))),
    "root's subject key differs": (2, 2, root_with(x509.SubjectKeyIdentifier(b"1" * 20), without=(SUBJECT,))),
    "proxy": (20, 20, leaf_with(extension(PROXY, tlv(SEQUENCE, tlv(SEQUENCE, oid("1.3.6.1.5.5.7.21.1"))), critical=True))),
    "proxy with names": (40, 40, leaf_with(
        extension(PROXY, tlv(SEQUENCE, tlv(SEQUENCE, oid("1.3.6.1.5.5.7.21.1"))), critical=True), without=(NAMES,))),
    "policy required": (0, 0, ca_with(extension(POLICY_CONSTRAINTS, tlv(SEQUENCE, tlv(0x80, b"\x00")), critical=True))),
    "policies in the leaf": (0, 0, leaf_with(extension(POLICIES, tlv(SEQUENCE, tlv(SEQUENCE, oid("1.2.3.4"))), critical=True))),
    "broken policies": (0, 0, leaf_with(extension(POLICIES, b"\x30\x05"))),
    "policy mapped": (0, 0, ca_with(extension(MAPPINGS, tlv(SEQUENCE, tlv(SEQUENCE, oid("1.2.3.4"), oid("1.2.3.5"))), critical=True))),
    "any policy inhibited": (0, 0, ca_with(extension(INHIBIT_ANY, tlv(2, b"\x00"), critical=True))),
    "revocation list named": (0, 0, leaf_with(x509.CRLDistributionPoints([x509.DistributionPoint(
        [x509.UniformResourceIdentifier("http://plant.example/ca.crl")], None, None, None)]))),
    "Netscape says client": (26, 0, leaf_with(extension("2.16.840.1.113730.1.1", b"\x03\x02\x07\x80"))),
    "Netscape says server": (0, 26, leaf_with(extension("2.16.840.1.113730.1.1", b"\x03\x02\x06\x40"))),
    "Netscape says no CA": (0, 0, ca_with(extension("2.16.840.1.113730.1.1", b"\x03\x02\x06\xc0"))),
    "CA without identifiers": (85, 85, ca_with(without=(AUTHORITY, SUBJECT))),
    "addresses of the Internet registry": (0, 0, leaf_with(extension("1.3.6.1.5.5.7.1.7", tlv(SEQUENCE, tlv(
        SEQUENCE, tlv(4, b"\x00\x01"), b"\x05\x00")), critical=True))),
}

# What openssl x509 -addtrust and -addreject write behind the certificate: X509_CERT_AUX ::= SEQUENCE { trust, [0] reject }.
_SERVER, _CLIENT = oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2")
TRUST: dict[str, Row] = {
    "root trusted for servers": (0, 28, in_bundle(CA, pem(ROOT.der + tlv(SEQUENCE, tlv(SEQUENCE, _SERVER)), "TRUSTED CERTIFICATE"))),
    "root trusted for clients": (28, 0, in_bundle(CA, pem(ROOT.der + tlv(SEQUENCE, tlv(SEQUENCE, _CLIENT)), "TRUSTED CERTIFICATE"))),
    "root rejected for clients": (0, 28, in_bundle(
        CA, pem(ROOT.der + tlv(SEQUENCE, tlv(0xA0, _CLIENT)), "TRUSTED CERTIFICATE"))),
    "intermediate rejected for servers": (28, 0, in_bundle(
        pem(CA.der + tlv(SEQUENCE, tlv(0xA0, _SERVER)), "TRUSTED CERTIFICATE"), ROOT)),
    "intermediate trusted, no root": (0, 28, in_bundle(pem(CA.der + tlv(SEQUENCE, tlv(SEQUENCE, _SERVER)), "TRUSTED CERTIFICATE"))),
    "leaf rejected": (0, 0, lambda: (
        pem(leaf().der + tlv(SEQUENCE, tlv(0xA0, _SERVER)), "TRUSTED CERTIFICATE"), BUNDLE)),
    "root trusted for servers, and plain": (0, 0, in_bundle(
        CA, ROOT, pem(ROOT.der + tlv(SEQUENCE, tlv(SEQUENCE, _SERVER)), "TRUSTED CERTIFICATE"))),
}

FORGED: dict[str, Row] = {**CONSTRAINTS, **ODD, **EXTENSIONS, **TRUST}
