# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Podman as the scenarios use it, and what has to be there before they can run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

HOME = Path(__file__).resolve().parents[2] / "build" / "machines"
# program: Debian package
_PROGRAMS = {"podman": "podman", "runc": "runc", "mmdebstrap": "mmdebstrap", "ssh": "openssh-client", "iptables": "iptables",
             "netavark": "netavark"}
_ELSEWHERE = "/usr/lib/podman:/usr/sbin:/sbin"
_SETTINGS = Path(__file__).resolve().parents[2] / "molecule" / "image" / "containers.conf"


def lacking() -> list[str]:
    """Return one line for each thing that is missing; empty when machines can be made here."""
    problems = [] if os.geteuid() == 0 else ["not root: containers that run systemd need it"]
    packages = [package for program, package in _PROGRAMS.items() if not shutil.which(program, path=f"{os.environ['PATH']}:{_ELSEWHERE}")]
    if packages:
        problems.append(f"programs are missing: apt-get install --no-install-recommends {' '.join(packages)}")
    return problems


def podman(*arguments: str, content: bytes | None = None) -> bytes:
    """
    Return what podman prints.

    Args:
        arguments: Of its command line.
        content: For its standard input.

    Raises:
        RuntimeError: It failed; the message is what it said.
    """
    environment = os.environ | {"CONTAINERS_CONF": str(_SETTINGS)}
    done = subprocess.run(["podman", *arguments], env=environment, input=content or b"", capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise RuntimeError(f"podman {' '.join(arguments)}: exit status {done.returncode}: {said}")
    return done.stdout
