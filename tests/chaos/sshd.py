# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real sshd in a container, and a relay before it that loses the connection when it is told to."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from machines.image import tag
from machines.podman import podman
from simulator.cluster import free_ports

_HERE = "127.0.0.1"
_START = ("mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -p {port} -o ListenAddress={here} -o StrictModes=no -o UsePAM=no -o PidFile=none"
          " -o PermitRootLogin=prohibit-password -o AuthorizedKeysFile=/chaos/id.pub")
_RESET = struct.pack("ii", 1, 0)   # with it, close() sends RST


@contextmanager
def server(folder: Path) -> Iterator[int | None]:
    """
    Run sshd on loopback; give its port, None where this machine has no podman or not the image of the scenarios.

    Args:
        folder: What it can see of this machine; ``id`` in it opens it.
    """
    if not all(map(shutil.which, ("podman", "ssh-keygen", "ssh"))) or _call("podman", "image", "exists", tag("debian")):
        yield None
        return
    key, [port] = folder / "id", free_ports([_HERE], 1)
    _call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    container = podman("run", "--detach", "--rm", "--timeout=7200", "--network=host", f"--volume={folder}:{folder}",
                       f"--volume={key}.pub:/chaos/id.pub:ro", "--entrypoint=/bin/sh", tag("debian"), "-c",
                       _START.format(port=port, here=_HERE)).decode().strip()
    try:
        yield port if _listens(port) else None
    finally:
        podman("rm", "--force", "--time=0", container)


def _call(*command: str) -> int:
    return subprocess.run(command, check=False, capture_output=True).returncode


def _listens(port: int) -> bool:
    for _ignored in range(100):
        with suppress(OSError), socket.create_connection((_HERE, port), timeout=1) as tried:
            if tried.recv(4) == b"SSH-":
                return True
        time.sleep(0.1)
    return False


@dataclass
class Relay:
    """
    Stands before a port of this machine for one connection.

    Attributes:
        behind: That port.
        limits: Bytes that pass from the client and to it before the connection is reset; None for all of them.
        seconds: How long the connection lasts, from its first byte on; None for ever.
        passed: Bytes that did pass, from the client and to it.
        port: Its own.
    """

    behind: int
    limits: tuple[int | None, int | None] = (None, None)
    seconds: float | None = None
    passed: list[int] = field(default_factory=lambda: [0, 0])
    port: int = 0

    def __enter__(self) -> Relay:
        """Listen."""
        self._listener = socket.create_server((_HERE, 0))
        self.port = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()
        return self

    def __exit__(self, *ignored: object) -> None:
        """End what is under way."""
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Reset the connection on both sides."""
        for end in self._ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.shutdown(socket.SHUT_RD)   # wakes up who reads
            end.close()

    def _take(self) -> None:
        try:
            near, _address = self._listener.accept()
        except OSError:
            return
        far = socket.create_connection((_HERE, self.behind))
        self._ends = [near, far]
        if self.seconds is not None:
            timer = threading.Timer(self.seconds, self.cut)
            timer.daemon = True
            timer.start()
        threading.Thread(target=self._pass, args=[near, far, 0], daemon=True).start()
        self._pass(far, near, 1)

    def _pass(self, source: socket.socket, target: socket.socket, way: int) -> None:
        limit = self.limits[way]
        with suppress(OSError):
            while limit is None or self.passed[way] < limit:
                some = source.recv(65536 if limit is None else min(65536, limit - self.passed[way]))
                if not some:
                    break
                target.sendall(some)
                self.passed[way] += len(some)
            else:
                self.cut()
                return
            target.shutdown(socket.SHUT_WR)
