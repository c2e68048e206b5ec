# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server certificate has to be before it is installed; every broken requirement is one finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .certificate import Certificate
from .errors import CoreError, Finding
from .handshake import Purpose, negotiate
from .identity import Identity
from .names import shown
from .pem import PemBlock, split_pem
from .purposes import EXPIRED, NOT_YET_VALID, PURPOSES, check_purposes
from .roots import find_rootless
from .x509 import read_certificate

_MIN_BITS, _MAX_BITS = 2048, 4096
_SIGNATURES = frozenset({"sha256WithRSAEncryption", "sha384WithRSAEncryption", "sha512WithRSAEncryption"})
_REISSUE = "have it reissued with an RSA key of 2048 bits and signed with SHA-256 (sha256WithRSAEncryption)"


@dataclass(frozen=True)
class Expectation:
    """
    What a node asks of its certificate.

    Attributes:
        node: Its name in the inventory.
        common_name: Of its server_cert.pem, best as encoded; None when it is not known, which is reported elsewhere.
        ciphers: Its ``SSL Ciphers``, None when it has none.
        min_days: For how many days the certificate has to be valid still.
        now: Aware.
        licence: Name of the file that has the common name.
        purposes: What it is presented as. A client needs neither a dNSName nor the usage for RSA key exchange.
    """

    node: str
    common_name: bytes | str | None
    ciphers: str | None
    min_days: int
    now: datetime
    licence: str = "server_cert.pem"
    purposes: tuple[Purpose, ...] = PURPOSES

    @property
    def is_server(self) -> bool:
        """Tell whether anybody connects to the node."""
        return "server" in self.purposes


@dataclass(frozen=True)
class Judgement:
    """
    What came of a check.

    Attributes:
        findings: Every broken requirement.
        warnings: What is allowed and unwise.
    """

    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def check_identity(identity: Identity, bundle: bytes, expected: Expectation) -> Judgement:
    """
    Judge a key and its leaf before they are installed.

    Args:
        identity: As ``read_identity`` returns it: the key fits.
        bundle: The trust file as it will be.
        expected: What the node asks for.

    Returns:
        Findings in the order of the rules; warnings apart.
    """
    judgement = _judge(identity.leaf, bundle, expected, where=identity.name)
    return Judgement((*judgement.findings, *_ciphers(identity, expected)), judgement.warnings)


def check_installed(public_pem: bytes, bundle: bytes, expected: Expectation) -> Judgement:
    """
    Judge an installed certificate of which only the public part is seen.

    Args:
        public_pem: The certificates of the file; the first is judged, as OpenSSL does.
        bundle: The trust file as it will be.
        expected: What the node asks for.

    Returns:
        As ``check_identity``, without the rules that need the key.
    """
    where = f"{expected.node}, installed certificate"
    try:
        blocks = [block for block in split_pem(public_pem, where=where) if block.is_certificate]
        if not blocks:
            return Judgement((Finding(where, "no certificate", "install the certificate again", "certificate"),), ())
        leaf = read_certificate(blocks[0], where=where)
    except CoreError as error:
        return Judgement(tuple(_ruled(error, "certificate")), ())
    return _judge(leaf, bundle, expected, where=where)


def days_left(certificate: Certificate, now: datetime) -> int:
    """
    Return for how many whole days *certificate* is valid still.

    Args:
        certificate: Any.
        now: Aware.

    Returns:
        Days, rounded down; negative once it is expired.
    """
    return (certificate.not_after - now) // timedelta(days=1)


def _judge(leaf: Certificate, bundle: bytes, expected: Expectation, *, where: str) -> Judgement:
    told = [EXPIRED] * (leaf.not_after < expected.now) + [NOT_YET_VALID] * (leaf.not_before > expected.now)
    return Judgement((
        *_names(leaf, expected, where), *_dates(leaf, expected, where), *_key(leaf, where), *_role(leaf, where),
        *check_purposes(leaf.pem, bundle, where=where, told=told, purposes=expected.purposes)), tuple(_warnings(leaf, expected, where)))


def _names(leaf: Certificate, expected: Expectation, where: str) -> Iterator[Finding]:
    """Compare the CN, the key of the whole cluster: exactly one, byte for byte (dossier 4.4 and 10.8)."""
    wanted = expected.common_name.encode() if isinstance(expected.common_name, str) else expected.common_name
    own = leaf.common_name_bytes
    if len(own) != 1:
        yield Finding(where, f"the subject has {_listed('CN', leaf.common_names)}; exactly one is wanted",
                      f"have it reissued with the CN of {expected.licence} only", "common-name")
    elif wanted is not None and own[0] != wanted:
        yield Finding(where, f"subject CN is {shown(own[0])}, {expected.licence} of {expected.node} has {shown(wanted)}",
                      _rename(expected), "common-name")
    if not expected.is_server:
        return
    needed = own[0] if wanted is None and len(own) == 1 else wanted
    if needed is not None and needed not in [name.encode() for name in leaf.dns_names]:
        yield Finding(where, f"subjectAltName has {_listed('dNSName', leaf.dns_names)}; the CN {shown(needed)} is wanted there too",
                      "have it reissued with the CN as dNSName in subjectAltName", "subject-alt-name")


def _rename(expected: Expectation) -> str:
    """Return what to do about another CN; that of a client is the name of its folder, too (dossier 4.5)."""
    orphans = "" if expected.is_server else "; with another one, Users\\<CN> and all that is granted by CN stay behind"
    return f"have it reissued with that CN, or check that this certificate is meant for this node{orphans}"


def _dates(leaf: Certificate, expected: Expectation, where: str) -> Iterator[Finding]:
    yield from _validity(leaf, expected.now, where)
    if 0 <= (days := days_left(leaf, expected.now)) < expected.min_days:
        yield Finding(where, f"notAfter is {_when(leaf.not_after)}, in {days} days; at least {expected.min_days} are wanted",
                      "renew it, or lower min_days", "days-left")


def _validity(certificate: Certificate, now: datetime, where: str) -> Iterator[Finding]:
    if certificate.not_before > now:
        yield Finding(where, f"certificate is not yet valid: notBefore is {_when(certificate.not_before)}, now is {_when(now)}",
                      "wait until then, or correct the clock", "not-yet-valid")
    if certificate.not_after < now:
        yield Finding(where, f"certificate has expired: notAfter is {_when(certificate.not_after)}, now is {_when(now)}",
                      "renew it", "expired")


def _key(leaf: Certificate, where: str) -> Iterator[Finding]:
    """RSA from 2048 bits, PKCS#1 v1.5 with SHA-256 or better: all that the product is known to read (dossier 10.9)."""
    if leaf.key_type != "RSA":
        yield Finding(where, f"the key type is {leaf.key_type}; the product is known to read RSA only", _REISSUE, "key-type")
    elif leaf.key_bits < _MIN_BITS:
        yield Finding(where, f"the RSA key has {leaf.key_bits} bits; at least {_MIN_BITS} are wanted", _REISSUE, "key-size")
    if leaf.signature not in _SIGNATURES:
        yield Finding(where, f"signed with {leaf.signature}; RSA with SHA-256 or better is wanted", _REISSUE, "signature")


def _role(leaf: Certificate, where: str) -> Iterator[Finding]:
    if leaf.is_ca:
        yield Finding(where, f"basicConstraints of {shown(leaf.subject)} say CA:TRUE; a node needs a leaf",
                      "give the certificate of the node, and put it before those of its CA", "not-a-leaf")
    if leaf.fault:
        yield Finding(where, f"invalid or inconsistent certificate extension: {leaf.fault}", "have it reissued", "extensions")


def _ciphers(identity: Identity, expected: Expectation) -> Iterator[Finding]:
    try:
        negotiate(identity.pem, expected.ciphers)
    except CoreError as error:
        yield from (replace(finding, where=f"{expected.node}, {finding.where}") for finding in _ruled(error, "ciphers"))


def _warnings(leaf: Certificate, expected: Expectation, where: str) -> Iterator[Finding]:
    if leaf.key_type == "RSA" and leaf.key_bits > _MAX_BITS:
        yield Finding(where, f"the RSA key has {leaf.key_bits} bits; every handshake takes long",
                      "prefer 2048 to 4096 bits when it is renewed", "key-size")
    # RFC 5246 section 7.4.2: a suite with RSA key exchange, like AES256-SHA256, needs the usage.
    if expected.is_server and leaf.key_type == "RSA" and leaf.key_usage is not None and "keyEncipherment" not in leaf.key_usage:
        yield Finding(where, "keyUsage lacks keyEncipherment; suites with RSA key exchange cannot be used",
                      "have it renewed with digitalSignature and keyEncipherment", "key-usage")


def _ruled(error: CoreError, rule: str) -> list[Finding]:
    return [replace(finding, rule=rule) for finding in error.findings]


def _listed(kind: str, names: Sequence[str]) -> str:
    if not names:
        return f"no {kind}"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{len(names)} {kind} ({', '.join(shown(name) for name in names[:3])}{more})"


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def check_anchors(content: bytes, *, where: str, now: datetime, known: bytes = b"") -> list[Finding]:
    """
    Judge a trust file before its certificates are added to a bundle.

    Args:
        content: The whole file; nothing at all is no fault.
        where: The file, as the operator knows it; findings append line and block.
        now: Aware.
        known: The bundle they will be added to, which may hold the issuers already.

    Returns:
        For each block: a private key, no certificate, unreadable, no CA, expired or not yet valid; for each CA whose
        self-signed root is in neither file that the chain ends there (dossier 10.7).
    """
    findings: list[Finding] = []
    anchors = _read_anchors(content, where=where, findings=findings)
    for place, anchor in anchors.items():
        findings += [*_authority(anchor, place), *_validity(anchor, now, place)]
    present = _read_anchors(known, where="present bundle", findings=[])
    return findings + list(find_rootless(anchors, list(present.values())))


def _read_anchors(content: bytes, *, where: str, findings: list[Finding]) -> dict[str, Certificate]:
    """Return the certificates of a trust file by their place; every other block becomes a finding."""
    anchors: dict[str, Certificate] = {}
    try:
        blocks = split_pem(content, where=where)
    except CoreError as error:
        findings += _ruled(error, "pem")
        return anchors
    if not blocks and content.strip():
        findings.append(Finding(where, "no PEM block: it has no line -----BEGIN CERTIFICATE-----",
                                "give the CA certificates as PEM", "pem"))
    for number, block in enumerate(blocks, 1):
        place = f"{where}: block {number}, line {block.line}"
        try:
            findings += _foreign(block, place)
            if block.is_certificate:
                anchors[place] = read_certificate(block, where=place)
        except CoreError as error:
            findings += _ruled(error, "certificate")
    return anchors


def _foreign(block: PemBlock, place: str) -> Iterator[Finding]:
    if block.is_private_key:
        yield Finding(place, "a private key in a trust file", "remove it, and consider the key as known to others", "private-key")
    elif not block.is_certificate:
        yield Finding(place, f"a block {shown(block.label)}, no CERTIFICATE", "give CA certificates only", "label")


def _authority(anchor: Certificate, place: str) -> Iterator[Finding]:
    """Ask whether it is a CA by basicConstraints and may sign by keyUsage (RFC 5280 sections 4.2.1.9 and 4.2.1.3)."""
    if anchor.fault:
        yield Finding(place, f"invalid or inconsistent certificate extension: {anchor.fault}",
                      "get the certificate again from the CA", "extensions")
    elif not anchor.is_ca:
        yield Finding(place, f"invalid CA certificate: basicConstraints of {shown(anchor.subject)} do not say CA:TRUE",
                      "give the certificates of the CA, not those of servers", "not-a-ca")
    elif not anchor.can_sign:
        yield Finding(place, f"key usage does not include certificate signing (keyCertSign): {shown(anchor.subject)}",
                      "get a CA certificate with keyCertSign", "not-a-ca")
