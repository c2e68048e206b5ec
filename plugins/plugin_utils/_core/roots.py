# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the chain above an anchor goes up to a root that is there, too."""

from __future__ import annotations

from collections.abc import Iterator

from .certificate import Certificate
from .errors import Finding
from .names import fold, shown
from .x509 import is_issued_by

_NAMESAKES = 32   # a CA that is renewed has two or three certificates of one name


def find_rootless(anchors: dict[str, Certificate], present: list[Certificate]) -> Iterator[Finding]:
    """
    Find anchors, and present ones above them, whose issuer is nowhere; a product may refuse a partial chain.

    Args:
        anchors: What is to be added, by its place.
        present: What the bundle holds already.
    """
    pool: dict[str, list[Certificate]] = {}
    for certificate in dict.fromkeys([*anchors.values(), *present]):
        pool.setdefault(fold(certificate.subject), []).append(certificate)
    waiting = list(anchors.items())
    seen = set(anchors.values())
    while waiting:
        place, anchor = waiting.pop(0)
        named = pool.get(fold(anchor.issuer), [])
        if len(named) > _NAMESAKES:   # each would be asked about each: for a megabyte of them, minutes
            yield Finding(place, f"{len(named)} certificates are called {shown(anchor.issuer)}, as its issuer is",
                          "take those that nobody needs out of the bundle", "namesakes")
            continue
        issuers = [issuer for issuer in named if is_issued_by(anchor, issuer)]
        if not issuers:
            missing = f"{shown(anchor.issuer)}, which issued {shown(anchor.subject)}, is missing"
            yield Finding(place, f"unable to get issuer certificate: {missing}",
                          "add every CA level up to the self-signed root", "root-missing")
        waiting += [(place, issuer) for issuer in issuers if issuer not in seen]
        seen.update(issuers)
