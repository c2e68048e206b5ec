# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server is asked for its certificate and for a page in one connection."""

from __future__ import annotations

import json
from typing import Any

from integration.playbook import Event
from integration.world import Stage


def asked(stage: Stage, **more: Any) -> Event:
    """Ask the master of a cluster for its certificate, and whatever else is given, as somebody who expects it."""
    node = stage.node(stage.names[0])
    target = {"address": node.address, "port": node.ssl_port, "fingerprint": stage.licensed[node.name], **more}
    task = {"name": "Ask", "certops.rollout.tls_probe": {"targets": [target], "expect": True}}
    result = stage.play(json.dumps([{"hosts": node.name, "gather_facts": False, "tasks": [task]}]))
    return result.of(node.name, "Ask")


class TestPage:
    def test_is_asked_for_in_the_same_connection(self, pair: Stage) -> None:
        """What it was answered with is told beside the certificate."""
        event = asked(pair.back_to("shipped"), page="/Status/", status=[200, 403])

        [served] = event.result["served"]
        assert event.status == "ok"
        assert served["status"] in (200, 403)

    def test_that_is_answered_otherwise_is_no_success(self, pair: Stage) -> None:
        """The twin: the certificate is the one expected, the status is not."""
        event = asked(pair.back_to("shipped"), page="/Status/", status=[204])

        [finding] = event.result["findings"]
        assert event.status == "failed"
        assert finding["rule"] == "page"
        assert "/Status/" in finding["problem"]

    def test_is_not_asked_for_by_default(self, pair: Stage) -> None:
        """Then a handshake is all."""
        [served] = asked(pair.back_to("shipped")).result["served"]

        assert "status" not in served
