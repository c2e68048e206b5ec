"""What the contract tests share: a pretended node, requests to its script, and what the script answers."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from windows.translate import Translator

from contract.systems import SYSTEMS

_COLLECTION = Path(__file__).resolve().parents[2]
SCRIPTS = Path(os.environ.get("CERTOPS_SCRIPTS", _COLLECTION / "plugins/plugin_utils/_host/scripts"))
SHELLS = os.environ.get("CERTOPS_SHELLS", ",".join(["sh,dash,bash,busybox,ksh,mksh,pwsh,model", *SYSTEMS])).split(",")
WINDOWS = {"pwsh", "model"}  # the script for Windows, and the model of one that runs none
KILLS = int(os.environ.get("CERTOPS_KILLS", "40"))

CERT = b"-----BEGIN CERTIFICATE-----\nQ0VSVA==\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nU0VDUkVUU0VDUkVUU0VDUkVU\n-----END PRIVATE KEY-----\n"
SECRET = "U0VDUkVUU0VDUkVUU0VDUkVU"

Record = dict[str, Any]

# The model knows no paths but those of Windows.
_DRIVES = {"/dev/shm": "D:\\", "/": "C:\\"}
_MODEL = Translator(_DRIVES, separators=("/", "\\"))


def b64(value: str | bytes) -> str:
    """Return base64 in one line of *value*, text as UTF-8."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def unb64(value: str) -> str:
    """Return the text that *value* is the base64 of."""
    return base64.b64decode(value).decode()


def sha256(content: bytes) -> str:
    """Return the hexadecimal SHA-256 of *content*."""
    return hashlib.sha256(content).hexdigest()


@dataclass
class Answer:
    """What one call of a script gave back."""

    code: int
    stdout: str
    stderr: str
    records: list[Record] = field(default_factory=list)

    @property
    def verdict(self) -> Record:
        """The last record; empty if there is none."""
        return self.records[-1] if self.records else {}

    @property
    def outcome(self) -> tuple[int, str]:
        """Exit status and error code, which is empty after a success."""
        return self.code, self.verdict.get("code", "")

    @property
    def fault(self) -> str:
        """The path that the verdict names."""
        return unb64(self.verdict["path"])

    @property
    def message(self) -> str:
        """What the verdict says to people."""
        return unb64(self.verdict["message"])

    @property
    def state(self) -> Record:
        """The record of the node's state."""
        return next(record for record in self.records if "state" in record)

    @property
    def files(self) -> list[str]:
        """The names of all plain files, in the order of the answer."""
        return [Path(unb64(record["path"])).name for record in self.records if record.get("type") == "file"]

    def path(self, path: Path) -> Record:
        """Return the first record of *path*."""
        return next(record for record in self.records if record.get("path") == b64(str(path)) and "type" in record)

    def content(self, path: Path) -> bytes:
        """Return what was told of the content of *path*."""
        return base64.b64decode(self.path(path)["content"])


def interpreter(shell: str) -> list[str]:
    """Return the words that start *shell*."""
    if shell in SYSTEMS:
        return list(SYSTEMS[shell].shell)
    return {"busybox": ["busybox", "sh"], "model": [sys.executable, "-m", "windows"]}.get(shell, [shell])


def command(shell: str) -> tuple[list[str], bytes]:
    """Return the command line for *shell* and what standard input starts with."""
    if shell in WINDOWS:
        boot = b64((SCRIPTS / "bootstrap.ps1").read_text().encode("utf-16-le"))
        options = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-EncodedCommand", boot]
        return [*interpreter(shell), *options], (SCRIPTS / "host_files.ps1").read_bytes().rstrip() + b"\n#certops-request\n"
    return [*interpreter(shell), "-c", (SCRIPTS / "host_files.sh").read_text()], b""


@dataclass
class Host:
    """
    One pretended node.

    Attributes:
        shell: Its shell, or the system that it is a model of.
        root: The product's folder.
        state: The state folder.
        env: Variables of its login.
        path: All the folders with tools that it has; None for those of this machine.
        prefix: Words before the command line, as of somebody who becomes somebody else.
    """

    shell: str
    root: Path
    state: Path
    env: dict[str, str] = field(default_factory=dict)
    path: str | None = None
    prefix: list[str] = field(default_factory=list)

    def start(self, lines: list[str]) -> tuple[subprocess.Popen[bytes], bytes]:
        """Start the script; return its process and the standard input that it waits for."""
        argv, head = command(self.shell)
        argv[0] = shutil.which(argv[0]) or argv[0]  # whatever PATH the pretended node has
        request = "".join(line + "\n" for line in lines)
        if self.shell == "model":
            mounts = {there: here for here, there in _DRIVES.items()}
            argv[3:3] = [json.dumps(mounts), str(self.root.parent / "dacls"), "FullLanguage", "PowerShell"]
            request = "".join(_MODEL.request(line) + "\n" for line in request.split("\n")[:-1])
        process = subprocess.Popen(
            [*self.prefix, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(_COLLECTION / "tests"), **({"PATH": self.path} if self.path else {}), **self.env},
            start_new_session=True,
        )
        return process, head + request.encode()

    def send(self, lines: list[str]) -> Answer:
        """Return what the script answers to the request *lines*."""
        process, request = self.start(lines)
        out, err = process.communicate(request, timeout=60)
        text = out.decode("ascii")
        if self.shell == "model":
            text = "".join(_MODEL.back().answer(line) + "\n" for line in text.splitlines())
        return Answer(process.returncode, text, err.decode(errors="replace"), [json.loads(line) for line in text.splitlines()])

    def head(self, verb: str, *more: str) -> list[str]:
        """Return how a request for *verb* begins."""
        return [f"certops 1 {verb}", f"state {b64(str(self.state))}", *more]

    def observe(self, *lines: str) -> Answer:
        """Look at the files that *lines* ask for."""
        return self.send([*self.head("observe"), *lines, "end"])

    def commit(self, run: str, *lines: str) -> Answer:
        """Make the changes *lines* as *run*."""
        return self.send([*self.head("commit", f"run {run}"), *lines, "end"])

    def restore(self, run: str, *lines: str) -> Answer:
        """Take *run* back."""
        return self.send([*self.head("restore", f"run {run}"), *lines, "end"])

    def recover(self, *lines: str) -> Answer:
        """End what an interrupted run had begun."""
        return self.send([*self.head("recover"), *lines, "end"])


def look(path: Path, kind: str = "text") -> str:
    """Return the request line that asks for the file *path*."""
    return f"file {kind} {b64(str(path))}"


def folder(path: Path, suffix: str = ".cfg") -> str:
    """Return the request line that asks for the files of *path* with that *suffix*."""
    return f"glob text {b64(str(path))} {suffix}"


def expect(before: bytes | None) -> str:
    """Return the EXPECT of a file with the content *before*, None if there is none."""
    return "absent" if before is None else sha256(before)


def put(path: Path, before: bytes | None, content: bytes, *, guard: str = "keep") -> str:
    """Return the request lines that write *content*."""
    body = "\n".join(base64.encodebytes(content).decode().splitlines())
    return "\n".join(filter(None, [f"put {b64(str(path))} {expect(before)} {guard}", body, "."]))


def remove(path: Path, before: bytes | None) -> str:
    """Return the request line that deletes *path*."""
    return f"del {b64(str(path))} {expect(before)}"


def hold_lock(host: Host, since: float) -> None:
    """Let the run `other` hold the lock of *host* since that epoch, in seconds."""
    host.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (host.state / "lock").write_text(f"other {int(since)}\n")


def leftovers(host: Host) -> list[str]:
    """Return what a finished run must not leave: stage, journal, lock."""
    found = [path.relative_to(host.state) for path in host.state.rglob("*") if path.is_file()]
    return sorted(str(path) for path in found if path.parts[0] != "backup")


def read(path: Path) -> bytes | None:
    """Return the content of *path*, None if it does not exist."""
    return path.read_bytes() if path.exists() else None
