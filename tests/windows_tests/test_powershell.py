"""What arrives at a PowerShell, however it is handed over."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from ansible.plugins.shell.powershell import ShellModule, _parse_clixml, _replace_stderr_clixml
from windows.clixml import clixml
from windows.powershell import MARK, SCRIPTS, console_lines, constrained, decoded, run
from windows.pretended import STATE, Machine, b64
from windows.volume import Volume

BOOTSTRAP = (SCRIPTS / "bootstrap.ps1").read_text()
SCRIPT = (SCRIPTS / "host_files.ps1").read_text().rstrip()
REQUEST = f"certops 1 observe\nstate {b64(STATE)}\nend\n"
SENT = f"{SCRIPT}\n{MARK}\n{REQUEST}"


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """Return the files of a machine."""
    return Machine(tmp_path).volume


class TestBootstrap:
    @pytest.mark.parametrize(
        "items",
        [
            pytest.param([SENT], id="one string"),
            pytest.param([SENT.replace("\n", "\r\n")], id="one string with CRLF"),
            pytest.param(SENT.splitlines(), id="lines"),
            pytest.param(("\ufeff" + SENT).splitlines(), id="byte order mark"),
            pytest.param(console_lines(SENT.replace("\n", "\r\n").encode("utf-8-sig")), id="standard input"),
        ],
    )
    def test_finds_script_and_request(self, volume: Volume, items: list[str]) -> None:
        """However a connection cuts its input into items, the answer is the same."""
        output = run(volume, BOOTSTRAP, items)

        assert (output.code, json.loads(output.lines[-1])) == (0, {"ok": True})

    @pytest.mark.parametrize("items", [[], [SCRIPT], [MARK, REQUEST]])
    def test_does_nothing_without_a_request(self, volume: Volume, items: list[str]) -> None:
        """An input that was lost or cut off runs nothing."""
        output = run(volume, BOOTSTRAP, items)

        assert (output.code, output.lines, output.errors) == (64, [], "no request arrived\r\n")

    def test_says_that_the_language_mode_is_not_enough(self, volume: Volume) -> None:
        """In the words of the contract, before anything is called that is not allowed."""
        output = run(volume, BOOTSTRAP, SENT.splitlines(), language="ConstrainedLanguage")

        verdict = json.loads(output.lines[0])
        assert (output.code, verdict["code"]) == (69, "missing")
        assert base64.b64decode(verdict["message"]) == b"the language mode of PowerShell is not FullLanguage"

    def test_that_calls_a_method_first_is_stopped_by_powershell(self) -> None:
        """It cannot say any more what is missing."""
        late = constrained(BOOTSTRAP.replace("if ($ExecutionContext", "[Console]::Beep()\nif ($ExecutionContext"))

        assert (late.code, late.lines) == (1, [])
        assert "MethodInvocationNotSupportedInConstrainedLanguage" in late.errors


class TestCommand:
    def test_of_an_operator_is_run(self, volume: Volume) -> None:
        """Exit status and output come back."""
        output = run(volume, "echo running; exit 3", [])

        assert (output.code, output.lines) == (3, ["running"])

    def test_is_decoded_as_it_was_encoded(self) -> None:
        """Only the words that Ansible starts PowerShell with are understood."""
        command = ShellModule()._encode_script("exit 3", as_list=True, strict_mode=False, preserve_rc=False)

        assert decoded(command) == "exit 3"
        with pytest.raises(ValueError, match="no encoded command"):
            decoded(["cmd", "/c", "dir"])


class TestErrors:
    @pytest.mark.parametrize("errors", ["", "no request arrived\r\n", "ü <b>\tx\r\nagain\r\n"])
    def test_are_read_as_the_connections_do(self, errors: str) -> None:
        """Progress vanishes, what was told stays."""
        written = clixml(errors)

        assert _parse_clixml(written).decode() == errors
        assert _replace_stderr_clixml(written).decode() == errors
