# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two camps are found where there are two: what the experiments on whole clusters rely on."""

from __future__ import annotations

from simulator.tls import identity
from unit.builders import make_root

from integration.camps import Camps, connect
from integration.world import Stage, written


class TestCamps:
    def test_are_none_on_a_cluster_as_it_is_shipped(self, pair: Stage) -> None:
        """All servers trust the CA of Visual Sciences, and present its certificates."""
        assert Camps(pair.back_to("shipped")).refusals() == []

    def test_are_two_when_a_server_does_not_trust_what_another_one_presents(self, pair: Stage) -> None:
        """A bundle with nothing but the company's root."""
        master, dpu = pair.back_to("shipped").names
        with written(pair.bundle(dpu), pair.world.company.root.pem):
            refusals = Camps(pair).refusals()

        assert len(refusals) == 1
        assert refusals[0].startswith(f"{dpu} and {master}: not trusted by the caller's bundle")

    def test_are_two_when_a_running_server_refuses_a_caller(self, pair: Stage) -> None:
        """What counts is the bundle that it has loaded."""
        master, dpu = (pair.node(name) for name in pair.back_to("shipped").names)
        stranger = identity("stranger.pem", make_root("Strange CA").issue(dpu.name).pem)

        assert connect(stranger, pair.bundle(dpu.name).read_bytes(), dpu, called=master).startswith("refused with ")
