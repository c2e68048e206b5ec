"""From surveys to one plan for the cluster."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import (
    Member,
    plan_cluster,
    plan_restarts,
    plan_way_back,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from hypothesis import given
from hypothesis import strategies as st

PHASES = ("trust", "certificate", "configuration")
CHANGE = {"path": "p", "action": "a"}


def survey(role: str, *due: str, **facts: Any) -> dict[str, Any]:
    """Return the survey of a server that serves what is on its disk; *due* phases have a change."""
    wanted = "new" if due else "old"
    files = {"communications": {"sha256": "c", "planned_sha256": "c"}, "processing": {"sha256": "absent", "planned_sha256": "absent"}}
    if role == "master":
        files["processing"] = {"sha256": "c", "planned_sha256": "c"}
    return {"role": role, "changes": {phase: [CHANGE] if phase in due else [] for phase in PHASES}, "files": files,
            "served": {"fingerprint": "old", "error": None}, "wanted": wanted, "presents": "old", "marker": {},
            "follows": "processing" if role == "dpu" else "", "proposed_run": f"run-{role}", "findings": [], **facts}


def cluster(*due: str) -> list[Member]:
    """Return master, two DPUs and an FSU, all alike."""
    return [Member(host, survey(role, *due)) for host, role in (("f", "fsu"), ("d1", "dpu"), ("m", "master"), ("d2", "dpu"))]


def rules(members: list[Member], *, consent: bool = True) -> list[str]:
    """Return the rules of all findings of the plan."""
    plan = plan_cluster(members, consent=consent)
    return [finding.rule for findings in plan.findings.values() for finding in findings]


class TestPlanCluster:
    def test_needs_nothing_when_all_is_as_wanted(self) -> None:
        """No change, no restart, no consent asked for."""
        plan = plan_cluster(cluster(), consent=False)

        assert not plan.needed
        assert not any(plan.findings.values())

    def test_starts_the_master_first_and_other_servers_last(self) -> None:
        """DPUs fetch from the master when they start."""
        plan = plan_cluster(cluster(*PHASES), consent=True)

        assert plan.activate == ["m", "d1", "d2", "f"]
        assert (plan.master, plan.canary, plan.run) == ("m", "d1", "run-master")

    def test_restarts_only_what_must(self) -> None:
        """One server with another certificate than the one wanted is one restart, and no canary."""
        members = [*cluster()[:3], Member("d2", survey("dpu", served={"fingerprint": "other", "error": None}))]
        plan = plan_cluster(members, consent=True)

        assert (plan.activate, plan.canary) == (["d2"], "")

    def test_restarts_where_a_restart_is_pending(self) -> None:
        """The marker tells what no handshake can: the bundle on disk is not the one that was loaded."""
        members = [*cluster()[:3], Member("d2", survey("dpu", marker={"run": "r0", "restart_pending": True}))]
        plan = plan_cluster(members, consent=True)

        assert (plan.activate, plan.run) == (["d2"], "r0")

    def test_asks_for_consent_before_a_restart(self) -> None:
        """A restart may be one-way."""
        assert rules(cluster("trust"), consent=False) == ["consent"]
        assert rules(cluster("trust"), consent=True) == []

    def test_compares_a_pulled_file_with_its_master(self) -> None:
        """A DPU whose file differs from what its master's will be is due, though its own file has the line."""
        odd = survey("dpu", files={"communications": {"sha256": "x", "planned_sha256": "x"}, "processing": {"sha256": "absent"}})
        plan = plan_cluster([*cluster()[:3], Member("d2", odd)], consent=True)

        assert plan.due["d2"] == ["configuration"]
        assert plan.activate == ["d2"]

    def test_does_everything_again_where_a_commit_was_torn(self) -> None:
        """What a torn node shows is no plan."""
        plan = plan_cluster([*cluster()[:3], Member("d2", survey("dpu", interrupted="r0"))], consent=True)

        assert (list(plan.due["d2"]), plan.run) == (list(PHASES), "r0")

    def test_finds_every_fault_of_every_node_at_once(self) -> None:
        """A lost node, a node that is down, a finding of its own and two masters: nothing hides behind another."""
        finding = {"where": "w", "problem": "p", "remedy": "r", "rule": "own"}
        members = [Member("m", survey("master")), Member("m2", survey("master", findings=[finding])),
                   Member("d", survey("dpu", served={"error": "refused"}))]

        assert sorted(rules(members)) == ["down", "master", "own"]
        assert rules([*members, Member("x", failure="lost")]) == ["own", "down", "vanished"]

    def test_refuses_two_unfinished_rollouts(self) -> None:
        """Which of them is to be finished is for the operator to say; the newest is to be taken back first."""
        pending = [Member(host, survey(role, marker={"run": run, "restart_pending": True}))
                   for host, role, run in (("m", "master", "r3"), ("d", "dpu", "r1"), ("d2", "dpu", "r2"))]
        assert [rules(pending[:count]) for count in (1, 2)] == [[], ["runs"]]
        findings = plan_cluster(pending, consent=True).findings

        assert findings == {"m": [Finding(
            "cluster", "has 3 unfinished rollouts: r1, r2, r3",
            "take the last one back first: certops.rollout.rollback -e dwb_run=r3", "runs")], "d": [], "d2": []}

    def test_tells_why_a_node_cannot_take_part(self) -> None:
        """One that was lost, and one that does not answer, each under its own name with what to do."""
        members = [*cluster()[:3], Member("x", failure="unreachable"), Member("d2", survey("dpu", served={"error": "refused"}))]
        plan = plan_cluster(members, consent=True)

        assert plan.findings["x"] == [Finding("node", "unreachable", "make it reachable, become included, then run again", "vanished")]
        assert plan.findings["d2"] == [Finding("TLS", "the server does not answer: refused",
                                               "start it first: a rollout begins with servers that are known to work", "down")]
        assert (plan.due["x"], plan.activate) == ([], ["d2"])

    def test_tells_a_fault_rather_than_its_symptom(self) -> None:
        """A server with a finding of its own is down because of it."""
        finding = {"where": "w", "problem": "p", "remedy": "r", "rule": "own"}

        assert rules([*cluster()[:3], Member("d2", survey("dpu", served={"error": "refused"}, findings=[finding]))]) == ["own"]

    @pytest.mark.parametrize(("roles", "named"), [(["master", "master"], "h0, h1"), (["dpu", "fsu"], "none")])
    def test_refuses_a_cluster_without_exactly_one_master(self, roles: list[str], named: str) -> None:
        """All of them are named."""
        plan = plan_cluster([Member(f"h{n}", survey(role)) for n, role in enumerate(roles)], consent=True)

        assert plan.findings == {"h0": [Finding("cluster", f"has not exactly one master: {named}",
                                                "put one host of the cluster into the group dwb_master", "master")], "h1": []}

    def test_reads_a_part_of_a_cluster(self) -> None:
        """DPUs without their master can be looked at; nothing is missed that they do not have."""
        plan = plan_cluster([Member("d", survey("dpu", "trust"))], consent=True, partial=True)

        assert (plan.findings, plan.master, plan.run, plan.needed) == ({"d": []}, "", "run-dpu", True)

    def test_takes_what_is_no_survey_for_one_that_shows_nothing(self) -> None:
        """A variable of another task has none of the keys: its server must restart, and there is no traceback."""
        foreign = [Member("a", {"changed": False}), Member("b", {"role": "dpu", "follows": "processing"}), Member("m", survey("master"))]
        plan = plan_cluster(foreign, consent=True)

        assert (plan.master, plan.run, plan.due["a"], plan.activate) == ("m", "run-master", [], ["b", "a"])
        assert plan_cluster([foreign[0], cluster()[1]], consent=True, partial=True).run == "run-dpu"
        assert plan_cluster([Member("m", {"role": "master", "interrupted": "r0"}), cluster()[1]], consent=True).due["m"] == []
        assert (plan_way_back(foreign).run, plan_restarts(foreign)) == ("", ["b", "a"])
        assert plan_way_back(foreign, "r1").restore == []

    def test_takes_a_master_that_shows_nothing_for_one_with_other_files(self) -> None:
        """What a DPU will pull from it is not known, so that is due."""
        own = survey("dpu", files={name: {"sha256": "c"} for name in ("communications", "processing")})

        assert plan_cluster([Member("m", {"role": "master"}), Member("d", own)], consent=True).due["d"] == ["configuration"]

    def test_has_nothing_to_do_for_nobody(self) -> None:
        """An empty cluster is no error of this plan."""
        plan = plan_cluster([], consent=True)

        assert (plan.needed, plan.run, plan.findings) == (False, "", {})

    def test_needs_a_rollout_for_a_restart_alone(self) -> None:
        """Nothing to write is not nothing to do."""
        assert plan_cluster([*cluster()[:3], Member("d2", survey("dpu", presents="old", wanted="new"))], consent=True).needed

    def test_names_every_server_that_consent_is_asked_for(self) -> None:
        """One finding, at the first of them, lists all in the order they would be started."""
        findings = plan_cluster(cluster("trust"), consent=False).findings

        assert findings["m"] == [Finding(
            "dwb_restart_consent", "m, d1, d2, f must be restarted, and a server whose licence is not current does not start again",
            "make sure of the licences, then set dwb_restart_consent: true", "consent")]

    def test_takes_a_role_it_does_not_know_last(self) -> None:
        """Repeaters come after FSUs, and everything else after them."""
        members = [Member(role, survey(role, "trust")) for role in ("other", "repeater", "fsu", "dpu", "master")]

        assert plan_cluster(members, consent=True).activate == ["master", "dpu", "fsu", "repeater", "other"]
        assert plan_restarts([Member(each.host, {**each.survey, "presents": "x"}) for each in members]) == [
            "master", "dpu", "fsu", "repeater", "other"]

    @pytest.mark.parametrize("facts", [{"served": {}}, {"role": "fsu"}, {"changes": {"trust": [CHANGE], "configuration": []}}])
    def test_proves_nothing_with_a_canary_that_changes_nothing(self, facts: dict[str, Any]) -> None:
        """A canary is a DPU that serves now and whose configuration is still to be written."""
        good = survey("dpu", *PHASES)

        assert plan_cluster([cluster(*PHASES)[2], Member("d", good)], consent=True).canary == "d"
        assert plan_cluster([cluster(*PHASES)[2], Member("d", {**good, **facts})], consent=True).canary == ""

    def test_has_no_canary_where_the_master_holds_the_new_configuration(self) -> None:
        """A DPU that joins later would pull it with its restart: a change that nobody has planned and no rollback knows."""
        plan = plan_cluster([cluster()[2], Member("d", survey("dpu", *PHASES))], consent=True)

        assert (plan.activate, plan.canary) == (["d"], "")

    def test_compares_both_pulled_files(self) -> None:
        """A processing copy that differs counts too; one that is absent is not missed."""
        odd = {"communications": {"sha256": "c"}, "processing": {"sha256": "x"}}
        followed = {"m": survey("master"), "d": survey("dpu", files=odd)}

        assert plan_cluster([Member(*each) for each in followed.items()], consent=True).due["d"] == ["configuration"]
        same = survey("dpu", files={"communications": {"sha256": "c"}, "processing": {"sha256": "c"}})
        for alike in (survey("dpu"), same):
            assert plan_cluster([Member("m", followed["m"]), Member("d", alike)], consent=True).due["d"] == []

    def test_counts_a_phase_once(self) -> None:
        """A file that is to be changed and differs is one change."""
        odd = survey("dpu", "configuration", files={"communications": {"sha256": "x"}})

        assert plan_cluster([cluster()[2], Member("d", odd)], consent=True).due["d"] == ["configuration"]

    @pytest.mark.parametrize("facts", [{"follows": ""}, {"changes": {"trust": []}}])
    def test_compares_no_file_that_is_not_pulled_or_not_asked_for(self, facts: dict[str, Any]) -> None:
        """A server with a configuration of its own may differ, and a phase that was not asked for is not due."""
        odd = survey("dpu", **{"files": {"communications": {"sha256": "x"}}, **facts})

        assert plan_cluster([cluster()[2], Member("d", odd)], consent=True).due["d"] == []

    def test_leaves_a_down_server_of_an_unfinished_rollout_to_be_started(self) -> None:
        """A rollout that was interrupted between stop and start is finished, not refused."""
        down = survey("dpu", served={"error": "refused"}, marker={"run": "r0", "restart_pending": True})

        assert rules([*cluster()[:3], Member("d2", down)]) == []

    @given(st.lists(st.tuples(st.sampled_from(["dpu", "fsu", "repeater"]), st.lists(st.sampled_from(PHASES), unique=True))))
    def test_never_starts_anything_before_the_master(self, others: list[tuple[str, list[str]]]) -> None:
        """Whatever is due, every server that changes is restarted once, the master before all."""
        members = [Member("m", survey("master", *PHASES)), *(Member(f"h{n}", survey(role, *due)) for n, (role, due) in enumerate(others))]
        plan = plan_cluster(members, consent=True)

        assert plan.activate[0] == "m"
        assert sorted(plan.activate) == sorted(host for host, due in plan.due.items() if due)


class TestPlanWayBack:
    def test_takes_the_last_rollout_back_where_it_was(self) -> None:
        """Only nodes with its marker; those with a written configuration stand still meanwhile."""
        members = [Member("a", survey("master", marker={"run": "r2", "phases": ["trust", "configuration"]})),
                   Member("b", survey("dpu", marker={"run": "r2", "phases": ["trust"]})), Member("c", survey("dpu", marker={"run": "r1"}))]
        way = plan_way_back(members)

        assert (way.run, list(way.restore), list(way.stop)) == ("r2", ["a", "b"], ["a"])

    def test_does_not_go_further_back_by_itself(self) -> None:
        """Taking back twice is taking back once; the rollout before has to be named."""
        members = [Member("a", survey("master", marker={"run": "r1"}, taken_back="r2"))]

        assert plan_way_back(members).run == ""
        assert list(plan_way_back(members, "r1").restore) == ["a"]

    def test_goes_on_where_it_was_cut_short(self) -> None:
        """A node that still has the marker is not done, whatever another one has noted."""
        members = [Member("a", survey("master", marker={"run": "r1"}, taken_back="r2")),
                   Member("b", survey("dpu", marker={"run": "r2"}))]

        assert plan_way_back(members).restore == ["b"]

    def test_goes_on_with_a_rollout_that_was_cut_short(self) -> None:
        """An unfinished one is the last, and a node in the middle of a commit stands still meanwhile."""
        members = [Member("a", survey("master", marker={"run": "r1"})), Member("b", survey("dpu", interrupted="r2")),
                   Member("c", survey("fsu"))]
        way = plan_way_back(members)

        assert (way.run, list(way.restore), list(way.stop)) == ("r2", ["b"], ["b"])

    def test_knows_the_newest_by_its_time(self) -> None:
        """Where nothing was ever taken back, the last rollout is."""
        members = [Member("a", survey("master", marker={"run": "20261121T120000Z-abc"})), Member("b", survey("dpu"))]

        assert (plan_way_back(members).run, list(plan_way_back(members).restore)) == ("20261121T120000Z-abc", ["a"])

    def test_takes_the_named_rollout_back(self) -> None:
        """Named by the operator, an older one is taken back where it was last."""
        members = [Member("a", survey("master", marker={"run": "r2"})), Member("b", survey("dpu", marker={"run": "r1"}))]

        assert list(plan_way_back(members, "r1").restore) == ["b"]

    def test_takes_the_last_one_back_again_after_an_older(self) -> None:
        """What was taken back is older than what is there now."""
        assert plan_way_back([Member("a", survey("master", marker={"run": "r2"}, taken_back="r1"))]).restore == ["a"]
        assert plan_way_back([Member("a", survey("master", marker={"run": "r2"}, taken_back="r2"))]).restore == ["a"]

    def test_has_no_way_back_from_nothing(self) -> None:
        """Without a rollout no host is touched, whether it was surveyed or lost."""
        way = plan_way_back([Member("a", survey("master")), Member("x", failure="lost")])

        assert (way.run, list(way.restore), list(way.stop)) == ("", [], [])
        assert plan_way_back([]).run == ""


class TestPlanRestarts:
    def test_restarts_what_serves_something_else(self) -> None:
        """Down, or with another certificate than on disk; the master first."""
        members = [Member("d", survey("dpu", presents="new")), Member("m", survey("master", served={"error": "down"})),
                   Member("e", survey("dpu")), Member("x", failure="lost")]

        assert plan_restarts(members) == ["m", "d"]
