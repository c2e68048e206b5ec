"""One connection of a client to one server."""

from __future__ import annotations

import http.client
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

from ..access import Caller
from ..refusal import Refusal
from .reading import Target

PATIENCE = 3.0  # seconds that a server may take to answer


@dataclass
class Line:
    """
    The way to one server, from an address of its own.

    Attributes:
        target: The server.
        context: With what the client trusts and presents; None for plain HTTP.
        own: Where connections come from; empty for whatever the system takes.
        keeps: Whether the connection stays open between two requests, as a Sensor's does (§6.5).
    """

    target: Target
    context: ssl.SSLContext | None = field(repr=False)
    own: str
    keeps: bool = False
    _open: http.client.HTTPConnection | None = None

    def ask(self, uri: str) -> None:
        """
        Ask the server for *uri*.

        Raises:
            OSError: No connection; ssl.SSLCertVerificationError when the server is not trusted.
            http.client.HTTPException: No answer that is understood.
            Refusal: Another server than expected, or no permission.
        """
        kept, self._open = self._open, None
        if kept is not None and self._served_by(kept, uri):
            return
        fresh = self._connected()
        try:
            _get(fresh, uri)
        except BaseException:
            fresh.close()
            raise
        self._put_back(fresh)

    def close(self) -> None:
        """Let go of a connection that was kept."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _served_by(self, kept: http.client.HTTPConnection, uri: str) -> bool:
        """Tell whether a kept connection still answers; one that the server has dropped is replaced."""
        with suppress(OSError, http.client.HTTPException):
            _get(kept, uri)
            self._put_back(kept)
            return True
        kept.close()
        return False

    def _put_back(self, connection: http.client.HTTPConnection) -> None:
        if self.keeps:
            self._open = connection
        else:
            connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        where, own = (self.target.address, self.target.port), (self.own, 0) if self.own else None
        if self.context is None:
            return http.client.HTTPConnection(*where, timeout=PATIENCE, source_address=own)
        connection = http.client.HTTPSConnection(*where, timeout=PATIENCE, context=self.context, source_address=own)
        try:
            connection.connect()
            self._check_name(connection.sock)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_name(self, wire: ssl.SSLSocket) -> None:
        served = Caller(self.target.address, dict(wire.getpeercert() or {}))
        if self.target.expects and served.name != self.target.expects:
            raise Refusal(f"the server's common name is '{served.name}', expected '{self.target.expects}'")


def told(problem: Exception) -> str:
    """Return a failure in the words of the product's log (§8.1)."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"Certificate failed to verify. Error {problem.verify_code} at 0 depth. Desc: {problem.verify_message}. Cert details:"
    return str(problem) or type(problem).__name__


def _get(connection: http.client.HTTPConnection, uri: str) -> None:
    """Read *uri*. Raises Refusal for an answer that is no success."""
    connection.request("GET", quote(uri))
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise Refusal(f"{uri}: {answer.status} {answer.reason}")
