r"""
Windows paths found in folders of this machine.

Rules: "Naming Files, Paths, and Namespaces" of the Win32 documentation. Either slash separates, case is kept and not compared,
a component neither ends in a dot or a blank nor holds one of <>:"|?*, devices are no files, and without the prefix \\?\ a path
has less than 260 characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .faults import FaultError

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\/]")
_MAX_PATH = 260


def is_absolute(path: str) -> bool:
    """Tell whether *path* begins with a drive and a slash, or is a UNC path."""
    return bool(_ABSOLUTE.match(path))


class Names:
    r"""
    Where the folders of a Windows machine are on this one.

    Attributes:
        mounts: Folders here by their Windows path, like ``C:\`` or ``\\server\share``; the longest that fits counts.
    """

    def __init__(self, mounts: Mapping[str, str]) -> None:
        self.mounts = {tuple(_parts(path)): Path(folder) for path, folder in mounts.items()}

    def find(self, path: str) -> Path:
        """
        Return the place of *path*: of the file that is there under this name in any case, or of one that could be made.

        Raises:
            FaultError: No such name can be.
        """
        parts = _checked(path)
        mount = self._mount(parts, path)
        place = self.mounts[mount]
        for part in parts[len(mount):]:
            place = _entry(place, part)
        return place

    def volume(self, path: str) -> tuple[str, ...]:
        """Return which mount *path* is on."""
        return self._mount(_checked(path), path)

    def _mount(self, parts: list[str], path: str) -> tuple[str, ...]:
        for length in range(len(parts), 0, -1):
            for mount in self.mounts:
                if len(mount) == length and [part.casefold() for part in mount] == [part.casefold() for part in parts[:length]]:
                    return mount
        raise FaultError(3, path)


def _checked(path: str) -> list[str]:
    if len(path) >= _MAX_PATH and not path.startswith("\\\\?\\"):
        raise FaultError(206, path)
    parts = _parts(path)
    for part in parts[1:]:
        if _FORBIDDEN.search(part) or _DEVICE.fullmatch(part):
            raise FaultError(123, path)
    return parts


def _parts(path: str) -> list[str]:
    """Return drive or server and share, and then every component as the system takes it."""
    plain = path.replace("/", "\\")
    verbatim = plain.startswith("\\\\?\\")
    plain = re.sub(r"^\\\\\?\\(UNC\\)?", lambda found: "\\\\" if found[1] else "", plain)
    head = ["\\\\"] if plain.startswith("\\\\") else []
    parts: list[str] = []
    for part in plain.split("\\"):
        if part == ".." and not verbatim:
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part if verbatim else part.rstrip(". ") or part)
    return head + parts


def _entry(folder: Path, name: str) -> Path:
    if (folder / name).is_symlink() or (folder / name).exists() or not folder.is_dir():
        return folder / name
    alike = (entry for entry in folder.iterdir() if entry.name.casefold() == name.casefold())
    return next(alike, folder / name)
