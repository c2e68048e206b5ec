# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""To whom a client connects, whatever file says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ... import stunnel, txlogd
from ...errors import CfgError, CoreError, Finding, Refused
from ...flat import FlatFile
from ...observation import FileState
from ..layout import BUNDLE
from ..server_info import ServerInfo, server_infos
from .layout import ClientLayout, base_name


@dataclass(frozen=True)
class Connection:
    """
    One server that a client connects to.

    Attributes:
        file: The configuration file.
        line: 1-based; where the connection begins.
        name: Its own; empty when it has none.
        common_name: What the server's certificate must have; empty when none is given.
        tls: Whether it uses TLS.
        certificate: What it names as the client's certificate; empty for none.
        in_store: Whether that is in the Windows certificate store.
        info: The object that it was read from, where there is one.
    """

    file: str
    line: int
    name: str
    common_name: str
    tls: bool
    certificate: str
    in_store: bool = False
    info: ServerInfo | None = None

    def as_result(self) -> dict[str, object]:
        """Return the connection as a survey shows it."""
        return {"name": self.name, "common_name": self.common_name, "tls": self.tls, "certificate": self.certificate,
                "in_store": self.in_store, "file": self.file, "line": self.line}


def read_connections(layout: ClientLayout, configs: Iterable[FileState], warnings: list[Finding]) -> tuple[Connection, ...]:
    """
    Return every connection of a client, in file order.

    Args:
        layout: Its paths.
        configs: Its configuration files, with their content.
        warnings: What is allowed and unwise is added here.

    Raises:
        CfgError: A file is not understood.
        Refused: Several are; one finding each.
    """
    if layout.kind == "sensor":
        return _of_sensor(next(iter(configs)), warnings)
    if layout.kind == "query_api":
        return _of_stunnel(layout, next(iter(configs)), warnings)
    found: list[Connection] = []
    findings: list[Finding] = []
    for state in configs:
        try:
            found += _of_cfg(state)
        except CoreError as error:
            findings += error.findings
    if findings:
        raise Refused(findings)
    return tuple(found)


def _of_cfg(state: FileState) -> list[Connection]:
    if b"serverInfo" not in (state.content or b"").replace(b"\0", b""):
        return []   # whatever else a component has in it, nobody here has to understand; but UTF-16 is told
    infos = server_infos(state.content or b"", file=base_name(state.path), where=state.path)
    return [Connection(state.path, info.line, info.name, info.common_name, info.tls, info.certificate, info.store is not None, info)
            for info in infos]


def _of_sensor(state: FileState, warnings: list[Finding]) -> tuple[Connection, ...]:
    content, where = state.content or b"", state.path
    tls = txlogd.switch(content, "SSL", default=True, where=where)
    name = txlogd.value(content, "CertName", where=where) or ""
    if not tls:
        warnings.append(Finding(where, "SSL is off: what the Sensor sends can be read on the way, and it has nothing to trust",
                                "set SSL to on", "no-tls"))
    elif not txlogd.switch(content, "VerifyCertName", default=True, where=where):
        warnings.append(Finding(where, "VerifyCertName is off: the Sensor talks to any server of a trusted CA", "set it to on", "no-name"))
    lines = txlogd.parse(content, where=where).settings("CertName")
    return (Connection(where, lines[0].number if lines else 1, "", name, tls, ""),)


def _of_stunnel(layout: ClientLayout, state: FileState, warnings: list[Finding]) -> tuple[Connection, ...]:
    content, where = state.content or b"", state.path
    file = stunnel.parse(content, where=where)
    services: list[str | None] = list(stunnel.services(content, where=where)) or [None]
    # A tunnel to somewhere else may do without both.
    named = {stunnel.value(content, "CAfile", service=service, where=where) or "" for service in services}
    foreign = sorted(bundle for bundle in named if bundle and not _is_here(layout, bundle, layout.bundle))
    if foreign or named == {""}:
        raise CfgError(where=where, problem=f"unknown layout: CAfile is {(foreign or [''])[0]!r}, not {BUNDLE} in the same folder",
                       remedy="keep stunnel.conf, certificate and trust bundle in one folder, as the product's documentation has it")
    if any((stunnel.value(content, "verify", service=service, where=where) or "0") in {"0", "1"} for service in services):
        warnings.append(Finding(where, "verify is below 2: stunnel talks to any server", "write verify = 2", "no-verify"))
    return tuple(_service(file, content, service) for service in services)


def _service(file: FlatFile, content: bytes, service: str | None) -> Connection:
    cert = stunnel.value(content, "cert", service=service, where=file.where) or ""
    line = file.sections.get(service, 1) if service else 1
    return Connection(file.where, line, service or "", "", tls=True, certificate=cert)


def _is_here(layout: ClientLayout, named: str, path: str) -> bool:
    """Tell whether a configuration file means *path*, a file of its own folder, by *named*."""
    spelled, wanted = (text.replace("\\", "/") if layout.windows else text for text in (named, path))
    if layout.windows:
        spelled, wanted = spelled.casefold(), wanted.casefold()
    return spelled.removeprefix("./") in {wanted, base_name(wanted)}
