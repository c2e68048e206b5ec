# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of a trust bundle as data: anchors added at its end, or taken out by their fingerprints."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from .bundle import add_anchors, missing_anchors, remove_anchors
from .errors import Finding, OptionError, Refused
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
        raise Refused([Finding(state.path, "would be left without any certificate", "leave at least one of them in it", "last-anchor")])
    return _replacing(state, after, verb="remove", anchors=removed)


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
    count = f"{len(anchors)} anchor{'' if len(anchors) == 1 else 's'}"
    names = [read_certificate(anchor, where="anchor").subject for anchor in anchors]
    return replacing(state, after, f"{verb} {count}", anchors=names, fingerprints=[anchor.sha256 for anchor in anchors])
