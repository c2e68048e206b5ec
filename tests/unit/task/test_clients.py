# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients as an action of a server sees them, and when it waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member
from ansible_collections.certops.rollout.plugins.plugin_utils._task.clients import clients, surveyed_clients, wait_for_clients

READY = {"findings": [], "warnings": [], "bundle_after": "PEM", "servers": [], "changed": False}
RESULT = "__dwb_client_survey"


def play(hostvars: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Return the variables of a master beside a Workstation, a Sensor, and a Workstation of another cluster; *hostvars* are theirs."""
    hosts: dict[str, dict[str, Any]] = {
        "m": {"ansible_host": "10.0.0.1"}, "ws_1": {RESULT: READY}, "s_1": {RESULT: READY, "dwb_client_addresses": ["10.9.0.0/24"]},
        "ws_2": {"dwb_cluster_name": "other", RESULT: {"failed": True}}}
    every = {host: {**variables, **(hostvars or {}).get(host, {})} for host, variables in hosts.items()}
    return {"groups": {"dwb_master": ["m"], "dwb_workstation": ["ws_1", "ws_2"], "dwb_sensor": ["s_1"]}, "hostvars": every,
            "inventory_hostname": "m", "ansible_play_hosts": ["m"], "ansible_play_hosts_all": ["m"]}


def waits(*callers: str, accepted: tuple[str, ...] = (), served: Mapping[str, Any] | None = None,
          hostvars: Mapping[str, Mapping[str, Any]] | None = None) -> list[str]:
    """Return where the findings and warnings are, when *callers* have connected."""
    options = {"clients": RESULT, "accepted_loss": list(accepted), "partial": False}
    survey = {"callers": [{"address": address} for address in callers], "served": served or {}}
    waiting = wait_for_clients(options, play(hostvars), [Member("m", survey)])
    return [finding.where for finding in waiting.findings] + [warning.partition("; ")[0] for warning in waiting.warnings]


class TestClients:
    def test_are_those_of_the_cluster_with_their_kind(self) -> None:
        """By group; a client of another cluster is none of this one's."""
        assert [(client.host, client.kind) for client in clients(play(), RESULT)] == [("ws_1", "workstation"), ("s_1", "sensor")]

    def test_are_waited_for_where_the_name_of_the_cluster_is_a_template(self) -> None:
        """A task sees it as it is written: nobody was waited for, and every client was locked out."""
        named = {host: {"dwb_cluster_name": "emea"} for host in ("m", "ws_1", "s_1")}
        told = clients({**play(named), "dwb_cluster_name": "{{ site }}"}, RESULT)

        assert [client.host for client in told] == ["ws_1", "s_1"]

    def test_are_none_where_nobody_asks(self) -> None:
        """Without the name of a variable the inventory's clients do not count."""
        assert clients(play(), "") == []

    @pytest.mark.parametrize(("registered", "failure"), [
        ({"failed": True, "msg": "a: b; c\nd: e; f"}, "a: b; c; d: e; f"), ({"unreachable": True, "msg": "no route"}, "no route"),
        ({"unreachable": True}, "could not be surveyed"), ({"skipped": True}, ""), (None, ""), ("text", ""), (READY, "")])
    def test_tell_why_they_could_not_be_surveyed(self, registered: object, failure: str) -> None:
        """On one line, in the words of the task; what is no survey shows nothing."""
        client = clients(play({"ws_1": {RESULT: registered}}), RESULT)[0]

        assert client.failure == failure
        assert bool(client.survey) is (registered is READY)


class TestSurveyedClients:
    def test_leave_out_who_is_given_up_or_unknown(self) -> None:
        """Nothing can be judged of a client that failed."""
        options: dict[str, Any] = {"clients": RESULT, "accepted_loss": None}
        failed = play({"ws_1": {RESULT: {"failed": True}}})

        assert [client.host for client in surveyed_clients(options, play())] == ["ws_1", "s_1"]
        assert [client.host for client in surveyed_clients(options, failed)] == ["s_1"]
        assert [client.host for client in surveyed_clients({**options, "accepted_loss": ["s_1"]}, play())] == ["ws_1"]


class TestWaitForClients:
    def test_waits_for_nobody_when_all_are_ready_and_known(self) -> None:
        """The server itself, a client by a network of its own, and the two ends of the controller's handshake."""
        assert waits("10.0.0.1", "10.9.0.77", "10.0.0.2", "10.0.0.3", served={"peer": "10.0.0.2", "controller": "10.0.0.3"}) == []

    @pytest.mark.parametrize("variables", [
        {"ansible_host": "10.0.0.5"}, {"dwb_address": "10.0.0.5"},
        {"dwb_client_addresses": ["10.0.0.5"]}, {"dwb_client_addresses": "10.0.0.0/24"}])
    @pytest.mark.parametrize("host", ["m", "ws_1", "ws_2"])
    def test_knows_addresses_by_the_variables_of_servers_and_clients(self, host: str, variables: dict[str, Any]) -> None:
        """In numbers; those of another cluster's hosts do not count."""
        assert waits("10.0.0.5") == ["10.0.0.5"]
        assert waits("10.0.0.5", hostvars={host: variables}) == (["10.0.0.5"] if host == "ws_2" else [])

    @pytest.mark.parametrize("odd", ["10.0.0.5, 10.0.0.6", 5, True, {"10.0.0.5": "the office"}])
    def test_survives_addresses_that_are_no_list(self, odd: object) -> None:
        """Split as Ansible splits them; anything else names nobody, and is no traceback in the middle of a rollout."""
        assert waits("10.0.0.6", hostvars={"ws_1": {"dwb_client_addresses": odd}}) == ([] if isinstance(odd, str) else ["10.0.0.6"])

    def test_looks_no_name_up(self) -> None:
        """A name is not an address, whatever it would resolve to."""
        assert waits("10.0.0.5", hostvars={"ws_1": {"ansible_host": "localhost"}}) == ["10.0.0.5"]

    def test_names_clients_and_callers_together(self) -> None:
        """Whoever is not ready and whoever is not known: one list; those given up are warnings."""
        lost = {"ws_1": {RESULT: {"unreachable": True, "msg": "no route"}}}

        assert waits("10.0.0.5", hostvars=lost) == ["ws_1: client", "10.0.0.5"]
        assert waits("10.0.0.5", accepted=("ws_1", "10.0.0.5"), hostvars=lost) == [
            "ws_1: client: no route", "10.0.0.5: has connected to m (0 times) and is no known client"]

    def test_tells_entries_that_name_nobody(self) -> None:
        """A mistyped name, a network that is none, and a name where an address belongs."""
        told = waits(accepted=("ws_l", "10.0.0.0/33", "ws_2"), hostvars={"m": {"dwb_client_addresses": ["ws_1.corp"]}})

        assert told == ["dwb_accepted_loss: 'ws_l' is neither a name in the inventory nor an address or network",
                        "dwb_accepted_loss: '10.0.0.0/33' is neither a name in the inventory nor an address or network",
                        "dwb_client_addresses: 'ws_1.corp' is neither an address nor a network"]
