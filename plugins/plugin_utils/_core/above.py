# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The part of a trust bundle that can matter for one certificate, so that bundles which differ elsewhere are judged once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from .errors import CertificateError
from .pem import PemBlock, split_pem
from .x509 import read_certificate

_INSIGNIFICANT = re.compile("[^0-9a-z]+")


def part_above(leaf: PemBlock, bundle: bytes) -> bytes:
    """
    Return the blocks of *bundle* that OpenSSL could look at when it judges *leaf*, in their order.

    It looks for issuers by their names alone (X509_STORE_CTX_get1_issuer). Names are compared here by their ASCII letters and digits,
    so those that OpenSSL takes for equal are equal here, too: rather too much is kept than too little. Where one name has other
    letters in it, or a block cannot be read, all of the bundle is kept.

    Args:
        leaf: The certificate.
        bundle: A whole trust file that OpenSSL can read.

    Raises:
        PemError: The bundle is no PEM.
    """
    names, issuers = _names(leaf), _issuers(bundle)
    if names is None or issuers is None:
        return bundle
    wanted, waiting = {names[0]}, [names[1]]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += issuers.get(name, ())
    return b"".join(block.raw + b"\n" for block in split_pem(bundle) if (_names(block) or ("",))[0] in wanted)


@lru_cache(maxsize=1024)
def _issuers(bundle: bytes) -> Mapping[str, frozenset[str]] | None:
    """Return the issuers by the name of what they have issued, None when one certificate does not tell."""
    found: dict[str, set[str]] = {}
    for names in map(_names, split_pem(bundle)):
        if names is None:
            return None
        found.setdefault(names[0], set()).add(names[1])
    return {subject: frozenset(issuers) for subject, issuers in found.items()}


@lru_cache(maxsize=4096)
def _names(block: PemBlock) -> tuple[str, str] | None:
    """Return subject and issuer by their significant letters, None when one of them cannot be told so."""
    try:
        certificate = read_certificate(block, where="certificate")
    except CertificateError:
        return None
    subject, issuer = certificate.subject, certificate.issuer
    if not (subject.isascii() and issuer.isascii()):
        return None
    return _INSIGNIFICANT.sub("", subject.casefold()), _INSIGNIFICANT.sub("", issuer.casefold())
