# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The same cluster seen as a Windows one: its nodes are reached with PowerShell, and their files have Windows paths."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from plugins.connection.counting import round_trips
from windows.machine import Call, Settings, read_calls
from windows.volume import Volume

from integration.playbook import Event, Result
from integration.world import CUSTOM, Stage

PLACE = "C:\\Program Files\\Größe 1"
BACK_ENDS = [
    "model",
    pytest.param("pwsh", marks=[] if shutil.which("pwsh") else pytest.mark.skip(reason="pwsh is not installed")),
]

# What differs from run to run, or is said of modes and owners, which Windows has not.
_PARTS = (
    r'"(holder|since)": [^,}]*', r'\.\d+-[0-9a-f]+-[\w-]+-\d+(?=[".])', r"\d{8}T\d{6}Z-[0-9a-f]{6}", r"(?<=for )\d+ s",
    r"(mode=\d{4}|DACL \S+)\n")
_PASSING = re.compile("|".join(_PARTS))
_COMPARED = ("changed", "changes", "findings", "warnings", "msg", "diff", "planned_files", "bundle_after", "leaf_after", "files", "due",
             "activate", "canary", "needed")


@dataclass
class Lane:
    """
    One way to the nodes of a cluster.

    Attributes:
        stage: The cluster.
        windows: How they are Windows machines; None for what they are.
        flavour: winrm, psrp or ssh.
    """

    stage: Stage
    windows: Settings | None = None
    flavour: str = "winrm"

    def play(self, playbook: str, *arguments: str, of_host: Mapping[str, Mapping[str, Any]] | None = None) -> Result:
        """Run a playbook of the collection, with more variables for some hosts."""
        more = of_host or {}
        self.stage.of_host = {name: {**self._variables(name), **more.get(name, {})} for name in self.stage.names}
        return self.stage.play(playbook, *arguments, **(self.windows.environment() if self.windows else {}))

    def key_file(self, name: str) -> str:
        """Return the path of a host's key and certificate, as a Windows machine has it."""
        return f"{PLACE}\\{self.stage.node(name).root.name}\\Certificates\\{CUSTOM}"

    def dacls(self) -> dict[str, str]:
        """Return the DACL of each host's key and certificate, in SDDL, as the model keeps it."""
        return {name: self.volume().sddl(self.key_file(name)) for name in self.stage.names}

    def volume(self) -> Volume:
        """Return the model's machine."""
        if self.windows is None:
            raise LookupError("this lane leads to no Windows machine")
        return Volume(self.windows.mounts, Path(self.windows.folder) / "store")

    def _variables(self, name: str) -> dict[str, Any]:
        if self.windows is None:
            return {"ansible_connection": "counting", "certops_count_file": str(self._trips)}
        # winrm knows by itself what is on the other side: powershell up to ansible-core 2.19, cmd later on.
        shell = {} if self.flavour == "winrm" else {"ansible_shell_type": "powershell"}
        way = {"ansible_connection": f"windows_{self.flavour}", **shell}
        return {**way, "dwb_root": f"{PLACE}\\{self.stage.node(name).root.name}"}

    def calls(self) -> list[Call]:
        """Return the calls to Windows machines since this was asked last."""
        return read_calls(self.windows) if self.windows else []

    def trips(self) -> list[str]:
        """Return the hosts that other machines' round trips were made to since this was asked last."""
        trips = [host for host, _verb in round_trips(self._trips)]
        self._trips.unlink(missing_ok=True)
        return trips

    @property
    def _trips(self) -> Path:
        return self.stage.folder / "round-trips"

    def told(self, result: Result) -> dict[str, list[Any]]:
        """Return what each host was told, without what differs between two runs or only in how paths are written."""
        by_host: dict[str, list[Any]] = {}
        for event in result.events:
            if event.status != "skipped":
                by_host.setdefault(event.host, []).append(self._told(event))
        return by_host

    def differences(self, result: Result, other: Result) -> list[Any]:
        """Return where two runs told a host different things: the host, and both texts from shortly before they part."""
        ours, theirs = self.told(result), self.told(other)
        return [(host, *_parted(*map(json.dumps, pair))) for host in sorted({*ours, *theirs})
                for pair in zip_longest(ours.get(host, []), theirs.get(host, [])) if pair[0] != pair[1]]

    def _told(self, event: Event) -> Any:
        kept = {name: event.result[name] for name in _COMPARED if name in event.result}
        return [event.task, event.status, self._plain(json.loads(json.dumps(kept)))]

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._plain(name): self._plain(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._plain(inner) for inner in value]
        return self._plain_text(value) if isinstance(value, str) else value

    def _plain_text(self, text: str) -> str:
        place = str(self.stage.node(self.stage.names[0]).root.parent)
        text = _PASSING.sub("…", text).replace(json.dumps(PLACE)[1:-1], PLACE)   # as the marker has it
        # Only a text with a path of the product in it is brought to one notation; a cfg value stays as it is.
        return re.sub(r"\\+", "/", text.replace(PLACE, place)) if PLACE in text or place in text else text


def _parted(one: str, other: str) -> tuple[str, str]:
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other)))
    return one[max(0, at - 60):at + 60], other[max(0, at - 60):at + 60]
