"""Two nodes that keep the same promises: files in memory, and real files behind the real script and Ansible's local connection."""

from __future__ import annotations

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


class Node(Protocol):
    """A host to test and a way around it, as somebody with a shell on the node has."""

    host: HostFiles
    root: str

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

    def __init__(self, root: Path, folder: StateFolder) -> None:
        root.mkdir()
        self.root, self._state = str(root), Path(folder.path)
        self.host: HostFiles = ConnectionHost(local_action(), folder, name="node")

    def path(self, name: str) -> str:
        """Return the path of *name* in the root folder."""
        return f"{self.root}/{name}"

    def read(self, name: str) -> bytes | None:
        """Return the content of *name*, None when it is absent."""
        path = Path(self.path(name))
        return path.read_bytes() if path.exists() else None

    def write(self, name: str, content: bytes) -> None:
        """Change *name* by hand."""
        Path(self.path(name)).write_bytes(content)

    def link(self, name: str) -> None:
        """Make *name* a symbolic link."""
        Path(self.path(name)).symlink_to("elsewhere")

    def hold(self, run: str, age: int) -> None:
        """Let *run* hold the lock for *age* seconds."""
        now = self.host.observe([]).clock
        self._state.mkdir(mode=0o700, exist_ok=True)
        (self._state / "lock").write_text(f"{run} {now - age}\n")


class _BareAction(ActionBase):  # type: ignore[misc]   # Ansible ships no types
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        raise NotImplementedError


def local_action() -> Any:
    """Return an action plugin at work on this machine, without a play around it."""
    play_context = PlayContext()
    connection = connection_loader.get("local", play_context)
    connection.set_options(var_options={})
    return _BareAction(Task(), connection, play_context, DataLoader(), None, None)


def write(node: Node, name: str, content: bytes | None, *, before: bytes | None = None, guard: str = "keep") -> Change:
    """Return the change of *name* from *before* to *content*; None is absent."""
    return Change(node.path(name), sha256(before), content, "write", guard=guard)
