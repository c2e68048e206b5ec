# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the newest Python of this machine, for the other end of the controller matrix."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MINORS = (14, 13, 12)
_PROBE = "import ensurepip, venv, sys; print(*sys.version_info[:2])"


def candidates(minor: int) -> Iterator[str]:
    """Yield where Python 3.*minor* may be: on PATH, then among the versions of pyenv."""
    name = f"python3.{minor}"
    yield from filter(None, [shutil.which(name)])
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(map(str, root.glob(f"versions/*/bin/{name}")), reverse=True)


def runs(python: str, minor: int) -> bool:
    """Return whether *python* is 3.*minor* and can make virtual environments; what is on PATH may be a stub of pyenv."""
    found = subprocess.run([python, "-c", _PROBE], capture_output=True, text=True, check=False)
    return found.returncode == 0 and found.stdout.split() == ["3", str(minor)]


def find_newest_python() -> str | None:
    """Return the newest Python that is newer than the running one; None when there is none."""
    newer = [minor for minor in MINORS if minor > sys.version_info.minor]
    return next((python for minor in newer for python in candidates(minor) if runs(python, minor)), None)


if __name__ == "__main__":
    print(find_newest_python() or "none")
