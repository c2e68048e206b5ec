# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The limits of the house that no linter counts: sizes, the README's first example, no PEM in the source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from unit.source import PLUGINS, ROOT, functions, length, parameters, python_files

FILE_LINES = 300
FUNCTION_LINES = 40
PARAMETERS = 5
EXAMPLE_BEFORE = 25

OURS = [*python_files(PLUGINS, ROOT / "tests", ROOT / "tools", ROOT / "molecule"), ROOT / "noxfile.py"]
SCRIPTS = {".py", ".sh", ".ps1", ".yml", ".yaml", ".md", ".j2", ".toml"}
# A marker line and then DER: a SEQUENCE begins with the byte 0x30, which is M in base64.
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----(?:\\[rn]|[\s\"'])*M[A-Za-z0-9+/]{30}")


def oversized(source: str) -> Iterator[str]:
    """Yield what in *source* passes a limit, as ``line: what``."""
    if source.count("\n") > FILE_LINES:
        yield f"1: {source.count(chr(10))} lines"
    for function in functions(source):
        if length(function) > FUNCTION_LINES:
            yield f"{function.lineno}: {function.name} has {length(function)} lines"
        if parameters(function) > PARAMETERS:
            yield f"{function.lineno}: {function.name} has {parameters(function)} parameters"


def first_example(text: str) -> int:
    """Return the 1-based line of the first YAML example of a Markdown *text*; a huge number when there is none."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if line.startswith("```y")), 10**6)


def text_files() -> list[Path]:
    """Return the source and text files of the project, fixtures left out."""
    folders = [ROOT / name for name in ("plugins", "roles", "playbooks", "tests", "tools", "docs", "molecule")]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in SCRIPTS]
    return [path for path in files if "fixtures" not in path.parts] + sorted(ROOT.glob("*.md"))


class TestSize:
    @pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_of_every_file_is_within_the_limits(self, path: Path) -> None:
        """Files, functions and parameter lists can be held in the head."""
        assert list(oversized(path.read_text(encoding="utf-8"))) == []

    @pytest.mark.parametrize(
        "source",
        [
            "x = 1\n" * (FILE_LINES + 1),
            "def f():\n    '''Say.'''\n" + "    x = 1\n" * (FUNCTION_LINES + 1),
            "class A:\n    def f(self, a, b, c, *, d, e, f): ...\n",
        ],
    )
    def test_past_a_limit_is_found(self, source: str) -> None:
        """One more than each limit is one fault, so the test above can fail."""
        assert len(list(oversized(source))) == 1


class TestSource:
    def test_holds_no_pem(self) -> None:
        """Keys and certificates of tests come from the builders; only fixtures are files."""
        holders = [str(path.relative_to(ROOT)) for path in text_files() if _PEM.search(path.read_text(encoding="utf-8"))]

        assert holders == []

    @pytest.mark.parametrize("joint", ["\n", "\\n", '"\n    "'])
    def test_with_pem_would_be_found(self, joint: str) -> None:
        """A key as a file or as a Python constant is seen, a marker line alone is not."""
        marker = "-----BEGIN " + "PRIVATE KEY-----"

        assert _PEM.search(f"{marker}{joint}{'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'}")
        assert not _PEM.search(f"{marker}{joint}U0VDUkVU")


class TestReadme:
    def test_shows_an_example_at_once(self) -> None:
        """The first task that runs is seen without scrolling."""
        text = (ROOT / "README.md").read_text(encoding="utf-8")

        assert first_example(text) < EXAMPLE_BEFORE

    def test_without_an_example_is_found(self) -> None:
        """Prose and shell commands are no example."""
        assert first_example("# Title\n\n```sh\nmake demo\n```\n") > EXAMPLE_BEFORE


class TestActionGroups:
    def test_name_modules_that_exist(self) -> None:
        """``module_defaults`` for a group reaches what it says; Ansible itself would ignore a mistyped name."""
        groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]
        modules = {path.stem for path in (PLUGINS / "modules").glob("*.py")}

        assert groups
        assert set().union(*groups.values()) <= modules
