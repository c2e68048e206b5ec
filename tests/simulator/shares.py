"""What the server hands out: its status, and the folders named in Communications.cfg."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from .access import Caller, Group
from .components import Communications, FileServer
from .journal import BUILD, VERSION
from .listener import Answer
from .state import State

STATUS = "/Status/"
# §6.2: the URIs by which a node is told what to run; the stand-in gives them only to a certificate that it has verified.
_GUARDED = ("/Components for Processing Servers/", "/Components/")


def listing(folder: Path) -> dict[str, str]:
    """Return the files below *folder*: path with "/" to SHA-256."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@dataclass(frozen=True)
class Shares:
    """
    Answers requests by the rights of the caller (§3.5).

    Attributes:
        root: The install root.
        name: The CN that the server presents.
        components: The names of the loaded components.
        settings: Of communications; Certificates is in none of its FileServer entries (§6.2).
        groups: Access control.
    """

    root: Path
    name: str
    components: Iterable[str]
    settings: Communications
    groups: tuple[Group, ...] = field(repr=False)

    def respond(self, caller: Caller, path: str) -> Answer:
        """Return the status code and the content for a request to read *path*."""
        uri = unquote(path)
        if not any(group.allows(caller, uri) for group in self.groups):
            return 403, b"403 Forbidden"  # §8.1
        if uri == STATUS:
            return 200, self._status()
        if uri.startswith(_GUARDED) and (not caller.certificate or State(self.root).refuses_sync()):
            return (503, b"503 refused by a fault") if caller.certificate else (403, b"403 Forbidden: no client certificate")
        if uri in self.settings.collectors:
            return 200, b""
        for server in self.settings.servers:
            if uri.startswith(server.uri) and ".." not in uri:
                return self._file(server, uri.removeprefix(server.uri))
        return 404, b"404 Not Found"

    def _status(self) -> bytes:
        """Return the lines of Detailed Status (§8.3 step 4)."""
        lines = [f"Server Common Name: {self.name}", "Service Status: running", f"Version: {VERSION} ({BUILD})",
                 f"Location: {self.root}", *(f"Component Status: {name}: running" for name in self.components)]
        return ("\r\n".join(lines) + "\r\n").encode()

    @staticmethod
    def _file(server: FileServer, name: str) -> Answer:
        if not name:
            return 200, "".join(f"{digest}  {file}\n" for file, digest in listing(server.folder).items()).encode()
        try:
            return 200, (server.folder / name).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return 404, b"404 Not Found"
