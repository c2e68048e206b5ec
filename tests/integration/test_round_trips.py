# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a look at a cluster costs: round trips to its nodes, counted on the connection."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import CONTENTS
from plugins.connection.counting import round_trips

from integration.conftest import First
from integration.playbook import Result
from integration.world import Stage

COMMITS = {"Write the configuration while the servers are down", "Note that it has been restarted"}


def counted(stage: Stage, playbook: str) -> tuple[Result, Counter[str]]:
    """Run a playbook; return its result, and the round trips that it made to each node."""
    lines = stage.folder / "round-trips"
    lines.unlink(missing_ok=True)
    stage.common = {"ansible_connection": "counting", "certops_count_file": str(lines)}
    result = stage.play(playbook)
    return result, Counter(host for host, _ignored in round_trips(lines))


def established(stage: Stage, name: str) -> int:
    """Return how many connections with TLS one server has accepted so far, whoever asked."""
    lines = [line for log in stage.file(name, "Audit").glob("*") for line in log.read_text().splitlines()]
    return sum("Connection established." in line for line in lines)


class TestClusterAsItShouldBe:
    @pytest.mark.parametrize("playbook", ["rollout", "drift", "preflight", "verify"])
    def test_costs_one_round_trip_a_node(self, rolled_out: Stage, playbook: str) -> None:
        """A second rollout changes nothing and asks every node once, as all read-only work does."""
        before = rolled_out.everything()

        result, trips = counted(rolled_out, playbook)

        assert (result.rc, result.changed) == (0, 0), result.stdout
        assert trips == dict.fromkeys(rolled_out.names, 1)
        assert rolled_out.everything() == before
        assert rolled_out.starts() == dict.fromkeys(rolled_out.names, 0)

    def test_costs_one_task_and_one_handshake_a_node(self, rolled_out: Stage) -> None:
        """The nightly look forks one worker for each node, and one for all of them; each server is asked once for its certificate."""
        dpus = rolled_out.names[1:]   # to which nobody else connects
        before = {name: established(rolled_out, name) for name in dpus}

        result, _trips = counted(rolled_out, "drift")

        tasks = Counter(event.host for event in result.events)
        asked = {name: established(rolled_out, name) - before[name] for name in dpus}
        assert result.rc == 0, result.stdout
        assert sorted(tasks.values()) == [1] * (len(tasks) - 1) + [2]
        assert asked == dict.fromkeys(dpus, 1)

    def test_tells_the_nightly_report_no_contents(self, rolled_out: Stage) -> None:
        """What only a plan needs is most of a survey: in a look at a thousand servers it would fill the controller's memory."""
        looked = [event.result for event in rolled_out.play("drift").all(task="Survey")]
        planned = [event.result for event in rolled_out.play("preflight").all(task="Survey")]

        assert [CONTENTS & survey.keys() for survey in looked] == [set()] * len(rolled_out.names)
        assert [CONTENTS & survey.keys() for survey in planned] == [CONTENTS] * len(rolled_out.names)


class TestClusterThatIsOff:
    def test_is_mended_in_two_round_trips_a_commit(self, rolled_out: Stage) -> None:
        """A commit is one look and one call more; its service is asked and told twice, its state seen before and after."""
        edited = rolled_out.names[1]
        rolled_out.communications(edited).write_bytes(rolled_out.shipped[str(rolled_out.communications(edited))])
        rolled_out.of_host = {edited: {"dwb_audit_days": 0}}   # a look at who connects would be one more

        result, trips = counted(rolled_out, "rollout")

        commits = [event.task for event in result.all(host=edited) if event.task in COMMITS and event.status == "ok"]
        assert result.rc == 0, result.stdout
        assert len(commits) == 2
        assert trips == {**dict.fromkeys(rolled_out.names, 2), edited: 2 + 2 * len(commits) + 2 * 2}

    def test_is_told_by_drift_in_one_round_trip_a_node(self, rolled_out: Stage) -> None:
        """Exactly the node whose file was edited is named, and it costs no further call."""
        edited = rolled_out.names[1]
        rolled_out.communications(edited).write_bytes(rolled_out.shipped[str(rolled_out.communications(edited))])

        result, trips = counted(rolled_out, "drift")

        assert result.rc != 0
        assert [name for name, stats in result.stats.items() if stats["failures"]] == [edited]
        assert "Communications.cfg" in result.of(edited, "Compare every node with what is wanted").result["msg"]
        assert trips == dict.fromkeys(rolled_out.names, 1)

    @pytest.mark.parametrize(("variable", "value", "told"), [
        ("dwb_min_days", "many", "dwb_min_days"), ("dwb_phases", ["trsut"], "trsut"), ("dwb_certificate", {"pem_scr": "x"}, "pem_scr")])
    def test_is_not_looked_at_with_variables_that_mean_nothing(self, rolled_out: Stage, variable: str, value: object, told: str) -> None:
        """A variable of the role with a wrong type, value or key is refused by its name, before any node is asked."""
        rolled_out.common[variable] = value
        if isinstance(value, dict):
            rolled_out.of_host = {name: {variable: value} for name in rolled_out.names}

        result = rolled_out.play("drift")

        assert result.rc != 0
        assert all(told in event.result["msg"] for event in result.all(task="Survey"))
        assert {event.status for event in result.all(task="Survey")} == {"failed"}


class TestFirstRollout:
    def test_costs_a_host_the_same_number_of_tasks_however_many_there_are(self, first: First) -> None:
        """The turns of the others are none of its tasks: it is asked once for each kind of server whether it is its turn."""
        tasks = Counter(event.host for event in first.done.events)
        turns = Counter(event.host for event in first.done.all(task="Work when it is its turn") if event.status == "skipped")

        assert turns == dict.fromkeys(first.stage.names, 3)
        assert max(tasks.values()) <= 50
