# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The psrp connection as ansible-core has it, up to the runspace."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from ansible.plugins.connection.psrp import DOCUMENTATION as _PSRP
from ansible.plugins.connection.psrp import Connection as PsrpConnection
from windows.machine import OPTIONS, Settings, count, run

DOCUMENTATION = _PSRP.replace("name: psrp", "name: windows_psrp")


class Connection(PsrpConnection):  # type: ignore[misc]   # Ansible ships no types
    """What is decoded, and how the input is cut into items, is decided by the real exec_command."""

    transport = "windows_psrp"

    def _connect(self) -> Connection:
        self._connected, self._psrp_host = True, self._play_context.remote_addr
        return self

    def reset(self) -> None:
        """Leave it as it is: there is no runspace."""

    def close(self) -> None:
        """Leave it as it is: there is no runspace."""

    def _exec_psrp_script(
        self, script: str, input_data: Iterable[str] | None = None, use_local_scope: bool = True, arguments: Any = None
    ) -> tuple[int, bytes, bytes]:
        settings, items = Settings.here(), list(input_data or ())
        data = "".join(f"{item}\n" for item in items).encode()
        count(settings, host=str(self._play_context.remote_addr), command=script, data=data)
        # The exit status of an operator's command is that of the last program: nothing that a shell here has to be told.
        words = script.removesuffix("\nexit $LASTEXITCODE") if not items else script
        output = run(settings, [*OPTIONS.split(" "), base64.b64encode(words.encode("utf-16-le")).decode()], data)
        return output.code, "\r\n".join(output.lines).encode(), output.errors.encode()
