# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory of the demo: servers and clients with their folders, and the commands that stop and start them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simulator.clients.client import Client
from simulator.tree import Node

TESTS = Path(__file__).resolve().parents[1]
GROUPS = {"master": "dwb_master", "dpu": "dwb_dpu", "fsu": "dwb_fsu", "repeater": "dwb_repeater", "sensor": "dwb_sensor",
          "workstation": "dwb_workstation", "report_server": "dwb_report_server", "query_api": "dwb_query_api"}
_VERBS = ("start", "stop", "status")


def make_inventory(nodes: Iterable[Node], clients: Iterable[Client], *, anchors: list[str], pki: Path) -> dict[str, Any]:
    """
    Return the inventory as Ansible reads it from JSON.

    Args:
        nodes: The servers.
        clients: What connects to them.
        anchors: Paths of the CA's certificates.
        pki: Folder with a certificate for every server, and for a Report Server.
    """
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for node in nodes:
        groups.setdefault(GROUPS[node.role], {"hosts": {}})["hosts"][node.name] = {
            "dwb_root": str(node.root), "dwb_address": node.address, **_commands("dwb", node.root)}
    for client in clients:
        groups.setdefault(GROUPS[client.kind], {"hosts": {}})["hosts"][client.name] = _of_client(client, pki)
    common = {"ansible_connection": "local", "dwb_service_manager": "command", "dwb_restart_consent": True, "dwb_start_timeout": 15,
              "dwb_trust_src": anchors, "dwb_certificate": {"pem_src": str(pki) + "/{{ inventory_hostname }}.pem"}}
    return {"all": {"vars": common, "children": groups}}


def _of_client(client: Client, pki: Path) -> dict[str, Any]:
    """Return the variables of a client; a Workstation has no service, its user starts it anew."""
    if client.kind == "sensor":
        return {"dwb_sensor_config": str(client.config), "dwb_sensor_version": client.version, **_commands("dwb_sensor", client.root)}
    found: dict[str, Any] = {"dwb_root": str(client.program)}
    if client.kind != "workstation":
        found |= {"dwb_client_service_manager": "command", **_commands("dwb_client", client.root)}
    if client.kind == "report_server":
        found["dwb_client_certificate"] = {"pem_src": str(pki / f"{client.name}.pem")}
    return found


def _commands(prefix: str, root: Path) -> dict[str, str]:
    python = f"PYTHONPATH={shlex.quote(str(TESTS))} {shlex.quote(sys.executable)}"
    return {f"{prefix}_{verb}_command": f"{python} -m simulator {verb} --root {shlex.quote(str(root))}" for verb in _VERBS}
