# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules client and client_info, run by ansible-playbook on the files of each kind of client."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from plugins.connection.counting import round_trips
from unit.builders import make_root
from unit.core.dwb.clients import CN, OWN, STUNNEL, own_leaf, servers_cfg, shipped
from unit.core.dwb.servers import company

from integration.install import Install, problem, refusals
from integration.playbook import run_playbook

KINDS = ("workstation", "report_server", "repeater", "query_api", "sensor")
TRUST = {"trust_content": "".join(authority.pem.decode() for authority in company()), "sensor_version": "5.0"}
CERTIFICATE = {"certificate": {"pem_content": own_leaf().pem.decode()}}


def make_client(folder: Path, kind: str) -> Install:
    """Return a client of one kind, as the product and its operator left it; its root is what the option root takes."""
    root = folder / "client"
    for path, content in shipped(kind, str(root)).items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content)
    plant = make_root("Plant Root")
    return Install(root, plant, plant.issue("dpu-01"))


def options_of(node: Install, kind: str) -> dict[str, Any]:
    """Return the options that tell where a client is."""
    return {"kind": kind, **({"config": str(node.root / "etc" / "txlogd.conf")} if kind == "sensor" else {})}


def bundle_of(node: Install, kind: str) -> Path:
    """Return the trust bundle of a client."""
    return node.root / {"query_api": "", "sensor": "lib"}.get(kind, "Certificates") / "trust_ca_cert.pem"


class TestTrust:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_added_and_once_only(self, tmp_path: Path, kind: str) -> None:
        """Whatever the kind: check mode writes nothing, the bundle grows at its end, owner and mode stay, a second run changes nothing."""
        node = make_client(tmp_path, kind)
        bundle = bundle_of(node, kind)
        old = bundle.read_bytes()
        bundle.chmod(0o664)

        checked, done, again = node.rehearse("client", {**options_of(node, kind), **TRUST})

        assert bundle.read_bytes() == old + b"".join(authority.pem for authority in company())
        assert stat.S_IMODE(bundle.stat().st_mode) == 0o664
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert checked.result["changes"][0] == done.result["changes"][0]
        assert (done.result["restart_pending"], again.result["restart_pending"]) == (True, True)
        assert checked.result["diff"][0]["after"] == bundle.read_text()
