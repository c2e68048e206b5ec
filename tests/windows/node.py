"""A Windows node: a request in, an answer in the contract's words out."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

from .commit import Run
from .faults import EXITS, FaultError, RefusalError
from .keys import only_certificates, without_cut_key, without_keys
from .request import Look, Request, read_request
from .volume import Volume

_LIMIT = 1024 * 1024

Record = dict[str, Any]


def answer(volume: Volume, lines: list[str]) -> tuple[int, list[str]]:
    """
    Return exit status and lines of the answer to a request.

    Args:
        volume: The machine.
        lines: The request, without line ends.
    """
    records: list[Record] = []
    try:
        request = read_request(lines)
        records.append({"certops": 1, "verb": request.verb, "system": "windows", "clock": int(time.time())})
        records += list(_carried_out(volume, request))
        return 0, [json.dumps(record) for record in [*records, {"ok": True}]]
    except RefusalError as error:
        refusal = error
    except FaultError as fault:
        refusal = RefusalError("io", str(fault), fault.path)
    verdict = {"ok": False, "code": refusal.code, "path": _b64(refusal.path), "message": _b64(refusal.message)}
    return EXITS[refusal.code], [json.dumps(record) for record in [*records, verdict]]


def _carried_out(volume: Volume, request: Request) -> Iterator[Record]:
    run = Run(volume, request)
    if request.verb == "observe":
        yield from _observed(volume, request, run)
    elif request.verb == "recover":
        way, done = run.recover()
        yield from ({"done": _b64(path)} for path in done)
        yield {"recovered": way}
    else:
        done = run.commit(request.run, request.changes) if request.verb == "commit" else run.restore()
        yield from ({"done": _b64(path)} for path in done)


def _observed(volume: Volume, request: Request, run: Run) -> Iterator[Record]:
    for look in request.looks:
        if look.suffix is None:
            yield _file(volume, look)
        else:
            yield from _folder(volume, look)
    held = run.held()
    yield {"state": held.state} if held.state == "clean" else {"state": held.state, "run": held.run, "since": held.since}


def _file(volume: Volume, look: Look) -> Record:
    kind = volume.kind(look.path)
    if kind != "file":
        return {"path": _b64(look.path), "type": kind}
    whole = volume.patiently(lambda: volume.read(look.path))
    if look.kind == "log":
        return _log(volume, look.path, whole)
    shown, withheld = without_keys(whole)
    if look.kind == "public":
        shown = only_certificates(shown)
    hidden = look.kind == "meta" or len(whole) > _LIMIT
    record = {"path": _b64(look.path), "type": kind, "size": len(whole), "sha256": hashlib.sha256(whole).hexdigest(),
              "guard": "sddl=" + _b64(volume.sddl(look.path)), "withheld": 0 if hidden else withheld,
              "content": None if hidden else base64.b64encode(shown).decode()}
    return {**record, "too_large": True} if len(whole) > _LIMIT else record


def _log(volume: Volume, path: str, whole: bytes) -> Record:
    shown, withheld = without_keys(whole[-_LIMIT:])
    shown, cut = without_cut_key(shown)
    return {"path": _b64(path), "type": "file", "size": len(whole), "sha256": hashlib.sha256(shown).hexdigest(),
            "guard": "sddl=" + _b64(volume.sddl(path)), "withheld": withheld + cut, "content": base64.b64encode(shown).decode()}


def _folder(volume: Volume, look: Look) -> Iterator[Record]:
    kind, suffix = volume.kind(look.path), look.suffix or ""
    yield {"glob": _b64(look.path), "suffix": suffix, "type": kind}
    if kind != "directory":
        return
    found = [path for path in volume.files(look.path) if path.casefold().endswith(suffix.casefold())]
    for path in sorted(found, key=lambda path: path.encode(errors="surrogateescape")):
        yield _file(volume, Look(look.kind, path))


def _b64(text: str) -> str:
    return base64.b64encode(text.encode(errors="surrogateescape")).decode()
