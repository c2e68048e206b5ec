# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Every parser of bytes that a node or a file gives, as a function that takes any bytes.

Each returns how it behaved, a short value; it raises nothing but what an operator can read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from ansible_collections.certops.rollout.plugins.plugin_utils._core import txlogd
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg import parse, render
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access_file import read_groups
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import read_marker
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.schedule import check_schedule
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CoreError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.flat import render as render_flat
from ansible_collections.certops.rollout.plugins.plugin_utils._core.names import read_subject
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import as_text, split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.sddl import read_dacl
from ansible_collections.certops.rollout.plugins.plugin_utils._core.x509 import read_certificate
from ansible_collections.certops.rollout.plugins.plugin_utils._host import wire
from ansible_collections.certops.rollout.plugins.plugin_utils._host.record import Reply
from unit.core.dwb.servers import NOW, leaf, licensor
from unit.host.answers import BUNDLE, CLEAN, FOLDER, OK, file_of, folder_answer, head, reply

Target = Callable[[bytes], object]
_FIXTURES = Path(__file__).parents[1] / "unit/fixtures"
# What an input brings itself, and is no other behaviour: numbers, quoted words, labels of PEM.
_NUMBER = re.compile(r"(?<=BEGIN ).*(?= has no)|(?<=inside of the ).*(?= that begins)|\d+|'[^']*'|\"[^\"]*\"|[A-Z][A-Z ]+")
_LABELS = {"CERTIFICATE", "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"}


def behaviour(target: Target, content: bytes) -> object:
    """
    Return how *target* takes *content*: what it returns, or the kind of what it refuses.

    Args:
        target: One of TARGETS.
        content: Any bytes.
    """
    try:
        return target(content)
    except CoreError as error:
        for finding in error.findings[:1]:
            assert str(finding).isprintable(), "a message that is not safe to print"
        return type(error).__name__, _NUMBER.sub("#", error.findings[0].problem)[:80]


def pem(content: bytes) -> object:
    """Split PEM; what was split can be written as text, and split again to the same blocks."""
    blocks = split_pem(content)
    assert [block.der for block in split_pem(as_text(content).encode())] == [block.der for block in blocks]
    return tuple(block.label if block.label in _LABELS else "another" for block in blocks[:3])


def cfg(content: bytes) -> object:
    """Read a .cfg file; it comes out byte for byte."""
    file = parse(content, where="a.cfg")
    assert render(file) == content, "other bytes came out"
    return file.encoding, file.eol, len(file.entries), min(len(file.faults), 3)


def answer(content: bytes) -> object:
    """Read the answer of a node to a question about a file and a folder."""
    seen = wire.observation(Reply("dpu-3", "observe", 0, content.decode("latin-1")), [BUNDLE, FOLDER])
    return seen.state, seen.files[BUNDLE.path].kind, len(seen.folders[FOLDER.path].files)


def refusal(content: bytes) -> object:
    """Read what a node says of a commit."""
    return len(wire.done(Reply("dpu-3", "commit", content[0] if content else 0, content[1:].decode("latin-1"), "noise")))


def marker(content: bytes) -> object:
    """Read what a rollout left on a node."""
    return len(read_marker(FileState("/m", "file", content=content)).commits)


def certificate(content: bytes) -> object:
    """Read a certificate; its names are safe to print."""
    read = read_certificate(content, where="leaf")
    assert (read.subject + read.issuer).isprintable(), "a name that is not safe to print"
    return read.key_type, read.signature, read.fault, len(read.common_names)


def subject(content: bytes) -> object:
    """Read the subject of a certificate without the library; what is no DER raises ValueError, as it says."""
    try:
        return len(read_subject(content).rdns)
    except ValueError as error:
        return str(error)


def dacl(content: bytes) -> object:
    """Read the protection of a file."""
    read = read_dacl(content.decode("latin-1"))
    return read and (read.protected, len(read.allowed))


def schedule(content: bytes) -> object:
    """Find out when a server restarts by itself."""
    found = check_schedule(FileState("/s", "file", content=content), now=NOW, window=NOW - NOW)
    return [_NUMBER.sub("#", finding.problem)[:60] for finding in found]


def access(content: bytes) -> object:
    """Read the groups of an access control file."""
    return [len(group.members) for group in read_groups(content, where="Access Control.cfg")][:3]


def sensor(content: bytes) -> object:
    """Read a Sensor's txlogd.conf; it comes out byte for byte, and what it says of TLS is read or refused."""
    where = "txlogd.conf"
    file = txlogd.parse(content, where=where)
    assert render_flat(file) == content, "other bytes came out"
    return file.encoding, txlogd.switch(content, "SSL", default=False, where=where), txlogd.value(content, "CertName", where=where) is None


TARGETS: dict[str, Target] = {
    "pem": pem, "cfg": cfg, "answer": answer, "refusal": refusal, "marker": marker, "certificate": certificate, "subject": subject,
    "dacl": dacl, "schedule": schedule, "access": access, "txlogd": sensor,
}


def seeds(name: str) -> list[bytes]:
    """
    Return what the fuzzer of the target *name* begins with: real inputs, and broken ones that were worth a test.

    Args:
        name: One of TARGETS.
    """
    return [*_SEEDS[name]()]


def _below(*folders: str, files: str = "*") -> Iterator[bytes]:
    for folder in folders:
        yield from (path.read_bytes() for path in sorted((_FIXTURES / folder).glob(f"**/{files}")) if path.is_file())


def _answers() -> Iterator[bytes]:
    folder = {"glob": "L3Nydi9kd2IvQ29tcG9uZW50cw==", "suffix": ".cfg", "type": "absent"}
    yield reply(head(), file_of(BUNDLE), folder, CLEAN, OK).output.encode()
    yield folder_answer(FOLDER.path + "/a.cfg").output.encode()


def _verdicts() -> Iterator[bytes]:
    for code, status in (("stale", 3), ("locked", 4), ("io", 6)):
        verdict = {"ok": False, "code": code, "path": "L2E=", "message": "d29yZHM="}
        yield bytes([status]) + reply(head("commit"), verdict).output.encode()
    yield b"\0" + reply(head("commit"), {"done": "L2E="}, OK).output.encode()


def _schedules() -> Iterator[bytes]:
    for start in (b"January 31, 2024 02:00:00 EST", b"February 29, 2024 23:59:59 UTC", b"December 31, 9999 23:59:59"):
        for every in (b"day", b"week", b"month"):
            yield b"component = ScheduledRestart:\r\n  Start Time = string: " + start + b"\r\n  Restart Every = string: " + every + b"\r\n"


_SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "pem": lambda: _below("pem", "broken/pem"), "cfg": lambda: _below("cfg", "broken"), "answer": _answers, "refusal": _verdicts,
    "marker": lambda: iter([b'{"run": "r1", "commits": ["r1.1-ff-a-1"], "since": 1, "files": {"/a": "absent"}, "phases": ["trust"]}']),
    "certificate": lambda: iter([leaf().der, licensor().der]), "subject": lambda: iter([leaf().der, licensor().der]),
    "dacl": lambda: iter([b"D:P(A;;FA;;;SY)(A;;FA;;;BA)", b"D:AI(A;OICIID;0x1200a9;;;S-1-5-80-1-2-3-4-5)"]),
    "schedule": _schedules, "access": lambda: _below("cfg"),
    "txlogd": lambda: chain(_below("clients", files="txlogd*"), _below("broken/txlogd")),
}
