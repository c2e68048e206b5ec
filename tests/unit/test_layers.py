# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Imports go down only, and the core is pure; both are read off the source."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from unit.source import CORE, PLUGINS, calls, imports, package_of, python_files

CORE_PACKAGE = "plugin_utils._core"
# From the bottom up. Plugins of all kinds are the top; what is not named here is imported by nothing of ours.
LAYERS = (CORE_PACKAGE, "plugin_utils._host", "plugin_utils._task")
KINDS = ("action", "filter", "modules", "test")
# One file each: what needs the outside has one door.
DOORS = {"ssl": "handshake.py", "os": "lent.py", "cryptography": "x509.py"}
# They read or write files, processes, sockets, clocks, or chance.
IMPURE = {
    "asyncio", "glob", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "ssl", "subprocess", "tempfile", "time",
}
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")


def core_faults(source: str, *, name: str, package: str = CORE_PACKAGE) -> list[str]:
    """Return what keeps the core file *name* from being pure, as ``line: what``."""
    faults = []
    for line, module in imports(source, package=package):
        top = module.split(".")[0]
        ours = f"{module}.".startswith(f"{CORE_PACKAGE}.")
        pure = ours or (top in sys.stdlib_module_names and top not in IMPURE)
        if not pure and DOORS.get(top) != name:
            faults.append(f"{line}: imports {module}")
    for line, dotted in calls(source):
        if dotted in ("open", "io.open", "input", "print", "os.environ") or f".{dotted}".endswith(tuple(f".{clock}" for clock in CLOCKS)):
            faults.append(f"{line}: uses {dotted}")
    return faults


def level(module: str) -> int:
    """Return the layer of a dotted name below ``plugins``: 0 is the core, the highest are the plugins themselves, -1 is not ours."""
    for height, layer in enumerate(LAYERS):
        if f"{module}.".startswith(f"{layer}."):
            return height
    return len(LAYERS) if module.partition(".")[0] in KINDS else -1


def upward(source: str, *, package: str) -> list[str]:
    """Return the imports of *source* that go up, or from one plugin to another."""
    own = level(package)
    top = len(LAYERS)
    found = [(line, module, level(module)) for line, module in imports(source, package=package)]
    return [f"{line}: imports {module}" for line, module, height in found if height > own or height == own == top]


class TestCore:
    @pytest.mark.parametrize("path", python_files(CORE), ids=lambda path: str(path.relative_to(CORE)))
    def test_is_pure(self, path: Path) -> None:
        """A file of the core imports the standard library and its own kind, and touches no file, clock or environment."""
        source = path.read_text(encoding="utf-8")

        assert core_faults(source, name=path.name, package=package_of(path)) == []

    @pytest.mark.parametrize(
        "source",
        [
            "import ansible", "from ansible.errors import AnsibleError", "from .._host import port", "import cryptography.x509",
            "import ssl", "import os", "from pathlib import Path", "import time", "import yaml",
            "text = open('a')", "text = io.open('a')", "now = dt.datetime.now()", "now = datetime.now(UTC)",
        ],
    )
    def test_that_reaches_outside_is_found(self, source: str) -> None:
        """One impure line is one fault, so the test above can fail."""
        faults = core_faults(source, name="pem.py")

        assert len(faults) == 1

    @pytest.mark.parametrize(("source", "name"), [
        ("import ssl", "handshake.py"), ("import os", "lent.py"), ("from cryptography import x509", "x509.py"),
    ])
    def test_has_one_door_for_each_library(self, source: str, name: str) -> None:
        """TLS and certificates each come in through one file."""
        assert core_faults(source, name=name) == []

        assert core_faults(source, name="bundle.py") != []


class TestImports:
    @pytest.mark.parametrize("path", python_files(PLUGINS), ids=lambda path: str(path.relative_to(PLUGINS)))
    def test_go_down_only(self, path: Path) -> None:
        """No layer knows the one above it, and no plugin another plugin."""
        source = path.read_text(encoding="utf-8")

        assert upward(source, package=package_of(path)) == []

    @pytest.mark.parametrize(
        ("package", "source"),
        [
            ("plugin_utils._core", "from .._host.port import Host"),
            ("plugin_utils._core.dwb", "from ..._task import base"),
            ("plugin_utils._host", "from .._task.base import Task"),
            ("plugin_utils._task", "from ...action.node import ActionModule"),
            ("action", "from .gate import ActionModule"),
        ],
    )
    def test_that_go_up_are_found(self, package: str, source: str) -> None:
        """One import upward is one fault, so the test above can fail."""
        assert len(upward(source, package=package)) == 1

    @pytest.mark.parametrize("path", python_files(PLUGINS), ids=lambda path: str(path.relative_to(PLUGINS)))
    def test_of_cryptography_stand_in_one_file(self, path: Path) -> None:
        """Only ``_core/x509.py`` knows which library reads certificates."""
        users = {module.split(".")[0] for _line, module in imports(path.read_text(encoding="utf-8"), package=package_of(path))}

        assert "cryptography" not in users or path == CORE / "x509.py"

    @pytest.mark.parametrize("path", python_files(PLUGINS), ids=lambda path: str(path.relative_to(PLUGINS)))
    def test_are_relative_within_the_collection(self, path: Path) -> None:
        """A plugin does not depend on the name under which the collection is installed."""
        modules = [module for _line, module in imports(path.read_text(encoding="utf-8"), package=package_of(path))]

        assert not [module for module in modules if module.startswith("ansible_collections.certops")]
