"""The folder Components: every .cfg file in it is one component (§2.1)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .cfg import Entry, parse
from .places import inside
from .refusal import Refusal

_CERTIFICATE = re.compile(r"Certificates\\[^\\/:]+")


@dataclass(frozen=True)
class FileServer:
    """A folder that the server hands out under a URI (§3.4)."""

    uri: str
    folder: Path


@dataclass(frozen=True)
class Communications:
    """
    The settings of the one CommServer (§3.4, §5.1).

    Attributes:
        content: The bytes of its file; another byte is another component.
        certificate: The value of Certificate, None when absent: then server_cert.pem (10.4).
        ciphers: An OpenSSL cipher string, empty when absent.
        port: Of HTTP; 0 is off.
        ssl_port: Of HTTPS; 0 is off.
        interface: The address to bind, empty for the machine's own.
        access: The access control file.
        servers: What is handed out.
        collectors: The URIs that Sensors deliver to (§3.5).
    """

    content: bytes
    certificate: str | None
    ciphers: str
    port: int
    ssl_port: int
    interface: str
    access: Path
    servers: tuple[FileServer, ...]
    collectors: tuple[str, ...]


@dataclass(frozen=True)
class Directory:
    """One SynchronizeDir (§6.2): a folder here, its URI on the master."""

    local: str
    uri: str
    deletes: bool


@dataclass(frozen=True)
class Source:
    """
    A synchronisation component (§6.2): which master, and what to pull from it.

    Attributes:
        file: The file that says so; it is never deleted by what it asks for (10.35).
        address: Of the master.
        port: Of the master.
        name: The CN the master's certificate must have (§5.2, SSL Server Common Name).
        ssl: Whether TLS is used (10.18).
        certificate: What to present to the master; empty for the communications certificate (10.11).
        directories: What to pull.
    """

    file: Path
    address: str
    port: int
    name: str
    ssl: bool
    certificate: str
    directories: tuple[Directory, ...]


@dataclass(frozen=True)
class Components:
    """Everything a server loads from its folder Components."""

    communications: Communications
    sources: tuple[Source, ...]
    names: tuple[str, ...]


def load(root: Path) -> Components:
    """
    Read every .cfg file in Components of the tree at *root*.

    Raises:
        Refusal: A file is not understood, or there is not exactly one CommServer.
    """
    found: dict[Path, tuple[bytes, Entry]] = {}
    for file in sorted((root / "Components").glob("*.cfg")):
        content = file.read_bytes()
        found[file] = content, _component(file, content)
    # A copy with another name is a second CommServer (§2.1).
    communications = [file for file, (_ignored, entry) in found.items() if entry.type == "CommServer"]
    if len(communications) != 1:
        named = ", ".join(file.name for file in communications) or "no file"
        raise Refusal(f"Components needs one CommServer and has {len(communications)}: {named}")
    try:
        settings = _communications(root, found[communications[0]])
    except Refusal as refusal:
        raise Refusal(f"{communications[0].name}: {refusal}") from None
    sources = tuple(_source(file, entry) for file, (_ignored, entry) in found.items() if entry.type == "SynchronizeComponent")
    return Components(settings, sources, tuple(file.stem for file in found))


def _component(file: Path, content: bytes) -> Entry:
    """Return the one component of *file*; a key of it must not be there twice (10.15)."""
    try:
        entries = parse(content)
        if [entry.key for entry in entries] != ["component"]:
            raise Refusal("no component, or something beside it")
        twice = [key for key, number in Counter(child.key for child in entries[0].children).items() if number > 1]
        if twice:
            raise Refusal(f"{twice[0]} is there twice")
    except Refusal as refusal:
        raise Refusal(f"{file.name}: {refusal}") from None
    return entries[0]


def _communications(root: Path, read: tuple[bytes, Entry]) -> Communications:
    """Return the settings below the line `component = CommServer:` of a file just read."""
    content, entry = read
    certificate = entry.child("Certificate")
    if certificate is not None and (certificate.type != "string" or not _CERTIFICATE.fullmatch(certificate.unescaped())):
        # 10.5: only the documented form; §3.3: string, not Path.
        raise Refusal(f"line {certificate.line}: Certificate is not written as string: Certificates\\\\<file>")
    vector = entry.child("Servers")
    servers = vector.children if vector else []
    return Communications(
        content=content,
        certificate=certificate.unescaped() if certificate else None,
        ciphers=entry.text("SSL Ciphers"),
        port=entry.integer("Port", 80),
        ssl_port=entry.integer("SSL Port", 443),
        interface=entry.text("IP Interface"),
        access=inside(root, entry.text("Access Control File", "Access Control\\Access Control.cfg")),
        servers=tuple(
            FileServer(child.text("URI"), inside(root, child.text("Local Path")))
            for child in servers
            if child.type == "FileServer"
        ),
        collectors=tuple(child.text("URI") for child in servers if child.type in ("InitServer", "LoggingServer")),
    )


def _source(file: Path, entry: Entry) -> Source:
    """Return where to pull from, by the words of *entry*."""
    server = entry.child("Server") or Entry("Server", "serverInfo", "", 0)
    directories = entry.child("Directories")
    ssl = server.flag("Use SSL", False)
    return Source(
        file=file,
        address=server.text("Address") or entry.text("Cluster Primary Server Address"),
        port=server.integer("Port", 443 if ssl else 80),
        name=server.text("SSL Server Common Name"),
        ssl=ssl,
        certificate=server.text("SSL Client Certificate"),
        directories=tuple(
            Directory(child.text("Local Path"), child.text("Remote URI"), child.flag("Allow Local Deletes", True))
            for child in (directories.children if directories else ())
        ),
    )
