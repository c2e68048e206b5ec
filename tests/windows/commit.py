"""
What a run writes on a node, in the order that the contract promises.

Below the state folder: ``lock``, ``journal`` (from here on the run goes forward), ``undo`` (from here on it goes back), ``stage`` and
``backup/RUN``. A list of steps is JSON; the file with the list holds all that is needed to end the run without its request.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

from .faults import FaultError, RefusalError
from .request import Change, Request
from .volume import Volume

PRIVATE_FOLDER = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"


@dataclass(frozen=True)
class Step:
    """One file of a run: hashes before and after, the guard it gets, and where its new bytes are."""

    path: str
    before: str
    after: str
    guard: str
    bytes_in: str = ""


@dataclass(frozen=True)
class Held:
    """Who holds the lock, and since when; the state is clean, locked or interrupted."""

    state: str
    run: str = ""
    since: int = 0


class Run:
    """One request that writes."""

    def __init__(self, volume: Volume, request: Request) -> None:
        self._volume, self._request, self._state = volume, request, request.state

    def _at(self, *names: str) -> str:
        return "\\".join([self._state, *names])

    def hash(self, path: str) -> str:
        """Return the SHA-256 of a file, or absent; refuse what is neither."""
        kind = self._volume.kind(path)
        if kind == "absent":
            return kind
        if kind != "file":
            raise RefusalError("not-a-file", f"is a {kind}, not a file", path)
        return _sha256(self._volume.read(path))

    def held(self) -> Held:
        """Return whether the node is clean, and who holds it if it is not."""
        lock = self._at("lock")
        if self._volume.kind(lock) == "absent":
            return Held("clean")
        try:
            words = self._volume.read(lock).decode("ascii", "replace").split()
            run, since = (words[0], int(words[1])) if len(words) == 2 and words[1].isdigit() else ("", self._volume.changed(lock))
        except FaultError as fault:
            if fault.number != 2:
                raise
            return Held("clean")   # released at this very moment
        return Held("locked" if _age(since) < self._request.stale else "interrupted", run, since)

    # --- commit ----------------------------------------------------------------------------------

    def commit(self, run: str, changes: list[Change]) -> list[str]:
        """Make all changes or none; return the paths."""
        self._enter(run)
        try:
            if self._volume.kind(self._at("backup", run)) != "absent":
                raise RefusalError("request", f"run '{run}' was used before")
            self._compare(changes)
            self._volume.delete_tree(self._at("stage"))
            self._back_up(changes)
            self._stage(changes)
            self._compare(changes)
            self._volume.move(self._at("stage", "journal"), self._at("journal"))
        except (RefusalError, FaultError):
            self.leave()
            raise
        done = self._finish(run)
        self._prune(run)
        self.leave()
        return done

    def _finish(self, run: str) -> list[str]:
        try:
            return self.forward(run)
        except (RefusalError, FaultError) as failure:
            self._take_back(run, failure)
            raise

    def _enter(self, run: str) -> None:
        if self._volume.kind(self._state) == "absent":
            self._volume.make_folder(self._state)
            self._volume.protect(self._state, PRIVATE_FOLDER)
        for last in (False, False, True):
            try:
                self._volume.create(self._at("lock"), f"{run} {int(time.time())}".encode())
            except FaultError:
                held = self.held()
                if held.state != "clean":
                    message = f"run '{held.run}' has held this node for {_age(held.since)} s"
                    raise RefusalError(held.state, message) from None
                if last:
                    raise
            else:
                return

    def leave(self) -> None:
        """Take away what only a run at work needs, the lock last."""
        for name in ("journal", "undo", "stage", "lock"):
            self._volume.delete_tree(self._at(name))

    def _compare(self, changes: list[Change]) -> None:
        for change in changes:
            if self.hash(change.path) != change.expect:
                raise RefusalError("stale", "is not what it was when it was read", change.path)

    def _back_up(self, changes: list[Change]) -> None:
        self._volume.make_folder(self._at("stage", "backup"))
        steps = []
        for number, change in enumerate(changes):
            guard = "keep"
            if change.expect != "absent":
                with _about(change.path):
                    guard = "sddl=" + self._volume.sddl(change.path)
                    content = self._volume.read(change.path)
                if _sha256(content) != change.expect:
                    raise RefusalError("stale", "was changed while it was copied", change.path)
                self._volume.create(self._at("stage", "backup", str(number)), content)
            steps.append(Step(change.path, change.expect, _after(change), guard, str(number)))
        self._write_steps(self._at("stage", "backup", "manifest"), steps)

    def _stage(self, changes: list[Change]) -> None:
        steps = []
        for number, change in enumerate(changes):
            if change.content is not None:
                if self._volume.kind(change.path.replace("/", "\\").rpartition("\\")[0] + "\\") != "directory":
                    raise RefusalError("io", "its folder does not exist", change.path)
                self._volume.create(self._at("stage", str(number)), change.content)
                if self.hash(self._at("stage", str(number))) != _after(change):
                    raise RefusalError("io", "reads back other bytes than were written", change.path)
            steps.append(Step(change.path, change.expect, _after(change), change.guard, self._at("stage", str(number))))
        self._write_steps(self._at("stage", "journal"), steps)

    def _write_steps(self, path: str, steps: list[Step]) -> None:
        self._volume.create(path, json.dumps([asdict(step) for step in steps]).encode())

    def _read_steps(self, path: str) -> list[Step]:
        return [Step(**fields) for fields in json.loads(self._volume.read(path))]

    # --- forward and back ------------------------------------------------------------------------

    def forward(self, run: str) -> list[str]:
        """Finish what the journal says, wherever it was left; return the paths."""
        if self._volume.kind(self._at("stage", "backup")) == "directory":
            if self._volume.kind(self._at("backup")) == "absent":
                self._volume.make_folder(self._at("backup"))
            self._volume.move(self._at("stage", "backup"), self._at("backup", run))
        steps = self._read_steps(self._at("journal"))
        for step in steps:
            with _about(step.path):
                if self.hash(step.path) not in {step.before, step.after, "absent"}:
                    raise RefusalError("stale", "was changed while the run was at work", step.path)
                self._reach(step, step.after)
        return [step.path for step in steps]

    def back(self, run: str) -> None:
        """Bring every file back to what the backup of *run* has; that backup goes."""
        folder = self._at("backup", run)
        if self._volume.kind(folder + "\\manifest") == "absent":
            return
        for step in self._read_steps(folder + "\\manifest"):
            copy = self._at("stage", f"{step.bytes_in}.old")
            if self.hash(step.path) not in {step.before, step.after, "absent"}:
                continue   # saved by somebody meanwhile
            if step.before != "absent" and self.hash(step.path) != step.before:
                self._volume.delete(copy)
                self._volume.create(copy, self._volume.read(f"{folder}\\{step.bytes_in}"))
            self._reach(replace(step, bytes_in=copy), step.before)
        self._volume.delete_tree(folder)

    def _reach(self, step: Step, wanted: str) -> None:
        """Bring one file to the hash *wanted*, and to its guard: the bytes may be right already, the rules need not be."""
        volume, guard = self._volume, step.guard.removeprefix("sddl=")
        here = self.hash(step.path)
        if here == wanted:
            if guard != "keep" and guard != volume.sddl(step.path):
                volume.protect(step.path, guard)
        elif wanted == "absent":
            volume.patiently(lambda: volume.delete(step.path))
        elif here == "absent":
            # Staged bytes are as private as the state folder; wider rules come with the name or after it.
            if guard != "keep":
                volume.protect(step.bytes_in, guard)
            volume.patiently(lambda: volume.move(step.bytes_in, step.path))
            if guard == "keep":
                volume.inherit(step.path)
        else:
            if guard != "keep":
                volume.protect(step.path, guard)
            volume.patiently(lambda: volume.replace(step.bytes_in, step.path))

    def _take_back(self, run: str, failure: Exception) -> None:
        try:
            self._volume.move(self._at("journal"), self._at("undo"))
            self.back(run)
        except (RefusalError, FaultError) as error:
            raise RefusalError("interrupted", f"{failure}; and undoing it: {error}") from error
        self.leave()

    def _prune(self, run: str) -> None:
        others = [name for name in self._volume.folders(self._at("backup")) if name != run]
        for name in others[:max(0, len(others) + 1 - max(1, self._request.keep))]:
            self._volume.delete_tree(self._at("backup", name))

    # --- restore and recover ---------------------------------------------------------------------

    def restore(self) -> list[str]:
        """Commit the backup of the run, under an id of its own; return the paths, none when nothing is to be done."""
        run = self._request.run
        folder = self._at("backup", run)
        if self._volume.kind(folder + "\\manifest") == "absent":
            raise RefusalError("unknown-run", f"no backup of run '{run}'")
        changes = []
        for step in self._read_steps(folder + "\\manifest"):
            here = self.hash(step.path)
            if here not in {step.before, step.after} and not self._request.force:
                raise RefusalError("stale", "was changed after that run", step.path)
            content = None if step.before == "absent" else self._volume.read(f"{folder}\\{step.bytes_in}")
            if not self._is_back(step, here):
                changes.append(Change(step.path, here, step.guard, content))
        if not changes:
            return []
        self._volume.delete_tree(self._at("backup", f"{run}.restore"))
        return self.commit(f"{run}.restore", changes)

    def _is_back(self, step: Step, here: str) -> bool:
        """Tell whether a file is what it was before the run; where the run changed no bytes, its rules tell."""
        if here != step.before or here != step.after:
            return here == step.before
        return step.guard == "sddl=" + self._volume.sddl(step.path)

    def recover(self) -> tuple[str, list[str]]:
        """End what a run had begun; return which way, and the paths that were reached."""
        held = self.held()
        if held.state == "clean":
            return "nothing", []
        if held.state == "locked":
            age, stale = _age(held.since), self._request.stale
            raise RefusalError("locked", f"run '{held.run}' has held this node for {age} s, less than {stale} s")
        done: list[str] = []
        way = "back" if self._volume.kind(self._at("journal")) == "absent" else "forward"
        if way == "forward":
            done = self._finish(held.run)
        elif self._volume.kind(self._at("undo")) == "file":
            self.back(held.run)
        self.leave()
        return way, done


@contextmanager
def _about(path: str) -> Iterator[None]:
    """Let a fault be told as one of the file *path* that the caller named, in the system's words."""
    try:
        yield
    except FaultError as fault:
        raise RefusalError("io", str(fault), path) from fault


def _age(since: int) -> int:
    return max(0, int(time.time()) - since)   # the clock may have been put back


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _after(change: Change) -> str:
    return "absent" if change.content is None else _sha256(change.content)
