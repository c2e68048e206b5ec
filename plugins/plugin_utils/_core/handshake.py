# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
The verdict: does OpenSSL accept a certificate in a TLS handshake? The only file that imports ``ssl``.

Up to TLS 1.2 a peer sends its certificates in the clear, and OpenSSL judges them as they arrive, before anything is
proved about the key (RFC 5246 section 7.3). So the other peer's side is played with messages written here, and no
private key is needed: that of an installed certificate never leaves its node.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from .bundle import read_anchors
from .errors import CertificateError, PemError
from .pem import split_pem
from .x509 import throwaway_identity

# Whatever a product negotiates: the verdict is about certificates. Level 0 as ``openssl verify`` has it.
_ALL_CIPHERS = "ALL:@SECLEVEL=0"
_RANDOM = bytes(range(32))
_SUITES = bytes.fromhex("c02b c02f c009 c013 009c 002f")          # ECDHE and RSA, for any key of ours
_HELLO_EXTENSIONS = bytes.fromhex(
    "ff01 0001 00"                                                # renegotiation_info, RFC 5746
    "000a 0006 0004 0017 001d"                                    # supported_groups: P-256, X25519
    "000b 0002 0100"                                              # ec_point_formats: uncompressed
    "000d 000a 0008 0403 0804 0401 0201")                         # signature_algorithms
_SERVER_HELLO, _CLIENT_HELLO, _CERTIFICATE = 2, 1, 11
_RECORD_LIMIT = 16384

# OpenSSL asks whether it can use the key with the suite only when the chain was accepted (tls_post_process_server_certificate).
_AFTER_THE_VERDICT = ("WRONG_CERTIFICATE_TYPE", "UNKNOWN_CERTIFICATE_TYPE", "UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS")


@dataclass(frozen=True)
class Verdict:
    """
    What OpenSSL says of a certificate.

    Attributes:
        accepted: Whether a handshake would go on.
        code: X509_V_OK, 0, or the number of the first error (``X509_V_ERR_*``).
        text: OpenSSL's own words.
    """

    accepted: bool
    code: int
    text: str


@dataclass(frozen=True)
class Negotiated:
    """
    What a handshake came to.

    Attributes:
        protocol: Like ``TLSv1.2``.
        cipher: OpenSSL's name of the suite.
    """

    protocol: str
    cipher: str


def verify(certificate: bytes, bundle: bytes, *, purpose: Literal["server", "client"]) -> Verdict:
    """
    Return OpenSSL's verdict on the first certificate of a file, at this moment.

    The same as ``openssl verify -x509_strict -purpose sslserver|sslclient -CAfile BUNDLE CERTIFICATE``: only the leaf is
    looked at, all of its CAs have to be in the bundle.

    Args:
        certificate: PEM; a private key and further certificates in it are ignored.
        bundle: PEM of all that is trusted; empty trusts nobody.
        purpose: What the certificate is presented as.

    Raises:
        PemError: One of both cannot be read, or there is no certificate.
        CertificateError: The leaf is no certificate for OpenSSL.
    """
    leaf = next((block.der for block in split_pem(certificate, where="certificate") if block.is_certificate), None)
    if leaf is None:
        raise PemError(where="certificate", problem="holds no CERTIFICATE block", remedy="give the PEM file of a certificate")
    return _judge(leaf, bundle, purpose)


@lru_cache(maxsize=1024)
def _judge(leaf: bytes, bundle: bytes, purpose: str) -> Verdict:
    peer = _Peer(_context(bundle, purpose), server_side=purpose == "client")
    try:
        peer.receive(b"")
        peer.receive(_record(_CLIENT_HELLO, _client_hello()) if purpose == "client" else _record(_SERVER_HELLO, _server_hello()))
        peer.receive(_record(_CERTIFICATE, _length(_length(leaf, 3), 3)))
    except ssl.SSLCertVerificationError as error:
        return Verdict(False, error.verify_code, error.verify_message)
    except ssl.SSLError as error:
        if error.reason in _AFTER_THE_VERDICT:
            return Verdict(True, 0, "ok")
        raise CertificateError(where="certificate", problem=f"OpenSSL cannot read it: {_reason(error)}",
                               remedy="have it reissued") from None
    return Verdict(True, 0, "ok")


class _Peer:
    """One side of a TLS connection in memory, fed with what the other one would send."""

    def __init__(self, context: ssl.SSLContext, *, server_side: bool) -> None:
        self._incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self.outgoing, server_side=server_side)

    def receive(self, content: bytes) -> bool:
        """Take *content* in; tell whether the handshake is complete. Raises SSLError."""
        self._incoming.write(content)
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True


@lru_cache(maxsize=256)
def _context(bundle: bytes, purpose: str) -> ssl.SSLContext:
    """Return a context that trusts *bundle*, and judges as strictly as the documented check."""
    context = _bare(ssl.PROTOCOL_TLS_SERVER if purpose == "client" else ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_STRICT
    anchors = b"".join(block.der for block in read_anchors(bundle, where="trust bundle"))
    try:
        if anchors:
            context.load_verify_locations(cadata=anchors)
    except ssl.SSLError as error:
        raise PemError(where="trust bundle", problem=f"OpenSSL cannot read a certificate in it: {_reason(error)}",
                       remedy="take the broken block out") from None
    if purpose == "client":
        certificate, key = throwaway_identity()
        load_identity(context, certificate + key)
    return context


def _bare(protocol: ssl._SSLMethod) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(_ALL_CIPHERS)
    context.maximum_version = ssl.TLSVersion.TLSv1_2   # the product's OpenSSL knows nothing newer (dossier 9)
    return context


def load_identity(context: ssl.SSLContext, pem: bytes) -> None:
    """
    Give *context* a key and its certificate without a file: OpenSSL wants paths, and gets those of pipes.

    Args:
        context: Any.
        pem: Unencrypted key and leaf, below 64 KiB, which is what a pipe holds.

    Raises:
        ssl.SSLError: The key does not fit.
    """
    with _pipe(pem) as certificate, _pipe(pem) as key:
        context.load_cert_chain(certificate, key)


@contextmanager
def _pipe(content: bytes) -> Iterator[str]:
    reader, writer = os.pipe()
    try:
        try:
            os.write(writer, content)
        finally:
            os.close(writer)
        yield f"/dev/fd/{reader}"
    finally:
        os.close(reader)


def negotiate(identity: bytes, ciphers: str | None) -> Negotiated:
    """
    Prove with a whole handshake in memory that a server can use its key, with the ciphers it is set to.

    Args:
        identity: PEM of the unencrypted key and the leaf.
        ciphers: An OpenSSL cipher list, None for all.

    Raises:
        CertificateError: The key does not fit, no cipher of the list is known, or none can use the key.
    """
    server, client = _bare(ssl.PROTOCOL_TLS_SERVER), _bare(ssl.PROTOCOL_TLS_CLIENT)
    try:
        load_identity(server, identity)
        if ciphers:
            server.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        return _shake((_Peer(client, server_side=False), _Peer(server, server_side=True)))
    except ssl.SSLError as error:
        where = f"SSL Ciphers {ciphers!r}" if ciphers else "key and certificate"
        raise CertificateError(where=where, problem=f"no handshake is possible: {_reason(error)}",
                               remedy="use a key that the ciphers can use, RSA for AES256-SHA256, or change the ciphers") from None


def _shake(peers: Sequence[_Peer]) -> Negotiated:
    client, server = peers
    server_done = False
    while not (client.receive(server.outgoing.read()) and server_done):
        server_done = server.receive(client.outgoing.read())
    cipher = client.tls.cipher()
    return Negotiated(client.tls.version() or "", cipher[0] if cipher else "")


def _reason(error: ssl.SSLError) -> str:
    """Return OpenSSL's words, which never show what was read."""
    reason: str = getattr(error, "reason", None) or str(error.args[0])   # some come from Python, without a reason
    return reason.lower().replace("_", " ")


def _length(content: bytes, size: int) -> bytes:
    return len(content).to_bytes(size, "big") + content


def _server_hello() -> bytes:
    return b"\x03\x03" + _RANDOM + b"\x00" + b"\x00\x2f" + b"\x00" + _length(_HELLO_EXTENSIONS[:5], 2)


def _client_hello() -> bytes:
    return b"\x03\x03" + _RANDOM + b"\x00" + _length(_SUITES, 2) + b"\x01\x00" + _length(_HELLO_EXTENSIONS, 2)


def _record(kind: int, body: bytes) -> bytes:
    """Return a handshake message (RFC 5246 section 7.4) in as many records as it takes."""
    message = bytes([kind]) + _length(body, 3)
    pieces = (message[at : at + _RECORD_LIMIT] for at in range(0, len(message), _RECORD_LIMIT))
    return b"".join(b"\x16\x03\x03" + _length(piece, 2) for piece in pieces)
