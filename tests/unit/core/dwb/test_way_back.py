# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands against taking a rollout back: nodes that are missing, and files that somebody has changed since."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import (
    Member,
    WayBack,
    check_way_back,
    plan_restarts,
    plan_way_back,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.planner import Wanted, plan_phases
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import Judged, make_survey
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding

from .servers import NOW, Tree
from .test_planner import carry_out

CFG = "/srv/dwb/Components/Communications.cfg"
WAY = WayBack("r1", ["a", "b"])


def edited(tree: Tree) -> list[str]:
    """Return what the survey of a server tells about files changed by hand."""
    server = tree.observe()
    told: list[str] = make_survey(server, Wanted(), Judged(plan_phases(server, Wanted())), role="dpu", now=NOW)["edited"]
    return told


class TestEdited:
    def test_is_nothing_after_a_rollout(self) -> None:
        """The marker holds the hash of every file that the rollout wrote, and each file has it."""
        tree = carry_out(Tree())

        assert len(tree.observe().marker.files) == 3
        assert edited(tree) == []

    def test_is_nothing_where_no_rollout_was(self) -> None:
        """A file that no rollout wrote is nobody's."""
        assert edited(Tree()) == []

    def test_names_the_file_that_differs(self) -> None:
        """One byte by hand is enough."""
        tree = carry_out(Tree())
        name = CFG.removeprefix("/srv/dwb/")
        tree.files = {**tree.files, name: (tree.files[name] or b"") + b" "}

        assert edited(tree) == [CFG]


class TestCheckWayBack:
    def test_finds_nothing_against_a_rollout_nobody_has_touched_since(self) -> None:
        """All nodes answer, and their files are as the rollout left them."""
        assert check_way_back([Member("a", {"edited": []}), Member("b", {"edited": []})], WAY) == []

    def test_names_missing_nodes_and_edited_files_at_once(self) -> None:
        """One finding each; a file of a node that is not taken back does not matter."""
        members = [Member("a", {}, "unreachable"), Member("b", {"edited": [CFG]}), Member("c", {"edited": [CFG]})]

        assert check_way_back(members, WAY) == [
            Finding("a: node", "unreachable", "make it reachable, or leave it out by --limit and -e dwb_force=true", "vanished"),
            Finding(f"b: {CFG}", "was changed by somebody since rollout r1",
                    "keep a copy of it, then take back all the same with -e dwb_force=true", "edited")]

    def test_asks_for_nobody_when_there_is_nothing_to_take_back(self) -> None:
        """Without a rollout a missing node is no obstacle."""
        assert check_way_back([Member("a", {}, "unreachable")], WayBack("")) == []


def touched(host: str, *phases: str, pending: bool) -> Member:
    """Return a server on which rollout r1 was the last one."""
    marker = {"run": "r1", "phases": phases, "restart_pending": pending}
    return Member(host, {"marker": marker, "served": {"fingerprint": "a"}, "presents": "a"})


class TestBundlesThatWereRead:
    def test_make_a_restart_necessary(self) -> None:
        """One noted restart tells that all were stopped; who has been started since has read the bundle that is taken back."""
        members = [touched("a", "trust", pending=False), touched("b", "trust", pending=True), touched("c", "certificate", pending=False)]
        way = plan_way_back(members)

        assert (list(way.restore), list(way.restart)) == (["a", "b", "c"], ["a", "b"])
        assert plan_restarts(members, way.restart) == ["a", "b"]

    def test_are_those_of_the_rollout_that_is_taken_back(self) -> None:
        """What an earlier rollout wrote stays."""
        other = Member("b", {"marker": {"run": "r0", "phases": ["trust"], "restart_pending": False}, "interrupted": "r1"})

        assert plan_way_back([touched("a", "trust", pending=True), other]).restart == []

    def test_are_those_of_servers_that_were_stopped(self) -> None:
        """A canary, or a server that came back without its status page: its restart is not noted, and it has read the bundle."""
        canary = replace(touched("a", "trust", pending=True), stopped="r1")
        members = [canary, touched("b", "trust", pending=True), replace(touched("c", "trust", pending=True), stopped="r0")]

        assert plan_way_back(members).restart == ["a"]

    def test_are_none_before_the_first_restart(self) -> None:
        """A rollout that fails before it restarts nobody: each restart may be one-way."""
        members = [touched("a", "trust", pending=True), touched("b", "trust", pending=True)]

        assert plan_way_back(members).restart == []
        assert plan_restarts(members) == []


def member(host: str, role: str = "dpu", *, edited: tuple[str, ...] = (), follows: str = "processing", run: str = "r1") -> Member:
    """Return a server whose configuration a rollout has written."""
    marker = {"run": run, "phases": ["trust", "certificate", "configuration"]}
    follows = "" if role == "master" else follows
    survey = {"role": role, "marker": marker, "edited": list(edited), "follows": follows, "leaf_now": "PEM"}
    return Member(host, survey, stopped=run)


class TestCarefulWayBack:
    def test_leaves_a_server_whose_file_somebody_has_saved(self) -> None:
        """To restore it would lose the save; all others keep their trust in it, and need no restart for that."""
        way = plan_way_back([member("m", "master"), member("d"), member("f", "fsu", edited=(CFG,), follows="")], "r1", careful=True)

        assert (list(way.restore), list(way.stop), list(way.restart), way.keep_trust) == (["m", "d"], ["m", "d"], [], True)
        assert way.stays == {"f": f"somebody has changed {CFG} since"}

    @pytest.mark.parametrize("saved", ["m", "d"])
    def test_left_dpus_without_the_certificate_that_their_master_s_file_names(self, saved: str) -> None:
        """A master and those that pull from it stay together; one with a configuration of its own is taken back."""
        members = [member(host, role, edited=(CFG,) if host == saved else (), follows="" if role == "fsu" else "processing")
                   for host, role in (("m", "master"), ("d", "dpu"), ("f", "fsu"))]
        way = plan_way_back(members, "r1", careful=True)

        assert (list(way.restore), sorted(way.stays)) == (["f"], ["d", "m"])

    def test_left_a_lost_server_to_others_that_refuse_it(self) -> None:
        """One that was lost after all were stopped may present its new certificate, and may be anybody's master."""
        way = plan_way_back([Member("x", failure="unreachable", stopped="r1"), member("d")], "r1", careful=True)

        assert (list(way.restore), sorted(way.stays), way.keep_trust) == ([], ["d", "x"], True)

    def test_takes_all_back_where_a_server_was_lost_before(self) -> None:
        """Nobody has been stopped, so that nobody presents anything new."""
        way = plan_way_back([member("m", "master"), member("d"), Member("x", failure="unreachable")], "r1", careful=True)

        assert (list(way.restore), way.keep_trust) == (["m", "d"], False)

    def test_takes_all_back_where_a_server_was_lost_before_a_configuration_was_written(self) -> None:
        """Stopped, as a canary is, it can only come back with what it presented before."""
        master = member("m", "master")
        lost = Member("x", failure="unreachable", stopped="r1")
        way = plan_way_back([replace(master, survey={**master.survey, "leaf_now": ""}), lost], "r1", careful=True)

        assert (list(way.restore), way.keep_trust) == (["m"], False)

    def test_is_not_what_an_operator_asks_for(self) -> None:
        """Forced, or refused before: all of it is taken back."""
        way = plan_way_back([member("m", "master", edited=(CFG,)), member("d")], "r1")

        assert (list(way.restore), way.keep_trust) == (["m", "d"], False)
