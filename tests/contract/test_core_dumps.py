"""What a shell that dies leaves behind."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from contract.host import Host, look


class TestCoreDumps:
    def test_a_core_dump_of_the_shell_held_a_key(self, posix_host: Host, tmp_path: Path) -> None:
        """The request is in its memory; whatever the account allows, the script and all it calls write none."""
        told, tools = tmp_path / "told", tmp_path / "bin"
        tools.mkdir()
        (tools / "date").write_text(f'#!/bin/sh\nulimit -c > "{told}"\nexec {shutil.which("date")} "$@"\n')
        (tools / "date").chmod(0o755)
        posix_host.env = {"PATH": f"{tools}:{os.environ['PATH']}"}

        assert posix_host.observe(look(posix_host.root / "a.pem")).outcome == (0, "")
        assert told.read_text() == "0\n"
