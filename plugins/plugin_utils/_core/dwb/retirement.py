# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which anchors of a server are never retired: the vendor's, and all that its licence certificate chains to."""

from __future__ import annotations

from collections.abc import Iterator

from ..certificate import Certificate
from ..errors import CoreError, Finding
from ..names import fold, shown
from ..pem import PemBlock, split_pem
from ..rehearsal import Party, rehearse_retirement
from ..trust import names_above, readable_certificates, retired_blocks
from ..x509 import read_certificate
from .files import is_vendor
from .layout import BUNDLE, CERTIFICATE, LICENCE
from .planner import Wanted, bundle_after
from .server import Server


def check_retired(server: Server, wanted: Wanted) -> list[Finding]:
    """
    Return what stands against taking the retired anchors out of the trust bundle; no option overrides it.

    Args:
        server: With a readable bundle; what it lacks has its own finding.
        wanted: What it should be like.
    """
    both = [anchor for anchor in wanted.anchors if anchor.sha256 in wanted.retired]
    findings = [Finding("retired", f"{_subject(anchor)}, {anchor.sha256}, is among the wanted anchors, too",
                        "take it out of trust_src and trust_content, or out of dwb_retired_ca", "retired") for anchor in both]
    return findings + list(_protected(server, wanted))


def check_own(server: Server, wanted: Wanted) -> list[Finding]:
    """
    Return which certificates of the server itself need what its own trust bundle would lose; a cluster has one for all.

    Args:
        server: Without findings.
        wanted: What it should be like.
    """
    before = server.bundle.content or b""
    if "trust" not in wanted.phases or not retired_blocks(before, wanted.retired):
        return []
    own = Party(server.layout.certificates(BUNDLE), b"", bundle_after(server, wanted), before)
    leaves = [Party(name, leaf.pem) for name, leaf in held_leaves(server, wanted).items()]
    return list(rehearse_retirement("old CA retired", [own, *leaves]).findings)


def held_leaves(server: Server, wanted: Wanted) -> dict[str, Certificate]:
    """
    Return the certificates that the server holds or is to get, by their file, whether it presents them or not.

    Args:
        server: As observed; what could not be read is left out.
        wanted: What it should be like.
    """
    new = wanted.identity.leaf if wanted.identity else None
    if new and server.installed and new.fingerprint == server.installed.fingerprint:
        new = None
    leaves = {LICENCE: server.licence, CERTIFICATE: server.installed, "certificate to be installed": new}
    return {name: leaf for name, leaf in leaves.items() if leaf}


def _protected(server: Server, wanted: Wanted) -> Iterator[Finding]:
    bundle = server.bundle.content or b""
    licence = server.observation.file(server.layout.certificates(LICENCE)).content or b""
    chain = readable_certificates(split_pem(licence))
    above = names_above(chain, [*chain, *readable_certificates(split_pem(bundle))])
    for block in retired_blocks(bundle, wanted.retired):
        where = f"{server.bundle.path}: line {block.line}"
        try:
            why = _why(read_certificate(block, where=where), above)
        except CoreError as error:
            yield from error.findings
            continue
        if why:
            yield Finding(where, f"{_subject(block)} is never retired: {why}", f"take {block.sha256} out of dwb_retired_ca", "protected")


def _why(anchor: Certificate, above: set[str]) -> str:
    """Return why *anchor* has to stay, empty when it may go."""
    if fold(anchor.subject) in above:
        return f"the licence certificate {LICENCE} chains to it"
    if is_vendor(anchor.subject) or is_vendor(anchor.issuer):
        return "it is of Visual Sciences, whose certificates other servers and clients present"
    return ""


def _subject(block: PemBlock) -> str:
    return shown(read_certificate(block, where="anchor").subject)
