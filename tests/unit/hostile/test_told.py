"""What an operator is told, however hostile the node is it comes from: each test is named after what would have happened."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member, WayBack, check_way_back
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.planner import Wanted
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.report import make_rows, make_table
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import Judged, describe, make_survey
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding, HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import as_text, split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import replacing
from ansible_collections.certops.rollout.plugins.plugin_utils._core.printable import printable, printable_lines
from ansible_collections.certops.rollout.plugins.plugin_utils._core.x509 import read_certificate
from ansible_collections.certops.rollout.plugins.plugin_utils._task.base import failed
from hypothesis import given
from hypothesis import strategies as st

from unit.builders import self_signed
from unit.core.dwb.servers import NOW, Tree, licensor
from unit.core.dwb.test_cluster import survey

ESCAPES = ["\x1b[2J", "\x9b2J", "\u202e", "\x07", "\r", "\x7f", "\u2028", "\x00"]
EVIL = "a\x1b]0;owned\x07b\x9b2Jc\u202ed\r\ne"


def problems(**facts: Any) -> list[str]:
    """Return the problems that the report tells of a server with *facts*."""
    told: list[str] = make_rows([Member("m", survey("master", **facts))])[0]["problems"]
    return told


class TestReport:
    def test_an_expired_certificate_that_is_served_was_called_ok(self) -> None:
        """It is on the disk, too, so nothing differs; but nobody connects any more."""
        served = {"fingerprint": "old", "error": None, "days_left": -1, "age_days": 400, "not_after": "2026-11-20T12:00:00+00:00"}

        assert problems(served=served) == ["serves a certificate that expired on 2026-11-20"]
        assert problems(served={**served, "days_left": 0}) == []

    def test_a_certificate_of_tomorrow_that_is_served_was_called_ok(self) -> None:
        """Issued by a CA whose clock is ahead, it is refused until then."""
        served = {"fingerprint": "old", "error": None, "days_left": 365, "age_days": -1, "not_before": "2026-11-20T12:00:00+00:00"}

        assert problems(served=served) == ["serves a certificate that is not valid before 2026-11-20"]
        assert problems(served={**served, "age_days": 0}) == []

    def test_the_second_at_which_a_certificate_expires_decides(self) -> None:
        """What a handshake tells of it is as exact as the report needs it."""
        leaf = read_certificate(self_signed("insight-01", not_after=NOW).der, where="leaf")
        told = [describe(leaf, NOW + timedelta(seconds=seconds)) or {} for seconds in (0, 1)]

        assert [answer["days_left"] for answer in told] == [0, -1]

    def test_a_common_name_took_over_the_terminal(self) -> None:
        """It is whatever somebody had certified; the table shows it, cut, on its one line."""
        served = {"fingerprint": "old", "error": None, "common_name": EVIL + "x" * 65536}
        table = make_table(make_rows([Member("m", survey("master", served=served))]))

        assert all(line.isprintable() and len(line) < 400 for line in table)


class TestFinding:
    @pytest.mark.parametrize("part", ["where", "problem", "remedy"])
    def test_a_file_name_took_over_the_terminal(self, part: str) -> None:
        """Whatever part it came in, nothing of it moves a cursor, starts a line or turns the text around."""
        finding = Finding(**{"where": "w", "problem": "p", "remedy": "r", part: EVIL})

        assert str(finding).isprintable()
        assert "\\x1b]0;owned\\x07b\\x9b2Jc\\u202ed\\r\\ne" in str(finding)

    def test_a_marker_of_a_megabyte_filled_the_terminal(self) -> None:
        """The beginning and the end of a long text are enough to find it."""
        error = HostError(where="a" * 10**6 + "z", problem="p", remedy="r")

        assert re.fullmatch("a{1000}…a{999}z: p; r", str(error)) or len(str(error)) < 2100
        assert str(error).startswith("aaa")
        assert "z: p; r" in str(error)

    @given(st.text())
    def test_any_text_is_one_printable_line(self, text: str) -> None:
        """Also surrogates, private characters and what is not assigned yet."""
        assert printable(text).isprintable()
        assert printable_lines(text).replace("\n", "").replace("\t", "").replace("\r", "").isprintable()


class TestDiff:
    @pytest.mark.parametrize("escape", ESCAPES)
    def test_a_bundle_took_over_the_terminal_in_a_diff(self, escape: str) -> None:
        """The lines of a file stay lines, and nothing else in it is obeyed."""
        content = f"first\r\n\tse{escape}cond\nthird".encode()
        shown = replacing(FileState("/b.pem", "file", len(content), "ab" * 32, content=content), content, "action").as_diff()["before"]

        assert escape not in shown.replace("\r\n", "\n")
        assert shown.startswith("first\r\n\tse")
        assert shown.endswith("cond\nthird")


class TestSurvey:
    @staticmethod
    def _survey(files: dict[str, bytes | None]) -> dict[str, Any]:
        return make_survey(Tree(files=files).observe(), Wanted(), Judged(), role="dpu", now=NOW)

    def test_a_name_in_the_folder_of_certificates_took_over_the_terminal(self) -> None:
        """A warning names the file, so that it can be found and moved away."""
        warnings = self._survey({f"Certificates/{EVIL}.pem": b"x"})["warnings"]

        assert len(warnings) == 1
        assert warnings[0].isprintable()

    def test_a_bundle_took_over_the_terminal_in_a_verbose_run(self) -> None:
        """JSON escapes what is below a blank only; the blocks arrive all the same."""
        bundle = b"\xef\xbb\xbf\x1b[2J\xc2\x9b2J\x9b\r\n" + licensor().pem
        text = self._survey({"Certificates/trust_ca_cert.pem": bundle})["bundle_after"]

        assert text.isascii()
        assert text.replace("\r", "").replace("\n", "").isprintable()
        assert [block.der for block in split_pem(text.encode())] == [licensor().der]

    def test_a_block_with_form_feeds_got_lost_on_the_way(self) -> None:
        """OpenSSL takes blanks of any kind at the end of a line, so what is shown keeps the block."""
        content = licensor().pem.replace(b"\n", b"\f\n").replace(b"-----\f", b"-----")

        assert [block.der for block in split_pem(as_text(content).encode())] == [licensor().der]


class TestFailed:
    def test_half_a_million_findings_filled_the_terminal(self) -> None:
        """The first ones are told, and how many there are more; below that, all of them."""
        finding = Finding("a.cfg:1", "no 'key = type: value'", "correct it")

        assert failed([finding] * 5000)["msg"].count("\n") == 4999
        assert failed([finding] * 500_000)["msg"].count("\n") == 5000
        assert failed([finding] * 500_000)["findings"][-1]["problem"] == "there are 495000 more"


class TestWayBack:
    OTHER = Finding("rollout", "rollout r1 by elsewhere-1 has been at work here for 3 s", "wait for it", "rollout")

    def test_a_rollback_was_made_under_another_live_rollout(self) -> None:
        """Half of the cluster would go forward while the other half goes back; nothing is touched, the node is named."""
        found = {field.name: getattr(self.OTHER, field.name) for field in fields(self.OTHER)}
        other = [Member("a", {"findings": [found]}), Member("b", {"findings": [{**found, "rule": "clock"}]})]

        assert [str(finding) for finding in check_way_back(other, WayBack("r1", ["a", "b"]))] == [f"a: {self.OTHER}"]
        assert check_way_back(other, WayBack("")) == []
