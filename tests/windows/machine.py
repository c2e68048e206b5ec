"""A Windows machine behind a connection: the model, or the real script under PowerShell 7 on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .powershell import MARK, SCRIPTS, Output, decoded
from .translate import Translator

_TESTS = Path(__file__).parents[1]
_SETTINGS = "CERTOPS_WINDOWS"
OPTIONS = "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand"


@dataclass(frozen=True)
class Settings:
    """
    What all machines of a test have in common, handed to Ansible's processes in a file that an environment variable names.

    Attributes:
        folder: Where the settings, the calls and the rules of files are kept.
        mounts: Folders of this machine by their Windows path.
        real: Whether pwsh runs the real script, instead of the model.
        language: The language mode.
        mark: What some hosts put in front of standard input, like a byte order mark.
    """

    folder: str
    mounts: dict[str, str] = field(default_factory=dict)
    real: bool = False
    language: str = "FullLanguage"
    mark: str = ""

    def environment(self) -> dict[str, str]:
        """Write the settings down; return the variables for the processes that need them."""
        file = Path(self.folder) / "windows.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self)))
        return {_SETTINGS: str(file), "PYTHONPATH": str(_TESTS)}

    @classmethod
    def here(cls) -> Settings:
        """Return the settings of the test that this process belongs to."""
        return cls(**json.loads(Path(os.environ[_SETTINGS]).read_text()))

    @property
    def calls(self) -> Path:
        """Return the file with one record for each call."""
        return Path(self.folder) / "calls.jsonl"


@dataclass(frozen=True)
class Call:
    """
    One call of a connection.

    Attributes:
        host: Whom it was made to.
        command: Characters of the command line.
        sent: Bytes of standard input, without ``content``.
        content: Bytes of standard input that are the content of files.
        verb: What was asked for; empty for a command of the operator.
    """

    host: str
    command: int
    sent: int
    content: int
    verb: str


def read_calls(settings: Settings) -> list[Call]:
    """Return the calls so far, and forget them."""
    lines = settings.calls.read_text().splitlines() if settings.calls.exists() else []
    settings.calls.unlink(missing_ok=True)
    return [Call(**json.loads(line)) for line in lines]


def count(settings: Settings, *, host: str, command: str, data: bytes) -> None:
    """Write one call down."""
    _script, _mark, request = data.partition(f"\n{MARK}\n".encode())
    content = sum(len(line) + 1 for line in request.splitlines() if b" " not in line and line not in {b"end", b".", b"force"})
    verb = re.match(rb"certops 1 (\w+)", request)
    call = Call(host, len(command), len(data) - content, content, verb[1].decode() if verb else "")
    with settings.calls.open("a") as lines:
        lines.write(json.dumps(asdict(call)) + "\n")


def run(settings: Settings, command: Sequence[str], data: bytes) -> Output:
    """
    Return what a PowerShell answers that is started by *command*.

    Args:
        settings: Of the test.
        command: The words that start it.
        data: Its standard input.
    """
    data = settings.mark.encode() + data
    if settings.real and MARK.encode() in data:
        return _really(settings, command, data)
    argv = [sys.executable, "-m", "windows", json.dumps(settings.mounts), f"{settings.folder}/store", settings.language, *command]
    return _process(argv, data)


def _really(settings: Settings, command: Sequence[str], data: bytes) -> Output:
    """Have pwsh do it, on the folders themselves: its script takes the paths of the system it runs on."""
    there = Translator(settings.mounts, separators=("\\", "/"))
    script, _mark, request = data.decode().replace("\r\n", "\n").partition(MARK + "\n")
    lines = "".join(there.request(line) + "\n" for line in request.splitlines())
    output = _process([shutil.which("pwsh") or "pwsh", *command[1:]], f"{script}{MARK}\n{lines}".encode())
    back = there.back()
    # The one word that tells the systems apart: what runs here is the script for Windows.
    answers = [back.answer(line).replace('"system": "posix"', '"system": "windows"') for line in output.lines if line.startswith("{")]
    return Output(output.code, answers, output.errors)


def _process(argv: list[str], data: bytes) -> Output:
    environment = {**os.environ, "PYTHONPATH": str(_TESTS)}
    done = subprocess.run(argv, input=data, capture_output=True, env=environment, check=False)
    return Output(done.returncode, done.stdout.decode().splitlines(), done.stderr.decode(errors="replace"))


__all__ = ["OPTIONS", "SCRIPTS", "Call", "Settings", "count", "decoded", "read_calls", "run"]
