# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results as one drawing: ratios beside their goals, and the time that many nodes take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any
from xml.sax.saxutils import escape

_WIDTH, _ROW, _LEFT, _BAR = 900, 24, 470, 380
_STYLE = "text{font:13px sans-serif;fill:#222}.head{font-weight:bold}.yes{fill:#3a7d44}.no{fill:#b3402f}.time{fill:#35618f}"


def draw(results: Mapping[str, Any]) -> str:
    """
    Return the drawing as SVG.

    Args:
        results: As they are written to ``results.json``.
    """
    rows = [*_goals(results), *_times(results)]
    height = (len(rows) + 1) * _ROW
    body = "\n".join(row.replace("@", str(number * _ROW + 17)).replace("#Y", str(number * _ROW + 5)) for number, row in enumerate(rows))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}">\n'
            f'<style>{_STYLE}</style>\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')


def _goals(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield a row for each promise: the bar is as long as the goal is used up, a full one is just reached."""
    yield _text("Goals: a bar that ends before the line has reached its goal", "head")
    for part in results.values():
        for ratio in part["ratios"]:
            if "goal" in ratio:
                word, _ignored, goal = ratio["goal"].partition(" ")
                used = float(goal) / ratio["median"] if word == ">=" else ratio["median"] / float(goal)
                label = f"{ratio['name']}: {ratio['median']:.4g} ({ratio['goal']})"
                yield _bar(label, used / 2, "yes" if ratio["reached"] else "no")


def _times(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield a row for each side of the parts with playbooks: seconds on the clock."""
    yield _text("Seconds on the clock, median", "head")
    for part in (results[name] for name in ("drift", "rollout", "growth", "far") if name in results):
        sides = {name: median(cost["wall"] for cost in costs) for name, costs in part["figures"].items()}
        for name, seconds in sides.items():
            yield _bar(f"{name}: {seconds:.2f} s", seconds / max(sides.values()), "time")


def _text(text: str, kind: str) -> str:
    return f'<text x="10" y="@" class="{kind}">{escape(text)}</text>'


def _bar(label: str, share: float, kind: str) -> str:
    width = max(1, round(_BAR * min(share, 1)))
    line = f'<path d="M{_LEFT + _BAR // 2} #Yv16" stroke="#999"/>' if kind != "time" else ""
    return f'<text x="10" y="@">{escape(label)}</text><rect x="{_LEFT}" y="#Y" width="{width}" height="14" class="{kind}"/>{line}'
