# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients of each kind on this machine, as the product and its operator left them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unit.builders import make_root
from unit.core.dwb.clients import own_leaf, shipped
from unit.core.dwb.servers import company

from integration.install import Install

KINDS = ("workstation", "report_server", "repeater", "query_api", "sensor")
COMPANY = b"".join(authority.pem for authority in company())
TRUST = {"trust_content": COMPANY.decode(), "sensor_version": "5.0"}
CERTIFICATE = {"certificate": {"pem_content": own_leaf().pem.decode()}}


def make_client(folder: Path, kind: str) -> Install:
    """Return a client of one kind, as the product and its operator left it; its root is what the option root takes."""
    root = folder / "client"
    for path, content in shipped(kind, str(root)).items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)
    plant = make_root("Plant Root")
    return Install(root, plant, plant.issue("dpu-01"))


def make_newer(folder: Path) -> Install:
    """Return a Workstation of 6.4 or newer: its data is in a folder that its Insight.ini names."""
    node = make_client(folder, "workstation")
    data = node.root / "data"
    data.mkdir()
    for name in ("Insight.cfg", "Certificates"):
        (node.root / name).rename(data / name)
    (node.root / "Insight.ini").write_bytes(b"[InitialSettings]\r\nAppDataFolder=%b\r\n" % bytes(data))
    return node


def options_of(node: Install, kind: str) -> dict[str, Any]:
    """Return the options that tell where a client is."""
    return {"kind": kind, **({"config": str(node.root / "etc" / "txlogd.conf")} if kind == "sensor" else {})}


def bundle_of(node: Install, kind: str) -> Path:
    """Return the trust bundle of a client."""
    return node.root / {"query_api": "", "sensor": "lib"}.get(kind, "Certificates") / "trust_ca_cert.pem"
