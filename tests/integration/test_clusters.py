# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two clusters in one inventory: each is its own transaction."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from simulator.cluster import Shape

from integration.playbook import Result, finish, prepare
from integration.world import CUSTOM, Stage


@pytest.fixture(scope="module")
def plants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Stage]]:
    """Return two clusters with names and ports of their own."""
    stages = [Stage(tmp_path_factory.mktemp(name), Shape(prefix=name)) for name in ("north", "south")]
    yield stages[0], stages[1]
    for stage in stages:
        stage.close()


def play(plants: tuple[Stage, Stage], *arguments: str) -> Result:
    """Roll out both clusters in one run; the inventory has the DPUs before their masters."""
    hosts: dict[str, dict[str, object]] = {}
    for stage in plants:
        inventory = stage.inventory()["all"]
        for group, members in inventory["children"].items():
            for name, variables in members["hosts"].items():
                named = {**inventory["vars"], **variables, "dwb_cluster_name": name.partition("-")[0]}
                hosts.setdefault(group, {})[name] = named
    children = {group: {"hosts": hosts[group]} for group in reversed(hosts)}
    source = yaml.safe_dump({"all": {"children": children}}, sort_keys=False)
    return finish(prepare("certops.rollout.rollout", source, *arguments, folder=plants[0].folder / "both"))


class TestTwoClusters:
    def test_one_fails_and_is_taken_back_while_the_other_arrives(self, plants: tuple[Stage, Stage]) -> None:
        """A DPU of the north does not come back: the north is as before, the south is rolled out, the exit status tells."""
        north, south = plants
        dpu = north.names[1]
        north.world.cluster.state(dpu).misbehave("not-come-back", after=1, times=1)

        result = play(plants)

        said = [event.result["msg"] for event in result.all(task="Say what happened") if event.status == "failed"]
        assert result.rc != 0
        assert [f"{dpu}: " in text for text in said] == [True], result.stdout
        assert north.files() == north.shipped
        assert north.served() == north.licensed
        assert south.served() == {name: south.leaf(name).fingerprint for name in south.names}
        master, started = ([moment.time for moment in south.history(name) if moment.what == what][-1]
                           for name, what in zip(south.names, ("up", CUSTOM), strict=True))
        assert master <= started

    def test_one_is_refused_while_the_other_arrives(self, plants: tuple[Stage, Stage]) -> None:
        """A wrong certificate in the north: nothing is touched there, and nobody in the south is kept from anything."""
        north, south = plants
        north.world.issue(north.names[0], "somebody-else")
        before = north.everything()

        result = play(plants)

        assert result.rc != 0
        assert "subject CN is 'somebody-else'" in result.stdout
        assert {host for host, stats in result.stats.items() if stats["failures"] or stats["rescued"]} == set(north.names)
        assert north.everything() == before
        assert south.served() == {name: south.leaf(name).fingerprint for name in south.names}
