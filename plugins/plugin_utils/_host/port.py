# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an action may ask of the files of one managed node, whatever carries the question there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .._core.observation import Look, Observation
from .._core.plan import Change


@dataclass(frozen=True)
class StateFolder:
    """
    Where a node keeps the lock, the journal and the backups of its runs.

    Attributes:
        path: Absolute, in the node's own notation, on the volume of the files that are changed, outside any watched folder.
        stale: Seconds; a lock at least this old belongs to a run that was interrupted.
        keep: How many runs keep their backup, the newest first.
    """

    path: str
    stale: int = 900
    keep: int = 5


class HostFiles(Protocol):
    """Files of one managed node; each verb is one round trip and raises HostError or one of its children."""

    def observe(self, looks: Sequence[Look]) -> Observation:
        """
        Return the files as they are, without private keys; writes nothing.

        Args:
            looks: What to look at; the same look twice counts once.

        Returns:
            Every file and folder that was asked for, by its path.

        Raises:
            HostError: A file cannot be read, or the answer is not what was asked for.
        """

    def commit(self, run: str, changes: Sequence[Change]) -> tuple[str, ...]:
        """
        Make all *changes* or none of them, and keep a backup under the name *run*.

        Args:
            run: 1 to 64 letters, digits, dots, underscores and hyphens, not starting with a dot; used once per node.
            changes: At most one for a path.

        Returns:
            The paths that were written or deleted, in the node's order.

        Raises:
            StaleFileError: A file is not what its change expects.
            LockedError: Another run is at work on the node.
            InterruptedRunError: A run was interrupted on the node; recover first.
            HostError: Anything else that kept the node from it.
        """

    def restore(self, run: str, *, force: bool = False) -> tuple[str, ...]:
        """
        Bring the files back as they were before *run*.

        Args:
            run: One whose backup is still kept.
            force: Also when a file was changed after that run.

        Returns:
            The paths that were written or deleted; none when all are as they were.

        Raises:
            HostError: As for a commit; StaleFileError when a file was changed after that run.
        """

    def recover(self, *, stale: int | None = None) -> str:
        """
        End what an interrupted run left behind.

        Args:
            stale: Seconds, instead of the state folder's; 0 when the lock is known to be of a dead run.

        Returns:
            ``forward`` (every file is new), ``back`` (every file is as before) or ``nothing`` (there was nothing).

        Raises:
            LockedError: The lock is younger than that.
        """
