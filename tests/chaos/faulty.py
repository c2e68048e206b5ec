# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A disk that fails when it is told to: a library between the programs of a node and the system, made of faulty.c with ``cc``."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

# In the order of the C file. A GUARD is what brings owner, mode and times; a LOOK opens to read, or asks what is there.
KINDS = ("write", "fsync", "rename", "open", "unlink", "link", "mkdir", "guard", "close", "read", "look")
_SOURCE = Path(__file__).with_name("faulty.c")
_NUMBERS = struct.Struct("16Q")


class FaultyDisk:
    """
    Counts what programs do below one folder, and lets some of it fail.

    Attributes:
        works: Whether this machine could compile it, and programs here do load it.
    """

    def __init__(self, at: Path, below: Path) -> None:
        """
        Compile the library.

        Args:
            at: Folder for it and what it counts, not below the other one; made here.
            below: What is on the faulty disk.
        """
        at.mkdir(parents=True, exist_ok=True)
        below.mkdir(parents=True, exist_ok=True)
        self._library, self._counts, self._below = at / "faulty.so", at / "counts", below.resolve()
        compiler = shutil.which("cc")
        command = [compiler or "cc", "-shared", "-fPIC", "-O1", "-o", str(self._library), str(_SOURCE), "-ldl"]
        self.works = bool(compiler) and subprocess.run(command, check=False, capture_output=True).returncode == 0 and self._is_loaded()

    def armed(self, **told: int) -> dict[str, str]:
        """
        Return the environment of programs whose disk this is, and begin to count anew.

        Args:
            told: What the C file knows as ``FAULTY_…``, in lower case, with ``from_`` for ``FAULTY_FROM``.
        """
        self._counts.write_bytes(bytes(_NUMBERS.size))
        settings = {f"FAULTY_{name.rstrip('_').upper()}": str(value) for name, value in told.items()}
        return {"LD_PRELOAD": str(self._library), "FAULTY_BELOW": str(self._below), "FAULTY_COUNTS": str(self._counts), **settings}

    def counted(self) -> dict[str, int]:
        """Return how many calls of each kind there were, and under ``bytes`` how many were to be written."""
        numbers = _NUMBERS.unpack(self._counts.read_bytes())
        return {**dict(zip(KINDS, numbers, strict=False)), "bytes": numbers[-1]}

    def _is_loaded(self) -> bool:
        """Tell whether programs of this machine are caught; one that is linked statically is not."""
        file = self._below / "probe"
        env = {**self.armed(kind=KINDS.index("write"), from_=1, errno=5), "PATH": "/usr/bin:/bin"}
        said = subprocess.run(["sh", "-c", 'echo x > "$0"', str(file)], env=env, check=False, capture_output=True)
        file.unlink(missing_ok=True)
        return said.returncode != 0 and self.counted()["write"] == 1
