# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The moments of a cluster's rollout, from its surveys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
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
