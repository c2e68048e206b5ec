# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections that are lost in the middle of a commit, on the way there, on the way back, and at any moment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from ansible.errors import AnsibleConnectionFailure
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import Look
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change
from ansible_collections.certops.rollout.plugins.plugin_utils._host.connection import ConnectionHost
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder
from contract.host import Host
from contract.nodes import action
from unit.fakes import sha256

from .failing import go_on
from .faulty import FaultyDisk
from .nodes import AFTER, make_node, recovered, request, state
from .outcome import Effort, Outcome
from .sshd import Relay, server

_KB = 1024
_PATIENCE = 30.0   # seconds in which a commit whose connection was lost has to come to its end
_PROMISE = ("once the node's script has ended all files are old or all are new, nothing is left behind; the next run sees what is done,"
            " changes nothing of it and does the rest")
_OPTIONS = "-o ControlMaster=no -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"


def ssh(effort: Effort) -> Outcome:
    """Commit over SSH through a relay that resets the connection."""
    fault = ("an SSH connection that is reset after N KB of what is sent, after N times 64 bytes of what comes back, and at a random moment"
             " (a real sshd in a container, OpenSSH and the collection's own way to it)")
    outcome = Outcome(fault, _PROMISE, effort.seed)
    with server(effort.folder) as port:
        if port is None:
            outcome.count("not tried: no podman here, or not the image of the scenarios")
            return outcome
        with Relay(port) as whole:
            begun = time.perf_counter()
            said = _commit(make_node(effort.folder), whole.port, effort.folder / "id")
            seconds = time.perf_counter() - begun
        outcome.expect(said == "done", f"not cut: {said}")
        cuts = [*_cuts(effort, whole.passed, seconds)]
        for where, relay in cuts[: effort.times(2, otherwise=len(cuts))]:
            relay.behind = port
            host = make_node(effort.folder)
            with relay:
                said = _commit(host, relay.port, effort.folder / "id")
            _end(outcome, host, where, said=said, node=_node(host, port, effort.folder / "id"))
    return outcome


def _cuts(effort: Effort, passed: list[int], seconds: float) -> Iterator[tuple[str, Relay]]:
    """Tell where to cut, in a random order: by what is sent and what comes back, each a little off, and by time."""
    dice = random.Random(effort.seed)
    cuts = [(f"after {at} bytes there", Relay(0, (at, None))) for at in (mark + dice.randrange(_KB) for mark in range(0, passed[0], _KB))]
    cuts += [(f"after {at} bytes back", Relay(0, (None, at))) for at in (mark + dice.randrange(64) for mark in range(0, passed[1], 64))]
    cuts += [(f"after {at:.3f} s", Relay(0, seconds=at)) for at in (dice.random() * seconds for _ignored in range(100))]
    dice.shuffle(cuts)
    yield from cuts


def _node(host: Host, port: int, key: Path) -> ConnectionHost:
    """Return the way to *host* through that *port*, as a play has it."""
    over = action("ssh")
    options = {"ansible_host": "127.0.0.1", "ansible_port": port, "ansible_user": "root", "ansible_ssh_private_key_file": str(key),
               "ansible_ssh_args": _OPTIONS, "ansible_ssh_retries": 0, "ansible_ssh_transfer_method": "piped"}
    over._connection.set_options(var_options=options)
    return ConnectionHost(over, StateFolder(str(host.state)), name="node")


def _commit(host: Host, port: int, key: Path, run: str = "r1") -> str:
    """Tell how a commit of all that is still to be done ends for the controller; nothing is sent where all is as it should be."""
    node = _node(host, port, key)
    before = {name: (host.root / name).read_bytes() if (host.root / name).exists() else None for name in AFTER}
    todo = {name: after for name, after in AFTER.items() if before[name] != after}
    changes = [Change(str(host.root / name), sha256(before[name]), after, "change") for name, after in todo.items()]
    if not changes:
        return "nothing to do"
    try:
        node.commit(run, changes)
    except AnsibleConnectionFailure:
        return "unreachable"
    except HostError as error:
        return f"refused: {error.findings[0].problem}"
    return "done"


def _end(outcome: Outcome, host: Host, where: str, *, said: str, node: ConnectionHost) -> None:
    """Wait for the end of the node's script, look at what it did, and do the rest."""
    outcome.expect(_waited(host), f"{where}: the script is still at work after {_PATIENCE} s")
    ended = state(host)
    outcome.count(f"{said}, all {ended}" if ended != "mixed" else f"{said}, torn")
    outcome.expect(ended == "new" or (ended == "old" and said != "done"), f"{where}: {said}, {ended}")
    seen = node.observe([Look(str(host.root / name)) for name in AFTER])
    outcome.expect(seen.state == "clean", f"{where}: the node is {seen.state}")
    todo = [name for name, after in AFTER.items() if seen.files[str(host.root / name)].content != after]
    outcome.expect((todo == []) == (ended == "new"), f"{where}: {ended}, and the next run would change {todo}")
    go_on(outcome, host, where)


def _waited(host: Host) -> bool:
    """Wait until nobody holds the lock, for as long as it takes to see that nobody takes it any more."""
    end, free_since = time.monotonic() + _PATIENCE, time.monotonic()
    while time.monotonic() < end:
        if (host.state / "lock").exists():
            free_since = time.monotonic()
        if time.monotonic() - free_since > 0.7:
            return True
        time.sleep(0.02)
    return False


def lost(effort: Effort) -> Outcome:
    """Let go of a script that is at work: its standard input ends, nobody reads what it says, and it is sent SIGHUP."""
    fault = ("no real connection: the pipes of the node's script are closed at a random moment and SIGHUP is sent to all its processes, as"
             " when a session ends; or they are only closed, as when the controller gave up and a slow node answers late")
    outcome, disk = Outcome(fault, _PROMISE, effort.seed), FaultyDisk(effort.folder / "library", effort.folder / "disk")
    dice = random.Random(effort.seed)
    for number in range(effort.times(2, otherwise=300)):
        host, hang_up = make_node(effort.folder / "disk"), number % 2 == 0
        host.env = disk.armed(slow=10, seed=number) if disk.works else {}
        moment = dice.random() * 0.8
        process, content = host.start(request(host))
        kept = _let_go(process, content if number % 4 else content[: dice.randrange(len(content))], moment=moment, hang_up=hang_up)
        host.env, ended = {}, state(host)
        outcome.count(f"{'hung up' if hang_up else 'late'}, {'torn' if ended == 'mixed' else f'all {ended}'}")
        where = f"{'hung up' if hang_up else 'let go'} after {moment:.3f} s"
        outcome.expect(kept and ended in {"old", "new"}, f"{where}: {ended}")
        after, said = recovered(host)
        outcome.expect(after == ended and said.outcome == (0, ""), f"{where}: recover said {said.outcome}, {ended} became {after}")
        go_on(outcome, host, where)
    return outcome


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end, "it was started with pipes"
    return end


def _let_go(process: subprocess.Popen[bytes], content: bytes, *, moment: float, hang_up: bool) -> bool:
    """Close the pipes of *process* after *moment* seconds; tell whether it came to its end."""
    with suppress(BrokenPipeError):
        _pipe(process.stdin).write(content)
        _pipe(process.stdin).close()
    time.sleep(moment)
    _pipe(process.stdout).close()
    _pipe(process.stderr).close()
    if hang_up:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGHUP)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    return True
