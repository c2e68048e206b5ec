# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was asked of a node and what it answered, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ABSENT = "absent"


@dataclass(frozen=True)
class Look:
    """
    One question to a node.

    Attributes:
        path: Absolute path in the node's own notation; a folder when *suffix* is given.
        view: ``text`` (content without private keys), ``public`` (certificates only), ``meta`` (no content), or of a file alone
            ``log``: its last 1 MiB without private keys, though others may write to it meanwhile.
        suffix: Ask for every plain file of the folder whose name ends so, upper or lower case.
    """

    path: str
    view: str = "text"
    suffix: str | None = None


@dataclass(frozen=True)
class FileState:
    """
    One path of a node as it was when observed.

    Attributes:
        path: As it was asked for, or as the folder holds it.
        kind: ``absent``, ``file``, ``directory``, ``link`` or ``other``.
        size: Bytes of the whole file, 0 for anything that is no plain file.
        sha256: 64 hexadecimal digits of a plain file's whole content, for ``log`` of *content*; else ``absent``.
        guard: Mode and owner, or DACL, in the words of the host contract.
        withheld: How many private-key blocks were left out of *content*.
        content: What may be seen of a plain file; None for ``meta``, above 1 MiB unless it is a ``log``, or if it is no plain file.
    """

    path: str
    kind: str = ABSENT
    size: int = 0
    sha256: str = ABSENT
    guard: str = ""
    withheld: int = 0
    content: bytes | None = None


@dataclass(frozen=True)
class Folder:
    """
    The plain files of one folder that have a suffix.

    Attributes:
        kind: As for a file; only a ``directory`` has files.
        files: Sorted by the bytes of their names.
    """

    kind: str
    files: tuple[FileState, ...] = ()


@dataclass(frozen=True)
class Observation:
    """
    The answer of one node.

    Attributes:
        system: ``posix`` or ``windows``.
        clock: The node's clock, seconds since 1970.
        files: By path, as asked.
        folders: By path, as asked with a suffix.
        state: ``clean``, ``locked`` (a run is at work) or ``interrupted`` (its lock is stale).
        run: Identifier of the run that holds the lock, empty when clean.
        since: When that run took the lock, seconds since 1970.
    """

    system: str
    clock: int
    files: Mapping[str, FileState] = field(default_factory=dict)
    folders: Mapping[str, Folder] = field(default_factory=dict)
    state: str = "clean"
    run: str = ""
    since: int = 0

    def file(self, path: str) -> FileState:
        """
        Return what is known of *path*.

        Args:
            path: One of the paths that were asked for.

        Returns:
            Its state; raises KeyError for a path that was not asked for, which is a programming error.
        """
        return self.files[path]
