# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The marker: what a rollout leaves on a node, so that the next run knows what this one did."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

from ..errors import Finding, NodeError
from ..observation import ABSENT, FileState, Look, Observation
from ..plan import Change, replacing
from .layout import PHASES, Place

# What the host contract allows as the id of a run.
_COMMIT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_RUN = re.compile(f"(?:{_COMMIT.pattern})?")
# A marker is told to the operator in commands ("-e dwb_take_over=RUN"), so what is in it must be nothing but a name.
_HOLDER = re.compile(r"[A-Za-z0-9-]{0,40}")
_SHA256 = re.compile(f"{ABSENT}|[0-9a-f]{{64}}")
_COMMITS = 1000   # far more than a rollout has that is begun again and again; each is one call when it is taken back
_CLOCK = 2**53    # seconds since 1970, as the host contract has them

# RUN.NUMBER-CLOCK-HOST-PID, and what the node adds when it takes one back.
_OURS = re.compile(r"(?P<run>[^.]+)\.\d+-[0-9a-f]+-(?P<holder>[A-Za-z0-9-]+-\d+)(\.restore)?")


@dataclass(frozen=True)
class Turn:
    """
    Who commits.

    Attributes:
        run: Identifier of the rollout.
        holder: The controller process, as HOST-PID.
    """

    run: str
    holder: str


@dataclass(frozen=True)
class Marker:
    """
    Which rollout was on this node last.

    Attributes:
        run: Identifier of that rollout, empty if there was none.
        commits: Ids of its commits on this node, oldest first.
        restart_pending: Something was written that the running server has not read yet.
        phases: What was written, in the order it was first written.
        since: When the rollout came here first, seconds since 1970 by the node's clock.
        holder: The controller process that runs it, as HOST-PID.
        files: SHA-256 of what it wrote, by path; another one on the disk is a later change by somebody else.
    """

    run: str = ""
    commits: tuple[str, ...] = ()
    restart_pending: bool = False
    phases: tuple[str, ...] = ()
    since: int = 0
    holder: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def next(self, turn: Turn, *, phases: Sequence[str], clock: int, restart_pending: bool = True) -> Marker:
        """
        Return the marker as it is to be written with the next commit of *turn*.

        Args:
            turn: Who commits.
            phases: What the commit writes.
            clock: The node's clock, seconds since 1970; it keeps the commit's id apart from one that was taken back.
            restart_pending: Whether the running server has still to read what is written.
        """
        base = self if self.run == turn.run else Marker(run=turn.run, since=clock)
        every = (*base.phases, *(phase for phase in phases if phase not in base.phases))
        commit = commit_id(turn, len(base.commits) + 1, clock=clock)
        return replace(base, commits=(*base.commits, commit), restart_pending=restart_pending, phases=every, holder=turn.holder)


class Noted(Protocol):
    """A node on which rollouts leave their marker: a server, a client, or whatever more there is to be."""

    @property
    def layout(self) -> Place:
        """Return where its state folder is."""

    @property
    def observation(self) -> Observation:
        """Return what it answered."""

    @property
    def marker(self) -> Marker:
        """Return what the last rollout left."""


@dataclass(frozen=True)
class Standing:
    """
    How a rollout stands on a node, and no more of it than that.

    Attributes:
        layout: Where its state folder is.
        observation: As it answered the looks at least at the marker and the note.
        marker: What the last rollout left.
        findings: Why the marker cannot be read.
    """

    layout: Place
    observation: Observation
    marker: Marker = field(default_factory=Marker)
    findings: tuple[Finding, ...] = ()


def standing_looks(place: Place) -> tuple[Look, ...]:
    """Return what tells how a rollout stands."""
    return Look(place.marker, "text"), Look(place.taken_back, "text")


def read_standing(place: Place, observation: Observation) -> Standing:
    """
    Return how a rollout stands.

    Args:
        place: The folder of the product.
        observation: The node's answer to at least ``standing_looks``.
    """
    try:
        return Standing(place, observation, read_marker(observation.file(place.marker)))
    except NodeError as error:
        return Standing(place, observation, findings=error.findings)


def read_marker(state: FileState) -> Marker:
    """
    Return the marker that was observed.

    Raises:
        NodeError: The file is no marker; it is never guessed what a rollout did.
    """
    if state.kind == "absent":
        return Marker()
    try:
        return _checked(json.loads(state.content or b""))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise NodeError(where=state.path, problem="is not the marker of a rollout",
                        remedy="look at the backups beside it, then delete it") from None


def _checked(fields: dict[str, object]) -> Marker:
    """Return the marker of *fields*; ValueError or TypeError when one of them is not what it should be."""
    marker = Marker(**{key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()})  # type: ignore[arg-type]
    if not isinstance(marker.commits, tuple) or not isinstance(marker.phases, tuple):
        raise TypeError("no list")
    texts = ((_HOLDER, (marker.holder,)), (_RUN, (marker.run,)), (_COMMIT, marker.commits), (_SHA256, marker.files.values()))
    if not all(pattern.fullmatch(text) for pattern, words in texts for text in words):
        raise ValueError("a word that no rollout writes")
    if len(marker.commits) > _COMMITS or not set(marker.phases) <= set(PHASES) or not all(isinstance(path, str) for path in marker.files):
        raise ValueError("commits, phases or paths that no rollout writes")
    if not isinstance(marker.restart_pending, bool) or not _is_time(marker.since):
        raise TypeError("neither a truth value nor a time")
    return marker


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _CLOCK


def is_run(text: str) -> bool:
    """
    Tell whether *text* can be the identifier of a rollout, so that it may stand in a command.

    Args:
        text: As a node gave it.
    """
    return _COMMIT.fullmatch(text) is not None


def write_marker(state: FileState, marker: Marker) -> Change:
    """Return the change that replaces the observed marker by *marker*."""
    action = f"note rollout {marker.run}, commit {len(marker.commits)}"
    return replacing(state, json.dumps(asdict(marker), sort_keys=True).encode() + b"\n", action)


def commit_id(turn: Turn, number: int, *, clock: int) -> str:
    """
    Return the id of a commit: RUN.NUMBER-CLOCK-HOLDER.

    Args:
        turn: Who commits.
        number: Which commit of the rollout it is on this node.
        clock: The node's clock, seconds since 1970.
    """
    return f"{turn.run}.{number}-{clock:x}-{turn.holder}"


def split_commit(commit: str) -> tuple[str, str]:
    """
    Return the rollout and the controller process that a commit's id names; the id alone and nobody for any other.

    Args:
        commit: As a lock or a marker holds it.
    """
    match = _OURS.fullmatch(commit)
    return (match["run"], match["holder"]) if match else (commit, "")
