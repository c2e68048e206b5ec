# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The demo's company and its CA."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unit.builders import Authority, make_root


@dataclass(frozen=True)
class Company:
    """A PKI of three levels, as companies have them."""

    root: Authority
    policy: Authority
    issuing: Authority

    @classmethod
    def found(cls, name: str = "Plant") -> Company:
        """Make root, policy CA and issuing CA."""
        root = make_root(f"{name} Root CA")
        policy = root.intermediate(f"{name} Policy CA")
        return cls(root, policy, policy.intermediate(f"{name} Issuing CA"))

    @property
    def levels(self) -> tuple[Authority, Authority, Authority]:
        """Return all levels, the root first."""
        return self.root, self.policy, self.issuing

    def write(self, folder: Path) -> list[str]:
        """Write the anchors; return their paths."""
        paths = []
        for name in ("root", "policy", "issuing"):
            path = folder / f"{name}.pem"
            path.write_bytes(getattr(self, name).pem)
            paths.append(str(path))
        return paths
