"""The sockets of the server: one for HTTP, one for HTTPS (§1.4)."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

from .access import Caller
from .journal import BUILD, PRODUCT, VERSION, Journal
from .refusal import Refusal
from .tls import words

PATIENCE = 10.0  # seconds that a silent peer may keep a connection

Answer = tuple[int, bytes]
Responder = Callable[[Caller, str], Answer]


class Listener:
    """One listening socket, a thread for each connection."""

    def __init__(self, address: tuple[str, int], respond: Responder, *, journal: Journal, context: ssl.SSLContext | None) -> None:
        """
        Bind and begin to accept.

        Args:
            address: Host and port.
            respond: Gives the answer to (caller, path).
            journal: For the connection log.
            context: None for plain HTTP.

        Raises:
            Refusal: The address is taken or not this machine's.
        """
        self.respond, self._journal, self._context = respond, journal, context
        try:
            self._socket = socket.create_server(address, backlog=128)
        except OSError as error:
            raise Refusal(f"cannot listen on {address[0]}:{address[1]}: {error.strerror}") from None
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop to listen and drop every connection."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._socket.close()
        for connection in list(self._open):
            _drop(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, peer), daemon=True).start()

    def _serve(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        shown = f"{peer[0]}:{peer[1]}"
        connection.settimeout(PATIENCE)
        self._open.add(connection)
        try:
            if self._context is not None:
                self._open.discard(connection)
                connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                self._open.add(connection)
                connection.do_handshake()
            self._journal.audit(shown, "Connection established.")
            Conversation(connection, peer, self)  # type: ignore[arg-type]  # it asks its server for respond only
        except ssl.SSLCertVerificationError as error:
            self._journal.audit(shown, f"Connection refused. Error {error.verify_code}. Desc: {error.verify_message}")
        except ssl.SSLError as error:
            self._journal.audit(shown, f"Connection failed. {words(error)}")
        except OSError:
            pass  # the peer went away, or the listener did
        finally:
            self._open.discard(connection)
            _drop(connection)


class Conversation(BaseHTTPRequestHandler):
    """The requests on one connection."""

    protocol_version = "HTTP/1.1"
    server_version = f"{PRODUCT.replace(' ', '-')}/{VERSION}"
    sys_version = BUILD
    disable_nagle_algorithm = True  # head and body of an answer are two writes
    server: Listener  # type: ignore[assignment]

    def do_GET(self) -> None:
        """Answer a request to read; the stand-in has no others."""
        decoded = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        code, content = self.server.respond(Caller(self.client_address[0], dict(decoded or {})), self.path)
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the standard library's
        """Write nothing: Access Log Verbose is false as shipped (§5.1)."""


def _drop(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
