# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rehearsal: every certificate before every bundle, for both purposes, before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .errors import Finding
from .handshake import Verdict, verify

Purpose = Literal["server", "client"]


@dataclass(frozen=True)
class Party:
    """
    Somebody who presents a certificate, or trusts others', or both.

    Attributes:
        name: As the operator knows it.
        certificate: PEM whose first certificate is presented; empty for a party that presents none.
        bundle: PEM of all that it trusts; empty for a party that checks nobody.
    """

    name: str
    certificate: bytes = field(default=b"", repr=False)
    bundle: bytes = field(default=b"", repr=False)


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


def rehearse(step: str, parties: Sequence[Party]) -> Rehearsed:
    """
    Judge every certificate in every bundle; identical pairs are judged once.

    Args:
        step: What the rollout will have done at that moment, for the findings.
        parties: Servers and clients as they will be then.

    Raises:
        PemError: A bundle or certificate cannot be read.
    """
    verdicts: dict[tuple[bytes, bytes, Purpose], Verdict] = {}
    findings = []
    for presenter, truster, purpose in _meetings(parties):
        key = (presenter.certificate, truster.bundle, purpose)
        if key not in verdicts:
            verdicts[key] = verify(presenter.certificate, truster.bundle, purpose=purpose)
        verdict = verdicts[key]
        if not verdict.accepted:
            problem = f"{truster.name} refuses the certificate of {presenter.name} as TLS {purpose}: error {verdict.code}, {verdict.text}"
            remedy = f"give {truster.name} every CA level of that certificate, up to the self-signed root, or have it reissued"
            findings.append(Finding(step, problem, remedy, "rehearsal"))
    return Rehearsed(step, len(verdicts) // 2, tuple(findings))


def _meetings(parties: Sequence[Party]) -> Iterator[tuple[Party, Party, Purpose]]:
    for presenter in parties:
        for truster in parties:
            if presenter.certificate and truster.bundle:
                yield presenter, truster, "server"
                yield presenter, truster, "client"
