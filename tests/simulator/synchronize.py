"""How a processing server gets its files from the master (§6.2)."""

from __future__ import annotations

import http.client
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from .access import Caller
from .components import Directory, Source
from .journal import Journal
from .places import inside
from .refusal import Refusal
from .shares import listing
from .state import State
from .tls import Identity, client_context, identity

PATIENCE = 3.0  # seconds that a master may take to answer


@dataclass
class Puller:
    """
    Pulls when the server starts, and again whenever a file changes on the master.

    The master's copy wins, even over a newer local file, and what the master lacks is deleted;
    between two changes nobody looks at the local files.

    Attributes:
        root: The install root.
        journal: For Synchronization.log.
        bundle: The trust bundle as loaded at the start (10.1).
    """

    root: Path
    journal: Journal
    bundle: bytes = field(repr=False)
    _seen: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False)
    _told: dict[str, str] = field(default_factory=dict, repr=False)

    def pull(self, source: Source, mine: Identity) -> None:
        """
        Bring the directories of *source* to what the master has; a failure is logged and changes nothing.

        Args:
            source: Master and directories.
            mine: The communications certificate, presented unless the source names another one (10.11).
        """
        try:
            self._pull(source, mine)
            told = ""
        except ssl.SSLCertVerificationError as error:
            told = f"certificate verify failed. Error {error.verify_code}. Desc: {error.verify_message}"
        except (OSError, http.client.HTTPException, Refusal) as error:
            told = str(error) or type(error).__name__
        if told and told != self._told.get(source.file.name):  # the same failure, every second, is one line
            self.journal.trace(f"ERROR {source.file.name}: {source.address}:{source.port}: {told}", file="Synchronization.log")
        self._told[source.file.name] = told

    def _pull(self, source: Source, mine: Identity) -> None:
        if State(self.root).refuses_sync():
            raise Refusal("synchronisation refused by a fault")
        connection = self._connected(source, mine)
        try:
            for directory in source.directories:
                seen = (source.file.name, directory.uri)
                content = _get(connection, directory.uri)
                if content != self._seen.get(seen):
                    self._apply(directory, _fetched(connection, directory.uri, wanted=self._wanted(directory, content)), keep=source.file)
                    self._seen[seen] = content
        finally:
            connection.close()

    def _connected(self, source: Source, mine: Identity) -> http.client.HTTPConnection:
        """Return a connection to the master, from this machine's own address: membership is by address (§1.3)."""
        own = (State(self.root).machine().address, 0)
        if not source.ssl:
            return http.client.HTTPConnection(source.address, source.port, timeout=PATIENCE, source_address=own)
        if source.certificate:
            file = inside(self.root, source.certificate)
            mine = identity(file.name, file.read_bytes())
        context = client_context(mine, self.bundle)
        connection = http.client.HTTPSConnection(source.address, source.port, timeout=PATIENCE, context=context, source_address=own)
        connection.connect()
        served = Caller(source.address, dict(connection.sock.getpeercert() or {}))
        if served.name != source.name:
            connection.close()
            raise Refusal(f"the server's common name is '{served.name}', expected '{source.name}'")
        return connection

    def _wanted(self, directory: Directory, content: bytes) -> dict[str, str | None]:
        """Return what the master lists: path to digest, None where the local file has that content already."""
        here = listing(inside(self.root, directory.local))
        there = {name: digest for digest, _ignored, name in (line.partition("  ") for line in content.decode().splitlines())}
        return {name: None if here.get(name) == digest else digest for name, digest in there.items()}

    def _apply(self, directory: Directory, files: dict[str, bytes | None], *, keep: Path) -> None:
        """Write what differs, then delete what the master lacks; nothing half-written is ever in a watched folder."""
        folder = inside(self.root, directory.local)
        for name, content in files.items():
            if content is not None:
                fresh = self.root / "Temp" / f"sync.{os.getpid()}"
                fresh.write_bytes(content)
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                fresh.replace(folder / name)
                self._log(f"downloaded {directory.local}{name}")
        for name in listing(folder) if directory.deletes else ():
            if name not in files and folder / name != keep:  # 10.35
                (folder / name).unlink()
                self._log(f"deleted {directory.local}{name}")

    def _log(self, text: str) -> None:
        self.journal.trace(text, file="Synchronization.log")


def _fetched(connection: http.client.HTTPConnection, uri: str, *, wanted: dict[str, str | None]) -> dict[str, bytes | None]:
    return {name: _get(connection, uri + name) if digest else None for name, digest in wanted.items()}


def _get(connection: http.client.HTTPConnection, uri: str) -> bytes:
    """Return what the master has at *uri*. Raises Refusal for any answer but 200."""
    connection.request("GET", quote(uri))
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise Refusal(f"{uri}: {answer.status} {content.decode(errors='replace')}")
    return content
