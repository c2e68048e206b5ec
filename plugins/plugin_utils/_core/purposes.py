# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OpenSSL's verdict about a leaf as findings, each with what to do about that error."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from .errors import CoreError, Finding
from .handshake import Purpose, Verdict, verify

PURPOSES: tuple[Purpose, ...] = ("server", "client")
_CA = "have the CA above it reissued, or use another one: "
EXPIRED, NOT_YET_VALID, _UNSUITABLE = 10, 9, 26
# Numbers of X509_V_ERR_* (OpenSSL, x509_vfy.h). Their texts come from OpenSSL itself.
_REMEDIES = {
    2: "add the missing CA levels to the trust, up to the self-signed root",
    7: "get the certificate and its CA again: the CA in the trust file has another key than the one that signed it",
    NOT_YET_VALID: "wait until the certificate and every CA above it are valid, or correct the clock",
    EXPIRED: "renew what is expired, the certificate or a CA above it",
    18: "have it issued by the CA; a self-signed certificate is trusted by nobody",
    19: "add the self-signed root to the trust",
    20: "add the CA that issued it to the trust, and every level above it up to the self-signed root",
    21: "add the CA that issued it to the trust, and every level above it up to the self-signed root",
    24: f"{_CA}its basicConstraints or its key are invalid",
    25: f"{_CA}its pathLenConstraint allows fewer levels below it",
    _UNSUITABLE: "have it reissued with extendedKeyUsage serverAuth and clientAuth, both",
    28: "add the CA to the trust as BEGIN CERTIFICATE; a BEGIN TRUSTED CERTIFICATE block can forbid a purpose",
    32: f"{_CA}its keyUsage lacks keyCertSign",
    34: "have it reissued without the critical extension that OpenSSL does not know",
    41: "have it reissued; an extension is malformed",
    47: "have it reissued with names that the CA's nameConstraints permit",
    48: "have it reissued with names that the CA's nameConstraints do not exclude",
    66: f"{_CA}its key is too small",
    67: f"{_CA}its key is too small",
    68: f"{_CA}it signs with a digest that is too weak",
    79: f"{_CA}it is none, it lacks CA:TRUE in basicConstraints or keyCertSign in keyUsage",
    85: "have it reissued with an authorityKeyIdentifier, or the CA above it; -x509_strict demands one on each",
    86: f"{_CA}it lacks a subjectKeyIdentifier, which -x509_strict demands",
    89: f"{_CA}its basicConstraints are not marked critical, which -x509_strict demands",
    92: f"{_CA}it lacks keyUsage, which -x509_strict demands",
}
_ANY_REMEDY = "have it reissued so that openssl verify -x509_strict accepts it, for -purpose sslserver and sslclient"


def check_purposes(
    leaf_pem: bytes, bundle: bytes, *, where: str, told: Collection[int] = (), purposes: Collection[Purpose] = PURPOSES
) -> Iterator[Finding]:
    """
    Yield what OpenSSL has against a leaf as TLS server and as TLS client; a server of a cluster is both (dossier 4.3 and 10.11).

    Args:
        leaf_pem: The leaf alone.
        bundle: The trust file as it will be.
        where: For the findings.
        told: Error numbers that another rule has reported already.
        purposes: Which of both are meant.
    """
    refused: dict[str, Verdict] = {}
    try:
        for purpose in purposes:
            verdict = verify(leaf_pem, bundle, purpose=purpose)
            if not verdict.accepted and verdict.code not in told:
                refused[purpose] = verdict
    except CoreError as error:
        yield from (replace(finding, where=f"{where}, {finding.where}", rule="chain") for finding in error.findings)
    if len({verdict.code for verdict in refused.values()}) == 1 and len(refused) == len(PURPOSES):
        yield _finding(where, "server and as TLS client", refused["server"], rule="chain")
    elif len(purposes) == len(PURPOSES):
        yield from (_finding(where, purpose, verdict, rule=f"purpose-{purpose}") for purpose, verdict in refused.items())
    else:
        yield from (_of_one(where, purpose, verdict) for purpose, verdict in refused.items())


def _of_one(where: str, purpose: str, verdict: Verdict) -> Finding:
    """Return the finding about a leaf that has one purpose only: it can lack that, or anything else."""
    if verdict.code != _UNSUITABLE:
        return _finding(where, purpose, verdict, rule="chain")
    remedy = f"have it reissued with extendedKeyUsage {purpose}Auth"
    return replace(_finding(where, purpose, verdict, rule=f"purpose-{purpose}"), remedy=remedy)


def _finding(where: str, purpose: str, verdict: Verdict, *, rule: str) -> Finding:
    problem = f"refused as TLS {purpose}: error {verdict.code}, {verdict.text}"
    return Finding(where, problem, _REMEDIES.get(verdict.code, _ANY_REMEDY), rule)
