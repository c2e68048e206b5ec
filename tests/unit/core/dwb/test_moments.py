# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The moments of a cluster's rollout, from its surveys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.clients import Client
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.cluster import Member
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.moments import is_retiring, rehearse_cluster
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._core.rehearsal import Party

from unit.builders import make_root

OLD, NEW = make_root("Old Root"), make_root("New Root")
BEFORE, AFTER = (OLD.pem + NEW.pem).decode(), NEW.pem.decode()


def member(host: str, *, issuer: Any = NEW, anchors: tuple[str, ...] = ("CN=Old Root",), **facts: Any) -> Member:
    """Return a server that presents a certificate of *issuer*, and from whose bundle *anchors* are to be taken out."""
    leaf = issuer.issue(host)
    pem = leaf.cert_pem.decode()
    retiring = {"anchors": list(anchors), "bundle_now": BEFORE, "leaves": {"custom.pem": pem}}
    return Member(host, {"leaf_now": pem, "leaf_after": pem, "bundle_after": AFTER, "retiring": retiring, "presents": leaf.fingerprint,
                         "served": {"fingerprint": leaf.fingerprint}, **facts})


def told(*members: Member, clients: tuple[Party, ...] = ()) -> list[Finding]:
    """Return the findings of all moments."""
    return [finding for step in rehearse_cluster(members, clients) for finding in step.findings]


class TestRehearseCluster:
    def test_judges_two_moments_while_nothing_is_retired(self) -> None:
        """A client does not count then, nor does what is served."""
        plain = member("a", retiring={}, served={})
        steps = rehearse_cluster([plain], [Party("client", b"no PEM at all")])

        assert [(step.step, step.pairs, step.findings) for step in steps] == [("trust extended", 1, ()), ("servers activated", 1, ())]

    def test_lets_an_expired_certificate_be_renewed(self) -> None:
        """Nobody accepts it today, so nothing is lost before its successor is presented; where it stays, it is told."""
        old = NEW.issue("a", not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2021, 1, 1, tzinfo=UTC)).cert_pem.decode()
        expired = member("a", retiring={}, leaf_now=old, installed={"days_left": -1})

        assert told(expired, member("b", retiring={})) == []
        assert [finding.where for finding in told(replace(expired, survey={**expired.survey, "leaf_after": old}))] == 2 * [
            "trust extended"] + 2 * ["servers activated"]

    def test_lets_a_ca_go_that_nobody_needs(self) -> None:
        """A third moment: no certificate of a server or a client is lost."""
        steps = rehearse_cluster([member("a"), member("b")], [Party("client", NEW.issue("client").cert_pem)])

        assert [step.step for step in steps] == ["trust extended", "servers activated", "old CA retired"]
        assert not any(step.findings for step in steps)

    def test_tells_a_certificate_that_is_lost_once(self) -> None:
        """It is in none of the other moments, and names all who would refuse it."""
        assert told(member("a"), member("b", issuer=OLD)) == [Finding(
            "b: custom.pem", "its certificate 'b' needs 'CN=Old Root', which a, b would no longer trust",
            "renew it from the new CA first, or leave that CA out of dwb_retired_ca", "retired")]

    def test_finds_what_is_held_and_presented_by_nobody(self) -> None:
        """An installed certificate counts although no configuration names it."""
        findings = told(member("a", issuer=OLD, leaf_now="", leaf_after=""))

        assert [finding.where for finding in findings] == ["a: custom.pem"]

    def test_counts_a_server_from_which_nothing_is_taken(self) -> None:
        """Its certificate is shown to those that lose the CA."""
        findings = told(member("a"), member("b", issuer=OLD, anchors=()))

        assert [finding.where for finding in findings] == ["b: custom.pem"]

    @pytest.mark.parametrize("served", [{}, {"fingerprint": "another"}])
    def test_wants_every_server_to_present_what_is_on_its_disk(self, served: dict[str, str]) -> None:
        """Of the others nobody knows what they need, also where nothing is taken out."""
        findings = told(member("a"), member("b", anchors=(), served=served))

        assert [(finding.where, finding.rule) for finding in findings] == [("b", "retired")]
        assert "bring it in order first" in findings[0].remedy


def client(*, bundle: bytes = NEW.pem, leaf: bytes = b"", **facts: Any) -> Client:
    """Return a surveyed client with this bundle, and this certificate of its own."""
    pem = leaf.decode()
    return Client("ws-07", "workstation", {"bundle_after": bundle.decode(), "leaf_now": pem, "leaf_after": pem, **facts})


def of_clients(*members: Member, known: Client) -> list[tuple[str, str]]:
    """Return where and by which rule something stands against a rollout, with one client."""
    return [(finding.where, finding.rule) for step in rehearse_cluster(members, known=[known]) for finding in step.findings]


class TestRehearseClusterWithClients:
    def test_lets_a_client_pass_that_trusts_what_is_and_will_be_presented(self) -> None:
        """Both moments are judged; the twin below lacks one of both CAs."""
        both = member("a", retiring={}, bundle_after=BEFORE, leaf_now=OLD.issue("a").cert_pem.decode())

        assert of_clients(both, known=client(bundle=OLD.pem + NEW.pem)) == []
        assert of_clients(both, known=client(bundle=OLD.pem)) == [("servers activated", "client-trust")]
        assert of_clients(both, known=client(bundle=NEW.pem)) == [("trust extended", "client-trust")]

    def test_tells_once_what_holds_for_both_moments(self) -> None:
        """A certificate that stays what it is."""
        assert of_clients(member("a", retiring={}), known=client(bundle=OLD.pem)) == [("trust extended", "client-trust")]

    def test_judges_the_client_s_own_certificate_once(self) -> None:
        """In the servers' bundles as they will be."""
        foreign = make_root("Foreign").issue("ws-07").cert_pem

        assert of_clients(member("a", retiring={}), known=client(leaf=NEW.issue("ws-07").cert_pem)) == []
        assert of_clients(member("a", retiring={}), known=client(leaf=foreign)) == [("servers activated", "client-trust")]

    def test_asks_nothing_of_a_client_without_tls(self) -> None:
        """It trusts nobody, and need not; the twin uses TLS."""
        servers = [{"name": "a", "tls": False}]

        assert of_clients(member("a", retiring={}), known=client(bundle=OLD.pem, servers=servers)) == []
        assert of_clients(member("a", retiring={}), known=client(bundle=OLD.pem, servers=[{"name": "a", "tls": True}])) != []

    def test_lets_no_ca_be_retired_that_a_client_s_certificate_needs(self) -> None:
        """As it does for one that is known by its file; told once."""
        assert of_clients(member("a"), known=client(leaf=NEW.issue("ws-07").cert_pem)) == []
        assert of_clients(member("a"), known=client(leaf=OLD.issue("ws-07").cert_pem)) == [("ws-07", "retired")]

    @pytest.mark.parametrize(("tls", "expected"), [(True, [("ws-07", "retired")]), (False, [])])
    def test_lets_no_ca_be_retired_while_a_client_presents_what_nobody_sees(self, *, tls: bool, expected: list[tuple[str, str]]) -> None:
        """A certificate of the old CA in the Windows store passed for none, and its Workstation was locked out."""
        known = client(servers=[{"name": "a", "tls": tls, "in_store": True}])

        assert of_clients(member("a"), known=known) == expected
        assert of_clients(member("a", retiring={}), known=known) == []

    def test_judges_a_client_s_next_certificate_beside_a_retirement(self) -> None:
        """Its present one is of the new CA, the next one is of the old: neither hides the other."""
        known = client(leaf=NEW.issue("ws-07").cert_pem, leaf_after=OLD.issue("ws-07").cert_pem.decode())

        assert of_clients(member("a"), known=known) == [("servers activated", "client-trust")]


class TestIsRetiring:
    def test_is_told_by_a_plan_that_takes_something_out(self) -> None:
        """Asking for it is not enough: it may have been done."""
        assert is_retiring([member("a", anchors=()), member("b")])
        assert not is_retiring([member("a", anchors=()), Member("b")])

    def test_is_feared_of_an_interrupted_server(self) -> None:
        """What is on its disk may be taken back, so clients are judged; that it presents something else is no obstacle to go on."""
        torn = member("a", anchors=(), interrupted="r1", served={})

        assert is_retiring([torn])
        assert told(torn) == []
        assert not is_retiring([replace(torn, survey={**torn.survey, "retiring": {}})])
