# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change is data before anything is written; check mode, diff and result print that data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from .observation import ABSENT, FileState
from .printable import printable_lines


@dataclass(frozen=True)
class Change:
    """
    One file as it is and as it will be.

    Attributes:
        path: Absolute path in the node's own notation.
        expected: SHA-256 of the bytes that were seen, or ``absent``.
        content: The bytes to write, None to delete the file.
        action: What happens, for people: "add 2 anchors".
        guard: In the words of the host contract; ``keep`` leaves a present file's protection alone.
        before: What may be shown of the present content, None when nothing may.
        after: What may be shown of the new content, None when nothing may.
        details: Fingerprints and values before and after, for the result.
    """

    path: str
    expected: str
    content: bytes | None = field(repr=False)
    action: str
    guard: str = "keep"
    before: bytes | None = field(default=None, repr=False)
    after: bytes | None = field(default=None, repr=False)
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the new content, ``absent`` for a file that is deleted."""
        return ABSENT if self.content is None else hashlib.sha256(self.content).hexdigest()

    def as_result(self) -> dict[str, object]:
        """Return the change as it is reported: no content, no key."""
        return {"path": self.path, "action": self.action, **self.details}

    def as_diff(self) -> dict[str, str]:
        """Return the change as Ansible's diff shows it; what may not be shown is named instead."""
        return {
            "before_header": self.path,
            "after_header": self.path,
            "before": _shown(self.before, absent=self.expected == ABSENT),
            "after": _shown(self.after, absent=self.content is None),
        }


def _shown(content: bytes | None, *, absent: bool) -> str:
    if absent:
        return ""
    return "(content not shown)\n" if content is None else printable_lines(content.decode("utf-8", "backslashreplace"))


def replacing(state: FileState, content: bytes, action: str, **details: object) -> Change:
    """
    Return the change that gives the observed file *state* new *content*, all of it fit to be shown.

    Args:
        state: What was observed; its content is what the diff shows as before.
        content: The whole new content.
        action: What happens, for people.
        details: Fingerprints and values for the result.
    """
    return Change(
        state.path, state.sha256, content, action, before=state.content, after=content, details=details
    )
