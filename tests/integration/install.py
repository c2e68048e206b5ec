# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An install tree on this machine, and one task after the other on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unit.builders import Authority, Leaf, make_root

from integration.playbook import Event, Result, run_playbook

CFG = b"\r\n".join([
    b"component = CommServer:", b"  Port = int: 80", b"  Proxy Password = EncryptedString: c2VjcmV0", b"  Servers = vector: 2 items",
    b"    0 = InitServer:", b"      URI = string: /a", b"    1 = InitServer:", b"      URI = string: /b", b"  SSL Port = int: 443"])


@dataclass(frozen=True)
class Install:
    """An install tree on this machine, and the CA that its bundle trusts."""

    root: Path
    plant: Authority
    licence: Leaf

    @property
    def bundle(self) -> Path:
        """Return its trust bundle."""
        return self.root / "Certificates" / "trust_ca_cert.pem"

    @property
    def certificate(self) -> Path:
        """Return the file of its custom certificate."""
        return self.root / "Certificates" / "custom_communications_cert.pem"

    @property
    def cfg(self) -> Path:
        """Return its Communications.cfg."""
        return self.root / "Components" / "Communications.cfg"

    def snapshot(self) -> dict[str, bytes]:
        """Return all its files, the state folder's included."""
        files = (path for folder in (self.root, Path(f"{self.root}.certops")) for path in folder.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files}

    def play(self, *tasks: Mapping[str, Any], arguments: tuple[str, ...] = ()) -> Result:
        """Run *tasks* on it, each with its name, its module, its options, and how it is run."""
        play = {"hosts": "node", "gather_facts": False, "tasks": [self._task(**task) if "module" in task else task for task in tasks]}
        return run_playbook(json.dumps([play]), "node ansible_connection=local\n", *arguments, folder=self.root.parent / "run")

    def _task(self, *, name: str, module: str, options: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        return {"name": name, f"certops.rollout.{module}": {"root": str(self.root), **options}, **how}

    def rehearse(self, module: str, options: Mapping[str, Any]) -> tuple[Event, Event, Event]:
        """Return what came of a task in check mode, done, and done again; make sure that check mode changed nothing."""
        task = {"module": module, "options": options, "diff": True}
        hashes = f"find {self.root} {self.root}.certops -type f -exec sha256sum {{}} + 2> /dev/null | sort"
        look = {"ansible.builtin.debug": {"msg": f"{{{{ lookup('ansible.builtin.pipe', '{hashes}') }}}}"}}

        told = self.play({"name": "Before", **look}, {"name": "Check", "check_mode": True, **task}, {"name": "Between", **look},
                         {"name": "Do", **task}, {"name": "Again", **task})
        assert told.of("node", "Before").result["msg"] == told.of("node", "Between").result["msg"] != "", "check mode wrote"
        return told.of("node", "Check"), told.of("node", "Do"), told.of("node", "Again")


def make_install(folder: Path) -> Install:
    """Return a fresh install tree below *folder* with a licence certificate for the common name dpu-01."""
    plant = make_root("Plant Root")
    made = Install(folder / "insight", plant, plant.issue("dpu-01"))
    made.certificate.parent.mkdir(parents=True)
    made.cfg.parent.mkdir()
    made.bundle.write_bytes(plant.pem.rstrip(b"\n"))
    (made.certificate.parent / "server_cert.pem").write_bytes(b"Product = Premium\n" + made.licence.pem)
    made.cfg.write_bytes(CFG)
    return made


def problem(event: Event) -> str:
    """Return the message of a task that was refused, and make sure that it was refused as it should be."""
    assert event.status == "ignored", event.result
    assert event.result["findings"], event.result
    assert "Traceback" not in json.dumps(event.result)
    return str(event.result["msg"])


def refusals(node: Install, module: str, cases: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the message of each case; make sure that none of them wrote anything."""
    before = node.snapshot()
    result = node.play(*({"name": name, "module": module, "options": options, "ignore_errors": True} for name, options in cases.items()))

    assert node.snapshot() == before, "a refused task wrote"
    return {name: problem(result.of("node", name)) for name in cases}
