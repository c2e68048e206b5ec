# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parser for PowerShell, where no PowerShell runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_powershell import main
from unit.source import PLUGINS, ROOT

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

    @pytest.mark.parametrize(("new", "old"), [
        ("$a = $b ?? 1", "if ($null -eq $b) { $a = 1 }"), ("$a ??= 1", "if ($null -eq $a) { $a = 1 }"),
        ("$c = ${a}?.Length", "$c = $a.Length"), ("$c = ${a}?[0]", "$c = $a[0]"),
        ("$c = $a ? 1 : 2", "$c = if ($a) { 1 } else { 2 }"), ("$c = ($a -eq 1) ? 1 : 2", "gci | ? { $_.Length }"),
        ("gci && gci", "gci; gci"), ("gci -Name || gci", "gci | gci"), ("gci &", "& gci"),
        ("Get-Content $a -AsByteStream", "Get-Content $a -Encoding Byte"), ("Get-Content $a -asbytestream", "Get-Content -AsByteStreams"),
        ("[IO.File]::Move($a, $b, $true)", "[IO.File]::Move($a, $b)"),
        ("[System.IO.File]::move($a, $b, $true)", "[IO.File]::Copy($a, $b, $true)"),
        ("[IO.File]::Move($a, $b, (f $c))", "[IO.File]::Move($a, [IO.Path]::Combine($b, $c))"),
        ("if ($IsWindows) { 1 }", "if ($OnWindows) { 1 }"), ('"$($global:IsLinux)"', "'$IsLinux'"), ("${IsMacOS}", "${Is MacOS}"),
        ("1..2 | ForEach-Object -Parallel { $_ }", "1..2 | ForEach-Object -Process { $_ }"),
        ("function f { clean { 1 } }", "function f { end { 1 } }"),
        ("function f { begin { 1 } clean { 1 } }", "function f { begin { 1 } end { 1 } }"),
        ("[Convert]::ToHexString($a)", "[Convert]::ToBase64String($a)"), ("$a | Join-String", "$a -join ''"),
    ])
    def test_refuses_what_5_1_does_not_know(self, script: Path, capsys: pytest.CaptureFixture[str], *, new: str, old: str) -> None:
        """One construct of PowerShell 6 or 7 is told with its line; what 5.1 has for it passes."""
        script.write_text(GOOD + old + "\n")
        assert main([str(script)]) == 0
        script.write_text(GOOD + new + "\n")

        assert main([str(script)]) == 1
        assert f"{script}:" in capsys.readouterr().out

    @pytest.mark.parametrize("text", [
        "# a && b\n1", "'a && b'", '"a || b ?? c"', "<#\n$IsWindows ??\n#>\n1", "using namespace System.IO\n1",
    ])
    def test_leaves_text_alone(self, script: Path, text: str) -> None:
        """A comment or a string is no construct, and namespaces are as old as 5.0."""
        script.write_text(text + "\n")

        assert main([str(script)]) == 0

    def test_accepts_every_script_of_the_plugins(self) -> None:
        """What runs on nodes runs on Windows Server 2012 R2."""
        scripts = [str(path.relative_to(ROOT)) for path in PLUGINS.rglob("*.ps1")]

        assert len(scripts) >= 2
        assert main([str(ROOT / name) for name in scripts]) == 0

    def test_refuses_to_check_nothing(self) -> None:
        """No file at all is a failure, so that a wrong pattern cannot pass for success."""
        assert main([]) == 1
