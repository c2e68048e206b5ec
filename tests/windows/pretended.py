"""A pretended machine for tests, and requests to it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .node import answer
from .volume import Volume

ROOT = "C:\\Adobe\\Sérver 1"
STATE = ROOT + ".certops"


def b64(text: str | bytes) -> str:
    """Return base64 in one line."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def put(path: str, before: bytes | None, content: bytes, guard: str = "keep") -> list[str]:
    """Return the lines that write a file; *guard* is keep or an SDDL."""
    expect = "absent" if before is None else hashlib.sha256(before).hexdigest()
    return [f"put {b64(path)} {expect} {guard if guard == 'keep' else 'sddl=' + b64(guard)}", b64(content), "."]


def delete(path: str, before: bytes) -> str:
    """Return the line that deletes a file."""
    return f"del {b64(path)} {hashlib.sha256(before).hexdigest()}"


@dataclass
class Machine:
    """A server's folder on drive C: of a machine without anybody else."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "c" / "Adobe" / "Sérver 1").mkdir(parents=True, exist_ok=True)
        self.volume = self.opened()
        self.root = self.volume.names.find(ROOT)

    def opened(self) -> Volume:
        """Return the machine as another process sees it."""
        volume = Volume({"C:\\": str(self.folder / "c")}, self.folder / "store")
        volume.patience = 0.3
        return volume

    def send(self, verb: str, *lines: str) -> tuple[int, list[dict[str, Any]]]:
        """Return exit status and records of the answer to a request; texts in base64 are read."""
        code, rows = answer(self.volume, [f"certops 1 {verb}", f"state {b64(STATE)}", *lines, "end"])
        return code, [_plain(json.loads(row)) for row in rows]

    def commit(self, run: str, *lines: str) -> tuple[int, list[dict[str, Any]]]:
        """Make changes as *run*."""
        return self.send("commit", f"run {run}", *lines)

    def guard(self, name: str) -> str:
        """Return the SDDL of a file of the server, as an observation tells it."""
        _code, records = self.send("observe", "file meta " + b64(f"{ROOT}\\{name}"))
        return base64.b64decode(records[1]["guard"].removeprefix("sddl=")).decode()


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    texts = ("path", "glob", "done", "message")
    return {name: base64.b64decode(value).decode() if name in texts else value for name, value in record.items()}
