# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One process that answers TLS on the addresses of a whole fleet, each with the certificate that its server's files name."""

from __future__ import annotations

import json
import selectors
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from .fleet import Fleet, started

_LIFETIME = 7200   # seconds; nothing is left behind by a benchmark that was killed
_READY = "ready\n"
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@contextmanager
def serving(fleet: Fleet) -> Iterator[None]:
    """Answer TLS for every server of *fleet* as long as the context is open."""
    servers = [(node.address, node.ssl_port, str(node.root)) for node in fleet.nodes]
    argv = [sys.executable, "-m", "benchmarks.listener"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            process.stdin.write(json.dumps(servers) + "\n")   # type: ignore[union-attr]   # it is a pipe
            process.stdin.flush()   # type: ignore[union-attr]
            if process.stdout.readline() != _READY:   # type: ignore[union-attr]
                raise OSError("the listener did not start")
            yield
        finally:
            process.kill()


class _Server:
    """Presents what the files named when it was started last."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)
        self._since: int | None = None
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._read()

    def answer(self, connection: socket.socket) -> None:
        """Speak TLS, and tell a client that asks for a page that all is well."""
        with suppress(OSError), connection:
            connection.settimeout(10)
            self._read()
            with self._context.wrap_socket(connection, server_side=True) as tls:
                if tls.recv(4096):
                    tls.sendall(_ANSWER)

    def _read(self) -> None:
        """Read the files after a start. Raises FileNotFoundError while it is stopped."""
        since = started(self._root).stat().st_ctime_ns
        if since == self._since:
            return
        cfg = (self._root / "Components" / "Communications.cfg").read_bytes()
        name = "custom_communications_cert.pem" if b"  Certificate = " in cfg else "server_cert.pem"
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.maximum_version = ssl.TLSVersion.TLSv1_2   # what the product speaks (dossier 9)
        self._context.load_cert_chain(self._root / "Certificates" / name)
        self._since = since


def serve(servers: Sequence[tuple[str, int, str]]) -> None:
    """
    Answer until the process is ended.

    Args:
        servers: Address, port and install root of each.
    """
    with selectors.DefaultSelector() as selector, ThreadPoolExecutor(8) as pool:
        for address, port, root in servers:
            selector.register(socket.create_server((address, port), backlog=64), selectors.EVENT_READ, _Server(root))
        print(_READY, end="", flush=True)
        while True:
            for key, _ignored in selector.select():
                connection, _ignored = key.fileobj.accept()   # type: ignore[union-attr]   # a socket
                pool.submit(key.data.answer, connection)


if __name__ == "__main__":
    signal.alarm(_LIFETIME)
    serve(json.loads(sys.stdin.readline()))
