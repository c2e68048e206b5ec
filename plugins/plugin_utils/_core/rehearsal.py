# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rehearsal: every certificate before every bundle, for both purposes, before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from .above import part_above
from .certificate import Certificate
from .errors import CoreError, Finding, PemError
from .handshake import LABELS, Verdict, check_bundle, verify
from .names import fold, shown
from .pem import split_pem
from .trust import names_above, readable_certificates
from .x509 import read_certificate

Purpose = Literal["server", "client"]
PURPOSES: tuple[Purpose, ...] = ("server", "client")
_EXPIRED = 10   # X509_V_ERR_CERT_HAS_EXPIRED


@dataclass(frozen=True)
class Party:
    """
    Somebody who presents a certificate, or trusts others', or both.

    Attributes:
        name: As the operator knows it.
        certificate: PEM whose first certificate is presented; empty for a party that presents none.
        bundle: PEM of all that it trusts; empty for a party that checks nobody.
        before: PEM of all that it trusts today, when some of that is to be retired; else empty.
    """

    name: str
    certificate: bytes = field(default=b"", repr=False)
    bundle: bytes = field(default=b"", repr=False)
    before: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Rehearsed:
    """
    What came of one step.

    Attributes:
        step: Its name.
        pairs: How many pairs of certificate and bundle were judged, each for both purposes.
        findings: One for each presenter, truster and purpose that would fail.
    """

    step: str
    pairs: int
    findings: tuple[Finding, ...]


class _Judge:
    """Verdicts; pairs that are the same for OpenSSL are judged once, whatever else the bundles hold."""

    def __init__(self) -> None:
        self._verdicts: dict[tuple[bytes, bytes, Purpose], Verdict] = {}
        self._parts: dict[tuple[bytes, bytes], bytes] = {}
        self._readable: set[bytes] = set()

    def verdict(self, certificate: bytes, bundle: bytes, purpose: Purpose) -> Verdict:
        """Return OpenSSL's verdict. Raises PemError and CertificateError."""
        pair = (certificate, bundle)
        if pair not in self._parts:
            self._parts[pair] = self._part(certificate, bundle)
        key = (certificate, self._parts[pair], purpose)
        if key not in self._verdicts:
            self._verdicts[key] = verify(*key[:2], purpose=purpose)
        return self._verdicts[key]

    def is_lost(self, certificate: bytes, truster: Party, purpose: Purpose) -> bool:
        """Tell whether *truster* accepts the certificate today and will no longer."""
        return (truster.before not in (b"", truster.bundle) and self.verdict(certificate, truster.before, purpose).accepted
                and not self.verdict(certificate, truster.bundle, purpose).accepted)

    @property
    def pairs(self) -> int:
        """Return how many pairs of certificate and bundle were judged."""
        return len(self._parts)

    def _part(self, certificate: bytes, bundle: bytes) -> bytes:
        """Return what of *bundle* matters for the certificate, after OpenSSL has read all of it."""
        if bundle not in self._readable:
            check_bundle(bundle)
            self._readable.add(bundle)
        leaf = next((block for block in split_pem(certificate, where="certificate") if block.label in LABELS), None)
        return part_above(leaf, bundle) if leaf else bundle


def rehearse(step: str, parties: Sequence[Party]) -> Rehearsed:
    """
    Judge every certificate in every bundle; identical pairs are judged once.

    Args:
        step: What the rollout will have done at that moment, for the findings.
        parties: Servers and clients as they will be then. A certificate that is refused only because of what is
            retired is none of the findings: ``rehearse_retirement`` has one for it.

    Raises:
        PemError: A bundle or certificate cannot be read.
    """
    judge = _Judge()
    findings = []
    for presenter, truster, purpose in _meetings(parties):
        verdict = judge.verdict(presenter.certificate, truster.bundle, purpose)
        if not verdict.accepted and not judge.is_lost(presenter.certificate, truster, purpose):
            problem = f"{truster.name} refuses the certificate of {presenter.name} as TLS {purpose}: error {verdict.code}, {verdict.text}"
            remedy = f"give {truster.name} every CA level of that certificate, up to the self-signed root, or have it reissued"
            findings.append(Finding(step, problem, remedy, "rehearsal"))
    return Rehearsed(step, judge.pairs, tuple(findings))


def rehearse_clients(step: str, servers: Sequence[Party], clients: Sequence[Party]) -> Rehearsed:
    """
    Judge servers before clients and clients before servers, each for the one purpose that counts.

    Args:
        step: What the rollout will have done at that moment.
        servers: Only those with a certificate present one.
        clients: A client is no server of another one.

    Returns:
        One finding for each client, purpose and verdict, also for a client whose files cannot be read; each names all the servers.
    """
    judge = _Judge()
    findings: list[Finding] = []
    for client in clients:
        try:
            findings += _refusals(judge, step, [(server, client) for server in servers], purpose="server")
            findings += _refusals(judge, step, [(client, server) for server in servers], purpose="client")
        except CoreError as error:
            findings += [replace(finding, where=f"{client.name}: {finding.where}") for finding in error.findings]
    return Rehearsed(step, judge.pairs, tuple(findings))


def _refusals(judge: _Judge, step: str, pairs: Sequence[tuple[Party, Party]], *, purpose: Purpose) -> Iterator[Finding]:
    """Yield what becomes of *pairs* of a presenter and a truster in which one of both is always the same."""
    refused: dict[str, list[tuple[Party, Party]]] = {}
    for presenter, truster in pairs:
        if presenter.certificate and truster.bundle:
            verdict = judge.verdict(presenter.certificate, truster.bundle, purpose)
            if not verdict.accepted:
                refused.setdefault(f"error {verdict.code}, {verdict.text}", []).append((presenter, truster))
    for why, of_verdict in refused.items():
        presenters, trusters = (_listed(dict.fromkeys(side)) for side in zip(*of_verdict, strict=True))
        yield Finding(step, f"{trusters} would refuse the certificate of {presenters} as TLS {purpose}: {why}",
                      "run certops.rollout.clients first, or list the client in dwb_accepted_loss", "client-trust")


def rehearse_retirement(step: str, parties: Sequence[Party], *, clients: Sequence[Party] = ()) -> Rehearsed:
    """
    Find every certificate that needs what is retired: accepted by somebody today, as server or as client, and then no longer.

    Args:
        step: What the rollout will have done at that moment.
        parties: Servers with their bundles, and whatever certificates they present or hold.
        clients: Known ones. One that is refused as TLS client today already is found, too: nobody can tell what it needs.

    Returns:
        One finding for each certificate, also for one that cannot be read; each names all who will refuse it.
    """
    judge = _Judge()
    trusters = [party for party in parties if party.bundle and party.before]
    presenters = [*((party, False) for party in parties if party.certificate), *((client, True) for client in clients)]
    findings: list[Finding] = []
    for presenter, is_client in presenters:
        try:
            findings += _retired(judge, presenter, trusters, is_client=is_client)
        except CoreError as error:
            findings += [replace(finding, where=f"{presenter.name}: {finding.where}") for finding in error.findings]
    return Rehearsed(step, judge.pairs, tuple(findings))


def _retired(judge: _Judge, presenter: Party, trusters: Sequence[Party], *, is_client: bool) -> Iterator[Finding]:
    """Yield why the certificate of *presenter* stands against a retirement: it needs what is retired, or nobody can tell."""
    leaf = _first(presenter.certificate)
    whose = f"its certificate {shown(leaf.common_names[0] if leaf.common_names else leaf.subject)}"
    lost = [truster for truster in trusters if _is_needed(judge, leaf, truster)]
    if lost:
        needed = ", ".join(_gone_above(leaf, lost[0]))
        yield Finding(presenter.name, f"{whose} needs {needed}, which {_listed(lost)} would no longer trust",
                      "renew it from the new CA first, or leave that CA out of dwb_retired_ca", "retired")
    verdicts = [(truster, judge.verdict(leaf.pem, truster.before, "client")) for truster in trusters if is_client and truster not in lost]
    refused = [(truster, verdict) for truster, verdict in verdicts if not verdict.accepted]
    if refused:
        verdict = refused[0][1]
        by = _listed([truster for truster, _ignored in refused])
        yield Finding(presenter.name, f"{whose} is refused by {by} today already, as TLS client: error {verdict.code}, {verdict.text}",
                      "renew it from the new CA, or leave it out of dwb_client_certificates, or list it in dwb_accepted_loss", "retired")


def _first(content: bytes) -> Certificate:
    blocks = [block for block in split_pem(content, where="PEM") if block.is_certificate]
    if not blocks:
        raise PemError(where="PEM", problem="holds no certificate", remedy="give the PEM file of a certificate, leaf first")
    return read_certificate(blocks[0], where="first certificate")


def _is_needed(judge: _Judge, leaf: Certificate, truster: Party) -> bool:
    """
    Tell whether *leaf* needs what *truster* is to lose.

    The product may be less strict than the judge (dossier 10.32), so one that is refused today, too, needs the CAs that its names lead to,
    unless it has expired.
    """
    if any(judge.is_lost(leaf.pem, truster, purpose) for purpose in PURPOSES):
        return True
    if any(judge.verdict(leaf.pem, truster.bundle, purpose).accepted for purpose in PURPOSES):
        return False
    expired = judge.verdict(leaf.pem, truster.before, "client").code == _EXPIRED
    return not expired and bool(_gone_above(leaf, truster))


def _gone_above(leaf: Certificate, truster: Party) -> list[str]:
    """Return the subjects of the anchors above *leaf* that *truster* has today and will not have."""
    kept = {block.sha256 for block in split_pem(truster.bundle)}
    today = readable_certificates(split_pem(truster.before))
    above = names_above([leaf], today)
    return [shown(anchor.subject) for anchor in today if anchor.fingerprint not in kept and fold(anchor.subject) in above]


def _listed(parties: Iterable[Party]) -> str:
    return ", ".join(party.name for party in parties)


def _meetings(parties: Sequence[Party]) -> Iterator[tuple[Party, Party, Purpose]]:
    for presenter in parties:
        for truster in parties:
            if presenter.certificate and truster.bundle:
                yield from ((presenter, truster, purpose) for purpose in PURPOSES)
