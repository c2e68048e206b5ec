# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ssh connection as ansible-core has it, up to the process that it would start; PowerShell is the shell on the other side."""

from __future__ import annotations

import base64

from ansible.plugins.connection.ssh import DOCUMENTATION as _SSH
from ansible.plugins.connection.ssh import Connection as SshConnection
from windows.clixml import clixml
from windows.machine import OPTIONS, Settings, count, run

DOCUMENTATION = _SSH.replace("name: ssh", "name: windows_ssh")


class Connection(SshConnection):  # type: ignore[misc]   # Ansible ships no types
    """The command arrives as it was given; standard error is put in order by the real exec_command."""

    transport = "windows_ssh"

    def _run(
        self, cmd: list[bytes], in_data: bytes | None, sudoable: bool = True, checkrc: bool = True
    ) -> tuple[int, bytes, bytes]:
        settings, command = Settings.here(), cmd[-1].decode()
        count(settings, host=str(self._play_context.remote_addr), command=command, data=in_data or b"")
        words = command.split(" ")
        if not command.startswith(OPTIONS):
            words = [*OPTIONS.split(" "), base64.b64encode(command.encode("utf-16-le")).decode()]
        output = run(settings, words, in_data or b"")
        return output.code, "".join(f"{line}\r\n" for line in output.lines).encode(), clixml(output.errors)
