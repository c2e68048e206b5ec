# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
The verdict: does OpenSSL accept a certificate in a TLS handshake? The only file that imports ``ssl``.

Up to TLS 1.2 a peer sends its certificates in the clear, and OpenSSL judges them as they arrive, before anything is
proved about the key (RFC 5246 section 7.3). So the other peer's side is played with messages written here, and no
private key is needed: that of an installed certificate never leaves its node.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from .errors import CertificateError, PemError
from .lent import lent
from .pem import PemBlock, split_pem

Purpose = Literal["server", "client"]

# Whatever a product negotiates: the verdict is about certificates. Level 0 as ``openssl verify`` has it.
_ALL_CIPHERS = "ALL:@SECLEVEL=0"
# All that OpenSSL takes for a certificate (PEM_STRING_X509, PEM_STRING_X509_OLD, PEM_STRING_X509_TRUSTED).
LABELS = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_HEADS = {
    # As a server: AES128-SHA, in which nothing comes between this hello and the certificate.
    "server": ("02", f"0303 {32 * '00'} 00 002f 00 0005 ff01 0001 00"),
    # As a client: AECDH-AES128-SHA, for which the side that judges needs no certificate of its own. Extensions:
    # renegotiation_info (RFC 5746), supported_groups P-256 and ec_point_formats (RFC 8422).
    "client": ("01", f"0303 {32 * '00'} 00 0002 c018 01 00 0013 ff01 0001 00 000a 0004 0002 0017 000b 0002 01 00"),
}
_CERTIFICATE = 11
_RECORD_LIMIT, _ALERT = 16384, 7

# OpenSSL asks whether it can use the key with the suite only when the chain was accepted (tls_post_process_server_certificate).
_AFTER_THE_VERDICT = ("WRONG_CERTIFICATE_TYPE", "UNKNOWN_CERTIFICATE_TYPE", "UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS")

# An anonymous suite would prove nothing about the key.
_WITH_CERTIFICATE = "ALL:!aNULL:@SECLEVEL=0"

# The group ffdhe2048 (RFC 7919 appendix A.1), so that suites with DHE can be judged, too.
_FFDHE2048 = b"-----BEGIN DH PARAMETERS-----\n%b\n-----END DH PARAMETERS-----\n" % (
    b"MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz\n"
    b"+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a\n"
    b"87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7\n"
    b"YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi\n"
    b"7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD\n"
    b"ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==")


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


def verify(certificate: bytes, bundle: bytes, *, purpose: Purpose) -> Verdict:
    """
    Return OpenSSL's verdict on the first certificate of a file, at this moment.

    The same as ``openssl verify -x509_strict -purpose sslserver|sslclient -CAfile BUNDLE CERTIFICATE``: only the leaf is
    looked at, all of its CAs have to be in the bundle, which OpenSSL itself reads.

    Args:
        certificate: PEM; a private key and further certificates in it are ignored.
        bundle: PEM of all that is trusted; empty trusts nobody.
        purpose: What the certificate is presented as.

    Raises:
        PemError: One of both cannot be read, or there is no certificate.
        CertificateError: The leaf is no certificate for OpenSSL.
    """
    peer = _Peer(_context(bundle, purpose), server_side=purpose == "client")
    try:
        peer.receive(_script(certificate, purpose))
    except ssl.SSLCertVerificationError as error:
        return Verdict(False, error.verify_code, error.verify_message)
    except ssl.SSLError as error:
        # Without an alert it only told why it could not use another CA of the same name, and waits for what comes next.
        if peer.is_alarmed() and error.reason not in _AFTER_THE_VERDICT:
            raise CertificateError(where="certificate", problem=f"OpenSSL cannot read it: {_reason(error)}",
                                   remedy="have it reissued") from None
    return Verdict(True, 0, "ok")


@lru_cache(maxsize=1024)
def _script(certificate: bytes, purpose: Purpose) -> bytes:
    """Return all that the peer of this purpose says, up to its certificate."""
    leaf = next((block for block in split_pem(certificate, where="certificate") if block.label in LABELS), None)
    if leaf is None:
        raise PemError(where="certificate", problem="holds no CERTIFICATE block", remedy="give the PEM file of a certificate")
    kind, hello = _HEADS[purpose]
    chain = _length(_length(_first_value(leaf.der), 3), 3)
    return _record(int(kind), bytes.fromhex(hello)) + _record(_CERTIFICATE, chain)


def _first_value(der: bytes) -> bytes:
    """Return *der* without what follows its first value, which OpenSSL does not read in a file (X.690 section 8.1.3)."""
    if len(der) < 2 or der[1] == 0x80:
        return der
    digits = der[1] & 0x7F if der[1] > 0x80 else 0
    size = int.from_bytes(der[2 : 2 + digits], "big") if digits else der[1]
    return der[: 2 + digits + size]


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

    def is_alarmed(self) -> bool:
        """Tell whether it gave up: the last that it sent is then a record with an alert (RFC 5246 section 7.2)."""
        return self.outgoing.read()[-_ALERT:].startswith(b"\x15\x03\x03")


def check_bundle(bundle: bytes) -> None:
    """
    Let OpenSSL read a trust bundle.

    Args:
        bundle: PEM of all that is trusted; empty trusts nobody.

    Raises:
        PemError: It cannot be read.
    """
    _context(bundle, "server")


@lru_cache(maxsize=256)
def _context(bundle: bytes, purpose: Purpose) -> ssl.SSLContext:
    """Return a context that trusts *bundle*, and judges as strictly as the documented check."""
    context = _bare(ssl.PROTOCOL_TLS_SERVER if purpose == "client" else ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_STRICT
    blocks = split_pem(bundle, where="trust bundle")
    if any(block.label in LABELS for block in blocks):
        _trust(context, bundle, blocks)
    elif bundle.strip():
        raise PemError(where="trust bundle", problem="holds no CERTIFICATE block", remedy="give the PEM file of the CAs, or an empty one")
    return context


def _trust(context: ssl.SSLContext, bundle: bytes, blocks: list[PemBlock]) -> None:
    """Let OpenSSL read *bundle* as it reads -CAfile: all of it or nothing, without telling where it stopped."""
    reason = _load(context, bundle)
    if reason:
        broken = (f": block {number}, line {block.line}" for number, block in enumerate(blocks, start=1)
                  if _load(context, block.raw) not in ("", "no certificate or crl found"))
        raise PemError(where=f"trust bundle{next(broken, '')}", problem=f"OpenSSL cannot read it: {reason}",
                       remedy="take the broken block out")


def _load(context: ssl.SSLContext, anchors: bytes) -> str:
    """Return why OpenSSL cannot read *anchors*, empty when it can."""
    try:
        with lent(anchors) as path:
            context.load_verify_locations(path)
    except ssl.SSLError as error:
        return _reason(error)
    return ""


def _bare(protocol: ssl._SSLMethod) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(_ALL_CIPHERS)
    # The product's OpenSSL knows nothing newer (dossier 9), and newer versions hide the certificate.
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def load_identity(context: ssl.SSLContext, pem: bytes) -> None:
    """
    Give *context* a key and its certificate without a file: OpenSSL wants paths, and gets those of memory.

    Args:
        context: Any.
        pem: Unencrypted key and leaf.

    Raises:
        OSError: The key does not fit, or it is encrypted: an ssl.SSLError where the system lends memory.
    """
    with lent(pem) as certificate, lent(pem) as key:
        context.load_cert_chain(certificate, key, password="")   # an empty one, so that OpenSSL does not ask for it


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
    client.set_ciphers(_WITH_CERTIFICATE)
    with lent(_FFDHE2048) as path:
        server.load_dh_params(path)
    try:
        load_identity(server, identity)
    except OSError as error:
        raise CertificateError(where="key and certificate", problem=f"OpenSSL cannot use them together: {_reason(error)}",
                               remedy="give the certificate and the unencrypted key that belongs to it") from None
    try:
        if ciphers:
            server.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        return _shake(_Peer(client, server_side=False), _Peer(server, server_side=True))
    except (ssl.SSLError, ValueError) as error:   # ValueError: a NUL, or what is no text
        raise CertificateError(where=f"SSL Ciphers {ciphers!r}", problem=f"no handshake is possible: {_reason(error)}",
                               remedy="use a key that the ciphers can use, RSA for AES256-SHA256, or change the ciphers") from None


def _shake(client: _Peer, server: _Peer) -> Negotiated:
    done = False
    while not (client.receive(server.outgoing.read()) and done):
        done = server.receive(client.outgoing.read())
    cipher = client.tls.cipher()
    return Negotiated(client.tls.version() or "", cipher[0] if cipher else "")


def _reason(error: Exception) -> str:
    """Return OpenSSL's words, which never show what was read."""
    reason: str = getattr(error, "reason", None) or str(error.args[-1])   # some have no name in Python
    return reason.partition(" (_ssl.c")[0].rpartition("] ")[2].rstrip(".").lower().replace("_", " ")


def _length(content: bytes, size: int) -> bytes:
    return len(content).to_bytes(size, "big") + content


def _record(kind: int, body: bytes) -> bytes:
    """Return a handshake message (RFC 5246 section 7.4) in as many records as it takes."""
    message = bytes([kind]) + _length(body, 3)
    pieces = (message[at : at + _RECORD_LIMIT] for at in range(0, len(message), _RECORD_LIMIT))
    return b"".join(b"\x16\x03\x03" + _length(piece, 2) for piece in pieces)
