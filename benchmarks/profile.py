# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the limits are made of: the processor time of a run, by what its tasks do."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from .bench import Bench, Part

SIZE = 20


def profile(bench: Bench) -> Part:
    """Measure (h): what the tasks of a nightly look and of a rollout cost the controller and its nodes, by the module they run."""
    part = Part(f"processor time by module, {SIZE} nodes")
    for playbook in ("drift", "rollout"):
        costs = _costs(bench, playbook)
        part.figures[playbook] = costs
        print(f"{playbook:<40} {'results':>8} {'main s':>8} {'others s':>9} {'ms each':>8}")
        for action, cost in sorted(costs.items(), key=lambda item: -item[1]["main"] - item[1]["others"]):
            each = 1000 * (cost["main"] + cost["others"]) / max(1, cost["results"])
            print(f"{action:<40} {cost['results']:8.0f} {cost['main']:8.2f} {cost['others']:9.2f} {each:8.0f}")
    return part


def _costs(bench: Bench, playbook: str) -> dict[str, dict[str, float]]:
    """Return by module: how many results, and seconds on the clock, of the main process, and of all others."""
    lines = bench.folder / f"costs-{playbook}"
    env = {"ANSIBLE_CALLBACKS_ENABLED": "task_costs", "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callbacks")),
           "CERTOPS_COST_FILE": str(lines)}
    with bench.fleet(SIZE, rolled_out=playbook == "drift") as fleet:
        bench.play(fleet, playbook, env=env)
    sums: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(("results", "wall", "main", "others"), 0.0))
    for line in lines.read_text(encoding="utf-8").splitlines():
        cost = json.loads(line)
        for what in ("results", "wall", "main", "others"):
            sums[cost["action"]][what] += cost[what]
    return dict(sums)
