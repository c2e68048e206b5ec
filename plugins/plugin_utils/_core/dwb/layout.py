# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where things are in the install tree of a Data Workbench server."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import OptionError
from ..observation import FileState, Folder, Look

ROLES = ("master", "dpu", "fsu", "repeater")
PHASES = ("trust", "certificate", "configuration")
BUNDLE = "trust_ca_cert.pem"
LICENCE = "server_cert.pem"
CERTIFICATE = "custom_communications_cert.pem"
COMMUNICATIONS = "Communications.cfg"

# The documented value of the parameter Certificate, relative to the install root; doubled in the file.
CERTIFICATE_VALUE = "Certificates\\" + CERTIFICATE

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
# A server, a share, a drive: nothing can be beside the root of a volume and on it.
_VOLUME = re.compile(r"(\\\\\?\\)?([A-Za-z]:|UNC\\[^\\/]*([\\/][^\\/]*)?)|\\\\[^\\/?]*([\\/][^\\/]*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """
    A folder of a product, and the state folder beside it.

    Attributes:
        root: Absolute path in the node's own notation, without a slash at its end.
    """

    root: str

    @property
    def windows(self) -> bool:
        """Tell whether the root is written as Windows writes paths."""
        return bool(_WINDOWS.match(self.root))

    @property
    def state(self) -> str:
        """Return the state folder: beside the root, on the same volume, never inside what the server watches."""
        return self.root + ".certops"

    @property
    def marker(self) -> str:
        """Return the file that tells which rollout was here last, and whether a restart is pending."""
        return self.path(self.state, "marker")

    @property
    def taken_back(self) -> str:
        """Return the file that names the last rollout that was taken back here."""
        return self.path(self.state, "taken-back")

    def path(self, *parts: str) -> str:
        """Return *parts* joined as the node joins them."""
        return ("\\" if self.windows else "/").join(parts)

    def named(self, folder: Folder, path: str) -> FileState:
        """
        Return the state of the file *path* among the files of *folder*, absent if there is none.

        Args:
            folder: As observed.
            path: Absolute; upper and lower case are the same where Windows says so.
        """
        for file in folder.files:
            if file.path == path or (self.windows and file.path.casefold() == path.casefold()):
                return file
        return FileState(path)


class Layout(Place):
    """The paths of one server; its root is the install root."""

    @property
    def components(self) -> str:
        """Return the folder whose every .cfg file the server loads."""
        return self.path(self.root, "Components")

    @property
    def processing(self) -> str:
        """Return the master's folder that becomes Components on every DPU."""
        return self.path(self.root, "Components for Processing Servers")

    def certificates(self, name: str) -> str:
        """Return the path of the file *name* in the folder Certificates."""
        return self.path(self.root, "Certificates", name)

    def looks(self) -> tuple[Look, ...]:
        """Return everything that a plan needs to know, to be asked in one observation."""
        return (
            Look(self.root, "meta"),
            Look(self.certificates(LICENCE), "public"),
            Look(self.certificates(BUNDLE), "text"),
            Look(self.certificates(CERTIFICATE), "public"),
            Look(self.path(self.root, "Certificates"), "meta", ".pem"),
            Look(self.components, "text", ".cfg"),
            Look(self.processing, "text", ".cfg"),
            Look(self.marker, "text"),
            Look(self.taken_back, "text"),
        )


def make_layout(root: str) -> Layout:
    """
    Return the layout below *root*.

    Args:
        root: Absolute path, POSIX or Windows (drive letter or UNC), with or without a slash at its end.

    Raises:
        OptionError: The path is relative, or is the root of a file system.
    """
    if not is_place(root):
        raise OptionError(where="root", problem=f"{root!r} is not the absolute path of an install folder",
                          remedy="name the folder that holds bin and Certificates, for example C:\\Adobe\\Server")
    return Layout(root.rstrip("/\\"))


def is_place(path: str) -> bool:
    """Tell whether *path* is absolute, and not the root of a file system: a state folder can be beside it, on the same volume."""
    bare = path.rstrip("/\\")
    if re.fullmatch(r"(.*[\\/])?\.\.?", bare):
        return False   # what would be beside it is in it
    return bool(bare) and not _VOLUME.fullmatch(bare) and (Place(bare).windows or path.startswith("/"))
