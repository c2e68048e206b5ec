# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module rehearsal, run by ansible-playbook with files of this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from unit.builders import Authority, make_root

from integration.playbook import Event, run_playbook


def rehearsed(folder: Path, **options: Any) -> Event:
    """Return what came of a rehearsal with *options*."""
    task = {"name": "Rehearse", "certops.rollout.rehearsal": options, "ignore_errors": True}
    play = {"hosts": "control", "gather_facts": False, "tasks": [task]}
    return run_playbook(json.dumps([play]), "[dwb_master]\ncontrol ansible_connection=local\n", folder=folder).of("control", "Rehearse")


def parties(corp: Authority, *, bundle: bytes) -> list[dict[str, str]]:
    """Return a server of *corp*, and a client that trusts *bundle*."""
    leaf = corp.issue("dpu-01")
    return [{"name": "server", "certificate_content": leaf.pem.decode()}, {"name": "client", "bundle_content": bundle.decode()}]


class TestRehearsal:
    def test_accepts_parties_that_will_get_along(self, tmp_path: Path) -> None:
        """One certificate, one bundle that holds its root: one pair, no finding."""
        corp = make_root("Corp Root")

        event = rehearsed(tmp_path, parties=parties(corp, bundle=corp.pem))

        assert event.status == "ok"
        assert event.result["steps"] == [{"step": "rehearsal", "pairs": 1}]

    def test_names_parties_that_will_not(self, tmp_path: Path) -> None:
        """The pair, the purpose and OpenSSL's error number are told, for both purposes."""
        event = rehearsed(tmp_path, parties=parties(make_root("Corp Root"), bundle=make_root("Plant Root").pem))

        assert event.status == "ignored"
        assert event.result["msg"].count("client refuses the certificate of server") == 2
        assert "error 20" in event.result["msg"]

    def test_refuses_to_judge_nothing(self, tmp_path: Path) -> None:
        """A mistyped name of the survey is no success."""
        event = rehearsed(tmp_path, result="mistyped")

        assert event.status == "ignored"
        assert "no host of the cluster has registered a survey" in event.result["msg"]
