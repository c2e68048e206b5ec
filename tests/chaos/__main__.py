# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run experiments, the long way unless --short, and write docs/reliability.md of what was counted."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from . import EXPERIMENTS
from .outcome import Effort, Outcome, keep, page, recall

_COLLECTION = Path(__file__).parents[2]
_RESULTS, _PAGE = _COLLECTION / "build/chaos/results.json", _COLLECTION / "docs/reliability.md"


def main() -> int:
    """Return 1 when a promise was broken."""
    options = argparse.ArgumentParser(prog="chaos", description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(EXPERIMENTS)}; all when left out")
    options.add_argument("--seed", type=int, default=20261129)
    options.add_argument("--short", action="store_true", help="the sample of every day; the page stays as it is")
    given = options.parse_args()
    unknown = set(given.names) - set(EXPERIMENTS)
    if unknown:
        options.error(f"no such experiment: {', '.join(sorted(unknown))}")
    broken = False
    for name in given.names or EXPERIMENTS:
        outcome = run(name, seed=given.seed, long=not given.short)
        broken = broken or bool(outcome.broken)
        if not given.short:
            keep(_RESULTS, {name: outcome})
            known = recall(_RESULTS)
            _PAGE.write_text(page({name: known[name] for name in EXPERIMENTS if name in known}), encoding="utf-8")
    return int(broken)


def run(name: str, *, seed: int, long: bool) -> Outcome:
    """
    Run one experiment and say how it ended.

    Args:
        name: One of EXPERIMENTS.
        seed: Of everything that is drawn.
        long: Whether time does not matter.
    """
    with tempfile.TemporaryDirectory(prefix="certops-chaos-") as folder:
        begun = time.perf_counter()
        outcome = EXPERIMENTS[name](Effort(seed, long, Path(folder)))
        outcome.seconds = time.perf_counter() - begun
    print(f"{name}: {outcome.trials} trials in {outcome.seconds:.1f} s, seed {seed}: {outcome.counts}", flush=True)
    for line in outcome.broken:
        print(f"  broken: {line[:2000]}", flush=True)
    return outcome


sys.exit(main())
