"""What is known of one client: who it is, where its files are, and whom it connects to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BUNDLE = "trust_ca_cert.pem"
KINDS = ("sensor", "workstation", "report_server", "query_api")
# §2.2: the first one of a kind is taken when none is named.
LAYOUTS = {"sensor": ("posix", "windows"), "workstation": ("6.4", "6.3"), "report_server": ("",), "query_api": ("",)}
# Folder of the program, of the bundle, and the configuration file, below the folder that stands for the machine (§2.2).
_PLACES = {
    ("sensor", "posix"): ("usr/local/bin", "usr/local/visual_sciences", "etc/txlogd.conf"),
    ("sensor", "windows"): ("VisualSensor", "VisualSensor", "VisualSensor/txlogd.conf"),
    ("workstation", "6.4"): ("Program Files/Data Workbench", "AppData/Data Workbench/Certificates", "AppData/Data Workbench/Insight.cfg"),
    ("workstation", "6.3"): ("Insight", "Insight/Certificates", "Insight/Insight.cfg"),
    ("report_server", ""): ("Report", "Report/Certificates", "Report/ReportServer.cfg"),
    ("query_api", ""): ("stunnel", "stunnel", "stunnel/stunnel.conf"),
}


@dataclass(frozen=True)
class Peer:
    """A server as a client knows it: common name, address and HTTPS port."""

    name: str
    address: str
    port: int


@dataclass(frozen=True)
class Client:
    """
    One client to install.

    Attributes:
        root: The folder that stands for its machine; State is in it, beside the product's folders.
        kind: One of KINDS.
        name: The CN of its certificate; of a Sensor, its SensorID.
        address: Where its connections come from; empty for whatever the system takes.
        peers: The servers in its configuration.
        brokered: Servers that it connects to once the first of its peers has answered (§1.3: the master brokers them).
        layout: One of LAYOUTS of its kind; the first when empty.
        version: Of a Sensor (§9).
        capacity: Of a Sensor's disk queue, in events.
    """

    root: Path
    kind: str
    name: str
    address: str
    peers: tuple[Peer, ...]
    brokered: tuple[Peer, ...] = ()
    layout: str = ""
    version: str = "5.0"
    capacity: int = 600

    @property
    def program(self) -> Path:
        """Return the folder of the program."""
        return self.root / self._places[0]

    @property
    def certificates(self) -> Path:
        """Return the folder that holds the bundle, as installed."""
        return self.root / self._places[1]

    @property
    def bundle(self) -> Path:
        """Return the trust bundle, as installed."""
        return self.certificates / BUNDLE

    @property
    def config(self) -> Path:
        """Return the configuration file, as installed."""
        return self.root / self._places[2]

    @property
    def _places(self) -> tuple[str, str, str]:
        try:
            return _PLACES[self.kind, self.layout or LAYOUTS[self.kind][0]]
        except KeyError:
            raise ValueError(f"{self.kind} {self.layout}: no such client") from None

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, without the root: a tree may be made in one place and stand in another."""
        values = asdict(self)
        del values["root"]
        return values

    @classmethod
    def from_json(cls, root: Path, values: Mapping[str, Any]) -> Client:
        """Return what ``as_json`` gave, standing at *root*."""
        peers = {key: tuple(Peer(**peer) for peer in values[key]) for key in ("peers", "brokered")}
        return cls(root, **{**values, **peers})
