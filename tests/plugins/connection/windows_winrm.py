# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The winrm connection as ansible-core has it, up to the message that would leave for the machine."""

from __future__ import annotations

from collections.abc import Iterable

from ansible.plugins.connection.winrm import DOCUMENTATION as _WINRM
from ansible.plugins.connection.winrm import Connection as WinrmConnection
from windows.clixml import clixml
from windows.machine import Settings, count, run

try:
    from ansible._internal._powershell._clixml import replace_stderr_clixml
except ImportError:   # ansible-core 2.19
    from ansible.plugins.shell.powershell import _parse_clixml as replace_stderr_clixml

DOCUMENTATION = _WINRM.replace("name: winrm", "name: windows_winrm")


class Connection(WinrmConnection):  # type: ignore[misc]   # Ansible ships no types
    """What is encoded, and what is left as it is, is decided by the real exec_command."""

    transport = "windows_winrm"

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def _winrm_exec(
        self, command: str, args: Iterable[str] = (), from_exec: bool = False, stdin_iterator: Iterable[tuple[bytes, bool]] | None = None
    ) -> tuple[int, bytes, bytes]:
        settings, words = Settings.here(), " ".join([command, *args]).split(" ")   # joined like this on the machine, whoever splits it
        data = b"".join(piece for piece, _last in stdin_iterator or ())
        count(settings, host=str(self._play_context.remote_addr), command=" ".join(words), data=data)
        output = run(settings, words, data)
        errors = clixml(output.errors)
        stdout = "".join(f"{line}\r\n" for line in output.lines).encode()
        return output.code, stdout, replace_stderr_clixml(errors) if errors.startswith(b"#< CLIXML") else errors
