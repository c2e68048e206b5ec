"""What the stand-in keeps in State/: the machine it plays, its process, and how it shall misbehave."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FAULTS = {
    "not-come-back": "the next start fails",
    "dies": "the next start succeeds, and the process is gone a moment later",
    "old-certificate": "comes back with server_cert.pem, whatever Certificate says",
    "lose-licence": "the licence counts as not current at the next start",
    "refuse-sync": "a master serves no files, another node pulls none; at once",
    "slow": "the next start takes some seconds",
}


@dataclass(frozen=True)
class Machine:
    """
    The host that one root stands for.

    Attributes:
        address: Its one network address.
        licensor: PEM of the licensing CA, "compiled into" the program (§4.1).
        identifier: What a licence is node-locked to (§4.1).
    """

    address: str
    licensor: str
    identifier: str


@dataclass(frozen=True)
class _How:
    after: int = 0
    times: int = 0
    custom: bool = False
    seconds: float = 3.0

    def next(self) -> _How | None:
        """Return what is left after a start: nearer to the first time or to the last, None after the last."""
        if self.after:
            return replace(self, after=self.after - 1)
        return None if self.times == 1 else replace(self, times=max(0, self.times - 1))


class State:
    """The files below State/ of one root; nothing in that folder is watched."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "State"

    def machine(self) -> Machine:
        """Return the host this root stands for. Raises FileNotFoundError when *root* was not installed."""
        return Machine(**json.loads((self.folder / "machine.json").read_text()))

    def keep_machine(self, machine: Machine) -> None:
        """Write down the host this root stands for."""
        self._keep("machine.json", vars(machine))

    def client(self) -> dict[str, Any]:
        """Return what was kept about the client of this root; empty where a server is installed."""
        return self._read("client.json")

    def keep_client(self, client: Mapping[str, Any]) -> None:
        """Write down what client this root stands for."""
        self._keep("client.json", client)

    def misbehave(self, fault: str, *, after: int = 0, times: int = 0, custom: bool = False, seconds: float = 3.0) -> None:
        """
        Ask for a fault.

        Args:
            fault: One of FAULTS.
            after: Only once so many more starts have gone well.
            times: For so many starts; 0: until the server is told to behave.
            custom: Count and fail only starts with Certificate set, so that a node which is taken back comes back.
            seconds: Of the fault "slow".
        """
        self._keep("faults.json", {**self._read("faults.json"), fault: vars(_How(after, times, custom, seconds))})

    def behave(self) -> None:
        """Ask for no fault any more."""
        (self.folder / "faults.json").unlink(missing_ok=True)

    def count_start(self, *, custom: bool) -> dict[str, float]:
        """Return the faults of this start with their seconds, and count it for them; *custom*: Certificate is set."""
        faults = self._faults()
        concerned = {name: how for name, how in faults.items() if custom or not how.custom}
        if concerned:
            left = faults | {name: how.next() for name, how in concerned.items()}
            self._keep("faults.json", {name: vars(how) for name, how in left.items() if how})
        return {name: how.seconds for name, how in concerned.items() if not how.after}

    def refuses_sync(self) -> bool:
        """Tell whether the fault "refuse-sync" is on now."""
        fault = self._faults().get("refuse-sync")
        return fault is not None and not fault.after

    def keep_served(self, served: Mapping[str, str]) -> None:
        """Write down what the process serves now, for `status`."""
        self._keep("served.json", {"pid": os.getpid(), **served})

    def served(self) -> dict[str, Any]:
        """Return what the process last wrote down; empty before its first start."""
        return self._read("served.json")

    def lock(self) -> int | None:
        """Take the right to run this root; None when a process has it. It is given back when the process ends."""
        handle = os.open(self.folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def running(self) -> bool:
        """Tell whether a process serves this root; a process id alone could be somebody else's by now."""
        try:
            handle = self.lock()
        except FileNotFoundError:
            return False
        if handle is not None:
            os.close(handle)
        return handle is None

    def pid(self) -> int:
        """Return the id of the process that holds the lock, 0 if none does."""
        try:
            return int((self.folder / "server.pid").read_text()) if self.running() else 0
        except (FileNotFoundError, ValueError):
            return 0

    def keep_pid(self) -> None:
        """Write down the id of this process."""
        (self.folder / "server.pid").write_text(str(os.getpid()))

    def _faults(self) -> dict[str, _How]:
        return {name: _How(**how) for name, how in self._read("faults.json").items()}

    def _read(self, name: str) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads((self.folder / name).read_text())
        except FileNotFoundError:
            return {}
        return content

    def _keep(self, name: str, content: Mapping[str, Any]) -> None:
        fresh = self.folder / f"{name}.{os.getpid()}"
        fresh.write_text(json.dumps(content, indent=1))
        fresh.replace(self.folder / name)
