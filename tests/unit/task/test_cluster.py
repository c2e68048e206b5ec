# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts belong together, and what is known of each, without asking for all variables of all hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._task.cluster import (
    SURVEY,
    cluster_hosts,
    clusters,
    members,
    own_cluster,
    reporter,
)

HOSTS = {"m-1": "north", "d-1": "north", "d-2": "south", "m-2": "south", "gone": "north"}


class Variables(dict[str, dict[str, Any]]):
    """Variables of hosts, as ``hostvars`` gives them; counts how often one host is asked for."""

    asked = 0

    def __getitem__(self, host: str) -> dict[str, Any]:
        """Return all variables of one host."""
        self.asked += 1
        return super().__getitem__(host)


class Manager:
    """What ansible-core's VariableManager keeps of registered results."""

    def __init__(self, noted: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what is *noted* by host."""
        self._nonpersistent_fact_cache = noted


def variables(host: str, *, surveyed: bool = True, fast: bool = True) -> dict[str, Any]:
    """Return what an action of *host* sees of two clusters; the host ``gone`` is not played."""
    noted = {name: {SURVEY: {"cluster": cluster, "role": "dpu"}} for name, cluster in HOSTS.items()} if surveyed else {}
    hostvars = Variables({name: {"dwb_cluster_name": cluster, **noted.get(name, {})} for name, cluster in HOSTS.items()})
    if fast:
        hostvars._variable_manager = Manager(noted)   # type: ignore[attr-defined]   # as ansible-core's has it
    played = [name for name in HOSTS if name != "gone"]
    return {"inventory_hostname": host, "hostvars": hostvars, "ansible_play_hosts_all": played, "ansible_play_hosts": played[1:],
            "groups": {"dwb_master": ["m-1", "m-2"], "dwb_dpu": ["d-1", "d-2", "gone"], "dwb_fsu": ["d-1"]}}


class TestCluster:
    @pytest.mark.parametrize("surveyed", [True, False])
    @pytest.mark.parametrize("fast", [True, False])
    def test_is_the_same_however_it_is_told(self, surveyed: bool, fast: bool) -> None:
        """By surveys or by variables, with what ansible-core keeps at hand or without it."""
        seen = variables("d-1", surveyed=surveyed, fast=fast)

        assert cluster_hosts(seen) == ["m-1", "d-1", "gone"]
        assert (own_cluster(seen).name, reporter(seen)) == ("north", "d-1")
        assert [(each.name, each.speaker) for each in clusters(seen)] == [("north", "d-1"), ("south", "m-2")]

    def test_costs_no_variables_of_any_host_after_a_survey(self) -> None:
        """In a cluster where every host asks for every other, that would be quadratic."""
        seen = variables("d-1")

        members(seen, SURVEY)

        assert seen["hostvars"].asked == 0

    def test_costs_variables_of_every_host_before_it(self) -> None:
        """The twin: what nobody noted is asked for."""
        seen = variables("d-1", surveyed=False)

        cluster_hosts(seen)

        assert seen["hostvars"].asked >= len(HOSTS)


class TestMembers:
    def test_leave_out_who_is_not_played(self) -> None:
        """A host that ``--limit`` leaves out is none of this play's; one that was lost is."""
        seen = members(variables("d-1"), SURVEY)

        assert [(member.host, bool(member.failure)) for member in seen] == [("m-1", True), ("d-1", False)]
