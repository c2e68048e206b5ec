"""
Chains for the verdict, each with one thing broken, or something odd that is sound.

A row: the first error number as TLS server and as TLS client, 0 for none, then certificate and bundle, made when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from unit.builders import BOTH, CLIENT, SERVER, Authority, Issued, Leaf, make_root, self_signed
from unit.core.forging import flipped, joined, pem

Chain = tuple[bytes, bytes]
Row = tuple[int, int, Callable[[], Chain]]

ROOT = make_root()
CA = ROOT.intermediate("Issuing")
BUNDLE = CA.pem + ROOT.pem
PAST = {"not_before": datetime(2001, 1, 1, tzinfo=UTC), "not_after": datetime(2002, 1, 1, tzinfo=UTC)}
FUTURE = {"not_before": datetime(2101, 1, 1, tzinfo=UTC), "not_after": datetime(2102, 1, 1, tzinfo=UTC)}
MAIL, ANY = ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
PLANT = {"names": [(NameOID.COMMON_NAME, "Plant")]}


@cache
def leaf() -> Leaf:
    """Return a leaf that nothing is wrong with."""
    return CA.issue("dpu-03")


def of_leaf(**how: Any) -> Callable[[], Chain]:
    """Return the chain of a leaf made so."""
    return lambda: (CA.issue("dpu-03", **how).cert_pem, BUNDLE)


def of_ca(**how: Any) -> Callable[[], Chain]:
    """Return the chain of a sound leaf below an intermediate made so."""
    def chain() -> Chain:
        issuing = ROOT.intermediate("Issuing", **how)
        return issuing.issue("dpu-03").cert_pem, joined([issuing, ROOT])
    return chain


def of_root(**how: Any) -> Callable[[], Chain]:
    """Return the chain of a sound leaf below a root made so."""
    def chain() -> Chain:
        root = make_root(**how)
        issuing = root.intermediate("Issuing")
        return issuing.issue("dpu-03").cert_pem, joined([issuing, root])
    return chain


def in_bundle(*parts: Issued | bytes) -> Callable[[], Chain]:
    """Return the chain of a sound leaf and a bundle of *parts*."""
    return lambda: (leaf().cert_pem, joined(parts))


def deep(levels: int) -> Chain:
    """Return a leaf below so many intermediates."""
    above: list[Authority] = [make_root(key="ec/deep")]
    for level in range(levels):
        above.append(above[-1].intermediate(f"Level {level}", key="ec/deep"))
    return above[-1].issue("dpu-03", key="ec/leaf").cert_pem, joined(above)


def short_path(*lengths: int | None, key: str = "ec/deep") -> Callable[[], Chain]:
    """Return a leaf below a root and intermediates with these path lengths."""
    def chain() -> Chain:
        above = [make_root(key=key, path_length=lengths[0])]
        for level, length in enumerate(lengths[1:]):
            above.append(above[-1].intermediate(f"Level {level}", key=key, path_length=length))
        return above[-1].issue("dpu-03").cert_pem, joined(above)
    return chain


def namesake(*, old: dict[str, Any], new: dict[str, Any], order: int = 1) -> Callable[[], Chain]:
    """Return a leaf below *new*, with *old* of the same name in the bundle before it, or behind it."""
    def chain() -> Chain:
        issuing = ROOT.intermediate("Issuing", **new)
        twins = [ROOT.intermediate("Issuing", **{"key": "rsa2048/old", **old}), issuing]
        return issuing.issue("dpu-03", aki=new.get("ski", True)).cert_pem, joined([*twins[::order], ROOT])
    return chain


def cross_signed(*, with_root: bool, with_cross: bool, other: bool) -> Callable[[], Chain]:
    """Return a leaf whose root is trusted itself, or as an intermediate of another root, or both."""
    def chain() -> Chain:
        plant = make_root("Plant", key="rsa2048/old")
        cross = plant.intermediate("Corp Root", key="rsa2048/Corp Root")
        parts = [CA, *([cross] if with_cross else []), *([ROOT] if with_root else []), *([plant] if other else [])]
        return leaf().cert_pem, joined(parts)
    return chain


def self_issued(**how: Any) -> Callable[[], Chain]:
    """Return a leaf that bears the name of its issuer, but not its key."""
    def chain() -> Chain:
        return CA.issue("Issuing", **how).cert_pem, BUNDLE
    return chain


def by_itself(*, trusted: bool, **how: Any) -> Callable[[], Chain]:
    """Return a self-signed leaf, itself in the bundle or not."""
    def chain() -> Chain:
        alone = self_signed("dpu-03", **how)
        return alone.cert_pem, joined([alone, ROOT] if trusted else [ROOT])
    return chain


SOUND: dict[str, Row] = {
    "sound": (0, 0, in_bundle(BUNDLE)),
    "bundle, root first": (0, 0, in_bundle(ROOT, CA)),
    "bundle with CRLF": (0, 0, in_bundle(BUNDLE.replace(b"\n", b"\r\n"))),
    "bundle with text": (0, 0, in_bundle(b"# plant\n", CA, b"\n\xc3\xa4\xff text\n\n", ROOT, b"end")),
    "bundle without a final line end": (0, 0, in_bundle(BUNDLE.rstrip())),
    "bundle with a blank line first": (0, 0, in_bundle(BUNDLE.replace(b"BEGIN CERTIFICATE-----\n", b"BEGIN CERTIFICATE-----\n\n"))),
    "bundle with trailing blanks": (0, 0, in_bundle(BUNDLE.replace(b"\n", b" \t\n"))),
    "bundle with indented base64": (0, 0, in_bundle(BUNDLE.replace(b"\nM", b"\n  M"))),
    "anchors twice": (0, 0, in_bundle(BUNDLE, BUNDLE)),
    "anchors of others": (0, 0, lambda: (leaf().cert_pem, make_root("Plant").pem + BUNDLE)),
    "expired anchors of others": (0, 0, lambda: (leaf().cert_pem, make_root("Plant", **PAST).pem + BUNDLE)),
    "leaf in the bundle": (0, 0, lambda: (leaf().cert_pem, leaf().cert_pem + BUNDLE)),
    "certificate with CRLF": (0, 0, lambda: (leaf().cert_pem.replace(b"\n", b"\r\n"), BUNDLE)),
    "certificate below text": (0, 0, lambda: (b"Subject: dpu-03\n" + leaf().cert_pem, BUNDLE)),
    "chain behind the leaf": (0, 0, lambda: (leaf().chain_pem, BUNDLE)),
    "key below the leaf": (0, 0, lambda: (leaf().cert_pem + leaf().key_pem, BUNDLE)),
    "key in the bundle": (0, 0, lambda: (leaf().cert_pem, leaf().key_pem + BUNDLE)),
    "leaf labelled X509": (0, 0, lambda: (pem(leaf().der, "X509 CERTIFICATE"), BUNDLE)),
    "leaf labelled TRUSTED": (0, 0, lambda: (pem(leaf().der, "TRUSTED CERTIFICATE"), BUNDLE)),
    "anchor labelled X509": (0, 0, lambda: (leaf().cert_pem, CA.pem + pem(ROOT.der, "X509 CERTIFICATE"))),
    "anchor labelled TRUSTED": (0, 0, lambda: (leaf().cert_pem, CA.pem + pem(ROOT.der, "TRUSTED CERTIFICATE"))),
    "bytes behind the leaf's DER": (0, 0, lambda: (pem(leaf().der + b"more"), BUNDLE)),
    "bytes behind a CA's DER": (0, 0, in_bundle(pem(CA.der + b"more"), ROOT)),
    "RSA 3072": (0, 0, of_leaf(key="rsa3072")),
    "RSA 1024": (0, 0, of_leaf(key="rsa1024")),
    "RSA 1024 CA": (0, 0, of_ca(key="rsa1024")),
    "EC": (0, 0, of_leaf(key="ec")),
    "EC CA": (0, 0, of_ca(key="ec")),
    "Ed25519": (0, 0, of_leaf(key="ed25519")),
    "Ed25519 CA": (0, 0, of_ca(key="ed25519")),
    "EC all the way": (0, 0, short_path(None, None)),
    "PSS signature": (0, 0, of_leaf(pss=True)),
    "PSS signature of a CA": (0, 0, of_ca(pss=True)),
    "SHA-512": (0, 0, of_leaf(digest="sha512")),
    "wildcard name": (0, 0, of_leaf(dns=["*.example"])),
    "no names": (0, 0, of_leaf(dns=())),
    "no basicConstraints in the leaf": (0, 0, of_leaf(ca=None)),
    "no subject key identifier in the leaf": (0, 0, of_leaf(ski=False)),
    "no authority key identifier in the root": (0, 0, of_root(aki=False)),
    "leaf below the root": (0, 0, lambda: (ROOT.issue("dpu-03").cert_pem, ROOT.pem)),
    "20 levels": (0, 0, lambda: deep(20)),
    "path length just enough": (0, 0, short_path(2, 1, 0)),
    "cross-signed and trusted": (0, 0, cross_signed(with_root=True, with_cross=True, other=True)),
    "cross-signed": (0, 0, cross_signed(with_root=False, with_cross=True, other=True)),
    "same CA twice, one expired": (0, 0, namesake(old={"key": "rsa2048/Issuing", **PAST}, new={})),
    "same CA twice, one expired, behind": (0, 0, namesake(old={"key": "rsa2048/Issuing", **PAST}, new={}, order=-1)),
    "another CA of that name": (0, 0, namesake(old={}, new={})),
    "another CA of that name, behind": (0, 0, namesake(old={}, new={}, order=-1)),
    "leaf named like its issuer": (0, 0, self_issued()),
    "large leaf": (0, 0, of_leaf(dns=[f"dpu-{number:05}.plant.example" for number in range(2800)])),
}

PURPOSES: dict[str, Row] = {
    "server only": (0, 26, of_leaf(eku=[SERVER])),
    "client only": (26, 0, of_leaf(eku=[CLIENT])),
    "no extendedKeyUsage": (0, 0, of_leaf(eku=None)),
    "any extendedKeyUsage": (26, 26, of_leaf(eku=[ANY])),
    "mail": (26, 26, of_leaf(eku=[MAIL])),
    "unknown extendedKeyUsage": (26, 26, of_leaf(eku=[ObjectIdentifier("1.2.3.4")])),
    "unknown extendedKeyUsage among others": (0, 0, of_leaf(eku=[ObjectIdentifier("1.2.3.4"), *BOTH])),
    "CA for servers only": (0, 26, of_ca(eku=[SERVER])),
    "CA for clients only": (26, 0, of_ca(eku=[CLIENT])),
    "CA for mail": (26, 26, of_ca(eku=[MAIL])),
    "root for clients only": (26, 0, of_root(eku=[CLIENT])),
    "no keyUsage": (0, 0, of_leaf(usage=None)),
    "keyUsage: sign": (0, 0, of_leaf(usage=["digital_signature"])),
    "keyUsage: encipher": (0, 26, of_leaf(usage=["key_encipherment"])),
    "keyUsage: agree": (0, 0, of_leaf(usage=["key_agreement"])),
    "keyUsage: data": (26, 26, of_leaf(usage=["data_encipherment"])),
    "keyUsage: certificates": (82, 82, of_leaf(usage=["key_cert_sign"])),
    "keyUsage: revocation lists": (26, 26, of_leaf(usage=["crl_sign"])),
    "keyUsage: nonRepudiation": (26, 26, of_leaf(usage=["content_commitment"])),
}

LEVELS: dict[str, Row] = {
    "expired leaf": (10, 10, of_leaf(**PAST)),
    "expired intermediate": (10, 10, of_ca(**PAST)),
    "expired root": (10, 10, of_root(**PAST)),
    "leaf not yet valid": (9, 9, of_leaf(**FUTURE)),
    "intermediate not yet valid": (9, 9, of_ca(**FUTURE)),
    "root not yet valid": (9, 9, of_root(**FUTURE)),
    "expired a minute ago": (10, 10, of_leaf(not_after=datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1))),
    "no intermediate": (20, 20, in_bundle(ROOT)),
    "no root": (2, 2, in_bundle(CA)),
    "neither": (20, 20, lambda: (leaf().cert_pem, make_root("Plant").pem)),
    "leaf alone in the bundle": (20, 20, lambda: (leaf().cert_pem, leaf().cert_pem)),
    "no root, leaf in the bundle": (2, 2, lambda: (leaf().cert_pem, leaf().cert_pem + CA.pem)),
    "self-signed, not trusted": (18, 18, by_itself(trusted=False)),
    "self-signed, trusted": (0, 0, by_itself(trusted=True)),
    "self-signed, expired, trusted": (10, 10, by_itself(trusted=True, **PAST)),
    "self-signed, for clients, trusted": (26, 0, by_itself(trusted=True, eku=[CLIENT])),
    "self-signed without identifiers, trusted": (0, 0, by_itself(trusted=True, ski=False, aki=False)),
    "self-signed without authority key identifier, trusted": (0, 0, by_itself(trusted=True, aki=False)),
    "CA before the leaf": (26, 26, lambda: (CA.pem + leaf().cert_pem, BUNDLE)),
    "CA as leaf": (26, 26, lambda: (CA.pem, BUNDLE)),
    "CA with server usages as leaf": (0, 0, of_leaf(ca=True, usage=["key_cert_sign", "digital_signature", "key_encipherment"])),
    "CA without purpose as leaf": (92, 92, of_leaf(ca=True, usage=None, eku=None)),
    "root as leaf": (26, 26, lambda: (ROOT.pem, BUNDLE)),
    "path length 0 in the root": (25, 25, short_path(0, None)),
    "path length exceeded": (25, 25, short_path(None, 0, None)),
    "path length exceeded far below": (25, 25, short_path(None, 1, None, None)),
    "120 levels": (22, 22, lambda: deep(120)),
    "98 levels": (0, 0, lambda: deep(98)),
    "99 levels": (0, 0, lambda: deep(99)),
    "100 levels": (0, 0, lambda: deep(100)),
    "101 levels": (22, 22, lambda: deep(101)),
    "name that is permitted": (0, 0, of_ca(permitted=["dpu-03"])),
    "name that is not permitted": (47, 47, of_ca(permitted=["plant.example"])),
    "name that the root does not permit": (47, 47, of_root(permitted=["plant.example"])),
    "common name that is not permitted": (47, 47, lambda: named("dpu-03.corp.example")),
    "unknown critical extension in the leaf": (34, 34, of_leaf(unknown_critical=True)),
    "unknown critical extension in a CA": (34, 34, of_ca(unknown_critical=True)),
    "unknown critical extension in the root": (34, 34, of_root(unknown_critical=True)),
    "CA without keyCertSign": (79, 79, of_ca(usage=["crl_sign"])),
    "root without keyCertSign": (79, 79, of_root(usage=["crl_sign"])),
    "CA without keyUsage": (92, 92, of_ca(usage=None)),
    "root without keyUsage": (92, 92, of_root(usage=None)),
    "CA without basicConstraints": (79, 79, of_ca(ca=None)),
    "root without basicConstraints": (79, 79, of_root(ca=None)),
    "CA that says it is none": (79, 79, of_ca(ca=False)),
    "basicConstraints of a CA not critical": (89, 89, of_ca(constraints_critical=False)),
    "basicConstraints of the root not critical": (89, 89, of_root(constraints_critical=False)),
    "basicConstraints of the leaf not critical": (0, 0, of_leaf(constraints_critical=False)),
    "leaf without authority key identifier": (85, 85, of_leaf(aki=False)),
    "CA without authority key identifier": (85, 85, of_ca(aki=False)),
    "CA without subject key identifier": (86, 86, of_ca(ski=False)),
    "root without subject key identifier": (86, 86, of_root(ski=False)),
    "leaf without a subject": (88, 88, of_leaf(names=[])),
    "leaf without a subject and names": (84, 84, of_leaf(names=[], dns=())),
    "CA without a subject": (83, 83, of_ca(names=[])),
    "root without a subject": (83, 83, of_root(names=[])),
    "bit turned in the leaf's signature": (7, 7, lambda: (flipped(leaf()), BUNDLE)),
    "bit turned in a CA's signature": (7, 7, in_bundle(flipped(CA), ROOT)),
    "bit turned in the root's signature": (0, 0, in_bundle(CA, flipped(ROOT))),
    "another key of the issuer's name": (20, 20, lambda: (leaf().cert_pem, ROOT.intermediate("Issuing", key="rsa2048/old").pem + ROOT.pem)),
    "another key, no identifiers": (85, 85, lambda: (
        CA.issue("dpu-03", aki=False).cert_pem, joined([ROOT.intermediate("Issuing", key="rsa2048/old"), ROOT]))),
    "another root of that name": (2, 2, in_bundle(CA, make_root(key="rsa2048/old"))),
    "same CA twice, both expired": (10, 10, namesake(old={"key": "rsa2048/Issuing", **PAST}, new=PAST)),
    "same CA twice, one not for servers": (26, 0, namesake(old={"key": "rsa2048/Issuing", "eku": [CLIENT]}, new={})),
    "same CA twice, one not for servers, behind": (0, 0, namesake(old={"key": "rsa2048/Issuing", "eku": [CLIENT]}, new={}, order=-1)),
    "two CAs of a name, no identifiers": (85, 85, namesake(old={"ski": False}, new={"ski": False})),
    "two CAs of a name, no identifiers, behind": (85, 85, namesake(old={"ski": False}, new={"ski": False}, order=-1)),
    "cross-signed, other root missing": (2, 2, cross_signed(with_root=False, with_cross=True, other=False)),
    "cross-signed, cross certificate missing": (2, 2, cross_signed(with_root=False, with_cross=False, other=True)),
    "cross-signed and trusted, other root missing": (2, 2, cross_signed(with_root=True, with_cross=True, other=False)),
    "leaf named like its issuer, no identifiers": (18, 18, self_issued(aki=False, ski=False)),
    "leaf named like its issuer, same key": (18, 18, self_issued(key="rsa2048/Issuing")),
    "byte order mark amid text": (0, 0, lambda: (leaf().cert_pem, b"\xef\xbb\xbf# plant\n" + BUNDLE)),
}


def named(common_name: str) -> Chain:
    """Return a leaf without names of its own below a CA that permits plant.example only."""
    issuing = ROOT.intermediate("Issuing", permitted=["plant.example"])
    return issuing.issue(common_name, dns=()).cert_pem, joined([issuing, ROOT])


WELL_FORMED: dict[str, Row] = {**SOUND, **PURPOSES, **LEVELS}
