# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be wrong with the files that servers and clients both have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from ..errors import CoreError, Finding
from ..names import fold
from ..observation import FileState, Observation
from ..pem import split_pem
from ..x509 import Certificate, read_certificate

# A node whose clock is further off than this would judge validity periods otherwise than the controller.
CLOCK_SKEW = timedelta(minutes=10)

# "Visual Sciences CA, also Insight CA"; "Visual Sciences,LLC" in the Windows store (dossier 1.2, 5.3).
_VENDOR = re.compile(r"\bvisual ?sciences\b|\binsight ca\b")
_NO_WORD = re.compile(r"[\W_]+")


def is_vendor(name: str) -> bool:
    """Tell whether a subject or an issuer is the CA that licenses the product."""
    return bool(_VENDOR.search(_NO_WORD.sub(" ", fold(name))))


def kind_shown(kind: str) -> str:
    """Return what a path is, for people."""
    return {"absent": "absent", "directory": "a folder", "link": "a link", "file": "a file"}.get(kind, "no plain file")


def read_leaf(state: FileState, findings: list[Finding]) -> Certificate | None:
    """
    Return the first certificate of a file; None, and one more finding, when there is none that can be read.

    Args:
        state: Of a plain file, as observed.
        findings: What was found so far.
    """
    try:
        blocks = [block for block in split_pem(state.content or b"", where=state.path) if block.is_certificate]
        if blocks:
            return read_certificate(blocks[0], where=state.path)
        findings.append(Finding(state.path, "holds no certificate", "put the file in order", "certificate"))
    except CoreError as error:
        findings += error.findings
    return None


def check_bundle(bundle: FileState) -> Iterator[Finding]:
    """
    Yield what keeps a trust bundle from being added to.

    Args:
        bundle: As observed, with its content.
    """
    if bundle.kind != "file":
        yield Finding(bundle.path, f"is {kind_shown(bundle.kind)}",
                      "restore the bundle that came with the product; it must always be there", "bundle")
        return
    if bundle.content is None:
        yield Finding(bundle.path, f"has {bundle.size} bytes; more than 1 MiB is not read, and what is not read is not added to",
                      "take out what is no certificate", "bundle")
    if bundle.withheld:
        yield Finding(bundle.path, f"holds {bundle.withheld} private key(s)",
                      "take the key out at once, and replace it: everybody may read a trust bundle", "bundle")
    try:
        split_pem(bundle.content or b"", where=bundle.path)
    except CoreError as error:
        yield from error.findings


def check_clock(observation: Observation, *, now: datetime) -> Iterator[Finding]:
    """
    Yield that the node's clock is off.

    Args:
        observation: With its clock.
        now: Aware; the controller's.
    """
    skew = observation.clock - now.timestamp()
    if abs(skew) > CLOCK_SKEW.total_seconds():
        yield Finding("clock", f"the node is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the controller",
                      "set the clock: validity periods are judged by it", "clock")
