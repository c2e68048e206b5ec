# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Say which programs the tests need and this machine lacks, and which Debian packages bring them.

Exit status 69 when a test could not run at all. A missing shell only skips its contract tests, except where CI is set.
"""

from __future__ import annotations

import os
import shutil
import sys

# program: Debian package
REQUIRED = {"git": "git", "openssl": "openssl", "sh": "dash", "shellcheck": "shellcheck"}
SHELLS = {"dash": "dash", "bash": "bash", "busybox": "busybox", "ksh": "ksh93u+m", "mksh": "mksh"}
HELPFUL = {"sudo": "sudo"}


def missing(programs: dict[str, str]) -> list[str]:
    """Return the packages of those *programs* that are not on PATH."""
    return [package for program, package in programs.items() if not shutil.which(program)]


def main() -> int:
    """Print one line per kind of missing program; return 69 when the tests cannot run, else 0."""
    in_ci = os.environ.get("CI", "") not in ("", "false")
    needed = missing(REQUIRED | (SHELLS | HELPFUL if in_ci else {}))
    skipped = [] if in_ci else missing(SHELLS | HELPFUL)
    if skipped:
        print(f"tests that need these will be skipped: apt-get install {' '.join(skipped)}")
    if needed:
        print(f"the tests cannot run without these: apt-get install {' '.join(needed)}")
        return 69
    print("all required programs are here")
    return 0


if __name__ == "__main__":
    sys.exit(main())
