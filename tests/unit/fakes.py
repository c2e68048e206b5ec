"""A node in memory that keeps the promises of the host contract, for tests of whatever uses HostFiles."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import ABSENT, FileState, Folder, Look, Observation
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change
from ansible_collections.certops.rollout.plugins.plugin_utils._host import wire
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder
from ansible_collections.certops.rollout.plugins.plugin_utils._host.record import CONTENT_LIMIT, refusal

_OWNER = base64.b64encode(b"root:root").decode()
_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----[ \t]*\r?\n?|\Z)", re.DOTALL)
_CUT_KEY = re.compile(rb"\A.*-----END [A-Z0-9 ]*PRIVATE KEY-----[ \t]*\r?\n?", re.DOTALL)
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(?:(?!-----BEGIN ).)*?-----END CERTIFICATE-----(?:[ \t]*\r?\n)?", re.DOTALL)


def sha256(content: bytes | None) -> str:
    """Return what a change expects of a file with *content*; None is an absent one."""
    return ABSENT if content is None else hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Step:
    """One file before and after a run; None is absent."""

    path: str
    before: bytes | None
    after: bytes | None
    guard_before: str = "keep"
    guard_after: str = "keep"


class MemoryHost:
    """
    HostFiles without a host.

    Attributes:
        files: Content by path; a test reads and changes it freely.
        guards: Protection by path, in the words of the contract.
        kinds: Paths that are a ``link`` or ``other``.
        directories: Folders; those of the first files are there, no others come into being.
        backups: Steps of the runs that can be restored, the oldest first.
        verbs: Every call so far; one call is one round trip.
        clock: The node's clock, seconds since 1970.
    """

    def __init__(
        self, files: Mapping[str, bytes] | None = None, *, folder: StateFolder | None = None, name: str = "node", system: str = "posix"
    ) -> None:
        self.files = dict(files or {})
        self.guards = dict.fromkeys(self.files, f"mode=0644,owner={_OWNER}" if system == "posix" else "sddl=RDpQQUk=")
        self.kinds: dict[str, str] = {}
        self.directories: set[str] = set()
        self.backups: dict[str, tuple[Step, ...]] = {}
        self.verbs: list[str] = []
        self.clock = 1_790_000_000
        self._folder, self._name, self._system = folder or StateFolder("/srv/product.certops"), name, system
        self._lock: tuple[str, int] | None = None
        self._journal: tuple[Step, ...] = ()
        self._failures: list[Exception] = []
        for path in self.files:
            self.add_folder(self._parent(path))

    # --- for tests -------------------------------------------------------------------------------

    def add_folder(self, path: str) -> None:
        """Let the folder *path* and all above it exist."""
        while path not in self.directories:
            self.directories.add(path)
            path = self._parent(path)

    def hold(self, run: str, age: int) -> None:
        """Let *run* hold the lock for *age* seconds already."""
        self._lock = (run, self.clock - age)

    def interrupt(self, run: str, changes: Sequence[Change], *, age: int = 0, written: int | None = None) -> None:
        """
        Leave *run* as if it had been killed *age* seconds after it began.

        Args:
            run: Its id.
            changes: What it was to do.
            age: Seconds since it took the lock.
            written: How many files it had replaced; None when it was killed before its journal was whole.
        """
        self.hold(run, age)
        if written is not None:
            self._journal = self._steps(changes)
            self._apply(self._journal[:written])

    def fail_next(self, error: Exception) -> None:
        """Raise *error* at the next call, whatever it is."""
        self._failures.append(error)

    # --- HostFiles -------------------------------------------------------------------------------

    def observe(self, looks: Sequence[Look]) -> Observation:
        """Return the files as they are; see HostFiles."""
        self._called("observe", wire.observe_request(looks, self._folder))
        once = wire.in_order(looks)
        files = {look.path: self._state_of(look.path, look.view) for look in once if look.suffix is None}
        folders = {look.path: self._folder_of(look) for look in once if look.suffix is not None}
        held, (run, since) = self._held(self._folder.stale), self._lock or ("", 0)
        return Observation(self._system, self.clock, files, folders, held, run, since)

    def commit(self, run: str, changes: Sequence[Change]) -> tuple[str, ...]:
        """Make all *changes* or none of them; see HostFiles."""
        self._called("commit", wire.commit_request(run, changes, folder=self._folder))
        if len({change.path for change in changes}) < len(changes):
            raise self._refusal("request", "", "a path twice")
        self._enter()
        if run in self.backups:
            raise self._refusal("request", "", f"run '{run}' was used before")
        for change in changes:
            self._check(change)
        return self._finish(run, self._steps(changes))

    def restore(self, run: str, *, force: bool = False) -> tuple[str, ...]:
        """Bring the files back as they were before *run*; see HostFiles."""
        self._called("restore", wire.restore_request(run, folder=self._folder, force=force))
        if run not in self.backups:
            raise self._refusal("unknown-run", "", f"no backup of run '{run}'")
        changed = [step for step in self.backups[run] if self.files.get(step.path) != step.before]
        for step in changed:
            if not force and self.files.get(step.path) != step.after:
                raise self._refusal("stale", step.path, "was changed after that run")
        if not changed:
            return ()
        self._enter()
        back = [Step(s.path, self.files.get(s.path), s.before, self.guards.get(s.path, "keep"), s.guard_before) for s in changed]
        return self._finish(f"{run}.restore", back)

    def recover(self, *, stale: int | None = None) -> str:
        """End what an interrupted run left behind; see HostFiles."""
        self._called("recover", wire.recover_request(self._folder))
        held = self._held(self._folder.stale if stale is None else stale)
        if held == "clean" or self._lock is None:
            return "nothing"
        if held == "locked":
            raise self._refusal("locked", "", self._holder())
        (run, _since), steps = self._lock, self._journal
        self._lock, self._journal = None, ()
        if not steps:
            return "back"
        self._finish(run, steps)
        return "forward"

    # --- inside ----------------------------------------------------------------------------------

    def _called(self, verb: str, _request: bytes) -> None:
        self.verbs.append(verb)
        if self._failures:
            raise self._failures.pop(0)

    def _refusal(self, code: str, path: str, message: str) -> HostError:
        return refusal(self._name, code, path=path, message=message)

    def _parent(self, path: str) -> str:
        return str((PurePosixPath if self._system == "posix" else PureWindowsPath)(path).parent)

    def _held(self, stale: int) -> str:
        if self._lock is None:
            return "clean"
        return "locked" if max(0, self.clock - self._lock[1]) < stale else "interrupted"

    def _holder(self) -> str:
        run, since = self._lock or ("", self.clock)
        return f"run '{run}' has held this node for {self.clock - since} s"

    def _enter(self) -> None:
        held = self._held(self._folder.stale)
        if held != "clean":
            raise self._refusal(held, "", self._holder())

    def _kind(self, path: str) -> str:
        here = "file" if path in self.files else "directory" if path in self.directories else ABSENT
        return self.kinds.get(path, here)

    def _check(self, change: Change) -> None:
        kind = self._kind(change.path)
        if kind not in ("file", ABSENT):
            raise self._refusal("not-a-file", change.path, f"is a {kind}, not a file")
        if sha256(self.files.get(change.path)) != change.expected:
            raise self._refusal("stale", change.path, "is not what it was when it was read")
        if self._parent(change.path) not in self.directories:
            raise self._refusal("io", change.path, "its folder does not exist")

    def _steps(self, changes: Iterable[Change]) -> tuple[Step, ...]:
        return tuple(
            Step(change.path, self.files.get(change.path), change.content, self.guards.get(change.path, "keep"), change.guard)
            for change in changes
        )

    def _finish(self, run: str, steps: Sequence[Step]) -> tuple[str, ...]:
        self._apply(steps)
        self.backups.pop(run, None)
        self.backups[run] = tuple(steps)
        for old in list(self.backups)[: max(0, len(self.backups) - self._folder.keep)]:
            del self.backups[old]
        return tuple(step.path for step in steps)

    def _apply(self, steps: Iterable[Step]) -> None:
        new = f"mode=0600,owner={_OWNER}" if self._system == "posix" else "sddl=RDpQQUk="
        for step in steps:
            present = self.guards.pop(step.path, new)
            self.files.pop(step.path, None)
            if step.after is not None:
                self.files[step.path] = step.after
                wanted = present if step.guard_after == "keep" else step.guard_after
                self.guards[step.path] = wanted if "," in wanted or self._system != "posix" else f"{wanted},owner={_OWNER}"

    def _folder_of(self, look: Look) -> Folder:
        kind, suffix = self._kind(look.path), (look.suffix or "").lower()
        names = [path for path in self.files if self._parent(path) == look.path.rstrip("/") and path.lower().endswith(suffix)]
        if kind != "directory":
            return Folder(kind)
        return Folder(kind, tuple(self._state_of(path, look.view) for path in sorted(names, key=str.encode)))

    def _state_of(self, path: str, view: str) -> FileState:
        kind = self._kind(path)
        if kind != "file":
            return FileState(path, kind)
        content = self.files[path]
        visible, withheld = _visible(content, view)
        digest = sha256(visible if view == "log" else content)
        return FileState(path, kind, len(content), digest, self.guards.get(path, "mode=0644"), withheld, visible)


def _visible(content: bytes, view: str) -> tuple[bytes | None, int]:
    if view == "log":
        text, withheld = _KEY.subn(b"", content[-CONTENT_LIMIT:])
        text, cut = _CUT_KEY.subn(b"", text)
        return text, withheld + cut
    if view == "meta" or len(content) > CONTENT_LIMIT:
        return None, 0
    text, withheld = _KEY.subn(b"", content)
    return (text if view == "text" else b"".join(_CERTIFICATE.findall(text))), withheld
