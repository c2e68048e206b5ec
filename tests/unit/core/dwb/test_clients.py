# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whom a rollout waits for: clients of the inventory, and callers of the access logs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.addresses import Network, read_network
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.clients import (
    AcceptedLoss,
    Client,
    Waiting,
    check_callers,
    check_clients,
    read_accepted,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member
from hypothesis import given
from hypothesis import strategies as st

NOBODY = AcceptedLoss()
FINDING = {"where": "Insight.cfg", "problem": "p", "remedy": "r", "rule": "own"}


def networks(*texts: str) -> tuple[Network, ...]:
    """Return networks by their texts."""
    return tuple(network for text in texts for network in [read_network(text)] if network is not None)


def client(host: str = "ws-07", *, kind: str = "workstation", addresses: tuple[str, ...] = (), failure: str = "", **facts: Any) -> Client:
    """Return a client that is ready; *facts* differ."""
    survey = {"findings": [], "warnings": [], "restart_pending": False, "interrupted": "", "bundle_after": "PEM", "servers": [], **facts}
    return Client(host, kind, {} if failure else survey, failure, networks(*addresses))


def rules(waiting: Waiting) -> list[str]:
    """Return the rules of all findings."""
    return [finding.rule for finding in waiting.findings]


class TestCheckClients:
    def test_waits_for_nobody_who_is_ready(self) -> None:
        """No finding, no warning."""
        assert check_clients([client(), client("s", kind="sensor")], NOBODY) == Waiting()

    @pytest.mark.parametrize(("facts", "rule"), [
        ({"failure": "no route to host"}, "client-lost"), ({"findings": [FINDING]}, "own"),
        ({"restart_pending": True}, "client-restart"), ({"interrupted": "r0"}, "client-interrupted"),
        ({"bundle_after": ""}, "client-unknown")])
    def test_waits_for_a_client_that_is_not_ready(self, facts: dict[str, Any], rule: str) -> None:
        """One thing is wrong, and one finding names the client; the twin whom the operator gives up is a warning with the same words."""
        odd = client("s-1", kind="sensor", **facts)
        (found,), given_up = check_clients([client(), odd], NOBODY).findings, check_clients([odd], read_accepted(["s-1"]))

        assert (found.rule, found.where.partition(":")[0]) == (rule, "s-1")
        assert given_up == Waiting((), (f"{found.where}: {found.problem}; it is left out",))

    def test_lists_everything_at_once(self) -> None:
        """Of every client, and every finding of one; nothing hides behind another."""
        waiting = check_clients([client(findings=[FINDING, FINDING]), client("s", kind="sensor", restart_pending=True),
                                 client("x", failure="lost")], NOBODY)

        assert rules(waiting) == ["own", "own", "client-restart", "client-lost"]
        assert waiting.findings[0].where == "ws-07: Insight.cfg"

    def test_only_warns_of_a_workstation_that_must_be_started_anew(self) -> None:
        """Who sits before it starts it; a service can be restarted from here."""
        waiting = check_clients([client(restart_pending=True, warnings=["old version"])], NOBODY)

        assert waiting == Waiting((), ("ws-07: trusts the new certificates only after it has been started anew", "ws-07: old version"))

    def test_asks_nothing_of_a_client_without_tls(self) -> None:
        """Where every server is reached without TLS there is nobody to trust; the twin uses it for one of two."""
        without = {"name": "a", "tls": False}

        assert rules(check_clients([client(bundle_after="", servers=[without, without])], NOBODY)) == []
        assert rules(check_clients([client(bundle_after="", servers=[without, {"name": "b"}])], NOBODY)) == ["client-unknown"]

    def test_waits_for_a_client_that_nobody_has_surveyed(self) -> None:
        """Left out by --limit, or the playbook lacks the survey: for reading only that is a warning."""
        unknown = Client("ws-07", "workstation")
        rollout, preflight = (check_clients([unknown], NOBODY, partial=partial) for partial in (False, True))

        assert (rules(rollout), rules(preflight)) == (["client-unknown"], [])
        assert preflight.warnings == ("ws-07: client: was not surveyed, so nobody knows whom it trusts; it is left out",)
        assert rules(check_clients([client(failure="lost")], NOBODY, partial=True)) == ["client-lost"]

    def test_only_warns_of_who_is_away_while_nobody_has_to_trust_another_ca(self) -> None:
        """A renewal by the same CA locks nobody out; a client that is there and not ready is waited for all the same."""
        away, unready = client(failure="no route to host"), client(findings=[FINDING])
        waiting = check_clients([away, unready], NOBODY, moved=False)

        assert (rules(waiting), len(waiting.warnings)) == (["own"], 1)


class TestAcceptedLoss:
    @pytest.mark.parametrize(("entry", "covered"), [
        ("ws-07", True), ("ws-7", False), ("10.0.0.5", True), ("10.0.0.6", False), ("10.0.0.0/24", True), ("10.0.0.0/33", False),
        ("::/0", False), ("ws-07.corp", False)])
    def test_names_a_client_by_host_address_or_network(self, entry: str, covered: bool) -> None:
        """What is mistyped gives nobody up."""
        assert read_accepted([entry]).covers(client(addresses=("10.0.0.5",))) is covered

    def test_gives_up_who_connects_from_there_only(self) -> None:
        """One of two addresses is not all of the client; and who has none in numbers is known by name only."""
        accepted = read_accepted(["10.0.0.0/24"])

        assert accepted.covers(client(addresses=("10.0.0.5", "10.0.0.6")))
        assert not accepted.covers(client(addresses=("10.0.0.5", "10.1.0.5")))
        assert not accepted.covers(client())

    @given(st.lists(st.text() | st.integers() | st.ip_addresses()))
    def test_bears_anything(self, entries: list[Any]) -> None:
        """A list of an inventory may hold whatever YAML makes of it."""
        assert len(read_accepted(entries).hosts) == len({str(entry) for entry in entries})


def server(host: str = "m", *addresses: str, **facts: Any) -> Member:
    """Return a server that *addresses* have connected to."""
    return Member(host, {"callers": [{"address": address, "count": 3, "last": "2026-03-14 09:15"} for address in addresses], **facts})


class TestCheckCallers:
    def test_names_a_caller_that_nobody_knows(self) -> None:
        """By address, with the servers that saw it, and how often; each once."""
        waiting = check_callers([server("m", "10.0.0.9", "10.0.0.5"), server("d", "10.0.0.5")], (), NOBODY)

        assert [finding.where for finding in waiting.findings] == ["10.0.0.5", "10.0.0.9"]
        assert waiting.findings[0].problem == "has connected to m, d (6 times, last 2026-03-14 09:15) and is no known client"
        assert set(rules(waiting)) == {"caller"}

    @pytest.mark.parametrize("known", ["10.0.0.5", "10.0.0.0/24"])
    def test_lets_pass_who_is_known(self, known: str) -> None:
        """By address or network."""
        assert check_callers([server("m", "10.0.0.5")], networks(known), NOBODY) == Waiting()

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
    def test_lets_pass_loopback(self, address: str) -> None:
        """The server calls itself."""
        assert check_callers([server("m", address)], (), NOBODY) == Waiting()

    def test_warns_of_who_is_given_up(self) -> None:
        """It may be locked out, and that is said; an inventory name means no address."""
        waiting = check_callers([server("m", "10.0.0.5")], (), read_accepted(["10.0.0.0/24"]))

        assert waiting.findings == ()
        assert "10.0.0.5: has connected to m (3 times" in waiting.warnings[0]
        assert rules(check_callers([server("m", "10.0.0.5")], (), read_accepted(["ws-07"]))) == ["caller"]
        assert check_callers([server("m", "10.0.0.5")], networks("10.0.0.5"), read_accepted(["10.0.0.0/24"])) == Waiting()

    def test_hands_notes_on(self) -> None:
        """What could not be read is told with the server's name."""
        assert check_callers([server("m", audit=["is absent"]), Member("d")], (), NOBODY).warnings == ("m: is absent",)

    def test_takes_what_is_no_address_for_nobody(self) -> None:
        """A variable of another task cannot make it fail."""
        assert check_callers([server("m", "nonsense")], (), NOBODY) == Waiting()

    @given(st.lists(st.ip_addresses()), st.lists(st.ip_addresses()), st.lists(st.ip_addresses()))
    def test_finds_exactly_the_strangers(self, known: list[Any], accepted: list[Any], strangers: list[Any]) -> None:
        """Whoever is neither known nor given up nor loopback, and nobody else."""
        every = {each: str(each) for each in (*known, *accepted, *strangers) if getattr(each, "ipv4_mapped", None) is None}
        waiting = check_callers([server("m", *every.values())], networks(*map(str, known)), read_accepted(accepted))

        expected = {text for each, text in every.items() if each not in known and each not in accepted and not each.is_loopback}
        assert {finding.where for finding in waiting.findings} == expected
