# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Read the ``serverInfo`` objects of a file: to whom its owner connects, how, and with which certificate (dossier 5.2).

A file with any line that is not understood is refused as a whole: a serverInfo may stand behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..cfg import CfgFile, Entry, parse
from ..cfg_path import find, refuse_flat
from ..cfg_value import plain_value
from ..errors import Finding, Refused
from .carriers import carrier_of

NAME = "Name"
COMMON_NAME = "SSL Server Common Name"
USE_SSL = "Use SSL"
CERTIFICATE = "SSL Client Certificate"
USE_STORE = "SSL Use CryptoAPI"
STORE_CERT = "SSL CryptoAPI Cert Name"
STORE_ISSUER = "SSL CryptoAPI Cert Issuer Name"
STORE_NAME = "SSL CryptoAPI Cert Store Name"

_TYPE = "serverInfo"
# The proxy to the License Server; no server of the cluster.
_LICENSING = ("Licensing",)


@dataclass(frozen=True)
class StoreEntry:
    """
    A certificate of the Windows store, as a file names it.

    Attributes:
        name: *Issued To*, as Windows shows it.
        issuer: *Issued By*, the same.
        store: The system name of the store.
    """

    name: str
    issuer: str
    store: str = "My"


@dataclass(frozen=True)
class ServerInfo:
    """
    One object of the type serverInfo.

    Attributes:
        path: Segments from the top, as ``cfg_path`` takes them.
        line: 1-based.
        name: Its own Name; empty when it has none.
        common_name: The CN that the server's certificate must have; empty when none is given.
        tls: Whether it connects by TLS; true, too, where that is not documented.
        certificate: The client certificate in plain form, with the blanks behind it; empty when blank or absent.
        store: The certificate of the Windows store that is used instead; None when the file is.
    """

    path: tuple[str, ...]
    line: int
    name: str
    common_name: str
    tls: bool
    certificate: str
    store: StoreEntry | None


def server_infos(content: bytes, *, file: str, where: str) -> tuple[ServerInfo, ...]:
    """
    Return every serverInfo of a .cfg file, at any depth.

    Args:
        content: A whole file as stored on the host.
        file: Its base name, ``Insight.cfg``: it says what an absent ``Use SSL`` means.
        where: The file as an operator knows it.

    Returns:
        In file order; without ``Licensing``, the proxy to the License Server.

    Raises:
        CfgError: The file is no text; a serverInfo cannot be told from another, has a key twice, or a value of the wrong type.
        Refused: Lines are not understood; one finding each.
    """
    cfg = parse(content, where=where)
    if cfg.faults:
        remedy = "correct the line; a server may stand behind a line that is not understood"
        raise Refused(Finding(f"{where}:{line}", fault, remedy, "CfgError") for line, fault in cfg.faults.items())
    default = carrier_of(file, cfg).tls
    found = (pair for pair in _walk(cfg) if pair[1].line.type == _TYPE and pair[0] != _LICENSING)
    return tuple(_server_info(cfg, path, entry, default=default) for path, entry in found)


def _walk(cfg: CfgFile) -> Iterator[tuple[tuple[str, ...], Entry]]:
    """Yield every entry with its path, in file order; no recursion, for a file may be nested deeper than Python allows."""
    waiting: list[tuple[tuple[str, ...], Entry]] = [((entry.line.key,), entry) for entry in reversed(cfg.entries)]
    while waiting:
        path, entry = waiting.pop()
        yield path, entry
        waiting.extend(((*path, child.line.key), child) for child in reversed(entry.children))


def _server_info(cfg: CfgFile, path: tuple[str, ...], entry: Entry, *, default: bool | None) -> ServerInfo:
    refuse_flat(cfg, entry)
    # Every look-up below refuses a path that two entries answer to: an edit could not tell them apart either.
    tls = _switch(cfg, (*path, USE_SSL), default=default is not False)
    name, common_name, certificate = (_text(cfg, (*path, key)) for key in (NAME, COMMON_NAME, CERTIFICATE))
    return ServerInfo(path, entry.line.number, name.strip(), common_name.strip(), tls, certificate, _store(cfg, path))


def _store(cfg: CfgFile, path: tuple[str, ...]) -> StoreEntry | None:
    if not _switch(cfg, (*path, USE_STORE), default=False):
        return None
    return StoreEntry(*(_text(cfg, (*path, key)) for key in (STORE_CERT, STORE_ISSUER, STORE_NAME)))


def _text(cfg: CfgFile, path: tuple[str, ...]) -> str:
    entry = find(cfg, path)
    return plain_value(entry.line) if entry else ""


def _switch(cfg: CfgFile, path: tuple[str, ...], *, default: bool) -> bool:
    entry = find(cfg, path)
    if entry is None:
        return default
    value = plain_value(entry.line).strip()
    if entry.line.type != "bool" or value not in ("true", "false"):
        raise cfg.error(entry.line.number, f"'{path[-1]}' is no 'bool: true' or 'bool: false'", remedy="write it like that, in lower case")
    return value == "true"
