# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Single modules over each connection to Windows, on drives, shares and long names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from unit.builders import make_root
from windows.machine import Settings, read_calls
from windows.volume import Volume

from integration.install import CFG, Install, make_install
from integration.playbook import Result, finish, prepare

PLUGINS = str(Path(__file__).parents[1] / "plugins" / "connection")
PLACES = {"winrm": "C:\\Adobe\\Server", "psrp": "\\\\files\\plant$\\DWB Größe", "ssh": "d:/Program Files (x86)/Sérver's"}
ANCHOR = make_root("Company Root")


@dataclass(frozen=True)
class Node:
    """An install tree on a Windows machine, behind one of the connections."""

    flavour: str
    tree: Install
    settings: Settings

    @property
    def root(self) -> str:
        """Return the install root as the machine calls it."""
        return f"{PLACES[self.flavour]}\\{self.tree.root.name}"

    @property
    def volume(self) -> Volume:
        """Return the files of the machine."""
        return Volume(self.settings.mounts, Path(self.settings.folder) / "store")

    def play(self, *tasks: Mapping[str, Any], settings: Settings | None = None, variables: str = "") -> Result:
        """Run tasks there; those of the collection get the root."""
        rooted = [{name: {"root": self.root, **value} if name.startswith("certops.") else value for name, value in task.items()}
                  for task in tasks]
        inventory = f"node ansible_connection=windows_{self.flavour} ansible_shell_type=powershell {variables}\n"
        play = json.dumps([{"hosts": "node", "gather_facts": False, "tasks": rooted}])
        env = {"ANSIBLE_CONNECTION_PLUGINS": PLUGINS, **(settings or self.settings).environment()}
        return finish(prepare(play, inventory, folder=self.tree.root.parent / "run", env=env))


def make_node(flavour: str, folder: Path) -> Node:
    """Return a node with a fresh install tree."""
    return Node(flavour, make_install(folder), Settings(str(folder / "machine"), {PLACES[flavour]: str(folder)}, mark="\ufeff"))


@pytest.fixture(params=PLACES)
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Node:
    """Return a node behind each of the connections."""
    return make_node(request.param, tmp_path)


@pytest.fixture
def one(tmp_path: Path) -> Node:
    """Return a node behind one of them, whichever."""
    return make_node("winrm", tmp_path)


def trust(**how: Any) -> dict[str, Any]:
    """Return the task that adds the company's root."""
    return {"name": "Trust", "certops.rollout.trust_bundle": {"trust_content": ANCHOR.pem.decode(), **how}}


def value(**how: Any) -> dict[str, Any]:
    """Return the task that sets a parameter, of a file that is named in another case."""
    options = {"path": "components/COMMUNICATIONS.CFG", "parameter": ["component", "SSL Port"], "type": "int", "value": "8443", **how}
    return {"name": "Value", "certops.rollout.cfg_parameter": options}


class TestModules:
    def test_change_what_they_should_and_nothing_twice(self, node: Node) -> None:
        """Two modules, each with one call to look and one to write; a second time with one to look."""
        first, again = node.play(trust(), value()), node.play(trust(), value())

        assert (first.rc, first.changed, again.rc, again.changed) == (0, 2, 0, 0), first.stdout + again.stdout
        assert ANCHOR.pem in node.tree.bundle.read_bytes()
        assert node.tree.cfg.read_bytes() == CFG.replace(b"SSL Port = int: 443", b"SSL Port = int: 8443")
        assert [call.verb for call in read_calls(node.settings)] == ["observe", "commit"] * 2 + ["observe"] * 2

    def test_keep_the_backup_that_they_name(self, node: Node) -> None:
        """The result has the path as the machine calls it; state and backup are for SYSTEM and Administrators."""
        backup = str(node.play(trust()).of("node", "Trust").result["backup"])

        assert backup.startswith(f"{node.root}.certops\\backup\\")
        assert node.volume.sddl(f"{backup}\\0") == "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)"

    @pytest.mark.parametrize("language", ["ConstrainedLanguage", "NoLanguage"])
    def test_tell_that_powershell_may_not_run_them(self, node: Node, language: str) -> None:
        """Whether the script can still say so, or PowerShell refuses the bootstrap itself."""
        told = node.play(trust(), settings=replace(node.settings, language=language)).of("node", "Trust")

        assert "language mode" in told.result["msg"]
        assert "FullLanguage; install or allow it on the node" in told.result["msg"].replace(" is needed", "")
        assert "CLIXML" not in told.result["msg"]

    def test_tell_what_somebody_else_has_open(self, one: Node) -> None:
        """In the system's words, after ten seconds; nothing is changed."""
        before = one.tree.bundle.read_bytes()
        one.volume.hold(f"{one.root}\\Certificates\\trust_ca_cert.pem", 60)

        told = one.play(trust()).of("node", "Trust")

        assert "because it is being used by another process.; nothing was changed" in told.result["msg"]
        assert one.tree.bundle.read_bytes() == before

    def test_refuse_to_become(self, one: Node) -> None:
        """Ansible's runas works in its own modules only: nothing is sent."""
        told = one.play(trust(), variables="ansible_become=true ansible_become_method=runas ansible_become_user=x").of("node", "Trust")

        assert "become does not work for this on Windows" in told.result["msg"]
        assert read_calls(one.settings) == []


class TestCommands:
    def test_of_the_operator_arrive(self, node: Node) -> None:
        """What is given to raw is run with its exit status, through whatever encodes it."""
        result = node.play({"name": "Run", "ansible.builtin.raw": "echo it $((1 + 1)); exit 3", "ignore_errors": True})

        assert result.of("node", "Run").result["rc"] == 3
        assert result.of("node", "Run").result["stdout_lines"] == ["it 2"]
        assert [call.verb for call in read_calls(node.settings)] == [""]
