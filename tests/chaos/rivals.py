# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Concurrency on one node: two commits at once, and somebody who saves a file meanwhile."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from contract.host import Answer, Host, read

from .nodes import AFTER, is_clean, make_node, request, state
from .outcome import Effort, Outcome


def commits(effort: Effort) -> Outcome:
    """Send two commits of the same files to one node at once."""
    outcome = Outcome("two commits on one node at once", "exactly one is done, the other one is refused and changes nothing", effort.seed)
    dice = random.Random(effort.seed)
    with ThreadPoolExecutor(2) as pool:
        for number in range(effort.times(1, otherwise=1000)):
            host = make_node(effort.folder)
            first, second = request(host, "first"), request(host, "second")
            other = pool.submit(_late, host, second, dice.random() * 0.05)
            codes = sorted([host.send(first).code, other.result().code])
            outcome.count(f"one done, one refused as {'locked' if codes[1] == 4 else 'stale' if codes[1] == 3 else codes[1]}")
            outcome.expect(codes in ([0, 3], [0, 4]), f"trial {number}: exit statuses {codes}")
            outcome.expect(state(host) == "new" and is_clean(host), f"trial {number}: {state(host)}")
    return outcome


def _late(host: Host, rows: list[str], pause: float) -> Answer:
    time.sleep(pause)
    return host.send(rows)


def saves(effort: Effort) -> Outcome:
    """Save a file at a random moment of a commit, as a Workstation does."""
    outcome = Outcome("somebody saves a file at a random moment of a commit", "what was saved is there, all else is as one", effort.seed)
    dice, saved = random.Random(effort.seed), b"saved by hand\r\n"
    for number in range(effort.times(1, otherwise=500)):
        host = make_node(effort.folder)
        path, late = host.root / "Communications.cfg", host.root / "saved.new"
        late.write_bytes(saved)
        # In the sample of every day it is saved at once, for what is drawn must not decide about that.
        timer = threading.Timer(dice.random() * effort.times(0, otherwise=300) / 1000, late.replace, [path])
        timer.start()
        answer = host.send(request(host))
        timer.join()
        kept = read(path) == saved
        outcome.count("kept, and refused" if kept and answer.code else "kept" if kept else "overwritten")
        outcome.expect(kept, f"trial {number}: the save is lost, exit status {answer.code}")
        others = [read(host.root / name) == AFTER[name] for name in ("trust.pem", "key.pem")]
        outcome.expect(len(set(others)) == 1, f"trial {number}: {others}")
    return outcome
