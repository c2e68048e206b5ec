# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The local connection to nodes that can be lost: a host named in a file is unreachable until it is named there no more."""

from __future__ import annotations

import os
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import DOCUMENTATION as _LOCAL
from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = _LOCAL.replace("name: local", "name: losable")


class Connection(LocalConnection):  # type: ignore[misc]   # Ansible ships no types
    """Fails as ssh does when a node is gone, else does what the local connection does."""

    transport = "losable"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run one command, unless the node is lost."""
        host = str(self._play_context.remote_addr)
        lost = Path(os.environ["CERTOPS_LOST_HOSTS"])
        if lost.exists() and host in lost.read_text(encoding="utf-8").split():
            raise AnsibleConnectionFailure(f"{host} is lost")
        answer: tuple[int, bytes, bytes] = super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return answer
