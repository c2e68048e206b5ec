# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tasks of the role bring a service to the state that is wanted, and in which order servers take their turns."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member, plan_restarts
from ansible_collections.certops.rollout.plugins.plugin_utils._task.node import GROUPS

from unit.task.test_role_windows import ROLE, read, value


class TestServiceTasks:
    @pytest.mark.parametrize(("manager", "check", "file"), [
        ("command", False, "service_command.yml"), ("command", True, "service_command_check.yml"), ("systemd", True, "service_systemd.yml"),
        ("win_service", False, "service_win_service.yml"), ("win_service", True, "service_win_service.yml")])
    def test_are_those_of_the_manager(self, manager: str, check: bool, file: str) -> None:
        """Commands alone have others in check mode: raw says nothing then."""
        variables = {"dwb_service_manager": manager, "ansible_check_mode": check, "__dwb_cluster_survey": {"system": "posix"}}

        name = value("__dwb_cluster_service_tasks", **variables)

        assert name == file
        assert (ROLE / "tasks" / file).exists()


class TestTurns:
    def test_are_taken_in_the_order_of_the_plan(self) -> None:
        """What the plan calls the order is what the tasks do: kind by kind, of one kind as the inventory has them."""
        kinds = [task["vars"]["__dwb_cluster_kind"] for task in read("tasks/in_turn.yml")]
        backwards = [*reversed(GROUPS.values())]
        members = [Member(f"{kind}-{number}", {"role": kind, "presents": "new"}) for number in (1, 2) for kind in backwards]

        assert plan_restarts(members) == [f"{kind}-{number}" for kind in kinds for number in (1, 2)]

    def test_are_decided_one_host_after_the_other(self) -> None:
        """Without throttle, the order would be that of the answers; without the loop over its name, all would start at once."""
        [block] = read("tasks/turns.yml")
        [task] = block["block"]

        assert block["throttle"] == 1
        assert task["loop"] == ["{{ inventory_hostname }}"]
