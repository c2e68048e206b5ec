# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Build the collection's archive so that whoever builds the same commit gets the same bytes: ``build_collection.py COLLECTION FOLDER``.

``ansible-galaxy`` writes the time of the build into the archive, and files in the order of the disk. Both are taken out again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any


def repacked(archive: bytes, *, moment: int) -> bytes:
    """
    Return the archive with its files in the order of their names, all of the same time.

    Args:
        archive: As ``ansible-galaxy collection build`` wrote it.
        moment: Seconds since 1970, for every file.
    """
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        held = {member.name: (member, file.read() if (file := tar.extractfile(member)) else b"") for member in tar.getmembers()}
    files = _json(held["FILES.json"][1])
    files["files"].sort(key=lambda entry: str(entry["name"]))
    manifest = _json(held["MANIFEST.json"][1])
    written = {"FILES.json": _text(files)}
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(written["FILES.json"]).hexdigest()
    written["MANIFEST.json"] = _text(manifest)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(held, key=lambda name: (name not in written, name)):   # galaxy servers look for the manifest first
            member, content = held[name]
            content = written.get(name, content)
            member.size, member.mtime, member.pax_headers = len(content), moment, {}
            tar.addfile(member, io.BytesIO(content) if member.isfile() else None)
    return gzip.compress(packed.getvalue(), compresslevel=9, mtime=0)


def _json(content: bytes) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(content)
    return read


def _text(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=True).encode()


def moment_of_commit() -> int:
    """Return SOURCE_DATE_EPOCH, else when the commit was made that is checked out; 0 where neither is known."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdecimal():
        return int(given)
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], check=False, capture_output=True, text=True).stdout.strip()
    return int(told) if told.isdecimal() else 0


def build(collection: Path, folder: Path) -> Path:
    """
    Build the archive.

    Args:
        collection: A copy of the collection that holds nothing else.
        folder: Gets the archive, whose name is that of the collection and its version.
    """
    with tempfile.TemporaryDirectory() as raw:
        command = ["ansible-galaxy", "collection", "build", "--output-path", raw, str(collection)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        made = next(Path(raw).glob("*.tar.gz"))
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / made.name
        target.write_bytes(repacked(made.read_bytes(), moment=moment_of_commit()))
    return target


def main(collection: str, folder: str) -> None:
    """Build twice, and fail when the two differ."""
    target = build(Path(collection), Path(folder))
    with tempfile.TemporaryDirectory() as again:
        other = build(Path(collection), Path(again))
        same = other.read_bytes() == target.read_bytes()
    if not same:
        sys.exit(f"{target}: a second build has other bytes")
    print(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
