"""Three nodes that keep the same promises: files in memory, real files behind Ansible's local connection, and a model of Windows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change
from ansible_collections.certops.rollout.plugins.plugin_utils._host.connection import ConnectionHost
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import HostFiles, StateFolder
from unit.fakes import MemoryHost, sha256
from windows.machine import Settings

from contract.adhoc import PLUGINS


class Node(Protocol):
    """A host to test and a way around it, as somebody with a shell on the node has."""

    host: HostFiles
    root: str
    system: str

    def path(self, name: str) -> str:
        """Return the path of *name* in the root folder."""

    def read(self, name: str) -> bytes | None:
        """Return the content of *name*, None when it is absent."""

    def write(self, name: str, content: bytes) -> None:
        """Change *name* by hand."""

    def link(self, name: str) -> None:
        """Make *name* a symbolic link."""

    def hold(self, run: str, age: int) -> None:
        """Let *run* hold the lock for *age* seconds."""


class MemoryNode:
    """A Node in memory."""

    system = "posix"

    def __init__(self, root: Path, folder: StateFolder) -> None:
        self.root = str(root)
        self.memory = MemoryHost(folder=folder)
        self.memory.add_folder(self.root)
        self.host: HostFiles = self.memory
        self.hold = self.memory.hold

    def path(self, name: str) -> str:
        """Return the path of *name* in the root folder."""
        return f"{self.root}/{name}"

    def read(self, name: str) -> bytes | None:
        """Return the content of *name*, None when it is absent."""
        return self.memory.files.get(self.path(name))

    def write(self, name: str, content: bytes) -> None:
        """Change *name* by hand."""
        self.memory.files[self.path(name)] = content

    def link(self, name: str) -> None:
        """Make *name* a symbolic link."""
        self.memory.kinds[self.path(name)] = "link"


class LocalNode:
    """A Node of real files, reached through Ansible's local connection."""

    system = "posix"

    def __init__(self, root: Path, folder: StateFolder) -> None:
        root.mkdir()
        self.root, self._folder, self._state = str(root), root, Path(folder.path)
        self.host: HostFiles = ConnectionHost(action("local"), folder, name="node")

    def path(self, name: str) -> str:
        """Return the path of *name* in the root folder."""
        return f"{self.root}/{name}"

    def read(self, name: str) -> bytes | None:
        """Return the content of *name*, None when it is absent."""
        path = self._folder / name
        return path.read_bytes() if path.exists() else None

    def write(self, name: str, content: bytes) -> None:
        """Change *name* by hand."""
        (self._folder / name).write_bytes(content)

    def link(self, name: str) -> None:
        """Make *name* a symbolic link."""
        (self._folder / name).symlink_to("elsewhere")

    def hold(self, run: str, age: int) -> None:
        """Let *run* hold the lock for *age* seconds."""
        now = self.host.observe([]).clock
        self._state.mkdir(mode=0o700, exist_ok=True)
        (self._state / "lock").write_text(f"{run} {now - age}\n")


class WindowsNode(LocalNode):
    """A Node of the model of Windows, reached through what Ansible's winrm connection does before anything leaves the controller."""

    system = "windows"

    def __init__(self, root: Path, folder: StateFolder) -> None:
        super().__init__(root, folder)
        self.root = f"C:\\Größe (x86)\\{root.name}"
        connection_loader.add_directory(str(PLUGINS / "connection"))
        self.settings = Settings(str(root.parent / "machine"), {"C:\\Größe (x86)": str(root.parent)})
        self.host = ConnectionHost(action("windows_winrm"), replace(folder, path=f"{self.root}.certops"), name="node")

    def path(self, name: str) -> str:
        """Return the path of *name* in the root folder."""
        return f"{self.root}\\{name}"


class _BareAction(ActionBase):  # type: ignore[misc]   # Ansible ships no types
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        raise NotImplementedError


def action(connection_name: str) -> Any:
    """Return an action plugin at work over a connection, without a play around it."""
    play_context = PlayContext()
    connection = connection_loader.get(connection_name, play_context)
    connection.set_options(var_options={})
    return _BareAction(Task(), connection, play_context, DataLoader(), None, None)


def write(node: Node, name: str, content: bytes | None, *, before: bytes | None = None, guard: str = "keep") -> Change:
    """Return the change of *name* from *before* to *content*; None is absent."""
    return Change(node.path(name), sha256(before), content, "write", guard=guard)
