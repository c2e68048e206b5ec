"""Which failed attempts a server's own restart explains."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator.clients.attempts import TOLERANCE, Attempt, count, note, noted, restarts

NOON = datetime(2026, 1, 2, 12)
DOWN, UP = "Adobe Insight Server 6.74 (stand-in) shutting down.", "Adobe Insight Server 6.74 (stand-in) started up."


def at(seconds: float) -> datetime:
    """Return noon and *seconds*."""
    return NOON + timedelta(seconds=seconds)


def line(seconds: float, text: str) -> str:
    """Return a line of an event log."""
    return f"{at(seconds).isoformat(sep=' ', timespec='milliseconds')} {text}"


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """Return a server that was away from 10 to 20 seconds past noon."""
    (tmp_path / "server" / "Events").mkdir(parents=True)
    lines = [line(0, "Event logging begins."), line(0, UP), line(10, DOWN), line(20, UP)]
    (tmp_path / "server" / "Events" / "20260102-event.txt").write_bytes("\r\n".join([*lines, ""]).encode())
    return tmp_path / "server"


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """Return a client that has tried nothing yet."""
    (tmp_path / "client" / "State").mkdir(parents=True)
    return tmp_path / "client"


def tried(client: Path, seconds: float, *, took: float = 0.1, error: str = "refused", server: str = "10.0.0.1") -> None:
    """Write down an attempt of *client* that began *seconds* past noon."""
    note(client, Attempt(at(seconds).isoformat(timespec="milliseconds"), server, took, error))


class TestCount:
    @pytest.mark.parametrize(("seconds", "took"), [(10, 0.1), (15, 0.1), (19.9, 0.1), (9.2, 0.1), (20.9, 0.1), (7, 3)])
    def test_a_failure_that_touches_the_restart_is_explained(self, client: Path, server: Path, *, seconds: float, took: float) -> None:
        """From a second before the server was away to a second after, for as long as the attempt took."""
        tried(client, seconds, took=took)

        assert count({"one": client}, {"10.0.0.1": server}).unexplained == ()

    @pytest.mark.parametrize(("seconds", "where"), [(5, "10.0.0.1"), (21.5, "10.0.0.1"), (15, "10.0.0.2")])
    def test_any_other_failure_is_not(self, client: Path, server: Path, *, seconds: float, where: str) -> None:
        """Before, after, or at another server."""
        tried(client, seconds, server=where)
        counted = count({"one": client}, {"10.0.0.1": server, "10.0.0.2": client})

        assert [(name, attempt.server) for name, attempt in counted.unexplained] == [("one", where)]
        assert str(counted) == ("1 connections of 1 clients: 0 failed during a server's own restart, 1 outside of one")

    def test_leaves_out_what_was_before(self, client: Path, server: Path) -> None:
        """A step of a story has a count of its own."""
        for seconds, error in ((5, "refused"), (30, ""), (31, "")):
            tried(client, seconds, error=error)
        counted = count({"one": client}, {"10.0.0.1": server}, since=at(25))

        assert (counted.attempts, counted.failed, counted.unexplained) == ({"one": 2}, 0, ())

    def test_reads_no_line_that_is_just_being_written(self, client: Path) -> None:
        """The last line may be half there."""
        tried(client, 5)
        with (client / "State" / "attempts.txt").open("a") as file:
            file.write('{"time": "20')

        assert len(noted(client)) == 1


class TestRestarts:
    def test_are_those_that_the_server_announced(self) -> None:
        """A start that no stop came before is none; a stop that no start followed goes on."""
        lines = [line(0, UP), line(5, UP), line(10, DOWN), line(11, "ERROR not started"), line(20, UP), line(30, DOWN)]

        assert restarts(lines) == [(at(10), at(20)), (at(30), datetime.max - TOLERANCE)]

    @given(st.lists(st.sampled_from([UP, DOWN, "ERROR x"])))
    def test_are_in_order_and_never_overlap(self, texts: list[str]) -> None:
        """Whatever a log holds."""
        found = restarts(line(number, text) for number, text in enumerate(texts))
        ends = [moment for pause in found for moment in pause]

        assert ends == sorted(ends)
