# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The local connection, with a line in a file for every round trip that a real one would make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = """
name: counting
short_description: the local connection, counted
description:
  - Appends one line, C(HOST VERB), to a file for each call of C(exec_command), C(put_file) and C(fetch_file).
author: certops
options:
  count_file:
    description: File that gets the lines.
    type: path
    required: true
    env:
      - name: CERTOPS_COUNT_FILE
    vars:
      - name: certops_count_file
  become_success_timeout:
    description: As for C(local).
    type: int
    default: 10
  become_strip_preamble:
    description: As for C(local).
    type: bool
    default: true
extends_documentation_fragment:
  - connection_pipelining
"""


def round_trips(count_file: Path) -> list[tuple[str, str]]:
    """Return host and verb of every round trip in *count_file*, in their order; none when it does not exist."""
    if not count_file.exists():
        return []
    return [(host, verb) for host, _ignored, verb in (line.partition(" ") for line in count_file.read_text().splitlines())]


class Connection(LocalConnection):  # type: ignore[misc]   # Ansible ships no types
    """Counts, then does what the local connection does."""

    transport = "counting"

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run one command; one round trip."""
        self._count("exec_command")
        answer: tuple[int, bytes, bytes] = super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return answer

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy one file there; one round trip."""
        self._count("put_file")
        super().put_file(in_path, out_path)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy one file back; one round trip."""
        self._count("fetch_file")
        LocalConnection.put_file(self, in_path, out_path)

    def _count(self, verb: str) -> None:
        option: Any = self.get_option("count_file")
        with Path(option).open("a", encoding="utf-8") as lines:  # one write below 4 KiB: forks do not mix their lines
            lines.write(f"{self._play_context.remote_addr} {verb}\n")
