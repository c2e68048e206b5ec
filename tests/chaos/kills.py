# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kill anywhere: the script of a node dies at every command that it calls, and at any moment between them."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress

from contract.host import Host

from .nodes import begin_anew, end, every_moment, is_clean, make_node, recovered, request, shims, state
from .outcome import Effort, Outcome

_PROMISE = "after `recover` all files are old or all are new, and the next run can begin"


def at_every_command(effort: Effort) -> Outcome:
    """Kill the script before and after the n-th external command, for every n."""
    outcome = Outcome("SIGKILL of the node script before or after its n-th command", _PROMISE, effort.seed)
    at, host = effort.folder / "shims", make_node(effort.folder)
    env = shims(at)
    host.env = env
    moments = every_moment(at, host, seed=effort.seed)
    for number, when in moments[: effort.times(2, otherwise=len(moments))]:
        begin_anew(at)
        host = make_node(effort.folder)
        host.env = {**env, "CHAOS_AT": str(number), "CHAOS_WHEN": when}
        process, content = host.start(request(host))
        process.communicate(content, timeout=60)
        _judge(outcome, host, f"{when} command {number}")
    return outcome


def at_random_moments(effort: Effort) -> Outcome:
    """Kill the script and all its children at a moment that was drawn."""
    outcome = Outcome("SIGKILL of the node script at a random moment", _PROMISE, effort.seed)
    dice = random.Random(effort.seed)
    begun = time.perf_counter()
    make_node(effort.folder).send(request(make_node(effort.folder)))
    whole = time.perf_counter() - begun
    for _ignored in range(effort.times(1, otherwise=1000)):
        host, moment = make_node(effort.folder), dice.random() * whole
        kill_after(host, moment)
        _judge(outcome, host, f"after {moment:.4f} s of {whole:.4f} s")
    return outcome


def kill_after(host: Host, seconds: float) -> None:
    """
    Let *host* commit, and kill its script with all that it started.

    Args:
        host: A node as ``make_node`` makes it.
        seconds: From when the whole request was sent.
    """
    process, content = host.start(request(host))
    timer = threading.Timer(seconds, end, [process])
    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.write(content)
            process.stdin.close()
        process.stdin = None
    timer.start()
    timer.join()


def _judge(outcome: Outcome, host: Host, when: str) -> None:
    host.env = {}
    torn = state(host)
    after, answer = recovered(host)
    outcome.count(f"{'torn' if torn == 'mixed' else 'whole'}, then all {after}")
    outcome.expect(answer.outcome == (0, ""), f"{when}: recover said {answer.outcome}")
    outcome.expect(after in {"old", "new"}, f"{when}: the files are {after}")
    if after == "old":   # a lock that was not taken yet is no lock; the next run sweeps its file away
        again = host.send(request(host, "r2"))
        outcome.expect(again.outcome == (0, "") and state(host) == "new", f"{when}: the next run said {again.outcome}")
    outcome.expect(is_clean(host), f"{when}: something was left behind")
