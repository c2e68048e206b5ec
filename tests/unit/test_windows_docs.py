# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages for operators of Windows nodes: what can be copied from them is understood by what reads it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import connection_loader
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.layout import make_layout
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._task.client import CLIENT_GROUPS
from ansible_collections.certops.rollout.plugins.plugin_utils._task.node import read_request
from ansible_collections.certops.rollout.plugins.plugin_utils._task.options import argument_spec, role_options, unknown_options

from unit.source import ROOT

PAGES = [ROOT / "docs/windows.md", ROOT / "docs/windows-acceptance.md"]
GUIDE, ACCEPTANCE = (page.read_text(encoding="utf-8") for page in PAGES)
# The connection hands these on to pywinrm, which knows them.
OF_PYWINRM = {"ansible_winrm_ca_trust_path"}
OF_EVERY_CONNECTION = {"ansible_connection", "ansible_shell_type"}
WRONG_MODULES = "-m certops.rollout.node_infos -a '{}'"


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def variables() -> list[dict[str, Any]]:
    """Return the variables of each YAML block of the guide."""
    return [yaml.safe_load(block) for block in blocks(GUIDE, "yaml")]


def unknown_to(connection: str, names: set[str]) -> set[str]:
    """Return those of *names* that the documentation of a connection plugin does not know."""
    plugin = connection_loader.get(connection, class_only=True)
    documented = yaml.safe_load(Path(plugin._original_path).read_text(encoding="utf-8").split('"""')[1])["options"]
    known = {var["name"] for option in documented.values() for var in option.get("vars", ())}
    return names - known - OF_PYWINRM - OF_EVERY_CONNECTION


def faults(command: str) -> list[Finding]:
    """Return what the modules of this collection that *command* calls do not understand of their options."""
    found = []
    for module, options in re.findall(r"-m certops\.rollout\.(\w+) -a '(\{.*?\})'(?=[`,\s]|$)", command):
        if not (ROOT / f"plugins/modules/{module}.yml").exists():
            found.append(Finding(module, "does not exist", "name another"))
        else:
            found += unknown_options(json.loads(options), argument_spec(module), where=module)
    return found


class TestInventory:
    def test_names_every_machine_and_its_root(self, tmp_path: Path) -> None:
        """The INI file, read by Ansible: groups, a range of hosts, and a path with single backslashes."""
        (tmp_path / "inventory.ini").write_text(blocks(GUIDE, "ini")[0], encoding="utf-8")
        inventory = InventoryManager(DataLoader(), sources=[str(tmp_path / "inventory.ini")])
        hosts = inventory.get_hosts("windows")

        assert len(hosts) == 6
        assert {host.vars["dwb_root"] for host in hosts} == {"C:\\Adobe\\Server", "D:\\Adobe\\Server", "E:\\ReportServer"}
        assert all(make_layout(host.vars["dwb_root"]).windows for host in hosts)

    @pytest.mark.parametrize("connection", ["winrm", "psrp", "ssh"])
    def test_of_each_connection_is_known_to_it(self, connection: str) -> None:
        """Each example has variables that its plugin documents, and no others."""
        (own,) = [block for block in variables() if block.get("ansible_connection") == connection]

        assert unknown_to(connection, set(own)) == set()
        assert unknown_to(connection, {*own, "ansible_ssl_check"}) == {"ansible_ssl_check"}

    def test_uses_the_variables_of_the_role(self) -> None:
        """Whatever begins with dwb_ is declared; so are the options inside."""
        own = {name: value for block in variables() for name, value in block.items() if name.startswith("dwb_")}

        assert len(own) >= 5
        assert unknown_options(own, role_options("dwb_cluster"), where="docs") == []
        assert len(unknown_options({**own, "dwb_servce_name": "x"}, role_options("dwb_cluster"), where="docs")) == 1

    def test_shows_a_sid_that_is_accepted(self) -> None:
        """The example passes the check of the option."""
        (sid,) = [block["dwb_service_sid"] for block in variables() if "dwb_service_sid" in block]
        asked = {"root": "C:\\Adobe", "role": "dpu", "phases": []}

        assert read_request({**asked, "service_sid": sid}, {}, DataLoader()).findings == ()
        assert len(read_request({**asked, "service_sid": f"{sid}-"}, {}, DataLoader()).findings) == 1


class TestCommands:
    def test_call_modules_with_options_that_exist(self) -> None:
        """Each command of the checklist that calls a module of this collection."""
        calls = ACCEPTANCE.count("-m certops.rollout.")

        assert calls >= 4
        assert len(re.findall(r"-m certops\.rollout\.\w+ -a '\{.*?\}'(?=[`,\s])", ACCEPTANCE)) == calls
        assert faults(ACCEPTANCE) == []

    @pytest.mark.parametrize("command", [WRONG_MODULES, """-m certops.rollout.node_info -a '{"rooot": "C:\\\\Adobe"}'"""])
    def test_that_are_mistyped_are_found(self, command: str) -> None:
        """One wrong letter is one fault, so the test above can fail."""
        assert len(faults(command)) == 1

    @pytest.mark.parametrize("text", [GUIDE, ACCEPTANCE], ids=["guide", "acceptance"])
    def test_run_playbooks_and_read_variables_that_exist(self, text: str) -> None:
        """Playbooks by their full name, and every dwb_ variable in the text."""
        playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
        roles = {name for role in ("dwb_cluster", "dwb_client", "dwb_sensor") for name in role_options(role)}

        assert set(re.findall(r"ansible-playbook -i \S+ certops\.rollout\.(\w+)", text)) <= playbooks
        assert set(re.findall(r"\bdwb_\w+", text)) <= roles | {*CLIENT_GROUPS, "dwb_master", "dwb_dpu", "dwb_fsu", "dwb_repeater"}

    def test_say_what_to_expect(self) -> None:
        """Every row of the checklist has a number, what it proves, a command, and what comes out."""
        rows = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in ACCEPTANCE.splitlines() if re.match(r"\| \d+ \|", line)]

        assert [int(row[0]) for row in rows] == list(range(1, 15))
        assert all(len(row) == 4 and "`" in row[2] + row[3] and all(row) for row in rows)


class TestPages:
    def test_are_linked(self) -> None:
        """From the README, and the links of the pages lead somewhere."""
        assert "(docs/windows.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
        for page in PAGES:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
                assert (page.parent / link).exists(), link
