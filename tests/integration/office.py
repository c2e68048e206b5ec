# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients of every kind as plain folders on this machine, each with a service that writes down what is asked of it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from demo.world import TESTS
from unit.builders import Leaf
from unit.core.dwb.clients import CN, shipped
from unit.core.dwb.servers import company
from windows.machine import Settings

from integration.install import Install, make_install
from integration.playbook import Result, finish, prepare
from integration.windows_lane import PLACE

KINDS = {"ws": "workstation", "report-1": "report_server", "report-2": "report_server", "repeater": "repeater", "query": "query_api",
         "web-1": "sensor", "web-2": "sensor"}
GROUPS = {"workstation": "dwb_workstation", "report_server": "dwb_report_server", "repeater": "dwb_replication",
          "query_api": "dwb_query_api", "sensor": "dwb_sensor"}
OWN, WHY = "custom_client_cert.pem", "Say what happened"

# A line for each call, with how many anchors the bundle had then. A call fails as often as the file broken-VERB has bytes.
_SERVICE = """#!/bin/sh
set -eu
printf '%s %s\\n' "$2" "$(grep -c BEGIN "$3")" >> "$1/log"
if test -s "$1/broken-$2"; then
  left=$(cut -c2- "$1/broken-$2"); printf %s "$left" > "$1/broken-$2"
  echo "does not $2" >&2; exit 1
fi
case $2 in
  status) test -e "$1/up" ;;
  stop) rm "$1/up" ;;
  start) touch "$1/up" ;;
esac
"""


@dataclass
class Office:
    """
    Clients of all kinds, and the one server of their cluster, which does not run.

    Attributes:
        folder: Where all of it lies.
        server: An install tree; its bundle does not trust the company's CA.
        common: Variables of all hosts, over those of the inventory.
        of_host: Variables of single hosts, over those.
        windows: How all of them are Windows machines; None for what they are.
    """

    folder: Path
    server: Install
    common: dict[str, Any] = field(default_factory=dict)
    of_host: dict[str, dict[str, Any]] = field(default_factory=dict)
    windows: Settings | None = None

    def root(self, name: str) -> Path:
        """Return the folder of one client."""
        return self.folder / "clients" / name

    def bundle(self, name: str) -> Path:
        """Return its trust bundle."""
        return next(self.root(name).rglob("trust_ca_cert.pem"))

    def config(self, name: str) -> Path:
        """Return the file that has its connections."""
        return next(path for path in self.root(name).rglob("*") if path.suffix in {".cfg", ".conf"})

    def calls(self, name: str) -> list[str]:
        """Return what was asked of its service since this was asked last: verb, and number of anchors at that moment; not for its state."""
        log = self.folder / "services" / name / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if not line.startswith("status")]

    def is_up(self, name: str) -> bool:
        """Tell whether its service runs."""
        return (self.folder / "services" / name / "up").exists()

    def break_service(self, name: str, *, times: int, verb: str = "start") -> None:
        """Let the next calls of its service fail."""
        (self.folder / "services" / name / f"broken-{verb}").write_text("x" * times)

    def files(self) -> dict[str, bytes]:
        """Return all files of the clients, without what the collection keeps beside them."""
        return {path: content for path, content in self.everything().items() if ".certops/" not in path}

    def everything(self) -> dict[str, bytes]:
        """Return all files of the clients, with the state beside them."""
        return {str(path): path.read_bytes() for path in sorted((self.folder / "clients").rglob("*")) if path.is_file()}

    def trust_company(self) -> None:
        """Let the server trust the company's CA."""
        self.server.bundle.write_bytes(b"".join(authority.pem for authority in company()))

    def give_certificate(self, name: str) -> Leaf:
        """Have the company issue a certificate to one client, to be rolled out."""
        leaf = company()[1].issue(CN, dns=())
        (self.folder / f"{name}.pem").write_bytes(leaf.pem)
        self.of_host.setdefault(name, {})["dwb_client_certificate"] = {"pem_src": str(self.folder / f"{name}.pem")}
        return leaf

    def play(self, playbook: str, *arguments: str) -> Result:
        """Run one of the collection's playbooks."""
        env = {"ANSIBLE_CONNECTION_PLUGINS": str(TESTS / "plugins" / "connection"), **(self.windows.environment() if self.windows else {})}
        inventory = yaml.safe_dump(self._inventory())
        return finish(prepare(f"certops.rollout.{playbook}", inventory, *arguments, folder=self.folder / "run", env=env))

    def _inventory(self) -> dict[str, Any]:
        children: dict[str, Any] = {"dwb_master": {"hosts": {"insight": {"dwb_root": str(self.server.root), "dwb_address": "127.0.0.1"}}}}
        for name, kind in KINDS.items():
            variables = {**self._variables(name, kind), **self.of_host.get(name, {})}
            children.setdefault(GROUPS[kind], {"hosts": {}})["hosts"][name] = variables
        anchors = [str(self.folder / "root.pem"), str(self.folder / "issuing.pem")]
        return {"all": {"vars": {"ansible_connection": "local", "dwb_trust_src": anchors, **self.common}, "children": children}}

    def _variables(self, name: str, kind: str) -> Mapping[str, Any]:
        prefix = "dwb_sensor" if kind == "sensor" else "dwb_client"
        words = [self.folder / "service.sh", self.folder / "services" / name]
        verbs = {verb: shlex.join([*map(str, words), verb, str(self.bundle(name))]) for verb in ("status", "start", "stop")}
        service = {f"{prefix}_service_manager": "command", **{f"{prefix}_{verb}_command": command for verb, command in verbs.items()}}
        way = {"ansible_connection": "windows_winrm"} if self.windows else {}
        if kind == "sensor":
            return {"dwb_sensor_config": self.there(self.config(name)), "dwb_sensor_version": "5.2", **service, **way}
        return {"dwb_root": self.there(self.root(name)), **({} if kind == "workstation" else service), **way}

    def there(self, path: Path) -> str:
        """Return a path of a client as its machine has it."""
        if self.windows is None:
            return str(path)
        return "\\".join([PLACE, *path.relative_to(self.folder / "clients").parts])

    def become_windows(self) -> None:
        """Let all clients be Windows machines, in whose files the paths are theirs."""
        self.windows = Settings(str(self.folder / "machines"), {PLACE: str(self.folder / "clients")})
        for name in ("web-1", "web-2"):
            content = self.config(name).read_text()
            self.config(name).write_text(content.replace(str(self.root(name) / "lib"), self.there(self.root(name) / "lib")))

    def reset(self) -> None:
        """Bring everything back to how it was shipped: files, services that run, no variables of a test."""
        shutil.rmtree(self.folder / "clients", ignore_errors=True)
        shutil.rmtree(self.folder / "services", ignore_errors=True)
        self.common, self.of_host, self.windows = {}, {}, None
        self.server.bundle.write_bytes(self.server.plant.pem)
        for name, kind in KINDS.items():
            for path, content in shipped(kind, str(self.root(name))).items():
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_bytes(content)
            (self.folder / "services" / name).mkdir(parents=True)
            (self.folder / "services" / name / "up").touch()


def open_office(folder: Path) -> Office:
    """Return clients of all kinds as they are shipped, below *folder*."""
    office = Office(folder, make_install(folder / "server"))
    for name, authority in zip(("root", "issuing"), company(), strict=True):
        (folder / f"{name}.pem").write_bytes(authority.pem)
    script = folder / "service.sh"
    script.write_text(_SERVICE)
    script.chmod(0o755)
    office.reset()
    return office


def failed(result: Result) -> list[str]:
    """Return the hosts that failed in the end."""
    return sorted(name for name, stats in result.stats.items() if stats["failures"])


def warnings(result: Result, name: str) -> str:
    """Return what one client's plan warns of."""
    return "\n".join(result.of(name, "Plan").result.get("warnings", ()))
