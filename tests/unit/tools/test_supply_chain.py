"""What is installed is what was tested: every package is pinned with its hashes, and listed in the bill of materials."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tools.make_sbom import bill, read_lock

ROOT = Path(__file__).parents[3]
REQUIREMENTS = ROOT / "requirements"
LOCKS = sorted(path.stem for path in REQUIREMENTS.glob("*.lock"))


def wanted(path: Path) -> list[Requirement]:
    """Return what a file of requirements asks for, those that it includes, too."""
    found = []
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            found += wanted(path.parent / line[3:].strip())
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


class TestLocks:
    def test_are_there_for_everything_that_is_installed(self) -> None:
        """One for the demo, one for development, one for the newest controller, one for the collections."""
        assert LOCKS == ["collections", "dev", "newest", "run"]

    @pytest.mark.parametrize("name", LOCKS)
    def test_pin_what_is_asked_for(self, name: str) -> None:
        """A range that was changed without `nox -s lock` is told by its name."""
        pinned: dict[str, set[str]] = {}
        for package, version, _digests in read_lock((REQUIREMENTS / f"{name}.lock").read_text()):
            pinned.setdefault(package.lower(), set()).add(version)

        for requirement in wanted(REQUIREMENTS / f"{name}.txt"):
            versions = pinned.get(re.sub(r"[-_.]+", "-", requirement.name).lower(), set())
            assert versions, f"{requirement.name} is not in {name}.lock"
            assert all(requirement.specifier.contains(version) for version in versions), requirement

    @pytest.mark.parametrize("name", LOCKS)
    def test_have_a_hash_for_every_package(self, name: str) -> None:
        """Pip refuses what has none, and so nobody could install anything."""
        packages = list(read_lock((REQUIREMENTS / f"{name}.lock").read_text()))

        assert len(packages) == len(re.findall("^[a-zA-Z0-9]", (REQUIREMENTS / f"{name}.lock").read_text(), re.MULTILINE))
        assert all(digests for _name, _version, digests in packages)


class TestBill:
    @staticmethod
    def _bill(sha256: str = "ab" * 32) -> dict[str, Any]:
        galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
        return bill(galaxy, lock=(REQUIREMENTS / "run.lock").read_text(), sha256=sha256)

    def test_lists_what_a_controller_runs(self) -> None:
        """The archive by its hash, the collections it needs, and the pinned packages."""
        made = self._bill()
        components = {component["name"]: component for component in made["components"]}

        assert made["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
        assert {"ansible.windows", "ansible-core", "cryptography", "jinja2"} <= set(components)
        assert components["cryptography"]["purl"].startswith("pkg:pypi/cryptography@")
        assert components["cryptography"]["properties"]

    def test_is_the_same_for_the_same_archive(self) -> None:
        """No time, no machine, no chance; another archive has another number."""
        assert self._bill() == self._bill()
        assert self._bill()["serialNumber"] != self._bill("cd" * 32)["serialNumber"]

    def test_refers_to_nothing_that_it_does_not_list(self) -> None:
        """Each reference is there once."""
        made = self._bill()
        refs = [component["bom-ref"] for component in made["components"]]

        assert len(set(refs)) == len(refs)
        assert made["dependencies"][0]["dependsOn"] == sorted(refs)
