# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One client as it was observed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ...certificate import Certificate
from ...errors import CoreError, Finding
from ...observation import FileState, Observation
from ..carriers import file_named
from ..files import check_bundle, check_clock, kind_shown, read_leaf
from ..layout import BUNDLE, LICENCE
from ..marker import Marker, read_standing
from .connections import Connection, read_connections
from .layout import ClientLayout, base_name, pointed_folder


@dataclass(frozen=True)
class Client:
    """
    What one observation tells of a client; parts that could not be read are empty, and a finding says why.

    Attributes:
        layout: Its paths.
        observation: The observation itself.
        configs: The configuration files that name a certificate, as observed.
        connections: To whom they connect, in file order.
        licences: Every certificate that may be its licence, by the name of its file.
        installed: The leaf of its own certificate.
        marker: What the last rollout left here.
        findings: Everything that keeps a rollout from starting here.
        warnings: What is allowed and unwise.
        doubts: What keeps it from a certificate of its own, and not from trust: what is wrong with files that do not tell where its
            trust bundle is.
    """

    layout: ClientLayout
    observation: Observation
    configs: tuple[FileState, ...] = ()
    connections: tuple[Connection, ...] = ()
    licences: Mapping[str, Certificate] = field(default_factory=dict)
    installed: Certificate | None = None
    marker: Marker = field(default_factory=Marker)
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()

    @property
    def bundle(self) -> FileState:
        """Return the trust bundle as observed."""
        return self.observation.file(self.layout.bundle)

    @property
    def readable_bundle(self) -> bytes:
        """Return the content of the trust bundle; empty when that is one of the findings."""
        broken = any(finding.where.startswith(self.bundle.path) for finding in self.findings)
        return b"" if broken else self.bundle.content or b""

    @property
    def certificate(self) -> FileState:
        """Return the file of its own certificate as observed."""
        return self._pem(self.layout.certificate_name)

    @property
    def licence_file(self) -> FileState | None:
        """Return the file of the licence certificate as observed, None when it is not known which one that is."""
        return self._pem(next(iter(self.licences))) if len(self.licences) == 1 else None

    @property
    def licence(self) -> Certificate | None:
        """Return the licence certificate, None when it is not known which one that is."""
        return next(iter(self.licences.values())) if len(self.licences) == 1 else None

    def _pem(self, name: str) -> FileState:
        folder = self.observation.folders.get(self.layout.certificates)
        path = self.layout.path(self.layout.certificates, name)
        return self.layout.named(folder, path) if folder else FileState(path)

    @property
    def is_custom(self) -> bool:
        """Tell whether its files make it present its own certificate to somebody; where they are not understood, they may."""
        if self.doubts:
            return self.installed is not None
        return self.layout.certificate_name.casefold() in self._named

    @property
    def no_licence(self) -> Certificate | None:
        """
        Return a leaf that its files make it present and that is not its licence certificate, or may be another one.

        A file of a third name was put there by hand; it may be of a CA that is to be retired.
        """
        several = self.licences if len(self.licences) > 1 else {}
        return self.installed if self.is_custom else next((leaf for name, leaf in several.items() if name.casefold() in self._named), None)

    @property
    def _named(self) -> frozenset[str]:
        """Return the files that connections present, as bare names in lower case."""
        return frozenset(file_named(each.certificate).rpartition("\\")[2] for each in self.connections if each.tls and not each.in_store)

    @property
    def in_store(self) -> bool:
        """Tell whether its files make it present a certificate of the Windows store to somebody."""
        return any(each.in_store for each in self.connections if each.tls)

    @property
    def presents(self) -> Certificate | None:
        """Return the leaf that its files make it present, None for none, and when that cannot be told; a Sensor has none."""
        if self.in_store or not any(each.tls for each in self.connections):
            return None
        return self.installed if self.is_custom else self.licence

    @property
    def trusts_nobody(self) -> bool:
        """Tell whether it is a Sensor without TLS: there is nothing for it to trust."""
        return self.layout.kind == "sensor" and bool(self.connections) and not self.connections[0].tls


def read_client(layout: ClientLayout, observation: Observation, *, now: datetime) -> Client:
    """
    Return the client that *observation* shows, with every finding at once.

    Args:
        layout: The paths that were asked for, as ``located`` returned them.
        observation: The node's answer to the looks of *layout*.
        now: Aware; the controller's clock.
    """
    standing = read_standing(layout, observation)
    findings, warnings, doubts = list(standing.findings), list[Finding](), list[Finding]()
    configs = layout.configs(observation)
    connections: tuple[Connection, ...] = ()
    told = [*_check_configs(layout, observation, configs)] or [*_check_pointer(layout, observation)]
    try:
        connections = () if told else read_connections(layout, configs, warnings)
    except CoreError as error:
        # txlogd.conf and stunnel.conf say where the trust bundle is; the other files are not even read for its sake.
        (told if layout.kind in {"sensor", "query_api"} else doubts).extend(error.findings)
    licences, installed = _read_certificates(layout, observation, connections=connections, findings=doubts)
    client = Client(layout, observation, configs, connections, licences, installed, standing.marker)
    findings += told or _check_folder(client)
    findings += check_clock(observation, now=now)
    return replace(client, findings=tuple(findings), warnings=tuple(warnings), doubts=tuple(doubts))


def _check_pointer(layout: ClientLayout, observation: Observation) -> Iterator[Finding]:
    try:
        pointed_folder(layout, observation)
    except CoreError as error:
        for finding in error.findings:
            known = layout.kind == "sensor" or "data_path" in finding.remedy
            yield finding if known else replace(finding, remedy=f"{finding.remedy}; or give the folder in the option data_path")


def _check_configs(layout: ClientLayout, observation: Observation, configs: tuple[FileState, ...]) -> Iterator[Finding]:
    root = observation.file(layout.root)
    if layout.kind != "sensor" and root.kind != "directory":
        yield Finding(layout.root, f"is {kind_shown(root.kind)}, not the folder of a {layout.kind}", "correct root or data_path", "layout")
        return
    if not configs:
        yield Finding(layout.pointer or layout.config_folder, f"unknown layout: no {layout.config_name} is there",
                      f"correct {'config' if layout.kind == 'sensor' else 'root or data_path'}, or the kind {layout.kind}", "layout")
    for state in configs:
        if state.kind != "file" or state.content is None:
            problem = "has more than 1 MiB" if state.kind == "file" else f"is {kind_shown(state.kind)}"
            yield Finding(state.path, f"unknown layout: {problem}", "restore the file as the product has it", "layout")
    both = [state.path for state in configs] if layout.kind != "repeater" else []
    other = observation.file(layout.other_config) if layout.other_config else None
    both += [other.path] if other and other.kind != "absent" else []
    if len(both) > 1:
        yield Finding(both[0], f"{both[1]} is a second {layout.config_name}; which one is read is not documented",
                      "move away the one that is not in use", "two-configurations")


def _check_folder(client: Client) -> Iterator[Finding]:
    """Find what is wrong with the folder of the certificates and the bundle in it; a Sensor without TLS needs neither."""
    layout = client.layout
    if client.trusts_nobody:
        return
    if layout.kind == "sensor":
        root = client.observation.file(layout.root)
        if layout.root == layout.program and not pointed_folder(layout, client.observation):
            yield Finding(layout.pointer, "has no CertPath, and uses TLS: the trust bundle is nowhere", "add CertPath", "cert-path")
            return
        if root.kind != "directory":
            yield Finding(layout.pointer, f"CertPath {layout.root} is {kind_shown(root.kind)}",
                          "correct CertPath, or restore the folder", "cert-path")
            return
    elif client.observation.folders[layout.certificates].kind != "directory":
        kind = kind_shown(client.observation.folders[layout.certificates].kind)
        yield Finding(layout.certificates, f"unknown layout: is {kind}", f"name the folder of a {layout.kind}", "layout")
        return
    yield from check_bundle(client.bundle)


def _read_certificates(
    layout: ClientLayout, observation: Observation, *, connections: tuple[Connection, ...], findings: list[Finding]
) -> tuple[dict[str, Certificate], Certificate | None]:
    """Return the certificates that may be the licence, and the client's own one."""
    folder = observation.folders.get(layout.certificates)
    own = layout.certificate_name.casefold()
    files = {base_name(file.path): file for file in folder.files} if folder else {}
    installed = next((read_leaf(file, findings) for name, file in files.items() if name.casefold() == own), None)
    names = [name for name in files if name.casefold() not in {BUNDLE, own}]
    if layout.kind == "repeater":
        names = [name for name in names if name.casefold() == LICENCE]
    found = {name: leaf for name in names if (leaf := read_leaf(files[name], []))}
    if layout.kind == "query_api":
        # stunnel reads the file that it is told, and no folder; what else lies there does not count.
        named = {file_named(each.certificate).rpartition("\\")[2] for each in connections}
        found = {name: leaf for name, leaf in found.items() if name.casefold() in named} or found
    return found, installed
