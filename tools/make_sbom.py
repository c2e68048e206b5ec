# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Write the bill of materials of a release (CycloneDX 1.6, JSON): ``make_sbom.py ARCHIVE``, beside it, with the checksums.

What is listed is what a controller runs: the archive itself, the collections it depends on, and the packages of requirements/run.lock with
the hashes that were tested. It names no time and no machine, so the same archive has the same bill.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?$")
_HASH = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")
_NAMESPACE = uuid.UUID("4b1f1f6e-6d0c-5b52-9f0a-3c3c0a8f9f10")


def read_lock(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """
    Yield name, version and SHA-256 of the archives of each package.

    Args:
        text: Of a lock file.
    """
    for entry in text.replace(" \\\n    --hash", " --hash").splitlines():
        package = _PACKAGE.match(entry.partition(" --hash")[0])
        if package:
            yield package["name"], package["version"], _HASH.findall(entry)


def bill(galaxy: dict[str, Any], *, lock: str, sha256: str) -> dict[str, Any]:
    """
    Return the bill of materials.

    Args:
        galaxy: Of galaxy.yml.
        lock: Of the lock file with what a controller runs.
        sha256: Of the archive.
    """
    name, version = f"{galaxy['namespace']}.{galaxy['name']}", str(galaxy["version"])
    about = {
        **_component(name, version, f"pkg:generic/{name}@{version}"), "description": galaxy["description"],
        "licenses": [{"license": {"id": each}} for each in galaxy["license"]], "hashes": [{"alg": "SHA-256", "content": sha256}]}
    needed = [_component(other, str(wanted), f"pkg:generic/{other}") for other, wanted in sorted(galaxy["dependencies"].items())]
    needed += [_locked(*package) for package in read_lock(lock)]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, sha256)}", "metadata": {"component": about}, "components": needed,
        "dependencies": [{"ref": about["bom-ref"], "dependsOn": sorted(component["bom-ref"] for component in needed)}],
    }


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _locked(name: str, version: str, digests: list[str]) -> dict[str, Any]:
    """Return a package; the hashes of all its archives, one for each platform, are properties: the package has none of its own."""
    hashes = [{"name": "certops:archive:sha256", "value": digest} for digest in digests]
    return {**_component(name, version, f"pkg:pypi/{name}@{version}"), "properties": hashes}


def main(archive: str) -> None:
    """Write the bill and the checksums of both files beside the archive."""
    path = Path(archive)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    galaxy = yaml.safe_load(Path("galaxy.yml").read_text(encoding="utf-8"))
    written = bill(galaxy, lock=Path("requirements/run.lock").read_text(encoding="utf-8"), sha256=digest)
    target = path.with_name(path.name.removesuffix(".tar.gz") + ".cdx.json")
    target.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    sums = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in (path, target)}
    path.with_name("SHA256SUMS").write_text("".join(f"{told}  {name}\n" for name, told in sums.items()), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
