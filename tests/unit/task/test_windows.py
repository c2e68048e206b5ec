# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service of a Windows node: when it is looked for, and what it does to the plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.certops.rollout.plugins.plugin_utils._task.node import Request, read_request
from ansible_collections.certops.rollout.plugins.plugin_utils._task.windows import SERVICES, with_service

from unit.core.findings import rules
from unit.windows import answer, services

OPTIONS: dict[str, Any] = {"find_service": True, "service_name": None, "service": None}
FOUND = {"name": "InsightServer", "state": "started", "start_mode": "auto", "account": "NT AUTHORITY\\SYSTEM", "sid": "S-1-5-18"}


class Node:
    """A node whose modules give one answer; it counts how often it was asked."""

    def __init__(self, told: dict[str, Any] | Exception) -> None:
        self.told, self.asked = told, 0

    def __call__(self, **call: Any) -> dict[str, Any]:
        """Answer like _execute_module."""
        assert call == {"module_name": SERVICES, "module_args": {}}
        self.asked += 1
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


def request(root: str = "C:\\Adobe\\Server", **options: Any) -> Request:
    """Return what is asked of a node."""
    return read_request({"root": root, "role": "dpu", "phases": [], **options}, {"inventory_hostname": "dpu-01"}, DataLoader())


def node(**changed: Any) -> Node:
    """Return a Windows node; *changed* is what differs in the service of the server."""
    return Node({**answer("win_service_info"), "services": services(**changed)})


class TestWithService:
    def test_lets_the_account_read_the_key(self) -> None:
        """One question; the SID of the account is in the plan and in the survey."""
        asked = node()
        told, service = with_service(request(), OPTIONS, asked)

        assert (service, told.wanted.reader, told.findings, asked.asked) == (FOUND, "S-1-5-18", (), 1)

    @pytest.mark.parametrize(("root", "options"), [("/srv/dwb", OPTIONS), ("C:\\Adobe\\Server", {**OPTIONS, "find_service": False})])
    def test_asks_nobody_without_need(self, root: str, options: dict[str, Any]) -> None:
        """POSIX has no such services, and other jobs do not touch them."""
        asked, before = node(), request(root)

        assert with_service(before, options, asked) == (before, {})
        assert asked.asked == 0

    def test_asks_once_in_a_play(self) -> None:
        """What an earlier survey found is passed on."""
        asked = node()
        told, service = with_service(request(), {**OPTIONS, "service": FOUND}, asked)

        assert (service, told.wanted.reader, asked.asked) == (FOUND, "S-1-5-18", 0)

    def test_takes_the_sid_that_was_given(self) -> None:
        """Then the account does not matter."""
        told, service = with_service(request(service_sid="S-1-5-21-1-2-3-1107"), OPTIONS, node(username="EXAMPLE\\svc"))

        assert (told.wanted.reader, service["sid"], service["account"]) == ("S-1-5-21-1-2-3-1107", "S-1-5-21-1-2-3-1107", "EXAMPLE\\svc")

    def test_takes_the_name_that_was_given(self) -> None:
        """The program of a service may lie anywhere, if the operator says so."""
        assert with_service(request(), {**OPTIONS, "service_name": "EventLog"}, node())[1]["sid"] == "S-1-5-19"

    @pytest.mark.parametrize(("changed", "rule"), [
        ({"path": "C:\\Other\\a.exe"}, "service"), ({"username": "EXAMPLE\\svc"}, "service-account"),
        ({"username": None}, "service-account"),
    ])
    def test_tells_what_it_cannot_know(self, changed: dict[str, Any], rule: str) -> None:
        """A finding beside the others; no service is named, so none can be stopped."""
        told, service = with_service(request(service_sid=None, min_days=1), OPTIONS, node(**changed))

        assert (rules(told.findings), service, told.wanted.reader) == ([rule], {}, "")

    @pytest.mark.parametrize("told", [
        {"failed": True, "msg": "Access is denied"}, {"changed": False}, {"services": None},
        AnsibleError("was not found in configured module paths"),
    ])
    def test_tells_that_it_got_no_answer(self, told: Any) -> None:
        """A missing collection or right is a finding that names the module."""
        finding = with_service(request(), OPTIONS, Node(told))[0].findings[0]

        assert finding.problem.startswith("ansible.windows.win_service_info: ")
        assert "ansible.windows is installed" in finding.remedy

    @pytest.mark.parametrize("told", [AnsibleConnectionFailure("timed out"), {"unreachable": True, "msg": "timed out"}])
    def test_leaves_a_lost_node_to_ansible(self, told: Any) -> None:
        """An unreachable node is unreachable, not wrong."""
        lost: Callable[..., Any] = Node(told)

        with pytest.raises(AnsibleConnectionFailure, match="timed out"):
            with_service(request(), OPTIONS, lost)
