"""What is served, on disk and off: rows for auditors, a table for people."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.clients import Client
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.report import make_client_rows, make_rows, make_table

from .test_cluster import cluster, survey

SERVED = {"fingerprint": "old", "error": None, "common_name": "insight-01", "not_after": "2027-01-01T00:00:00+00:00", "days_left": 30}


def problems(**facts: Any) -> list[str]:
    """Return the problems of a DPU with *facts*, beside a master that nothing is wrong with."""
    rows = make_rows([Member("m", survey("master")), Member("d", {**survey("dpu"), **facts})])
    problems: list[str] = rows[1]["problems"]
    return problems


class TestMakeRows:
    def test_tells_what_is_served_and_what_is_on_disk(self) -> None:
        """One row a server, in the order given; no problem where both are the same and wanted."""
        rows = make_rows([Member("d", survey("dpu", served=SERVED)), Member("m", survey("master"))])

        assert rows[0] == {"node": "d", "role": "dpu", "common_name": "insight-01", "served": "old", "on_disk": "old",
                           "not_after": "2027-01-01T00:00:00+00:00", "days_left": 30, "problems": []}
        assert rows[1]["node"] == "m"

    def test_takes_the_name_from_the_licence_when_nothing_is_served(self) -> None:
        """A server that is down still has a name, and serves nothing."""
        row = make_rows([Member("d", survey("dpu", served={"fingerprint": None, "error": "refused"}, common_name="insight-01"))])[0]

        assert (row["common_name"], row["served"], row["days_left"]) == ("insight-01", None, None)

    def test_tells_that_a_server_was_lost(self) -> None:
        """Nothing is known of it, and that is its problem."""
        rows = make_rows([Member("x", failure="unreachable"), Member("y")])

        assert [row["problems"] for row in rows] == [["unreachable"], ["was not surveyed"]]
        assert {key for key, value in rows[0].items() if value} == {"node", "problems"}

    @pytest.mark.parametrize(("facts", "problem"), [
        ({"findings": [{"where": "clock", "problem": "is off"}]}, "clock: is off"),
        ({"changes": {"trust": [{"path": "/srv/dwb/trust.pem", "action": "add 1 anchor"}]}}, "trust.pem: add 1 anchor"),
        ({"changes": {"trust": [{"path": "C:\\S\\trust.pem", "action": "add 1 anchor"}]}}, "trust.pem: add 1 anchor"),
        ({"files": {"communications": {"sha256": "x"}}}, "Communications.cfg differs from the master's"),
        ({"served": {"error": "refused"}}, "does not answer TLS: refused"),
        ({"presents": "new"}, "serves another certificate than the one on its disk"),
        ({"marker": {"run": "r0", "restart_pending": True}}, "restart pending since rollout r0"),
    ])
    def test_tells_each_problem_once(self, facts: dict[str, Any], problem: str) -> None:
        """One thing is off, one sentence says what."""
        assert problems() == []
        assert problems(**facts) == [problem]

    def test_takes_what_is_no_survey_for_one_that_shows_nothing(self) -> None:
        """A variable of another task has none of the keys: a row with dashes, never a traceback, and never ok by accident."""
        rows = make_rows([Member("d", {"changed": False, "presents": "new"})])

        assert rows[0]["problems"] == ["serves another certificate than the one on its disk"]
        assert (rows[0]["role"], rows[0]["common_name"], rows[0]["served"]) == ("", None, None)

    def test_compares_with_the_first_of_two_masters(self) -> None:
        """A cluster that is wrongly set up is still reported on."""
        masters = [Member("m", survey("master")), Member("m2", survey("master", files={"processing": {"planned_sha256": "x"}}))]

        assert [row["problems"] for row in make_rows([*masters, Member("d", survey("dpu"))])] == [[], [], []]

    def test_tells_all_problems_at_once(self) -> None:
        """What is wrong, what would be changed, what is served, what is pending: in this order."""
        assert problems(findings=[{"where": "clock", "problem": "is off"}], changes={"trust": [{"path": "t", "action": "a"}]},
                        presents="new", marker={"run": "r0", "restart_pending": True}) == [
            "clock: is off", "t: a", "serves another certificate than the one on its disk", "restart pending since rollout r0"]

    def test_tells_a_file_that_differs_once(self) -> None:
        """A file that is going to be changed is not told a second time."""
        configuration = {"configuration": [{"path": "/srv/dwb/Communications.cfg", "action": "take over"}]}

        assert problems(files={"communications": {"sha256": "x"}}, changes=configuration) == ["Communications.cfg: take over"]


def client_problems(**facts: Any) -> list[str]:
    """Return the problems of a Sensor with *facts*."""
    problems: list[str] = make_client_rows([Client("s", "sensor", {"kind": "sensor", **facts})])[0]["problems"]
    return problems


class TestMakeClientRows:
    def test_shows_what_a_client_presents(self) -> None:
        """Its own certificate, else the licence's; it serves nothing."""
        facts = {"installed": {"common_name": "own", "not_after": "2027", "days_left": 30}, "licence": {"common_name": "licence"},
                 "presents": "abc"}
        own, licence = make_client_rows([Client("w", "workstation", {**facts, "leaf_now": leaf}) for leaf in ("PEM", "")])

        assert own == {"node": "w", "role": "workstation", "common_name": "own", "served": None, "on_disk": "abc", "not_after": "2027",
                       "days_left": 30, "problems": []}
        assert (licence["common_name"], licence["days_left"]) == ("licence", None)
        assert make_table([own])[1].split() == ["w", "workstation", "own", "-", "abc", "30", "ok"]

    @pytest.mark.parametrize(("facts", "problem"), [
        ({"findings": [{"where": "clock", "problem": "is off"}]}, "clock: is off"),
        ({"changes": {"trust": [{"path": "/etc/trust.pem", "action": "add 1 anchor"}]}}, "trust.pem: add 1 anchor"),
        ({"restart_pending": True, "marker": {"run": "r0"}}, "restart pending since rollout r0"),
        ({"restart_pending": True}, "restart pending since rollout"),
    ])
    def test_tells_each_problem_once(self, facts: dict[str, Any], problem: str) -> None:
        """One thing is off, one sentence says what."""
        assert client_problems() == []
        assert client_problems(**facts) == [problem]

    def test_tells_that_a_client_was_lost_and_leaves_out_whom_nobody_surveyed(self) -> None:
        """A playbook that surveys no clients reports as it always did."""
        rows = make_client_rows([Client("a", "sensor", failure="no route"), Client("b", "sensor")])

        assert [(row["node"], row["problems"]) for row in rows] == [("a", ["no route"])]


class TestMakeTable:
    def test_says_ok_only_where_everything_is(self) -> None:
        """A row without problems ends with ok."""
        assert all(line.endswith("  ok") for line in make_table(make_rows(cluster()))[1:])

    def test_is_as_wide_as_its_longest_cells(self) -> None:
        """Columns stand below each other; fingerprints are cut, and what is unknown is a dash."""
        served = {**SERVED, "fingerprint": "0123456789abcdef" * 4, "days_left": 0}
        members = [Member("long-name", survey("dpu", served=served, presents="fedcba9876543210")), Member("x", failure="unreachable")]

        assert make_table(make_rows(members)) == [
            "node       role  common name  served (SHA-256)  on disk (SHA-256)  days  state",
            "long-name  dpu   insight-01   0123456789abcdef  fedcba9876543210   0     serves another certificate than the one on its disk",
            "x          -     -            -                 -                  -     unreachable",
        ]

    def test_puts_all_problems_into_one_line(self) -> None:
        """One line a server, whatever is wrong with it."""
        rows = make_rows([Member("d", survey("dpu", presents="new", findings=[{"where": "clock", "problem": "is off"}]))])

        assert make_table(rows)[1].endswith("  clock: is off; serves another certificate than the one on its disk")
