# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rehearsal: every certificate before every bundle."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import PemError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.rehearsal import Party, rehearse

from unit.builders import SERVER, make_root

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
