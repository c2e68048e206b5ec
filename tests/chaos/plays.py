# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hostile names in the files of a node, told by a whole run of ansible-playbook: what an operator sees of them."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from pathlib import Path

from cryptography import x509
from integration.playbook import Result
from integration.world import Stage, written
from simulator.cluster import Shape
from unit.builders import make_root, self_signed
from unit.core.forging import extensions, forge, tlv

from .names import NAMES
from .outcome import Effort, Outcome

# What is seen of a template that was carried out: its product, and a file that it makes.
_TEMPLATES = ("{{ 7 * 191 }}", "{% print(7 * 191) %}", "{{ lookup('pipe', 'echo $((7 * 191)); touch OWNED') }}")
_SIGNS = ("1337", "uid=")
_LONGEST = 2000   # characters of a line
# So that it is seen whether a name gets to the screen at all; that of 64 KB is known by its own letters.
_MARKS = ("zqzq", "A" * 12)
_VALUES = tuple((tag, value + b"zqzq" if tag == 12 else value) for tag, value in (*NAMES, *((12, text.encode()) for text in _TEMPLATES)))
_PLACES = ("the trust bundle", "the leaf's file", "the leaf's alternative names", "a value of a .cfg file", "the name of a .cfg file")
_Writer = Callable[[Stage, bytes, int], tuple[Path, bytes]]


def files(effort: Effort) -> Outcome:
    """Put hostile names into the files of a DPU and let the playbook ``drift`` tell of it."""
    fault = ("names with escape sequences, line ends, templates, 64 KB, in a certificate of the trust bundle, in the leaf's file and its"
             " alternative names, in a .cfg file, as a file's name; told by ansible-playbook, playbook drift, two stand-in servers")
    promise = "nothing that moves a cursor, no line above 2,000 characters, no template carried out, no traceback"
    outcome, stage = Outcome(fault, promise, effort.seed), Stage(effort.folder / "cluster", Shape())
    trials = [*product(_PLACES, _VALUES)]
    random.Random(effort.seed).shuffle(trials)
    try:
        for place, (tag, value) in trials[: effort.times(1, otherwise=len(trials))]:
            name = f"{place}, {value[:20]!r}"
            try:
                path, content = _WRITERS[place](stage, value, tag)
                with written(path, content):
                    result = stage.play("drift")
            except (OSError, ValueError):
                outcome.count("not tried: no such file name")
                continue
            outcome.count(f"{place}: {'' if any(mark in result.stdout for mark in _MARKS) else 'not '}shown to the operator")
            _judge(outcome, result, name)
            outcome.expect(not any(effort.folder.rglob("OWNED")), f"{name}: a template was carried out")
    finally:
        stage.close()
    return outcome


def _judge(outcome: Outcome, result: Result, name: str) -> None:
    lines = result.stdout.split("\n")
    strange = [line for line in lines if not line.isprintable()]
    long = [line for line in lines if len(line) > _LONGEST]
    outcome.expect(not strange, f"{name}: {strange[:1]!r}"[:500])
    outcome.expect(not long, f"{name}: a line of {len(long and long[0])} characters: {long[:1]!r}"[:700])
    outcome.expect(not any(sign in result.stdout for sign in _SIGNS), f"{name}: a template was carried out")
    outcome.expect("Traceback" not in result.stdout and result.rc in {0, 2}, f"{name}: exit status {result.rc}: {result.stdout[-500:]}")


def _named(value: bytes, tag: int) -> bytes:
    name = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(tag, value))))
    return forge(self_signed("insight-01"), make_root("Hostile CA").key, subject=name, issuer=name)


def _bundle(stage: Stage, value: bytes, tag: int) -> tuple[Path, bytes]:
    path = stage.bundle(stage.names[1])
    return path, path.read_bytes() + _named(value, tag).replace(b"\n", b"\r\n")


def _leaf(stage: Stage, value: bytes, tag: int) -> tuple[Path, bytes]:
    return stage.file(stage.names[1], "Certificates", "server_cert.pem"), _named(value, tag) + self_signed("insight-01").key_pem


def _alternative(stage: Stage, value: bytes, _tag: int) -> tuple[Path, bytes]:
    whole = self_signed("insight-01")
    names = extensions(whole, x509.SubjectAlternativeName([x509.DNSName(value.decode("ascii"))]), without=["2.5.29.17"])
    content = forge(whole, make_root("Hostile CA").key, extensions=names) + whole.key_pem
    return stage.file(stage.names[1], "Certificates", "server_cert.pem"), content


def _value(stage: Stage, value: bytes, _tag: int) -> tuple[Path, bytes]:
    path = stage.communications(stage.names[1])
    eol = b"\r\n" if b"\r\n" in path.read_bytes() else b"\n"
    return path, path.read_bytes() + b"  Certificate = string: " + value + b".pem" + eol


def _file(stage: Stage, value: bytes, _tag: int) -> tuple[Path, bytes]:
    if b"/" in value or len(value) > 200:
        raise ValueError("no name of a file")
    folder = stage.file(stage.names[1], "Components")
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + value + b".cfg"))
    with suppress(FileNotFoundError):
        path.stat()   # raises ValueError for a NUL
    return path, b"component = Some{{ 7 * 191 }}Server:\n\tA tab = string: x\n"


_WRITERS: dict[str, _Writer] = dict(zip(_PLACES, (_bundle, _leaf, _alternative, _value, _file), strict=True))
