# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates with hostile names: presented over TLS, surveyed, reported."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

from ansible.template import is_trusted_as_template
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.report import make_rows, make_table
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.survey import describe
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CertificateError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.x509 import read_certificate
from ansible_collections.certops.rollout.plugins.plugin_utils._host.tls import Target, probe
from unit.builders import make_root, self_signed
from unit.core.dwb.servers import NOW
from unit.core.forging import forge, tlv

from .outcome import Effort, Outcome

_UTF8, _TELETEX, _BMP, _UNIVERSAL = 12, 20, 30, 28
NAMES: tuple[tuple[int, bytes], ...] = (
    (_UTF8, b"\x1b[2J\x1b]0;owned\x07"), (_UTF8, b"a\r\nb: ok\nc"), (_UTF8, b"a\0b.example"), (_UTF8, b"{{ lookup('pipe', 'id') }}"),
    (_UTF8, b"{% raw %}"), (_UTF8, b"A" * 65_536), (_UTF8, "\u202eko\u2066".encode()), (_UTF8, b"\xff\xfe"), (_UTF8, b""), (_UTF8, b" "),
    (_TELETEX, b"\x9b2J"), (_BMP, "\x1b[2J".encode("utf-16-be")), (_BMP, b"\xd8\x00\xd8"), (_UNIVERSAL, b"\x00\x11\x00\x00"),
    (_UTF8, b"$(reboot)`id`;|&"), (_UTF8, b"../../etc/passwd"), (_UTF8, b"a" * 70 + b".example"), (_UTF8, b"-e@/etc/passwd"),
)


def certificates(effort: Effort) -> Outcome:
    """Let a server present each hostile name, and tell an operator."""
    outcome = Outcome("a certificate whose names hold escape sequences, line ends, NUL, templates, 64 KB, no valid text",
                      "told on one printable line of the report, and never taken for a template", effort.seed)
    whole = self_signed("insight-01")
    for tag, value in NAMES[:: effort.times(3, otherwise=1)]:
        name = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(tag, value))))
        served = _served(forge(whole, make_root("Hostile CA").key, subject=name, issuer=name) + whole.key_pem, effort.folder)
        outcome.count("told" if served.get("fingerprint") else f"not read: {served.get('error')}")
        facts = {"role": "dpu", "served": served, "presents": served.get("fingerprint"), "follows": ""}
        table = make_table(make_rows([Member("dpu-3", facts)]))
        safe = len(table) == 2 and all(line.isprintable() and len(line) < 1000 for line in table)
        outcome.expect(safe, f"{value[:20]!r}: {table[-1][:99]!r}")
        texts = [text for text in served.values() if isinstance(text, str)]
        outcome.expect(not any(is_trusted_as_template(text) for text in texts), f"{value[:20]!r} is a template")
        outcome.expect(all(text.isprintable() for text in texts), f"{value[:20]!r} arrives in the result")
    return outcome


def _served(identity: bytes, folder: Path) -> dict[str, object]:
    """Return what a probe tells of a server with this certificate and key; what is read of it, where OpenSSL will not serve it."""
    file = folder / "identity.pem"
    file.write_bytes(identity)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(file)
    except ssl.SSLError:
        return _read(identity)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_shake, args=[server, context])
        thread.start()
        answer = probe(Target("127.0.0.1", server.getsockname()[1], "insight-01", 5.0), now=NOW)
        thread.join()
    return answer


def _read(identity: bytes) -> dict[str, object]:
    try:
        return describe(read_certificate(split_pem(identity)[0], where="leaf"), NOW) or {}
    except CertificateError as error:
        return {"error": error.findings[0].problem}


def _shake(server: socket.socket, context: ssl.SSLContext) -> None:
    connection, _address = server.accept()
    try:
        context.wrap_socket(connection, server_side=True).close()
    except OSError:
        connection.close()
