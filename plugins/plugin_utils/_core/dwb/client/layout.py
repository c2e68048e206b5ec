# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where things are on a client (dossier 2.2); some only tell after one of their files was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ... import ini, txlogd
from ...errors import CfgError, OptionError
from ...observation import FileState, Look, Observation
from ..layout import BUNDLE, LICENCE, Place, is_place
from ..marker import standing_looks

KINDS = ("workstation", "report_server", "repeater", "query_api", "sensor")
INI, CONF, STUNNEL = "Insight.ini", "txlogd.conf", "stunnel.conf"

# The base names of the file that has the connections, in lower case; two pages spell that of the Report Server otherwise.
_CONFIGS: Mapping[str, tuple[str, ...]] = {
    "workstation": ("insight.cfg",),
    "report_server": ("reportserver.cfg", "report server.cfg"),
}
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._ -]*\.pem", re.IGNORECASE)


@dataclass(frozen=True)
class ClientLayout(Place):
    """
    The paths of one client.

    Attributes:
        root: The folder that holds what is changed: the data of a Workstation, the CertPath of a Sensor, else the install folder.
        kind: One of KINDS.
        program: Where it is installed; of a Sensor the folder of its txlogd.conf.
        pointer: The file that tells the root; empty when there is none, or when it need not be asked.
        certificate_name: Name of the file with the client's own key and leaf.
    """

    kind: str = "report_server"
    program: str = ""
    pointer: str = ""
    certificate_name: str = "custom_client_cert.pem"

    @property
    def certificates(self) -> str:
        """Return the folder with the bundle and the certificates."""
        return self.root if self.kind in {"query_api", "sensor"} else self.path(self.root, "Certificates")

    @property
    def bundle(self) -> str:
        """Return the trust bundle."""
        return self.path(self.certificates, BUNDLE)

    @property
    def config_folder(self) -> str:
        """Return the folder with the configuration files that name a certificate."""
        return self.path(self.root, "Components") if self.kind == "repeater" else self.root

    @property
    def other_config(self) -> str:
        """Return where a Workstation had its Insight.cfg up to version 6.3; empty when that is where it has it."""
        return self.path(self.program, "Insight.cfg") if self.kind == "workstation" and not self._is_root(self.program) else ""

    def _is_root(self, folder: str) -> bool:
        """Tell whether *folder* is the root, spelled in any way that is the same to the system."""
        spelled = [path.replace("/", "\\").casefold() if self.windows else path for path in (folder, self.root)]
        return spelled[0] == spelled[1]

    def looks(self) -> tuple[Look, ...]:
        """Return everything that a plan needs to know, to be asked in one observation."""
        looks = [Look(self.root, "meta"), Look(self.bundle, "text"), *standing_looks(self)]
        looks += [Look(self.pointer, "text")] if self.pointer else []
        looks += [Look(self.other_config, "meta")] if self.other_config else []
        if self.kind == "sensor":
            return tuple(looks)
        # A path is looked at in one way; the folder of stunnel is where its certificates are.
        config = Look(self.path(self.root, STUNNEL)) if self.kind == "query_api" else Look(self.config_folder, "text", ".cfg")
        return (*looks, Look(self.certificates, "public", ".pem"), config)

    def configs(self, observation: Observation) -> tuple[FileState, ...]:
        """
        Return the files that are the configuration of the client; more or less than one may be there.

        Args:
            observation: The answer to the looks.
        """
        if self.kind in {"sensor", "query_api"}:
            state = observation.file(self.pointer or self.path(self.root, STUNNEL))
            return () if state.kind == "absent" else (state,)
        files = observation.folders[self.config_folder].files
        if self.kind == "repeater":
            return files
        return tuple(file for file in files if base_name(file.path).casefold() in _CONFIGS[self.kind])

    @property
    def config_name(self) -> str:
        """Return what the configuration is called, for people."""
        names = {"workstation": "Insight.cfg", "report_server": "ReportServer.cfg", "query_api": STUNNEL, "sensor": CONF}
        return names.get(self.kind, "file *.cfg")


def base_name(path: str) -> str:
    """Return the last part of a path of either system."""
    return re.split(r"[\\/]", path)[-1]


def make_client_layout(kind: str, *, root: str, data_path: str, config: str, certificate_name: str) -> ClientLayout:
    """
    Return the layout of a client, as far as its options tell.

    Args:
        kind: One of KINDS.
        root: Install folder, empty when it was not given.
        data_path: Folder with the data of a Workstation, empty for what its Insight.ini says.
        config: The txlogd.conf of a Sensor, empty for the one in *root*, or on POSIX the one in /etc.
        certificate_name: Of the file with the client's own certificate.

    Raises:
        OptionError: A path is not absolute, or missing; an option is one of another kind; the name is the product's.
    """
    if not _NAME.fullmatch(certificate_name) or certificate_name.casefold() in {BUNDLE, LICENCE}:
        raise OptionError(where="certificate_name", problem=f"{certificate_name!r} is no name for the file of a certificate here",
                          remedy="give the bare name of a .pem file that the product does not use itself")
    _refuse_foreign(kind, data_path=data_path, config=config)
    if kind == "sensor":
        return _sensor(root, config)
    program = _absolute(root, option="root")
    if kind != "workstation":
        return ClientLayout(program, kind, program, "", certificate_name)
    if data_path:
        return ClientLayout(_absolute(data_path, option="data_path"), kind, program, "", certificate_name)
    return ClientLayout(program, kind, program, Place(program).path(program, INI), certificate_name)


def _refuse_foreign(kind: str, *, data_path: str, config: str) -> None:
    for option, value, owner in (("data_path", data_path, "workstation"), ("config", config, "sensor")):
        if value and kind != owner:
            raise OptionError(where=option, problem=f"means nothing for a {kind}", remedy=f"leave it out, or correct the kind: {owner}")


def _sensor(root: str, config: str) -> ClientLayout:
    windows = root and Place(root).windows
    path = config or (f"{root.rstrip('/' + chr(92))}\\{CONF}" if windows else f"/etc/{CONF}")
    folder = path[: -len(base_name(path))]
    bare = _absolute(folder, option="config" if config else "root")
    return ClientLayout(bare, "sensor", bare, path)


def _absolute(path: str, *, option: str) -> str:
    if not is_place(path):
        raise OptionError(where=option, problem=f"{path!r} is not the absolute path of a folder below the root of a file system",
                          remedy="give it as the node writes it, like E:\\ReportServer or /opt/stunnel")
    return path.rstrip("/\\")


def pointed_folder(layout: ClientLayout, observation: Observation) -> str:
    """
    Return the folder that Insight.ini or txlogd.conf names, empty when neither does.

    Args:
        layout: With or without a pointer.
        observation: The answer to its looks.

    Raises:
        CfgError: The file is not understood, or the folder is no absolute path.
    """
    state = observation.file(layout.pointer) if layout.pointer else FileState("")
    if state.kind == "absent":
        return ""
    if state.kind != "file" or state.content is None:
        raise CfgError(where=state.path, problem="is no plain file of at most 1 MiB", remedy="restore the file as the product has it")
    content = state.content
    if layout.kind == "sensor":
        name, folder = "CertPath", txlogd.value(content, "CertPath", where=state.path)
    else:
        name, folder = "AppDataFolder", ini.value(content, "InitialSettings", "AppDataFolder", where=state.path)
    if folder and ("%" in folder or not is_place(folder) or Place(folder).windows != layout.windows or folder == layout.pointer):
        remedy = "correct it" if layout.kind == "sensor" else "give the folder in the option data_path"
        raise CfgError(where=state.path, problem=f"{name} is {folder!r}, which is not the absolute path of a folder", remedy=remedy)
    return (folder or "").rstrip("/\\")


def located(layout: ClientLayout, observation: Observation) -> ClientLayout:
    """
    Return the layout with the root that its pointer names; the same one when there is nothing to follow.

    Args:
        layout: As ``make_client_layout`` returned it.
        observation: The answer to its looks.
    """
    try:
        folder = pointed_folder(layout, observation)
    except CfgError:
        return layout   # told by the reader
    return replace(layout, root=folder) if folder else layout
