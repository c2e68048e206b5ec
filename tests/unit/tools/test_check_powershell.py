# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parser for PowerShell, where no PowerShell runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_powershell import main

GOOD = "function Get-Leaf($Path) {\n    if ($Path -eq 'a') { return \"$($Path)\" }\n}\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return a script that PowerShell understands."""
    path = tmp_path / "leaf.ps1"
    path.write_text(GOOD)
    return path


class TestCheckPowershell:
    def test_accepts_what_powershell_does(self, script: Path) -> None:
        """A correct script passes."""
        assert main([str(script)]) == 0

    @pytest.mark.parametrize(("old", "new"), [("-eq 'a'", "-eq"), ("}\n}", "}"), ("($Path) {", "($Path {")])
    def test_names_the_line_of_a_fault(self, script: Path, capsys: pytest.CaptureFixture[str], *, old: str, new: str) -> None:
        """One token too few is reported with its file and line."""
        script.write_text(GOOD.replace(old, new))

        assert main([str(script)]) == 1
        assert f"{script}:" in capsys.readouterr().out

    def test_refuses_to_check_nothing(self) -> None:
        """No file at all is a failure, so that a wrong pattern cannot pass for success."""
        assert main([]) == 1
