# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Part (f): nodes entered over SSH, near and far: one container with sshd, and a road to it on which everything takes its time."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from machines.image import build, tag
from machines.podman import lacking, podman
from simulator.cluster import free_ports

from .bench import Bench, Part, Ratio
from .fleet import Fleet
from .measure import Cost, in_turn, ratios

DELAYS = (0, 20, 100)   # milliseconds for a round trip
SIZE = 20
_LIFETIME = 7200   # seconds; nothing is left behind by a benchmark that was killed
_HERE = "127.0.0.1"
# Where a node is reached over the road; its own address begins with 127.21.
_FAR = "{{ bench_address | replace('127.21.', '127.22.') }}"
_SSHD = ("mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -p {port} -o ListenAddress=127.0.0.1 -o PermitRootLogin=prohibit-password"
         " -o StrictModes=no -o AuthorizedKeysFile=/bench/id.pub -o UsePAM=no -o MaxStartups=500 -o PidFile=none")
_OPTIONS = "-o ControlMaster=auto -o ControlPersist=5s -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"


class Road:
    """Relays TCP connections; what is sent arrives half a round trip later, and to connect takes a whole one."""

    def __init__(self, routes: Sequence[tuple[tuple[str, int], tuple[str, int]]], *, seconds: float) -> None:
        """Take pairs of the address that is listened on and the one behind it, each with its port; and the time of a round trip."""
        self._routes, self._seconds = routes, seconds
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Road:
        """Return when all addresses are listened on."""
        for (address, port), behind in self._routes:
            opening = asyncio.start_server(partial(self._relay, behind), address, port)
            self._servers.append(self._loop.run_until_complete(opening))
        self._thread.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        """End all that is under way."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for server in self._servers:
            server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop)))
        self._loop.close()

    async def _relay(self, behind: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self._seconds)
        try:
            far_reader, far_writer = await asyncio.open_connection(*behind)
        except OSError:
            writer.close()
            return
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = b"more"
        while sent:
            sent = b""
            with suppress(OSError):
                sent = await reader.read(65536)
            self._loop.call_later(self._seconds / 2, writer.write if sent else _close, *([sent] if sent else [writer]))


def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()


@contextmanager
def sshd(folder: Path, key: Path, port: int) -> Iterator[None]:
    """
    Run sshd on loopback in a container that sees *folder*, as long as the context is open.

    Args:
        folder: Of a fleet.
        key: Is made, and opens it.
        port: To listen on.
    """
    if subprocess.run(["podman", "image", "exists", tag("debian")], check=False).returncode:
        build()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    container = podman("run", "--detach", "--rm", f"--timeout={_LIFETIME}", "--network=host",
                       f"--volume={folder}:{folder}", f"--volume={key}.pub:/bench/id.pub:ro", "--entrypoint=/bin/sh",
                       tag("debian"), "-c", _SSHD.format(port=port)).decode().strip()
    try:
        yield
    finally:
        podman("rm", "--force", "--time=0", container)


def far(bench: Bench) -> Part:
    """Measure (f): the nightly look beside raw over SSH, near by and with 20 and 100 ms for a round trip."""
    part = Part("drift beside raw over SSH")
    problems = lacking()
    if problems:
        raise RuntimeError("\n".join(problems))
    [port, road_port] = free_ports([_HERE], 2)
    key = str(bench.folder / f"fleet-{SIZE}" / "id")
    with bench.fleet(SIZE, ansible_connection="ssh", ansible_user="root", ansible_host=_FAR, ansible_port=road_port,
                     ansible_ssh_private_key_file=key) as fleet, sshd(fleet.folder, Path(key), port):
        for delay in DELAYS:
            with Road(_routes(fleet, port, road_port), seconds=delay / 1000):
                sides = {name: partial(_play, bench, fleet, name) for name in ("nothing", "raw", "drift")}
                series = in_turn(sides, rounds=bench.rounds)
            for name, costs in series.items():
                part.add(f"{name}, {delay} ms", costs)
            part.ratios += [
                Ratio(f"drift : raw over SSH, {delay} ms", ratios(series["drift"], series["raw"]), 1.3 if delay == DELAYS[-1] else None),
                Ratio(f"drift : raw over SSH, processor time, {delay} ms", ratios(series["drift"], series["raw"], "cpu"))]
    return part


def _routes(fleet: Fleet, port: int, road_port: int) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """Return the road to every node: to its sshd, and to its TLS port."""
    ends = [(node.address.replace("127.21.", "127.22."), node) for node in fleet.nodes]
    return [*(((address, road_port), (_HERE, port)) for address, _ignored in ends),
            *(((address, node.ssl_port), (node.address, node.ssl_port)) for address, node in ends)]


def _play(bench: Bench, fleet: Fleet, playbook: str) -> Cost:
    """Run a playbook with connections of its own: none is left from the run before."""
    control = fleet.folder / f"cp-{time.monotonic_ns()}"
    control.mkdir()
    env = {"ANSIBLE_SSH_ARGS": _OPTIONS, "ANSIBLE_SSH_CONTROL_PATH": f"{control}/%%h", "USER": os.environ.get("USER", "root")}
    return bench.play(fleet, playbook, "-e", f'{{"dwb_address": "{_FAR}"}}', env=env)
