# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts (a) to (c): playbooks of the collection beside others, and what they cost when there are many nodes."""

from __future__ import annotations

from functools import partial

from .bench import Bench, Part, Ratio
from .measure import Cost, Series, in_turn, ratios

SIZES = (20, 50)
GROWTH = (50, 200, 1000, 2000)
_STOCK = {"ANSIBLE_PIPELINING": "1"}   # an expert would


def drift(bench: Bench) -> Part:
    """Measure (a): the nightly look beside the smallest tasks there are, and beside a playbook of stock modules that does its work."""
    part = Part("drift beside ping, raw and a playbook of stock modules")
    for size in (size for size in SIZES if size <= bench.most):
        with bench.fleet(size) as fleet:
            sides = {name: partial(bench.play, fleet, name) for name in ("nothing", "raw", "ping", "drift")}
            stock = partial(bench.play, fleet, "stock", "--check", env=_STOCK)
            series = in_turn({**sides, "stock": stock}, rounds=bench.rounds)
        for name, costs in series.items():
            part.add(f"{name}, {size} nodes", costs)
        part.ratios += _compared(series, size)
    return part


def _compared(series: dict[str, Series], size: int) -> list[Ratio]:
    look, base, first = series["drift"], series["nothing"], size == SIZES[0]
    return [
        Ratio(f"drift : ping, {size} nodes", ratios(look, series["ping"]), 0.45 if first else None),
        Ratio(f"stock playbook : drift, {size} nodes", ratios(series["stock"], look), 45 if first else None, at_least=True),
        Ratio(f"drift : ping, processor time, {size} nodes", ratios(look, series["ping"], "cpu")),
        Ratio(f"stock playbook : drift, processor time, {size} nodes", ratios(series["stock"], look, "cpu")),
        Ratio(f"drift : raw, above start-up, {size} nodes", ratios(look, series["raw"], base=base), 2),
        Ratio(f"drift : raw, above start-up, processor time, {size} nodes", ratios(look, series["raw"], "cpu", base=base)),
    ]


def rollout(bench: Bench) -> Part:
    """Measure (b): a whole rollout of servers that start at once, beside the stock playbook; each begins as shipped."""
    size, part = SIZES[0], Part("rollout beside a playbook of stock modules")
    sides = {"rollout": partial(_once, bench, "rollout"), "stock": partial(_once, bench, "stock")}
    series = in_turn(sides, rounds=bench.rounds)
    for name, costs in series.items():
        part.add(f"{name}, {size} nodes", costs)
    part.ratios += [
        Ratio(f"stock playbook : rollout, {size} nodes", ratios(series["stock"], series["rollout"]), 8, at_least=True),
        Ratio(f"stock playbook : rollout, processor time, {size} nodes", ratios(series["stock"], series["rollout"], "cpu"))]
    return part


def _once(bench: Bench, playbook: str) -> Cost:
    with bench.fleet(SIZES[0], rolled_out=False) as fleet:
        return bench.play(fleet, playbook, env=_STOCK if playbook == "stock" else None)


def growth(bench: Bench) -> Part:
    """Measure (c): the nightly look at up to 2,000 nodes: time, and memory of all processes of the controller."""
    part, above = Part("drift with many nodes"), dict[int, list[float]]()
    for size in (size for size in GROWTH if size <= bench.most):
        with bench.fleet(size) as fleet:
            series = in_turn({"nothing": partial(bench.play, fleet, "nothing"), "drift": partial(bench.play, fleet, "drift", memory=True)},
                             rounds=1 if size > 200 else bench.rounds)
        for name, costs in series.items():
            part.add(f"{name}, {size} nodes", costs)
        above[size] = [series["drift"].median(what) - series["nothing"].median(what) for what in ("wall", "cpu")]
        if size == 1000:
            part.ratios += [Ratio("drift, 1,000 nodes, seconds", [series["drift"].median()], 60),
                            Ratio("drift, 1,000 nodes, seconds of processor time", [series["drift"].median("cpu")]),
                            Ratio("drift, 1,000 nodes, MiB of all processes", [series["drift"].median("memory")], 350)]
    if {50, 1000} <= above.keys():
        grown = [many / few for many, few in zip(above[1000], above[50], strict=True)]
        part.ratios += [Ratio("drift above start-up, 1,000 : 50 nodes", grown[:1], 22),
                        Ratio("drift above start-up, processor time, 1,000 : 50 nodes", grown[1:])]
    return part
