"""The system calls of a Windows machine that the contract needs, on folders of this one."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from .dacl import INHERITED, TOP, Dacl, read_dacl
from .faults import FaultError, StoppedError
from .names import Names

_T = TypeVar("_T")
_SHARING = frozenset({32, 33, 1175, 1176, 1177})


class Volume:
    """
    Files with access rules, of which others may hold some open.

    Attributes:
        names: Where they are.
        writes: How many system calls have changed something.
        stop_at: The number of the write before which the process is killed, None for never.
        patience: Seconds for which a sharing violation is borne.
    """

    def __init__(self, mounts: Mapping[str, str], store: Path) -> None:
        """
        Open a machine.

        Args:
            mounts: Folders here by their Windows path.
            store: Where rules and holds are kept, beside the files.
        """
        self.names = Names(mounts)
        self.writes, self.patience = 0, 10.0
        self.stop_at: int | None = None
        self._store = store
        store.mkdir(parents=True, exist_ok=True)

    # --- reading ---------------------------------------------------------------------------------

    def kind(self, path: str) -> str:
        """Return absent, file, directory or link; a link is whatever has a link type, wherever it leads."""
        place = self.names.find(path)
        if place.is_symlink():
            return "link"
        return "directory" if place.is_dir() else "file" if place.exists() else "absent"

    def read(self, path: str) -> bytes:
        """Return the bytes of a file that others may have open for anything but alone."""
        place = self._present(path)
        self._check_free(place, path, alone=False)
        try:
            return place.read_bytes()
        except FileNotFoundError:
            raise FaultError(2, path) from None

    def files(self, folder: str) -> list[str]:
        """Return the paths of the plain files of *folder*, in no order that anybody may rely on."""
        place = self.names.find(folder)
        joined = folder if folder.endswith(("\\", "/")) else folder + "\\"
        return [joined + entry.name for entry in place.iterdir() if entry.is_file() and not entry.is_symlink()]

    def folders(self, folder: str) -> list[str]:
        """Return the names of the folders in *folder*, the one that was changed first first."""
        place = self.names.find(folder)
        entries = sorted((entry for entry in place.iterdir() if entry.is_dir()), key=lambda entry: (entry.stat().st_mtime_ns, entry.name))
        return [entry.name for entry in entries]

    def changed(self, path: str) -> int:
        """Return when *path* was written, seconds since 1970."""
        return int(self._present(path).stat().st_mtime)

    # --- writing ---------------------------------------------------------------------------------

    def create(self, path: str, content: bytes) -> None:
        """Write a new file, alone, to the disk; it gets the rules of its folder."""
        place = self.names.find(path)
        if place.exists():
            raise FaultError(80, path)
        if not place.parent.is_dir():
            raise FaultError(3, path)
        self._write()
        try:
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise FaultError(80, path) from None
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        self._forget(place)

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it, with the rules of the one above."""
        self._write()
        self.names.find(path).mkdir(parents=True, exist_ok=True)

    def move(self, source: str, target: str) -> None:
        """Give a file or folder another name; it takes the rules that are in force along, inherited ones as they were."""
        here, there = self._present(source), self.names.find(target)
        if self.names.volume(source) != self.names.volume(target):
            raise FaultError(17, target)
        if there.exists() or there.is_symlink():
            raise FaultError(80, target)
        if not there.parent.is_dir():
            raise FaultError(3, target)
        self._check_free(here, source)
        rules = self._rules(here)
        self._write()
        self._keep(there, rules, inode=here.stat().st_ino)
        here.rename(there)

    def replace(self, source: str, target: str) -> None:
        """Put the bytes of *source* under the name *target*, whose rules stay (ReplaceFile)."""
        here, there = self._present(source), self._present(target)
        if self.names.volume(source) != self.names.volume(target):
            raise FaultError(17, target)
        self._check_free(here, source)
        self._check_writable(there, target)
        rules, mode = self._rules(there), there.stat().st_mode
        self._write()
        self._keep(there, rules, inode=here.stat().st_ino)
        here.chmod(mode & 0o7777)
        here.replace(there)

    def delete(self, path: str) -> None:
        """Delete a file; one that is absent already is no error."""
        place = self.names.find(path)
        if place.is_symlink() or place.exists():
            self._check_writable(place, path)
            self._write()
            place.unlink()
        self._forget(place)

    def delete_tree(self, path: str) -> None:
        """Delete whatever is at *path*, with all in it."""
        place = self.names.find(path)
        if place.is_dir() and not place.is_symlink():
            for entry in sorted(place.iterdir()):
                self.delete_tree(f"{path}\\{entry.name}")
            self._write()
            place.rmdir()
            self._forget(place)
        else:
            self.delete(path)

    # --- rules -----------------------------------------------------------------------------------

    def sddl(self, path: str) -> str:
        """Return the rules in force for *path*."""
        return str(self._rules(self._present(path)))

    def protect(self, path: str, sddl: str) -> None:
        """Give *path* the rules *sddl*; without P those of its folder follow."""
        place, rules = self._present(path), read_dacl(sddl)
        if rules is None:
            raise FaultError(1338, path)
        self._write()
        self._keep(place, rules.below(self._rules(place.parent), is_folder=place.is_dir()), inode=place.stat().st_ino)

    def inherit(self, path: str) -> None:
        """Give *path* the rules of its folder and no others."""
        place = self._present(path)
        self._write()
        self._forget(place)

    def _rules(self, place: Path) -> Dacl:
        # Another inode is another file: one that the server or a person made meanwhile.
        kept = read_dacl(self._kept(place).get(str(place.stat().st_ino), ""))
        if kept:
            return kept
        if place in self.names.mounts.values() or place.parent == place:
            return read_dacl(TOP) or INHERITED
        return INHERITED.below(self._rules(place.parent), is_folder=place.is_dir())

    def _kept(self, place: Path) -> dict[str, str]:
        """Return the rules noted for *place*, by inode."""
        note = self._note("dacl", place)
        kept: dict[str, str] = json.loads(note.read_text()) if note.exists() else {}
        return kept

    def _keep(self, place: Path, rules: Dacl, *, inode: int) -> None:
        """Note the rules of the file that has, or will have in a moment, this name."""
        note = self._note("dacl", place)
        fresh = note.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({**self._kept(place), str(inode): str(rules)}))
        fresh.replace(note)

    def _forget(self, place: Path) -> None:
        self._note("dacl", place).unlink(missing_ok=True)

    # --- others ----------------------------------------------------------------------------------

    def hold(self, path: str, seconds: float, *, alone: bool = False) -> None:
        """Let somebody have *path* open for *seconds*, so that it cannot be replaced or deleted; *alone*: nor read."""
        note = {"until": time.time() + seconds, "alone": alone}
        self._note("held", self._present(path)).write_text(json.dumps(note))

    def patiently(self, call: Callable[[], _T]) -> _T:
        """Return what *call* does; a sharing violation is tried again until patience is over."""
        end = time.monotonic() + self.patience
        while True:
            try:
                return call()
            except FaultError as fault:
                if fault.number not in _SHARING or time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def _check_free(self, place: Path, path: str, *, alone: bool = True) -> None:
        """Raise if somebody has the file open in a way that forbids this: to read it is hindered only by who wants it alone."""
        note = self._note("held", place)
        held = json.loads(note.read_text()) if note.exists() else {"until": 0, "alone": False}
        if held["until"] > time.time() and (alone or held["alone"]):
            raise FaultError(32, path)

    def _check_writable(self, place: Path, path: str) -> None:
        self._check_free(place, path)
        if place.is_dir() or not place.stat(follow_symlinks=False).st_mode & 0o200:
            raise FaultError(5, path)

    def _present(self, path: str) -> Path:
        place = self.names.find(path)
        if not place.exists():
            raise FaultError(2 if place.parent.is_dir() else 3, path)
        return place

    def _write(self) -> None:
        if self.stop_at == self.writes:
            raise StoppedError
        self.writes += 1

    def _note(self, kind: str, place: Path) -> Path:
        return self._store / f"{kind}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:32]}"
