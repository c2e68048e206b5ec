# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who connects to a server, from its access logs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access_log import (
    Audit,
    Caller,
    is_absolute,
    log_looks,
    read_access_log,
    read_audit,
    unreadable,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server import Server
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError, HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from hypothesis import example, given
from hypothesis import strategies as st

from .servers import Tree
from .test_server import COMMUNICATIONS, CRLF

TIME = "2026-03-14 09:15:00.123"
ADDRESSES = st.ip_addresses().filter(lambda each: getattr(each, "ipv4_mapped", None) is None)
PIECES = [b"10.0.0.5:1 ", b"::1:2\t", b"2026-03-14 09:15:00", b"\x1b", b"\x00", b"\r", b"\n", b":", b" "]


def line(address: object, *, time: str = TIME, text: str = "Connection established.") -> bytes:
    """Return a line as the product writes it."""
    shown = f"[{address}]" if ":" in str(address) else str(address)
    return f"{shown}:50123  {time}  {text}\r\n".encode()


def log(content: bytes, *, name: str = "20260314-access.txt", size: int | None = None, kind: str = "file") -> FileState:
    """Return a log as it was observed; its whole size is that of its content unless another is given."""
    return FileState(f"/srv/dwb/Audit/{name}", kind, len(content) if size is None else size, "0" * 64, "", 0, content)


class TestReadAccessLog:
    def test_counts_the_lines_of_each_address(self) -> None:
        """In the order in which they first appear, each with the time of its last line."""
        later = line("10.0.0.5", time="2026-03-14 10:00:00.000")

        assert read_access_log(line("10.0.0.5") + line("10.0.0.6") + later).callers == (
            Caller("10.0.0.5", 2, "2026-03-14 10:00:00.000"), Caller("10.0.0.6", 1, TIME))

    @pytest.mark.parametrize("shown", [
        b"10.0.0.5:1 2026-03-14 09:15:00.123 x", b"10.0.0.5:65535\t2026-03-14 09:15:00.123\tx",
        b"  10.0.0.5:1  2026-03-14 09:15:00.123  x  ",
        b"[::ffff:10.0.0.5]:1  2026-03-14 09:15:00.123  x", b"::ffff:10.0.0.5:1  2026-03-14 09:15:00.123  x",
        b"\xef\xbb\xbf10.0.0.5:1  2026-03-14 09:15:00.123  x"])
    def test_bears_how_a_line_may_be_spelled(self, shown: bytes) -> None:
        """One picture shows the format: blanks, tabs, brackets and a mark at the beginning change nothing."""
        assert read_access_log(shown + b"\n").callers == (Caller("10.0.0.5", 1, TIME),)

    @pytest.mark.parametrize(("rest", "last"), [
        (b"14/Mar/2026:09:15:00 +0100  GET /", "14/Mar/2026:09:15:00 +0100"), (b"3/14/2026 9:15:00 AM\tGET /", "3/14/2026 9:15:00 AM"),
        (b"Connection established.", ""), (b"1\x1b[31m  x", ""), (b"1" * 40, "")])
    def test_shows_a_time_that_is_fit_to_be_shown(self, rest: bytes, last: str) -> None:
        """The caller counts whatever its time looks like; control characters and long lines are no time."""
        assert read_access_log(b"10.0.0.5:1  " + rest + b"\n").callers == (Caller("10.0.0.5", 1, last),)

    @pytest.mark.parametrize("broken", [
        b"ws-07:50123  2026-03-14  x", b"10.0.0.5  2026-03-14  x", b"10.0.0.256:1  x", b"10.0.0.5:1", b"10.0.0.5:123456  x", b"\x00\x1b[2J",
        b"\xff\xfe1\x000\x00", b"Connection established."])
    def test_counts_lines_that_name_nobody(self, broken: bytes) -> None:
        """Nothing is guessed of them; the lines around them count, and blank ones do not."""
        told = read_access_log(line("10.0.0.5") + broken + b"\r\n\r\n" + line("10.0.0.6"))

        assert ([caller.address for caller in told.callers], told.unknown) == (["10.0.0.5", "10.0.0.6"], 1)

    def test_leaves_out_what_stands_before_the_first_line_of_a_cut_log(self) -> None:
        """Half an address may look like a whole one: 10.0.0.5 without its first digit is 0.0.0.5."""
        tail = line("10.0.0.5")[1:] + line("10.0.0.6")

        assert [caller.address for caller in read_access_log(tail, cut=True).callers] == ["10.0.0.6"]
        assert [caller.address for caller in read_access_log(tail).callers] == ["0.0.0.5", "10.0.0.6"]
        assert read_access_log(line("10.0.0.5").strip(), cut=True).callers == ()

    def test_bears_a_line_that_is_being_written(self) -> None:
        """The last line counts when it names somebody, and is no fault when it does not yet."""
        whole = line("10.0.0.5")

        assert read_access_log(whole + line("10.0.0.6").rstrip()).callers[1].address == "10.0.0.6"
        assert [read_access_log(whole + whole[:at]).unknown for at in range(len(whole))] == [0] * len(whole)

    @given(st.binary() | st.lists(st.sampled_from(PIECES)).map(b"".join), st.booleans())
    @example(b"\xd9\xa1.0.0.1:1 x\n", False)
    def test_never_fails_and_shows_nothing_strange(self, content: bytes, cut: bool) -> None:
        """Whatever a log holds: every line is counted once, and what is returned is printable ASCII."""
        told = read_access_log(content, cut=cut)
        lines = [each for each in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if each.strip()]

        assert sum(caller.count for caller in told.callers) + told.unknown <= len(lines)
        assert all(f"{caller.address}{caller.last}".isascii() and caller.last.isprintable() for caller in told.callers)

    @given(st.lists(st.tuples(ADDRESSES, st.text()), min_size=1), st.integers(0, 60))
    def test_finds_everybody_who_is_named_after_a_cut(self, calls: list[tuple[object, str]], at: int) -> None:
        """Wherever a log is cut within its first line, all others are read, whatever text they have."""
        lines = [line(address, text=text.encode("ascii", "ignore").decode().replace("\n", "") + ".") for address, text in calls]
        content = line("192.0.2.1")[at:] + b"".join(lines) if at < len(line("192.0.2.1")) else b"\n" + b"".join(lines)

        told = read_access_log(content, cut=True)
        assert {caller.address: caller.count for caller in told.callers} == {
            str(address): [str(each) for each, _ignored in calls].count(str(address)) for address, _text in calls}


@cache
def server() -> Server:
    """Return a server as it is shipped."""
    return Tree().observe()


def names(*, days: int, clock: datetime) -> list[str]:
    """Return the days whose logs are looked at when the node's clock shows *clock*."""
    here = replace(server(), observation=replace(server().observation, clock=int(clock.timestamp())))
    return [look.path.removeprefix("/srv/dwb/Audit/").removesuffix("-access.txt") for look in log_looks(here, days=days)]


def folder(value: str | None, root: str = "/srv/dwb") -> str:
    """Return the folder in which a server with this Access Log Directory is looked at."""
    cfg = CRLF.replace(b"Audit\\\\", value.encode().replace(b"\\", b"\\\\")) if value is not None else CRLF.replace(
        b"  Access Log Directory = string: Audit\\\\\r\n", b"")
    looks = log_looks(Tree(root, {COMMUNICATIONS: cfg}).observe(), days=1)
    assert all(look.view == "log" for look in looks)
    return looks[0].path[: -len("/20260314-access.txt")]


class TestLogLooks:
    def test_covers_the_days_of_every_time_zone(self) -> None:
        """The day of the node and that of UTC, at both ends: nobody knows by which of them the product names its logs."""
        assert names(days=1, clock=datetime(2026, 3, 1, 12, tzinfo=UTC)) == ["20260228", "20260301", "20260302"]
        assert names(days=1, clock=datetime(2026, 3, 1, 6, tzinfo=UTC)) == ["20260227", "20260228", "20260301"]

    @given(st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)), st.integers(1, 40), st.integers(-12, 14), st.floats(0, 1))
    def test_finds_every_log_of_the_last_days(self, now: datetime, days: int, zone: int, part: float) -> None:
        """A connection of any moment within them was written into one of the logs, wherever the node is."""
        clock = now.replace(tzinfo=UTC, microsecond=0)
        moment = clock - timedelta(days=days) * part

        looked_at = names(days=days, clock=clock)
        assert f"{moment.astimezone(timezone(timedelta(hours=zone))):%Y%m%d}" in looked_at
        assert days + 1 <= len(looked_at) <= days + 3

    @pytest.mark.parametrize(("value", "root", "expected"), [
        (None, "/srv/dwb", "/srv/dwb/Audit"), ("", "/srv/dwb", "/srv/dwb/Audit"), ("Logs\\Audit\\", "/srv/dwb", "/srv/dwb/Logs/Audit"),
        ("/var/log/dwb/", "/srv/dwb", "/var/log/dwb"), (None, "C:\\Adobe\\Server", "C:\\Adobe\\Server\\Audit"),
        ("P:\\Audit\\", "C:\\Adobe\\Server", "P:\\Audit"), ("Audit2", "C:\\Adobe\\Server", "C:\\Adobe\\Server\\Audit2"),
        ("\\\\nas\\audit\\", "C:\\Adobe\\Server", "\\\\nas\\audit")])
    def test_follows_the_access_log_directory(self, value: str | None, root: str, expected: str) -> None:
        """Relative to the install root, or absolute; Audit when there is none."""
        assert folder(value, root) == expected

    def test_refuses_to_guess_between_two_directories(self) -> None:
        """Where the parameter stands twice nobody knows which one counts."""
        twice = CRLF.replace(b"  Access Log Verbose = bool: false", b"  Access Log Directory = string: B\\\\")
        assert twice != CRLF

        with pytest.raises(CfgError):
            log_looks(Tree(files={COMMUNICATIONS: twice}).observe(), days=1)


@pytest.mark.parametrize(("path", "windows", "expected"), [
    ("Audit", False, False), ("/Audit", False, True), ("C:\\Audit", False, False), ("C:\\Audit", True, True), ("C:/Audit", True, True),
    ("\\Audit", True, True), ("Audit", True, False), ("C:Audit", True, False)])
def test_is_absolute(path: str, windows: bool, expected: bool) -> None:
    """Each system has its own notation."""
    assert is_absolute(path, windows=windows) is expected


class TestReadAudit:
    def test_joins_all_logs(self) -> None:
        """One caller for each address, sorted, with the count of all days and the last time."""
        days = [log(line("10.0.0.6") + line("10.0.0.5")), log(line("10.0.0.5", time="2026-03-15 01:00:00.000"), name="b")]

        assert read_audit(days) == Audit((Caller("10.0.0.5", 2, "2026-03-15 01:00:00.000"), Caller("10.0.0.6", 1, TIME)))

    def test_needs_no_log_of_every_day(self) -> None:
        """A day without a connection has no log; only where all are absent something is told."""
        absent = FileState("/srv/dwb/Audit/20260313-access.txt")

        assert read_audit([absent, log(line("10.0.0.5"))]).notes == ()
        assert read_audit([absent, absent]) == Audit(notes=(
            f"{absent.path}: is absent, as are the access logs of the days after it; who connects is not known",))
        assert read_audit([]) == Audit()

    def test_tells_that_a_log_is_longer_than_what_was_read(self) -> None:
        """Its last MiB counts, without the line that is cut."""
        content = line("10.0.0.5")[3:] + line("10.0.0.6")
        told = read_audit([log(content, size=5_000_000)])

        assert told.callers == (Caller("10.0.0.6", 1, TIME),)
        assert told.notes == (f"/srv/dwb/Audit/20260314-access.txt: only the last {len(content)} of 5000000 bytes were read",)

    @pytest.mark.parametrize("kind", ["link", "directory", "other"])
    def test_tells_what_was_not_read(self, kind: str) -> None:
        """A link is not followed."""
        assert read_audit([log(b"", kind=kind)]).notes == ("/srv/dwb/Audit/20260314-access.txt: is no plain file, so it was not read",)

    def test_tells_how_many_lines_name_nobody(self) -> None:
        """A few are a note; the twin in which none does is a finding, because then nobody can tell who connects."""
        some, none = (read_audit([log(content)]) for content in (line("10.0.0.5") + b"x\ny\n", b"x\ny\n"))

        assert (len(some.callers), some.notes, some.findings) == (1, ("2 lines of the access logs name no address",), ())
        assert (none.callers, [finding.rule for finding in none.findings]) == ((), ["audit"])
        assert none.findings[0].problem == "none of 2 lines names an address, so nobody can tell who connects"
        assert "dwb_audit_days: 0" in none.findings[0].remedy

    def test_says_nothing_of_logs_that_are_empty(self) -> None:
        """Nobody has connected."""
        assert read_audit([log(b"")]) == Audit()


class TestUnreadable:
    def test_keeps_cause_and_remedy(self) -> None:
        """What the node said, and how to go on without the logs."""
        audit = unreadable(HostError(where="/srv/dwb/Audit", problem="permission denied", remedy="become root"))

        assert [str(finding) for finding in audit.findings] == [(
            "/srv/dwb/Audit: permission denied; so nobody can tell who connects; "
            "become root; or make sure of your clients, then set dwb_audit_days: 0")]
