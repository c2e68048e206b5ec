# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One Data Workbench server as it was observed, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..cfg import Entry, parse
from ..cfg_edit import component_header, get_parameter
from ..cfg_path import find
from ..cfg_value import plain_value
from ..errors import CfgError, Finding
from ..observation import FileState, Observation
from ..x509 import Certificate
from .files import check_bundle, check_clock, kind_shown, read_leaf
from .layout import BUNDLE, CERTIFICATE, COMMUNICATIONS, LICENCE, Layout
from .marker import Marker, read_standing
from .schedule import check_schedule

# Of a port that is none, a number of a thousand digits included, nothing is asked.
_PORT = re.compile(r"0*([1-9][0-9]{0,4})")

_COMMUNICATIONS_FIRST = "name the install root of a server, the folder that holds Components and Certificates"


@dataclass(frozen=True)
class Server:
    """
    What one observation tells of a server; parts that could not be read are None, and a finding says why.

    Attributes:
        layout: Its paths.
        observation: The observation itself.
        licence: The leaf of server_cert.pem, which is read and never written.
        installed: The leaf of custom_communications_cert.pem.
        settings: Scalars of Communications.cfg by key, only those that are there.
        follows: Which file of its master the server's Communications.cfg is pulled from:
            ``processing``, ``communications``, or empty when it is its own.
        marker: What the last rollout left here.
        findings: Everything that keeps a rollout from starting here.
    """

    layout: Layout
    observation: Observation
    licence: Certificate | None = None
    installed: Certificate | None = None
    settings: dict[str, str] = field(default_factory=dict)
    follows: str = ""
    marker: Marker = field(default_factory=Marker)
    findings: tuple[Finding, ...] = ()

    @property
    def bundle(self) -> FileState:
        """Return the trust bundle as observed."""
        return self.observation.file(self.layout.certificates(BUNDLE))

    @property
    def certificate(self) -> FileState:
        """Return the file of the custom certificate as observed."""
        return self.observation.file(self.layout.certificates(CERTIFICATE))

    @property
    def communications(self) -> FileState:
        """Return Components/Communications.cfg as observed."""
        return self._cfg(self.layout.components)

    @property
    def processing(self) -> FileState:
        """Return the Communications.cfg of the folder that DPUs pull, as observed; absent but on a master."""
        return self._cfg(self.layout.processing)

    def _cfg(self, folder: str) -> FileState:
        return self.layout.named(self.observation.folders[folder], self.layout.path(folder, COMMUNICATIONS))

    @property
    def presents(self) -> Certificate | None:
        """Return the leaf that the files say the server presents: 10.4 of the dossier, absent means server_cert.pem."""
        return self.installed if self.settings.get("Certificate") else self.licence

    @property
    def port(self) -> int:
        """Return the TLS port; 0 means that TLS is off, 443 is the product's default."""
        return int(self.settings.get("SSL Port", "443"))

    @property
    def ciphers(self) -> str | None:
        """Return the OpenSSL cipher list of the parameter SSL Ciphers, None when it is not set."""
        return self.settings.get("SSL Ciphers") or None


def read_server(layout: Layout, observation: Observation, *, now: datetime, window: timedelta) -> Server:
    """
    Return the server that *observation* shows, with every finding at once.

    Args:
        layout: The paths that were asked for.
        observation: The node's answer to the looks of *layout*.
        now: Aware; the controller's clock.
        window: How long a rollout may take; a restart that the server schedules itself must not fall into it.
    """
    bare = Server(layout, observation)
    if observation.file(layout.root).kind != "directory":
        problem = f"is {kind_shown(observation.file(layout.root).kind)}, not the install folder of a server"
        return Server(layout, observation, findings=(Finding(layout.root, problem, _COMMUNICATIONS_FIRST, "root"),))
    findings: list[Finding] = []
    licence = _read_leaf(observation.file(layout.certificates(LICENCE)), findings, needed=True)
    installed = _read_leaf(bare.certificate, findings, needed=False)
    settings = _read_settings(bare, findings)
    standing = read_standing(layout, observation)
    findings += standing.findings
    findings += _check_files(bare, licence, now=now)
    findings += check_clock(observation, now=now)
    for file in _named(bare, "scheduledrestart.cfg"):
        findings += check_schedule(file, now=now, window=window)
    follows = _read_source(bare, findings)
    return Server(layout, observation, licence, installed, settings, follows, standing.marker, tuple(findings))


def _read_leaf(state: FileState, findings: list[Finding], *, needed: bool) -> Certificate | None:
    if state.kind == "absent" and not needed:
        return None
    if state.kind != "file":
        findings.append(Finding(state.path, f"is {kind_shown(state.kind)}: no licence certificate",
                                "install the licence certificate of this server first", "licence"))
        return None
    return read_leaf(state, findings)


def _read_settings(server: Server, findings: list[Finding]) -> dict[str, str]:
    """Return the scalars a rollout cares about; findings where there is not exactly one CommServer (dossier 2.1)."""
    headers = list(_headers(server, server.layout.components, findings))
    servers = [file.path for file, header in headers if header == "CommServer"]
    own = server.communications
    if own.kind != "file":
        findings.append(Finding(own.path, f"is {kind_shown(own.kind)}", _COMMUNICATIONS_FIRST, "communications"))
        return {}
    if own.path not in servers:
        findings.append(Finding(own.path, "has no component of type CommServer",
                                "restore the file as the product has it", "communications"))
        return {}
    findings += [Finding(other, f"is a second CommServer beside {COMMUNICATIONS}",
                         "move the file out of Components: the server loads every .cfg there", "communications")
                 for other in servers if other != own.path]
    return _scalars(own, findings)


def _headers(server: Server, folder: str, findings: list[Finding]) -> Iterator[tuple[FileState, str]]:
    """Yield the files that may configure one of both components, with what they say; a file that has neither word in it does not."""
    for file in server.observation.folders[folder].files:
        named = file.path.casefold().endswith(COMMUNICATIONS.casefold())
        if not named and not _guess(file):
            continue
        try:
            yield file, component_header(file.content or b"", where=file.path)
        except CfgError as error:
            if named:
                findings += error.findings
            yield file, _guess(file)


def _guess(file: FileState) -> str:
    """Return which component a file that is not understood names: neither may hide behind a fault."""
    return next((name for name in ("CommServer", "SynchronizeComponent") if name.encode() in (file.content or b"")), "")


def _scalars(file: FileState, findings: list[Finding]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for key in ("Certificate", "SSL Port", "SSL Ciphers"):
        try:
            found = get_parameter(file.content or b"", ("component", key), where=file.path)
        except CfgError as error:
            findings += [finding for finding in error.findings if finding not in findings]
            continue
        if found is not None:
            settings[key] = found.value.strip()
    port = _PORT.fullmatch(settings.get("SSL Port", "443"))
    if port is None or int(port[1]) > 65535:
        findings.append(Finding(file.path, f"SSL Port is {settings.pop('SSL Port')!r}: nothing would present a certificate",
                                "give it the port for TLS, 443 by default", "port"))
    return settings


def _check_files(server: Server, licence: Certificate | None, *, now: datetime) -> Iterator[Finding]:
    if licence is not None and not licence.not_before <= now <= licence.not_after:
        yield Finding(server.layout.certificates(LICENCE),
                      f"the licence certificate is valid from {licence.not_before:%Y-%m-%d} to {licence.not_after:%Y-%m-%d}",
                      "have it revalidated: without a current licence the server does not start again", "licence")
    yield from check_bundle(server.bundle)
    if server.certificate.kind not in {"absent", "file"}:
        yield Finding(server.certificate.path, f"is {kind_shown(server.certificate.kind)}, not a file", "move it away", "certificate")


def _named(server: Server, name: str) -> list[FileState]:
    files = server.observation.folders[server.layout.components].files
    return [file for file in files if file.path.replace("\\", "/").rpartition("/")[2].casefold() == name]


def _read_source(server: Server, findings: list[Finding]) -> str:
    """Return which of the master's files replaces the server's Communications.cfg (dossier 6.2, 10.20)."""
    ignored: list[Finding] = []
    for file, header in _headers(server, server.layout.components, ignored):
        if header == "SynchronizeComponent":
            try:
                return _source(file)
            except CfgError as error:
                findings += error.findings
                return ""
    return ""


def _source(file: FileState) -> str:
    """Tell by the entry whose Local Path is Components; not listed means the documented default, the processing servers' copy."""
    cfg = parse(file.content or b"", where=file.path)
    directories = find(cfg, ("component", "Directories"))
    labelled: dict[str, list[Entry]] = {}   # looked up from the first for each number, a file of a megabyte would take minutes
    for entry in directories.children if directories else ():
        labelled.setdefault(entry.line.key, []).append(entry)
    number = 0
    while True:
        at = replace(cfg, entries=tuple(labelled.get(str(number), ())))
        paths = [find(at, (str(number), key)) for key in ("Local Path", "Remote URI")]
        local, remote = ("" if path is None else plain_value(path.line).strip().strip("/\\").casefold() for path in paths)
        if not local:
            return "processing"
        if local == "components":
            return "communications" if remote == "components" else "processing"
        number += 1
