# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Lay the collections that galaxy.yml depends on, and those of the tests, into a folder: ``fetch_collections.py FOLDER``.

They are taken out of the ``ansible`` package, so that the package index is the only server a developer needs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml

# The ansible package, pinned.
LOCK = Path(__file__).parents[1] / "requirements/collections.lock"
FOR_TESTS = ("community.crypto", "containers.podman")


def wanted() -> tuple[str, ...]:
    """Return the folders below ``ansible_collections/`` of the collections that galaxy.yml, the tests and the benchmark name."""
    names = yaml.safe_load(Path("galaxy.yml").read_text(encoding="utf-8"))["dependencies"]
    return tuple(f"ansible_collections/{name.replace('.', '/')}/" for name in (*names, *FOR_TESTS))


def download(folder: str) -> Path:
    """Return the wheel of the ansible package, fetched into *folder*."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary", ":all:", "--dest", folder, "--require-hashes", "--requirement", str(LOCK)], check=True)
    return next(Path(folder).glob("*.whl"))


def main(target: str) -> None:
    """Unpack the wanted collections into *target*, which becomes a collections path."""
    folders = wanted()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(download(folder)) as wheel:
        members = [name for name in wheel.namelist() if name.startswith(folders)]
        missing = [folder for folder in folders if not any(name.startswith(folder) for name in members)]
        if missing:
            sys.exit(f"the ansible package has no {' '.join(missing)}: add the collection's own package to tools/fetch_collections.py")
        wheel.extractall(target, members)


if __name__ == "__main__":
    main(*sys.argv[1:])
