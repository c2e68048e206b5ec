"""From surveys to one plan for the cluster."""

from __future__ import annotations

from typing import Any

from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import (
    Member,
    plan_cluster,
    plan_restarts,
    plan_way_back,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.report import make_rows, make_table
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
        """Which of them is to be finished is for the operator to say."""
        pending = [Member(host, survey(role, marker={"run": run, "restart_pending": True}))
                   for host, role, run in (("m", "master", "r1"), ("d", "dpu", "r2"))]

        assert rules(pending) == ["runs"]

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

    def test_restarts_what_serves_something_else(self) -> None:
        """Down, or with another certificate than on disk; the master first."""
        members = [Member("d", survey("dpu", presents="new")), Member("m", survey("master", served={"error": "down"})),
                   Member("e", survey("dpu"))]

        assert plan_restarts(members) == ["m", "d"]


class TestReport:
    def test_says_ok_only_where_everything_is(self) -> None:
        """A row without problems serves what is on disk, and that is wanted."""
        rows = make_rows(cluster())

        assert [row["problems"] for row in rows] == [[], [], [], []]
        assert all(line.endswith("ok") for line in make_table(rows)[1:])

    def test_tells_every_problem(self) -> None:
        """Changes to be made, another certificate served, a pending restart, a lost node."""
        members = [Member("m", survey("master", "trust")), Member("d", survey("dpu", presents="new")),
                   Member("e", survey("dpu", marker={"run": "r", "restart_pending": True})), Member("x", failure="lost")]
        problems = [row["problems"] for row in make_rows(members)]

        assert [len(each) for each in problems] == [1, 1, 1, 1]
        assert problems[3] == ["lost"]
