# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Run the benchmark, or some parts of it: ``python -m benchmarks [--rounds N] [--most NODES] [PART ...]``.

Parts: drift rollout growth far rehearsal traffic parsers profile. Results of parts that are not run now stay as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import core, far, plays
from .bench import Bench, Part
from .plot import draw
from .profile import profile

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PARTS: dict[str, Callable[[Bench], Part]] = {
    "drift": plays.drift, "rollout": plays.rollout, "growth": plays.growth,
    "far": far.far,
    "rehearsal": core.rehearsal, "traffic": core.traffic, "parsers": core.parsers,
    "profile": profile,
}


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
                  if line.startswith("model name")), "unknown")
    return {"processor": model, "cores": os.cpu_count(), "system": platform.platform(terse=True), "python": platform.python_version(),
            "load before": os.getloadavg()[0], "time": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}


def main(arguments: list[str]) -> None:
    """Run the parts that are named, all when none is; print ratios, write results and plot."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="How fast the collection is, beside what else could do its work.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=2000, metavar="NODES", help="no fleet of the parts drift and growth is larger")
    asked = parser.parse_args(arguments)
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), rounds=asked.rounds, most=asked.most)
        for name in asked.parts or PARTS:
            print(f"\n{PARTS[name].__doc__}\n", flush=True)
            before = machine()
            part = PARTS[name](bench)
            print("\n".join(map(str, part.ratios)), flush=True)
            results[name] = {**part.as_result(), "machine": before}
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (HERE / "results.svg").write_text(draw(results), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
