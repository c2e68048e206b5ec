# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rehearsal: every certificate before every bundle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding, PemError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.rehearsal import Party, rehearse, rehearse_clients, rehearse_retirement

from unit.builders import CLIENT, SERVER, Leaf, make_root

ROOT = make_root("Corp Root")
ISSUER = ROOT.intermediate("Corp Issuing CA")
BUNDLE = ROOT.pem + ISSUER.pem
FIRST, SECOND = (ISSUER.issue(name).cert_pem for name in ("dpu-01", "dpu-02"))


class TestRehearse:
    def test_lets_a_cluster_of_one_company_pass(self) -> None:
        """Two servers that present and trust: four meetings, each for both purposes; one bundle, so two pairs."""
        rehearsed = rehearse("activated", [Party("a", FIRST, BUNDLE), Party("b", SECOND, BUNDLE)])

        assert (rehearsed.step, str(rehearsed.pairs), rehearsed.findings) == ("activated", "2", ())

    def test_names_who_refuses_whom_and_why(self) -> None:
        """A bundle without the issuing CA refuses the certificate for both purposes, in OpenSSL's words."""
        findings = rehearse("activated", [Party("dpu-01", FIRST, BUNDLE), Party("client", b"", ROOT.pem)]).findings
        remedy = "give client every CA level of that certificate, up to the self-signed root, or have it reissued"

        assert [(finding.where, finding.problem, finding.remedy, finding.rule) for finding in findings] == [
            ("activated", f"client refuses the certificate of dpu-01 as TLS {purpose}: error 20, unable to get local issuer certificate",
             remedy, "rehearsal") for purpose in ("server", "client")]

    def test_judges_the_purposes_apart(self) -> None:
        """A certificate for servers alone is refused as a client's only."""
        leaf = ISSUER.issue("dpu-01", eku=[SERVER]).cert_pem
        findings = rehearse("activated", [Party("dpu-01", leaf, BUNDLE)]).findings

        assert len(findings) == 1
        assert "dpu-01 refuses the certificate of dpu-01 as TLS client: error 26" in findings[0].problem

    def test_judges_equal_pairs_once_and_names_all(self) -> None:
        """Two trusters with one bundle are one pair to judge, and both of them are told."""
        rehearsed = rehearse("activated", [Party("dpu-01", FIRST, b""), Party("x", b"", ROOT.pem), Party("y", b"", ROOT.pem)])

        assert rehearsed.pairs == 1
        assert [finding.problem.split()[0] for finding in rehearsed.findings] == ["x", "x", "y", "y"]

    def test_has_nothing_to_judge_where_nobody_presents_or_nobody_checks(self) -> None:
        """Before anything is activated no custom certificate is presented."""
        assert rehearse("trust", [Party("a", b"", BUNDLE), Party("b", b"", BUNDLE)]).pairs == 0
        assert rehearse("trust", [Party("a", FIRST, b"")]).pairs == 0

    def test_refuses_what_it_cannot_read(self) -> None:
        """A cut certificate is an error, never a verdict."""
        with pytest.raises(PemError):
            rehearse("activated", [Party("a", FIRST[:-20], BUNDLE)])

    def test_shows_no_content(self) -> None:
        """A certificate file may hold a key, so a party never shows what it holds."""
        assert repr(Party("a", FIRST, BUNDLE)) == "Party(name='a')"


OLD = make_root("Old Root")
BEFORE, AFTER = OLD.pem + BUNDLE, BUNDLE
SERVERS = [Party(name, b"", AFTER, BEFORE) for name in ("dpu-01", "dpu-02")]
RENEW = "renew it from the new CA first, or leave that CA out of dwb_retired_ca"


def retire(*holders: Leaf, clients: tuple[Leaf, ...] = ()) -> list[tuple[str, str]]:
    """Return where and why a retirement is stood against, when *holders* and *clients* exist beside two servers."""
    known = [Party(f"client {number}", leaf.pem) for number, leaf in enumerate(clients, 1)]
    held = [Party(f"holder {number}", leaf.pem) for number, leaf in enumerate(holders, 1)]
    rehearsed = rehearse_retirement("retired", [*SERVERS, *held], clients=known)
    assert all(finding.rule == "retired" and "dwb_" in finding.remedy for finding in rehearsed.findings)
    return [(finding.where, finding.problem) for finding in rehearsed.findings]


class TestRehearseRetirement:
    def test_lets_go_what_nobody_needs(self) -> None:
        """Certificates of the CA that stays, each judged with the bundle as it is and as it will be."""
        rehearsed = rehearse_retirement("retired", [*SERVERS, Party("a", FIRST)], clients=[Party("b", SECOND)])

        assert rehearsed.findings == ()
        assert rehearsed.pairs == 4

    def test_names_certificate_ca_and_all_who_would_refuse_it(self) -> None:
        """One finding, whatever the number of servers and purposes."""
        rehearsed = rehearse_retirement("retired", [*SERVERS, Party("dpu-03: custom.pem", OLD.issue("dpu-03").pem)])

        problem = "its certificate 'dpu-03' needs 'CN=Old Root', which dpu-01, dpu-02 would no longer trust"

        assert rehearsed.findings == (Finding("dpu-03: custom.pem", problem, RENEW, "retired"),)

    @pytest.mark.parametrize("purpose", [SERVER, CLIENT])
    def test_counts_each_purpose(self, purpose: object) -> None:
        """A certificate for one purpose is lost when that is."""
        assert [where for where, _ignored in retire(OLD.issue("a", eku=[purpose]))] == ["holder 1"]
        assert retire(ISSUER.issue("a", eku=[purpose])) == []

    def test_does_not_mind_what_is_worth_nothing_anyway(self) -> None:
        """Expired, or of a CA that nobody trusts: it needs nothing that is retired."""
        past = {"not_before": datetime.now(UTC) - timedelta(9), "not_after": datetime.now(UTC) - timedelta(2)}

        assert retire(OLD.issue("a", **past), make_root("Foreign").issue("b")) == []

    def test_minds_what_only_a_strict_judge_refuses_today(self) -> None:
        """The product may accept it, and by its names it leads to what is retired."""
        odd = OLD.issue("a", unknown_critical=True)

        assert [where for where, _ignored in retire(odd)] == ["holder 1"]
        assert retire(ISSUER.issue("a", unknown_critical=True)) == []

    def test_wants_clients_to_be_accepted_today(self) -> None:
        """One that is refused before and after is told in other words than one that is lost, with OpenSSL's reason."""
        told = retire(clients=(ISSUER.issue("w1", eku=[CLIENT]), OLD.issue("w2", eku=[CLIENT]), make_root("Foreign").issue("w3")))
        reason = "as TLS client: error 20, unable to get local issuer certificate"

        assert told == [
            ("client 2", "its certificate 'w2' needs 'CN=Old Root', which dpu-01, dpu-02 would no longer trust"),
            ("client 3", f"its certificate 'w3' is refused by dpu-01, dpu-02 today already, {reason}")]

    def test_names_a_certificate_without_a_name_by_its_subject(self) -> None:
        """There is always something to look for."""
        assert "its certificate '' needs" in retire(OLD.issue("a", names=[], dns=["a"]))[0][1]

    def test_lists_all_that_cannot_be_read_with_the_rest(self) -> None:
        """A key alone, a cut file, nothing: each is named by its file, and never shown."""
        leaf = OLD.issue("a")
        clients = [Party("key.pem", leaf.key_pem), Party("cut.pem", leaf.cert_pem[:-30]), Party("empty.pem"), Party("old.pem", leaf.pem)]
        findings = rehearse_retirement("retired", SERVERS, clients=clients).findings

        assert [finding.where for finding in findings] == ["key.pem: PEM", "cut.pem: PEM: line 1", "empty.pem: PEM", "old.pem"]
        assert all("MII" not in str(finding) for finding in findings)

    def test_leaves_the_other_moments_what_is_theirs(self) -> None:
        """What is refused only because of the retirement is no finding there; what is refused anyway is."""
        lost, foreign = Party("a", OLD.issue("a").cert_pem), Party("b", make_root("Foreign").issue("b").cert_pem)

        assert rehearse("activated", [*SERVERS, lost]).findings == ()
        assert len(rehearse("activated", [*SERVERS, foreign]).findings) == 4
        assert len(rehearse("activated", [Party("c", b"", AFTER, AFTER), lost]).findings) == 2


RUN = "run certops.rollout.clients first, or list the client in dwb_accepted_loss"


class TestRehearseClients:
    def test_lets_everybody_pass_who_gets_along(self) -> None:
        """Each server before the client as server, the client before each server as client."""
        client = Party("ws-07", ISSUER.issue("ws-07", eku=[CLIENT]).cert_pem, BUNDLE)
        servers = [Party("a", ISSUER.issue("a", eku=[SERVER]).cert_pem, BUNDLE), Party("b", SECOND, BUNDLE)]
        rehearsed = rehearse_clients("activated", servers, [client])

        assert (rehearsed.step, rehearsed.pairs, rehearsed.findings) == ("activated", 3, ())

    def test_names_the_client_that_lacks_the_trust_once(self) -> None:
        """Whatever the number of servers; with the step, both sides, the purpose and OpenSSL's reason."""
        servers = [Party("a", FIRST, BUNDLE), Party("b", SECOND, BUNDLE)]

        assert rehearse_clients("activated", servers, [Party("ws-07", b"", ROOT.pem), Party("ws-08", b"", BUNDLE)]).findings == (Finding(
            "activated", "ws-07 would refuse the certificate of a, b as TLS server: error 20, unable to get local issuer certificate",
            RUN, "client-trust"),)

    def test_names_the_servers_that_would_refuse_a_client(self) -> None:
        """Its certificate is for servers only; the reason is OpenSSL's."""
        client = Party("ws-07", ISSUER.issue("ws-07", eku=[SERVER]).cert_pem, BUNDLE)
        (finding,) = rehearse_clients("activated", [Party("a", b"", BUNDLE), Party("b", b"", BUNDLE)], [client]).findings

        assert finding.problem.startswith("a, b would refuse the certificate of ws-07 as TLS client: error 26")

    def test_tells_each_reason_apart(self) -> None:
        """One server has expired, the other is of a CA that the client does not trust."""
        past = {"not_before": datetime.now(UTC) - timedelta(9), "not_after": datetime.now(UTC) - timedelta(2)}
        servers = [Party("a", ISSUER.issue("a", **past).cert_pem), Party("b", make_root("Foreign").issue("b").cert_pem)]
        findings = rehearse_clients("activated", servers, [Party("ws-07", b"", BUNDLE)]).findings

        assert ["of a as" in finding.problem for finding in findings] == [True, False]

    def test_judges_no_client_as_server_of_another(self) -> None:
        """A client without a certificate presents none, one without a bundle checks nobody; clients never meet."""
        clients = [Party("ws-07", make_root("Foreign").issue("ws-07").cert_pem), Party("ws-08", b"", BUNDLE)]

        assert rehearse_clients("activated", [Party("a", FIRST)], clients).findings == ()

    def test_lists_a_client_that_cannot_be_read_with_the_rest(self) -> None:
        """A cut bundle is named, and the next client is judged all the same."""
        clients = [Party("ws-07", b"", BUNDLE[:-30]), Party("ws-08", b"", ROOT.pem)]
        findings = rehearse_clients("activated", [Party("a", FIRST)], clients).findings

        assert [finding.where.partition(":")[0] for finding in findings] == ["ws-07", "activated"]
