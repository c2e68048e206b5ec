"""The marker that a rollout leaves on a node."""

from __future__ import annotations

import contextlib
import re
from dataclasses import fields

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import (
    Marker,
    Turn,
    read_marker,
    split_commit,
    write_marker,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import NodeError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from hypothesis import given
from hypothesis import strategies as st

TURN = Turn("20261121T120000Z-abc123", "control-4711")


def observed(content: bytes | None) -> FileState:
    """Return the marker file as a node would show it."""
    path = "/s.certops/marker"
    return FileState(path) if content is None else FileState(path, "file", len(content), "aa", content=content)


class TestNext:
    def test_counts_the_commits_of_one_rollout(self) -> None:
        """Every commit has an id of its own that tells rollout, number, time and who made it."""
        marker = Marker().next(TURN, phases=["trust"], clock=255).next(TURN, phases=["certificate"], clock=256)

        assert marker.commits == ("20261121T120000Z-abc123.1-ff-control-4711", "20261121T120000Z-abc123.2-100-control-4711")
        assert (marker.phases, marker.since, marker.restart_pending) == (("trust", "certificate"), 255, True)
        assert all(len(commit) <= 64 for commit in marker.commits)

    def test_begins_anew_with_another_rollout(self) -> None:
        """What an earlier rollout did is not counted as part of this one."""
        marker = Marker().next(Turn("earlier", "a-1"), phases=["trust"], clock=1).next(TURN, phases=["configuration"], clock=2)

        assert (len(marker.commits), marker.phases, marker.since) == (1, ("configuration",), 2)

    def test_names_who_committed_last(self) -> None:
        """A rollout that another controller finishes is that one's."""
        marker = Marker().next(Turn(TURN.run, "first-1"), phases=["trust"], clock=1).next(TURN, phases=[], clock=2, restart_pending=False)

        assert (marker.holder, marker.restart_pending, marker.since) == (TURN.holder, False, 1)


class TestReadMarker:
    @given(st.lists(st.sampled_from(["trust", "certificate", "configuration"])), st.integers(0, 2**40))
    def test_reads_what_was_written(self, phases: list[str], clock: int) -> None:
        """A marker comes back from its file as it was."""
        marker = Marker().next(TURN, phases=phases, clock=clock)

        assert read_marker(observed(write_marker(observed(None), marker).content)) == marker

    def test_is_noted_in_the_same_bytes_every_time(self) -> None:
        """One line of JSON with its keys in order, so that a backup can be compared by eye."""
        change = write_marker(observed(None), Marker().next(TURN, phases=["trust"], clock=1))
        line = (change.content or b"").decode()

        assert change.action == f"note rollout {TURN.run}, commit 1"
        assert re.findall(r'"(\w+)":', line) == sorted(field.name for field in fields(Marker))
        assert line.endswith("}\n")

    def test_takes_an_absent_file_for_no_rollout(self) -> None:
        """A node that was never rolled out has an empty marker."""
        assert read_marker(observed(None)) == Marker()

    @pytest.mark.parametrize("content", [
        b"", b"[]", b"{}x", b'{"run": 1}', b'{"who": "me"}', b'{"commits": ["../up"]}', b'{"restart_pending": "no"}',
        b"\xff", b'{"since": true}',
        b'{"commits": [1]}', b'{"phases": [[]]}',
    ])
    def test_guesses_nothing_from_a_broken_one(self, content: bytes) -> None:
        """What a rollout did is never made up; a hostile commit id goes nowhere."""
        with pytest.raises(NodeError, match="marker"):
            read_marker(observed(content))

    @given(st.binary(max_size=60))
    def test_raises_nothing_else(self, content: bytes) -> None:
        """Any bytes are a marker or a NodeError."""
        with contextlib.suppress(NodeError):
            read_marker(observed(content))


class TestSplitCommit:
    def test_tells_rollout_and_holder(self) -> None:
        """The lock of a node holds a commit's id, which names both; also while it is taken back."""
        commit = Marker().next(TURN, phases=[], clock=9).commits[0]

        assert split_commit(commit) == (TURN.run, TURN.holder)
        assert split_commit(commit + ".restore") == (TURN.run, TURN.holder)

    def test_names_nobody_for_a_foreign_lock(self) -> None:
        """An id that is not ours is its own rollout, by nobody we know."""
        assert split_commit("by-hand") == ("by-hand", "")
