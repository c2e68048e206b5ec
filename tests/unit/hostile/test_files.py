"""Files of a hostile node: each test is named after what would have happened to the operator."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg import parse
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import Marker, read_marker
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.schedule import check_schedule
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import NodeError, PemError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.names import read_names
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.requirements import check_anchors

from unit.builders import make_root
from unit.core import findings
from unit.core.dwb.servers import NOW, Tree, company, rules
from unit.core.forging import tlv
from unit.hostile.bounds import within

MEGABYTE = 2**20
RUN = "20260314T091500Z-3f9a1c"


def marker(**changed: Any) -> FileState:
    """Return the file of a marker in which something is *changed*."""
    noted = {"run": RUN, "commits": [f"{RUN}.1-ff-control-4711"], "restart_pending": True, "phases": ["trust"], "since": 255,
             "holder": "control-4711", "files": {"/a": "ab" * 32, "/b": "absent"}}
    return FileState("/s.certops/marker", "file", content=json.dumps(noted | changed).encode())


class TestMarker:
    def test_is_read_when_nothing_is_wrong_with_it(self) -> None:
        """The twin of all that follow."""
        assert read_marker(marker()).run == RUN
        assert read_marker(marker(run="", commits=[], holder="", files={})) == Marker(restart_pending=True, phases=("trust",), since=255)

    @pytest.mark.parametrize("run", [
        "r -e dwb_force=true", "r; rm -rf ~", "$(reboot)", "r\nnext", "\x1b[2J", "../up", "x" * 65, "-e\u202e"])
    def test_put_words_into_a_command_that_the_operator_was_told_to_run(self, run: str) -> None:
        """'finish it with -e dwb_take_over=RUN' is pasted into a shell; a run is a name and nothing else."""
        with pytest.raises(NodeError):
            read_marker(marker(run=run))

    @pytest.mark.parametrize("changed", [
        {"holder": "control-" + "9" * 5000}, {"holder": "a b"}, {"holder": None}, {"since": 10**4299}, {"since": -1}, {"since": 2**53},
        {"files": {"/a": "\x1b[2J"}}, {"files": ["/a"]}, {"phases": ["reboot"]}, {"phases": "trust"}, {"commits": "abc"},
        {"commits": [f"r.{n}" for n in range(1001)]}, {"run": None},
    ])
    def test_ended_in_a_traceback_or_in_hours_of_work(self, changed: dict[str, Any]) -> None:
        """Numbers that no datetime and no int holds, words that no rollout writes, commits without end."""
        with pytest.raises(NodeError):
            read_marker(marker(**changed))

    def test_nested_a_hundred_thousand_times_ended_in_a_traceback(self) -> None:
        """The reader of JSON gives up by an error of its own."""
        with pytest.raises(NodeError):
            read_marker(FileState("/m", "file", content=b"[" * 100_000))

    def test_with_a_number_of_five_thousand_digits_ended_in_a_traceback(self) -> None:
        """Python refuses to read it, and would refuse to print it."""
        with pytest.raises(NodeError):
            read_marker(FileState("/m", "file", content=b'{"since": 1' + b"0" * 5000 + b"}"))


class TestServer:
    @pytest.mark.parametrize("port", ["9" * 5000, "65536", "00", "-1", "\u0664\u0664\u0663", "0x1bb"])
    def test_a_port_that_is_none_ended_in_a_traceback(self, port: str) -> None:
        """Neither int nor the system's resolver takes it; the server is surveyed all the same, and the finding says why it cannot be."""
        cfg = f"component = CommServer:\r\n  SSL Port = int: {port}\r\n".encode()
        server = Tree(files={"Components/Communications.cfg": cfg}).observe()

        assert rules(server) == ["port"]
        assert server.port == 443

    def test_leading_zeros_of_a_port_do_no_harm(self) -> None:
        """The product reads a number."""
        cfg = b"component = CommServer:\r\n  SSL Port = int: 00443\r\n"

        assert Tree(files={"Components/Communications.cfg": cfg}).observe().port == 443

    def test_a_synchronisation_of_a_megabyte_took_minutes(self) -> None:
        """Ten thousand entries are looked at once each."""
        entry = "    {0} = serverDirectory:\r\n      Local Path = string: L{0}\r\n      Remote URI = string: /L/\r\n"
        count = 10_000
        cfg = f"component = SynchronizeComponent:\r\n  Directories = vector: {count} items\r\n"
        content = (cfg + "".join(entry.format(number) for number in range(count))).encode()
        tree = Tree(files={"Components/Synchronize.cfg": content})
        host = tree.host()

        assert len(content) < MEGABYTE
        with within(seconds=10):
            assert tree.observe(host).follows == "processing"

    @pytest.mark.parametrize("start", ["January 1, 0001 00:00:00 CET", "January 1, 0001 00:00:00", "December 31, 9999 23:59:59 UTC"])
    @pytest.mark.parametrize("every", ["", "day", "week", "month"])
    def test_a_restart_at_the_end_of_time_ended_in_a_traceback(self, start: str, every: str) -> None:
        """What the calendar does not hold is due, or far away, and never an error that nobody reads."""
        cfg = f"component = ScheduledRestart:\r\n  Start Time = string: {start}\r\n  Restart Every = string: {every}\r\n"
        file = FileState("/ScheduledRestart.cfg", "file", content=cfg.encode())

        assert {finding.rule for finding in check_schedule(file, now=NOW, window=NOW - NOW)} <= {"scheduled-restart"}


class TestCfg:
    def test_a_line_of_half_a_megabyte_took_minutes(self) -> None:
        """Every child asks whether its parent holds a value; the answer is found once."""
        content = b"a = x:" + b" " * (MEGABYTE // 2) + b"\n" + b"  b = :\n" * (MEGABYTE // 20)

        with within():
            assert len(parse(content, where="a.cfg").entries[0].children) == MEGABYTE // 20

    def test_a_staircase_of_a_megabyte_ended_in_a_traceback(self) -> None:
        """Depth is walked, not called."""
        content = b"".join(b"%ba = x:\n" % (b" " * depth) for depth in range(1400))

        with within():
            assert parse(content, where="a.cfg").entries[0].last_line == 1400


class TestPem:
    @pytest.mark.parametrize("word", [b"BEGIN ", b"END ", b"BEGIN A", b"-----BEGIN A-", b"-----", b"BEGIN X----", b"- "])
    def test_a_line_of_a_megabyte_took_hours(self, word: bytes) -> None:
        """Whether it looks like a marker is decided in one go."""
        with within(), contextlib.suppress(PemError):
            split_pem(word * (MEGABYTE // len(word)), where="bundle")

    @pytest.mark.parametrize(("line", "refused"), [
        (b"x-----BEGIN", True), (b"BEGIN A-----", True), (b"xBEGIN A B-----x", True), (b"-----BEG", True), (b"END 1------", True),
        (b"A-----x END Q-----", True), (b"BEGIN -----", False), (b"BEGIN a-----", False), (b"BEGIN A----", False), (b"BEGINA-----", False),
        (b"BEGIN  -----", True), (b"-----BEGIM", False),
    ])
    def test_a_glued_marker_was_taken_for_text(self, line: bytes, refused: bool) -> None:
        """The quick way finds what the pattern found: a label and dashes behind BEGIN or END, or dashes before them."""
        found = False
        try:
            split_pem(line, where="bundle")
        except PemError:
            found = True

        assert found is refused


class TestAnchors:
    @staticmethod
    def _found(number: int) -> list[str]:
        root, issuing = company()
        namesakes = b"".join(make_root("Corp Root", key=f"ec/{each}").pem for each in range(number))
        return findings.rules(check_anchors(root.pem + issuing.pem, where="corp.pem", now=NOW, known=namesakes))

    def test_a_bundle_of_namesakes_took_minutes(self) -> None:
        """A bundle with a thousand certificates of one name is refused instead of being judged pair by pair; a few are no fault."""
        with within():
            assert self._found(150) == ["namesakes", "namesakes"]
        assert self._found(3) == []


class TestNames:
    @staticmethod
    def _tbs(name: bytes) -> bytes:
        empty = tlv(0x30)
        return tlv(0x30, tlv(2, b"\1"), empty, tlv(0x30, name), empty, empty, empty)

    def test_a_name_of_forty_thousand_parts_took_minutes(self) -> None:
        """Each part is cut out of the name, not the rest of the name behind each part."""
        part = tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(12, b"A")))

        with within():
            issuer, _subject = read_names(self._tbs(part * 40_000))
            assert len(issuer.common_names) == 40_000

    def test_an_object_identifier_of_a_megabyte_took_hours(self) -> None:
        """One number of it would have two million digits."""
        part = tlv(0x31, tlv(0x30, tlv(6, b"\xff" * MEGABYTE + b"\x01"), tlv(12, b"A")))

        with within(), pytest.raises(ValueError, match="object identifier"):
            read_names(self._tbs(part))
