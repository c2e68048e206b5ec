# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the demo plays: a folder of its own, which goes when the demo ends, unless it is to be kept."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulator.clients.population import Population
from simulator.cluster import Shape

from .world import TESTS, World

_SHAPE = Shape(dpus=3, fsus=1)


@contextmanager
def staged(*, keep: bool) -> Iterator[World]:
    """Set the stage, and clear it: every process ended, every file gone; unless it is to *keep*."""
    folder = Path(tempfile.mkdtemp(prefix="certops-demo-"))
    world: World | None = None
    try:
        world = World(folder, _SHAPE, Population(workstations=2, sensors=2))
        yield world
    finally:
        if keep and world is not None:
            _how_to_play(world)
        else:
            if world is not None:
                world.close()
            shutil.rmtree(folder, ignore_errors=True)


def _how_to_play(world: World) -> None:
    """Say what can be done with the cluster that was left running."""
    node = world.node(world.names[1])
    simulator = f"PYTHONPATH={shlex.quote(str(TESTS))} {shlex.quote(sys.executable)} -m simulator"
    roots = shlex.join(map(str, world.roots))
    collections = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")
    print(f"""
The cluster goes on for an hour, or until you stop it. Play with it:
  export ANSIBLE_COLLECTIONS_PATH={shlex.quote(collections)}
  {shlex.join(world.command("verify"))}
  {shlex.join(world.command("rollout", "--check", "--diff"))}
  {shlex.join(world.command("clients_drift"))}
  {shlex.join(world.command("rollback"))}
  {simulator} misbehave --root {shlex.quote(str(node.root))} --fault not-come-back
  {simulator} stop --root {shlex.quote(str(node.root))}
Inventory: {world.inventory}
Servers:   {world.folder / "servers"}
Clients:   {world.folder / "clients"}
Certificates to be rolled out: {world.pki}
Stop it:   for root in {roots}; do {simulator} stop --root "$root"; done
Delete it: rm -r {shlex.quote(str(world.folder))}""")
