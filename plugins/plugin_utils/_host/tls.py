# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Live TLS handshakes from the controller: what a server really presents."""

from __future__ import annotations

import hashlib
import http.client
import re
import socket
import ssl
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._core.dwb.survey import describe
from .._core.errors import CoreError
from .._core.handshake import load_identity
from .._core.x509 import read_certificate

_HOST_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
_DER = 2   # what the ssl module calls the encoding of a certificate's public bytes


@dataclass(frozen=True)
class Target:
    """
    One TLS server.

    Attributes:
        address: Name or IP address.
        port: TCP port.
        server_name: The name to ask for (SNI), empty to ask for none.
        timeout: Seconds for connecting and for each message.
        identity: PEM of key and leaf to present as client, empty to present none.
        page: Path of a page to ask for in the same connection, empty to ask for none.
    """

    address: str
    port: int
    server_name: str = ""
    timeout: float = 10.0
    identity: bytes = field(default=b"", repr=False)
    page: str = ""


def probe(target: Target, *, now: datetime) -> dict[str, Any]:
    """
    Return what *target* presents in one handshake; nothing is judged, an old product must be seen as it is.

    Args:
        target: Who to ask.
        now: Aware, for the days left.

    Returns:
        ``fingerprint``, ``common_name``, validity, ``protocol``, ``cipher``, ``chain``
        (SHA-256, leaf first), ``peer`` and ``controller`` (both ends in numbers) and, where
        a page was asked for, ``status`` with ``error`` None; or only ``error``, in the words
        of the system or of OpenSSL.
    """
    try:
        with socket.create_connection((target.address, target.port), target.timeout) as plain, \
                _context(target).wrap_socket(plain, server_hostname=_asked_for(target)) as tls:
            leaf = tls.getpeercert(binary_form=True) or b""
            facts: dict[str, Any] = {
                "protocol": tls.version(), "cipher": (tls.cipher() or ("",))[0], "chain": _chain(tls, leaf),
                "peer": tls.getpeername()[0], "controller": tls.getsockname()[0]}
            _await_alert(tls, target)
            if target.page:
                facts["status"] = _status(tls, target)
        return {**(describe(read_certificate(leaf, where=target.address), now) or {}), **facts, "error": None}
    except (OSError, ValueError, http.client.HTTPException) as error:
        return {"error": getattr(error, "strerror", None) or str(error) or type(error).__name__}
    except CoreError as error:
        return {"error": error.findings[0].problem}


def _asked_for(target: Target) -> str | None:
    """Return the name for SNI, which takes a host name (RFC 6066 section 3) where a common name may be anything; None for none."""
    return target.server_name if _HOST_NAME.fullmatch(target.server_name) and len(target.server_name) < 254 else None


def _context(target: Target) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)   # servers before 6.73 may know nothing newer
        context.minimum_version = ssl.TLSVersion.TLSv1
    if target.identity:
        load_identity(context, target.identity)
    return context


def _chain(tls: ssl.SSLSocket, leaf: bytes) -> list[str]:
    """Return what the server sent; before Python 3.13 only the inner object tells."""
    inner = getattr(tls, "_sslobj", None)
    ask: Callable[[], Any] | None = getattr(inner, "get_unverified_chain", None)
    sent = [certificate.public_bytes(_DER) for certificate in (ask() if ask else None) or ()]
    return [hashlib.sha256(der).hexdigest() for der in sent or [leaf]]


def _await_alert(tls: ssl.SSLSocket, target: Target) -> None:
    """Since TLS 1.3 a server refuses a client's certificate after the handshake; a short wait shows its alert."""
    if not target.identity or tls.version() != "TLSv1.3":
        return
    tls.settimeout(min(target.timeout, 0.5))
    with suppress(TimeoutError):
        tls.recv(1)


def _status(tls: ssl.SSLSocket, target: Target) -> int:
    """Return the HTTP status that the server gives for the page; what it says beyond that is left unread."""
    tls.sendall(f"GET {target.page} HTTP/1.1\r\nHost: {target.server_name or target.address}\r\nConnection: close\r\n\r\n".encode("ascii"))
    answer = http.client.HTTPResponse(tls, method="GET")
    answer.begin()
    return answer.status


def probe_all(targets: Sequence[Target], *, now: datetime, workers: int = 32) -> list[dict[str, Any]]:
    """
    Return the answers of all *targets*, in their order.

    Args:
        targets: Any number.
        now: Aware.
        workers: How many handshakes are under way at once.
    """
    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(targets)))) as pool:
        return list(pool.map(lambda target: probe(target, now=now), targets))


def await_answer(target: Target, expected: Callable[[Mapping[str, Any]], bool], *, now: datetime, seconds: float) -> dict[str, Any]:
    """
    Probe *target* until it answers as *expected*, or *seconds* have passed.

    Args:
        target: Who to ask.
        expected: Told for an answer.
        now: Aware, for the days left.
        seconds: How long to wait at the most; 0 asks once.

    Returns:
        The last answer.
    """
    end = time.monotonic() + seconds
    while True:
        answer = probe(target, now=now)
        if expected(answer) or time.monotonic() >= end:
            return answer
        time.sleep(0.2)
