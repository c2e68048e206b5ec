# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One process that answers TLS on the addresses of a whole fleet, each with the certificate of its server."""

from __future__ import annotations

import json
import selectors
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from .fleet import Fleet

_LIFETIME = 3600   # seconds; nothing is left behind by a benchmark that was killed
_READY = "ready\n"


@contextmanager
def serving(fleet: Fleet) -> Iterator[None]:
    """Answer TLS for every server of *fleet* as long as the context is open."""
    files = {node.address: (node.ssl_port, str(fleet.presented(node))) for node in fleet.nodes}
    argv = [sys.executable, "-m", "benchmarks.listener"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            process.stdin.write(json.dumps(files) + "\n")   # type: ignore[union-attr]   # it is a pipe
            process.stdin.flush()   # type: ignore[union-attr]
            if process.stdout.readline() != _READY:   # type: ignore[union-attr]
                raise OSError("the listener did not start")
            yield
        finally:
            process.kill()


def serve(files: Mapping[str, tuple[int, str]]) -> None:
    """
    Answer until the process is ended.

    Args:
        files: By address, the port, and the PEM file of key and certificate.
    """
    contexts: dict[str, ssl.SSLContext] = {}
    with selectors.DefaultSelector() as selector, ThreadPoolExecutor(8) as pool:
        for address, (port, _ignored) in files.items():
            selector.register(socket.create_server((address, port), backlog=64), selectors.EVENT_READ)
        print(_READY, end="", flush=True)
        while True:
            for key, _ignored in selector.select():
                connection, _ignored = key.fileobj.accept()   # type: ignore[union-attr]   # a socket
                address = connection.getsockname()[0]
                if address not in contexts:
                    contexts[address] = _context(files[address][1])
                pool.submit(_answer, connection, contexts[address])


def _context(file: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2   # what the product speaks (dossier 9)
    context.load_cert_chain(file)
    return context


def _answer(connection: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError), connection:
        connection.settimeout(10)
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)


if __name__ == "__main__":
    signal.alarm(_LIFETIME)
    serve(json.loads(sys.stdin.readline()))
