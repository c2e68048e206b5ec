# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pages for operators of clients: what can be copied from them is understood by what reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.layout import is_place
from ansible_collections.certops.rollout.plugins.plugin_utils._task.client import CLIENT_GROUPS
from ansible_collections.certops.rollout.plugins.plugin_utils._task.options import unknown_variables

from unit.source import ROOT
from unit.test_windows_docs import blocks

README, GUIDE = ROOT / "README.md", ROOT / "docs/clients.md"
PAGES = [GUIDE, ROOT / "roles/dwb_client/README.md", ROOT / "roles/dwb_sensor/README.md"]
GROUPS = {*CLIENT_GROUPS, "dwb_master", "dwb_dpu", "dwb_fsu", "dwb_repeater", "dwb_cluster", "dwb_client", "dwb_sensor"}


class TestInventory:
    @pytest.mark.parametrize(("page", "number"), [(GUIDE, 0), (README, 1)], ids=["guide", "readme"])
    def test_has_clients_in_their_groups(self, tmp_path: Path, page: Path, number: int) -> None:
        """The INI file, read by Ansible: groups that the collection knows, and paths with single backslashes."""
        (tmp_path / "inventory.ini").write_text(blocks(page.read_text(encoding="utf-8"), "ini")[number], encoding="utf-8")
        inventory = InventoryManager(DataLoader(), sources=[str(tmp_path / "inventory.ini")])
        hosts = [host for group in CLIENT_GROUPS for host in inventory.get_hosts(group)]

        assert set(inventory.groups) - {"all", "ungrouped"} <= set(CLIENT_GROUPS)
        assert len(hosts) >= 14
        assert all(is_place(host.vars["dwb_root"]) for host in hosts if "dwb_root" in host.vars)
        assert [finding for host in hosts for finding in unknown_variables(host.vars, prefix="dwb_")] == []


class TestFirstExample:
    def test_finds_its_files_wherever_it_is_run(self) -> None:
        """A playbook of the collection has no folder of the operator's beside it, so no path in the example is relative."""
        (play,) = yaml.safe_load(blocks(README.read_text(encoding="utf-8"), "yaml")[0])
        paths = [*play["vars"]["dwb_trust_src"], play["vars"]["dwb_certificate"]["pem_src"]]

        assert len(paths) == 3
        assert all(path.startswith("{{ inventory_dir }}/") for path in paths)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
class TestPages:
    def test_set_variables_that_exist(self, page: Path) -> None:
        """In examples and in prose; a mistyped one would be found."""
        text = page.read_text(encoding="utf-8")
        set_there = {name: value for block in blocks(text, "yaml") for name, value in yaml.safe_load(block).items()}
        named = dict.fromkeys(set(re.findall(r"\bdwb_\w+", text)) - GROUPS)

        assert set_there
        assert unknown_variables({**named, **set_there}, prefix="dwb_") == []
        assert len(unknown_variables({**named, "dwb_client_storre": ""}, prefix="dwb_")) == 1

    def test_name_playbooks_that_exist(self, page: Path) -> None:
        """By their full names."""
        called = set(re.findall(r"certops\.rollout\.(\w+)", page.read_text(encoding="utf-8")))
        known = {path.stem for path in [*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "plugins/modules").glob("*.yml")]}

        assert called
        assert called <= known

    def test_are_linked(self, page: Path) -> None:
        """From the README, and their own links lead somewhere."""
        assert f"({page.relative_to(ROOT)})" in README.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), link
