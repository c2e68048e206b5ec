"""The server as a process: start, stop and ask, as a service manager would."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .refusal import Refusal
from .state import State

if TYPE_CHECKING:
    from .clients.program import Program
    from .server import Server


@dataclass(frozen=True)
class Status:
    """
    What is known about the process of one root.

    Attributes:
        pid: Its id, 0 when none runs.
        fingerprint: SHA-256 of the leaf it presents, empty when it presents none.
        problem: Why it presents none although it runs.
    """

    pid: int
    fingerprint: str = ""
    problem: str = ""


def status(root: Path) -> Status:
    """Return whether a process serves *root*, and what it presents."""
    pid = State(root).pid()
    served = State(root).served()
    if not pid or served.get("pid") != pid:
        return Status(pid)
    return Status(pid, str(served.get("fingerprint", "")), str(served.get("problem", "")))


def start(root: Path, *, lifetime: float) -> int:
    """
    Start a server in the background; return once it listens.

    Args:
        root: The install root.
        lifetime: Seconds after which the process ends by itself.

    Returns:
        Its process id; the one of the running server when there is one.

    Raises:
        Refusal: It did not start, and why.
    """
    running = State(root).pid()
    if running:
        return running
    if not (root / "State" / "machine.json").is_file():
        raise Refusal(f"{root}: no server is installed there")
    root = root.resolve()
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _detach(root, lifetime=lifetime, writer=writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read()
    os.wait()
    if not told.startswith("ready "):
        raise Refusal(told or "the process ended before it listened")
    return int(told.removeprefix("ready "))


def stop(root: Path, *, patience: float = 20.0) -> bool:
    """
    Ask the server to shut down; return once it is gone.

    Returns:
        Whether there was one.

    Raises:
        Refusal: It is still there after *patience* seconds; it is never killed (10.21).
    """
    pid = State(root).pid()
    if not pid:
        return False
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    end = time.monotonic() + patience
    while State(root).running():
        if time.monotonic() > end:
            raise Refusal(f"process {pid} does not shut down")
        time.sleep(0.01)
    return True


def run(root: Path, *, lifetime: float, ready: Callable[[], None]) -> None:
    """
    Serve *root* in this process until it is told to stop.

    Raises:
        Refusal: It does not start, or another process serves this root.
    """
    state = State(root)
    lock = state.lock()
    if lock is None:
        raise Refusal(f"process {state.pid()} serves this root already")
    state.keep_pid()
    server = _program(root, lifetime)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stopping.set())
    try:
        server.run(ready)
    finally:
        os.close(lock)


def _program(root: Path, lifetime: float) -> Server | Program:
    """Return what is installed at *root*: a server or a client."""
    from .clients.program import Program  # noqa: PLC0415  # stop and status are quicker without
    from .server import Server  # noqa: PLC0415

    return (Program if State(root).client() else Server)(root, lifetime)


def _detach(root: Path, *, lifetime: float, writer: int) -> None:
    """Become a daemon that serves *root*; tell through *writer* that it listens, or why not. Does not return."""
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    _redirect(root / "State" / "console.txt")

    def tell(text: str) -> None:
        os.write(writer, text.encode())
        os.close(writer)

    code = 0
    try:
        run(root, lifetime=lifetime, ready=lambda: tell(f"ready {os.getpid()}"))
    except Refusal as problem:
        code = 1
        tell(str(problem))
    except BaseException:  # noqa: BLE001  # a daemon has nobody to raise to
        code = 70
        sys.excepthook(*sys.exc_info())
        with suppress(OSError):  # it may have told before
            tell(f"crashed, see {root}/State/console.txt")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _redirect(console: Path) -> None:
    """Let go of the caller's terminal or pipes; what Python itself has to say goes to *console*."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    words = os.open(console, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
    for number, handle in enumerate((nowhere, words, words)):
        os.dup2(handle, number)
