# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of a trust bundle as data: anchors added at its end, taken out by their fingerprints, or both at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

from .bundle import add_anchors, missing_anchors, remove_anchors
from .certificate import Certificate
from .errors import CertificateError, Finding, OptionError, Refused
from .names import fold
from .observation import FileState
from .pem import PemBlock, split_pem
from .plan import Change, replacing
from .x509 import read_certificate

_SHA256 = re.compile("[0-9a-f]{64}")


def plan_added(state: FileState, anchors: Iterable[PemBlock]) -> Change | None:
    """
    Return the change that appends those of *anchors* that the bundle lacks; its own bytes stay.

    Args:
        state: The bundle as observed, with its content.
        anchors: Certificates.

    Returns:
        None when it has them all.

    Raises:
        PemError: The bundle is no PEM.
    """
    bundle = _readable(state)
    missing = missing_anchors(bundle, anchors)
    return _replacing(state, add_anchors(bundle, missing), verb="add", anchors=missing) if missing else None


def plan_removed(state: FileState, fingerprints: Collection[str], *, protected: Collection[str] = ()) -> Change | None:
    """
    Return the change that takes the certificates with *fingerprints* out of the bundle; every other byte stays.

    Args:
        state: The bundle as observed, with its content.
        fingerprints: SHA-256, as ``read_fingerprints`` returns them.
        protected: SHA-256 of certificates that are never removed.

    Returns:
        None when none of them is there.

    Raises:
        PemError: The bundle is no PEM.
        Refused: One of them is protected, or no anchor would be left.
    """
    bundle = _readable(state)
    after = remove_anchors(bundle, fingerprints, protected=protected)
    anchors = [block for block in split_pem(bundle) if block.is_certificate]
    removed = [anchor for anchor in anchors if anchor.sha256 in fingerprints]
    if not removed:
        return None
    if len(removed) == len(anchors):
        raise _emptied(state)
    return _replacing(state, after, verb="remove", anchors=removed)


def plan_swapped(state: FileState, anchors: Iterable[PemBlock], retired: Collection[str]) -> Change | None:
    """
    Return the one change that appends those of *anchors* that the bundle lacks, and takes the *retired* ones out.

    Args:
        state: The bundle as observed, with its content.
        anchors: Certificates; none of them is retired.
        retired: SHA-256, as ``read_fingerprints`` returns them; one that is not there is absent already.

    Returns:
        None when the bundle is so already.

    Raises:
        PemError: The bundle is no PEM.
        Refused: No anchor would be left.
    """
    wanted = list(anchors)
    bundle = _readable(state)
    removed = retired_blocks(bundle, retired)
    if not removed:
        return plan_added(state, wanted)
    after = swap_anchors(bundle, wanted, retired)
    if not any(block.is_certificate for block in split_pem(after)):
        raise _emptied(state)
    missing = missing_anchors(bundle, wanted)
    action = f"add {_counted(missing)}, remove {_counted(removed)}" if missing else f"remove {_counted(removed)}"
    return replacing(state, after, action, **_told(missing),
                     removed=_subjects(removed), removed_fingerprints=[block.sha256 for block in removed])


def swap_anchors(bundle: bytes, anchors: Iterable[PemBlock], retired: Collection[str]) -> bytes:
    """
    Return *bundle* without the *retired* certificates and with the missing *anchors* at its end; every other byte stays.

    Args:
        bundle: A whole trust file.
        anchors: Certificates.
        retired: SHA-256, as ``read_fingerprints`` returns them.

    Raises:
        PemError: The bundle is no PEM.
    """
    return add_anchors(remove_anchors(bundle, retired), anchors)


def retired_blocks(bundle: bytes, retired: Collection[str]) -> list[PemBlock]:
    """
    Return the blocks of *bundle* that are to go, in file order, under whatever label OpenSSL would trust them.

    Args:
        bundle: A whole trust file.
        retired: SHA-256, as ``read_fingerprints`` returns them.

    Raises:
        PemError: The bundle is no PEM.
    """
    return [block for block in split_pem(bundle) if block.sha256 in retired]


def readable_certificates(blocks: Iterable[PemBlock]) -> list[Certificate]:
    """
    Return the certificates among *blocks* that can be read, in their order.

    Args:
        blocks: Of a trust file or of a licence, which may hold what nobody here can decode.
    """
    found = []
    for block in blocks:
        with suppress(CertificateError):
            found.append(read_certificate(block, where="certificate"))
    return found


def names_above(certificates: Iterable[Certificate], pool: Collection[Certificate]) -> set[str]:
    """
    Return the names of all CAs above *certificates*, folded.

    Names alone count, no signature: a CA that was given a new key under its old name is above them, too. So whoever asks
    what is needed gets rather too much than too little.

    Args:
        certificates: Leaves or CAs.
        pool: Where CAs further up are looked for.
    """
    above: dict[str, set[str]] = {}
    for certificate in pool:
        above.setdefault(fold(certificate.subject), set()).add(fold(certificate.issuer))
    names: set[str] = set()
    found = {fold(certificate.issuer) for certificate in certificates}
    while found:
        names |= found
        found = {issuer for name in found for issuer in above.get(name, ())} - names
    return names


def read_fingerprints(given: Iterable[str], *, option: str) -> list[str]:
    """
    Return fingerprints as they are compared: SHA-256, 64 lower-case hexadecimal digits.

    Args:
        given: Upper or lower case, with or without colons.
        option: Which option gave them.

    Raises:
        OptionError: One of them is no SHA-256.
    """
    fingerprints = [text.replace(":", "").strip().lower() for text in given]
    for text, fingerprint in zip(given, fingerprints, strict=True):
        if not _SHA256.fullmatch(fingerprint):
            raise OptionError(where=option, problem=f"{text!r} is no SHA-256",
                              remedy="give 64 hexadecimal digits, as openssl x509 -noout -fingerprint -sha256 shows them")
    return fingerprints


def _readable(state: FileState) -> bytes:
    """Return the content, after it was read as PEM with the file's own name for errors."""
    split_pem(state.content or b"", where=state.path)
    return state.content or b""


def _replacing(state: FileState, after: bytes, *, verb: str, anchors: Sequence[PemBlock]) -> Change:
    return replacing(state, after, f"{verb} {_counted(anchors)}", **_told(anchors))


def _emptied(state: FileState) -> Refused:
    return Refused([Finding(state.path, "would be left without any certificate", "leave at least one of them in it", "last-anchor")])


def _counted(anchors: Sequence[PemBlock]) -> str:
    return f"{len(anchors)} anchor{'' if len(anchors) == 1 else 's'}"


def _told(anchors: Sequence[PemBlock]) -> dict[str, list[str]]:
    return {"anchors": _subjects(anchors), "fingerprints": [anchor.sha256 for anchor in anchors]}


def _subjects(anchors: Sequence[PemBlock]) -> list[str]:
    return [read_certificate(anchor, where="anchor").subject for anchor in anchors]
