# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every rule for a server certificate and for a trust file: kept by the good one, broken by its twin."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._core.identity import IdentitySource, read_identity
from ansible_collections.certops.rollout.plugins.plugin_utils._core.requirements import (
    Expectation,
    Judgement,
    check_identity,
    check_installed,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from unit.builders import CLIENT, SERVER, Leaf, make_root, self_signed
from unit.core.findings import rules

NOW = datetime.now(UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
JUNK = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
NO_CN = [(NameOID.ORGANIZATION_NAME, "Corp")]
CODE = ExtendedKeyUsageOID.CODE_SIGNING
ROOT = make_root()
ISSUER = ROOT.intermediate("Corp Issuing CA")
BUNDLE = ROOT.pem + ISSUER.pem
GOOD = ISSUER.issue("dpu-03")


def judge(leaf: Leaf, bundle: bytes = BUNDLE, **expected: Any) -> Judgement:
    """Return what is said of *leaf* for a node whose CN is dpu-03."""
    identity = read_identity(IdentitySource("dpu-03.pem", content=leaf.pem))
    return check_identity(identity, bundle, Expectation(**{
        "node": "dpu-03", "common_name": "dpu-03", "ciphers": None, "min_days": 30, "now": NOW, **expected}))


def only(judgement: Judgement) -> Finding:
    """Return the only finding."""
    (finding,) = judgement.findings
    return finding


class TestCheckIdentity:
    @pytest.mark.parametrize("how", [
        {}, {"usage": None}, {"eku": None}, {"ca": None}, {"key": "rsa3072"}, {"key": "rsa4096"}, {"digest": "sha512"},
        {"dns": ["other.example", "dpu-03"]}, {"not_after": NOW + 31 * DAY}, {"eku": [CLIENT, SERVER]},
    ])
    def test_accepts_a_good_one(self, how: dict[str, Any]) -> None:
        """Nothing is found and nothing warned of."""
        assert judge(ISSUER.issue("dpu-03", **how)) == Judgement((), ())

    @pytest.mark.parametrize(("how", "broken"), [
        ({"names": [(NameOID.COMMON_NAME, "dpu-3")], "dns": ["dpu-03"]}, "common-name"),
        ({"names": [(NameOID.COMMON_NAME, "DPU-03")], "dns": ["dpu-03"]}, "common-name"),
        ({"names": [(NameOID.COMMON_NAME, "dpu-03 ")], "dns": ["dpu-03"]}, "common-name"),
        ({"names": NO_CN, "dns": ["dpu-03"]}, "common-name"),
        ({"names": [(NameOID.COMMON_NAME, "dpu-03"), (NameOID.COMMON_NAME, "dpu-03")]}, "common-name"),
        ({"dns": ()}, "subject-alt-name"), ({"dns": ["DPU-03"]}, "subject-alt-name"), ({"dns": ["dpu-03.example"]}, "subject-alt-name"),
        ({"not_after": NOW + 30 * DAY - SECOND}, "days-left"),
        ({"not_before": NOW - 9 * DAY, "not_after": NOW - DAY}, "expired"), ({"not_before": NOW + DAY}, "not-yet-valid"),
        ({"key": "ec"}, "key-type"), ({"key": "ed25519"}, "key-type"), ({"key": "rsa1024"}, "key-size"),
        ({"pss": True}, "signature"),
        ({"eku": [SERVER]}, "purpose-client"), ({"eku": [CLIENT]}, "purpose-server"),
        ({"aki": False}, "chain"), ({"unknown_critical": True}, "chain"), ({"eku": [CODE]}, "chain"),
    ])
    def test_finds_the_one_thing_that_is_broken(self, how: dict[str, Any], broken: str) -> None:
        """One fault is one finding, with the file, the words and the remedy."""
        finding = only(judge(ISSUER.issue("dpu-03", **how)))

        assert finding.rule == broken
        assert finding.where == "dpu-03.pem"
        assert finding.problem
        assert finding.remedy

    @pytest.mark.parametrize(("leaf", "bundle", "code", "remedy"), [
        (GOOD, ROOT.pem, 20, "add the CA that issued it to the trust"),
        (GOOD, ISSUER.pem, 2, "add the missing CA levels"),
        (GOOD, b"", 20, "add the CA that issued it to the trust"),
        (self_signed("dpu-03"), BUNDLE, 18, "have it issued by the CA"),
        (ISSUER.issue("dpu-03", eku=[CODE]), BUNDLE, 26, "extendedKeyUsage serverAuth and clientAuth"),
        (ISSUER.issue("dpu-03", aki=False), BUNDLE, 85, "authorityKeyIdentifier"),
    ])
    def test_tells_a_chain_fault_once_with_its_number_and_remedy(self, leaf: Leaf, bundle: bytes, code: int, remedy: str) -> None:
        """What fails for both purposes is one finding with OpenSSL's number."""
        finding = only(judge(leaf, bundle))

        assert finding.problem.startswith(f"refused as TLS server and as TLS client: error {code}, ")
        assert remedy in finding.remedy

    @pytest.mark.parametrize(("how", "code", "remedy"), [
        ({"not_before": NOW - 9 * DAY, "not_after": NOW - DAY}, 10, "renew what is expired"),
        ({"not_before": NOW + DAY}, 9, "wait until"),
        ({"permitted": ["other.example"]}, 47, "nameConstraints permit"),
        ({"usage": None}, 92, "keyUsage"), ({"constraints_critical": False}, 89, "critical"), ({"ski": False}, 86, "subjectKeyIdentifier"),
        ({"usage": ["crl_sign"]}, 79, "keyCertSign"), ({"ca": False, "usage": ["digital_signature"]}, 79, "CA:TRUE"),
    ])
    def test_tells_what_is_wrong_above_the_leaf(self, how: dict[str, Any], code: int, remedy: str) -> None:
        """A broken CA is not the leaf's fault, and the remedy says so."""
        issuer = ROOT.intermediate("Broken CA", **how)

        finding = only(judge(issuer.issue("dpu-03"), ROOT.pem + issuer.pem))

        assert f": error {code}, " in finding.problem
        assert remedy in finding.remedy

    def test_tells_a_path_that_is_too_long(self) -> None:
        """Error 25 has its own remedy."""
        issuer = ROOT.intermediate("Last CA", path_length=0).intermediate("One too many")
        bundle = b"".join([issuer.pem, ROOT.pem, ROOT.intermediate("Last CA", path_length=0).pem])

        assert "pathLenConstraint" in only(judge(issuer.issue("dpu-03"), bundle)).remedy

    def test_tells_times_in_utc(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As openssl does, in whatever zone the controller is."""
        day = datetime(2026, 3, 31, tzinfo=UTC)
        leaf = ISSUER.issue("dpu-03", not_before=day - DAY, not_after=day)
        with monkeypatch.context() as environment:
            environment.setenv("TZ", "JST-9")
            time.tzset()
            problem = judge(leaf, now=day + DAY).findings[0].problem
        time.tzset()

        assert problem == "certificate has expired: notAfter is 2026-03-31 00:00:00 UTC, now is 2026-04-01 00:00:00 UTC"

    def test_reports_every_fault_at_once(self) -> None:
        """Nobody has to ask for a new certificate twice."""
        leaf = ISSUER.issue("dpu-3", key="rsa1024", eku=[SERVER], not_after=NOW + DAY, pss=True)

        assert rules(judge(leaf).findings) == ["common-name", "subject-alt-name", "days-left", "key-size", "signature", "purpose-client"]

    def test_a_ca_is_no_leaf(self) -> None:
        """The certificate of a CA in place of the server's is told as what it is."""
        findings = judge(ISSUER.issue("dpu-03", ca=True)).findings

        assert rules(findings) == ["not-a-leaf"]
        assert "CA:TRUE" in findings[0].problem

    def test_extensions_that_cannot_be_decoded_are_a_fault(self) -> None:
        """Nobody takes them for absent."""
        assert rules(judge(ISSUER.issue("dpu-03", eku=())).findings) == ["subject-alt-name", "extensions", "chain"]

    def test_says_what_is_and_what_should_be(self) -> None:
        """The words an operator acts on."""
        finding = only(judge(ISSUER.issue("dpu-3", dns=["dpu-03"])))

        assert str(finding) == ("dpu-03.pem: subject CN is 'dpu-3', server_cert.pem of dpu-03 has 'dpu-03'; "
                                "have it reissued with that CN, or check that this certificate is meant for this node")

    def test_compares_bytes(self) -> None:
        """A CN given as bytes is compared as it is encoded."""
        assert not judge(GOOD, common_name=b"dpu-03").findings
        assert rules(judge(GOOD, common_name=b"dpu-\xf03").findings) == ["common-name", "subject-alt-name"]

    def test_asks_for_the_alternative_name_though_the_licence_is_not_known(self) -> None:
        """Without a CN to compare with, the certificate's own one has to be in subjectAltName."""
        assert not judge(GOOD, common_name=None).findings
        assert rules(judge(ISSUER.issue("dpu-03", dns=()), common_name=None).findings) == ["subject-alt-name"]
        assert rules(judge(ISSUER.issue("", names=NO_CN, dns=["dpu-03"]), common_name=None).findings) == ["common-name"]

    def test_hostile_names_are_escaped_and_shortened(self) -> None:
        """A CN can neither break a line, colour the terminal nor fill it."""
        with pytest.warns(UserWarning, match="length"):
            leaf = ISSUER.issue("", names=[(NameOID.COMMON_NAME, "dpu\n\x1b[31m" + "x" * 65536)], dns=["y" * 200] * 9)

        expected = Expectation("dpu-03", "dpu-03", None, 30, NOW)
        text = "\n".join(map(str, check_installed(leaf.cert_pem, BUNDLE, expected).findings))

        assert "dpu\\n\\x1b[31mxxx" in text
        assert "and 6 more" in text
        assert len(text) < 2000

    @pytest.mark.parametrize(("ciphers", "broken"), [
        ("AES256-SHA256", []), ("ECDHE-ECDSA-AES256-SHA384", ["ciphers"]), ("NONSENSE", ["ciphers"])])
    def test_the_key_has_to_serve_the_ciphers(self, ciphers: str, broken: list[str]) -> None:
        """What the node is set to has to work with the new key, and the finding names the node and its setting."""
        findings = judge(GOOD, ciphers=ciphers).findings

        assert rules(findings) == broken
        assert [finding.where for finding in findings] == [f"dpu-03, SSL Ciphers '{ciphers}'"] * len(broken)

    def test_lists_the_common_names(self) -> None:
        """A product that takes the first or the last one would be guessing."""
        leaf = ISSUER.issue("dpu-03", names=[(NameOID.COMMON_NAME, name) for name in ("dpu-03", "dpu-04")])

        assert only(judge(leaf)).problem.startswith("the subject has 2 CN ('dpu-03', 'dpu-04'); exactly one is wanted")

    def test_warns_of_what_is_unwise(self) -> None:
        """A huge key and a missing keyEncipherment are allowed."""
        judgement = judge(ISSUER.issue("dpu-03", key="rsa4104", usage=["digital_signature"]))

        assert judgement.findings == ()
        assert rules(judgement.warnings) == ["key-size", "key-usage"]

    def test_a_broken_bundle_is_a_finding(self) -> None:
        """A bundle that cannot be read is told with the certificate that was to be judged in it."""
        finding = only(judge(GOOD, BUNDLE[:-30]))

        assert finding.rule == "chain"
        assert finding.where.startswith("dpu-03.pem, trust bundle: line ")


class TestCheckInstalled:
    EXPECTED = Expectation("dpu-03", "dpu-03", "AES256-SHA256", 30, NOW)

    def test_accepts_a_good_one(self) -> None:
        """The public part is enough."""
        assert check_installed(GOOD.cert_pem, BUNDLE, self.EXPECTED) == Judgement((), ())

    def test_judges_as_before_the_installation(self) -> None:
        """The same fault is the same finding, at another place."""
        leaf = ISSUER.issue("dpu-3", eku=[SERVER], not_after=NOW + DAY)
        installed, before = check_installed(leaf.cert_pem, BUNDLE, self.EXPECTED), judge(leaf)

        assert [(finding.rule, finding.problem) for finding in installed.findings] == [(f.rule, f.problem) for f in before.findings]
        assert {finding.where for finding in installed.findings} == {"dpu-03, installed certificate"}

    def test_judges_the_first_certificate(self) -> None:
        """As OpenSSL does."""
        assert rules(check_installed(ISSUER.pem + GOOD.cert_pem, BUNDLE, self.EXPECTED).findings)[:1] == ["common-name"]

    @pytest.mark.parametrize("content", [b"", b"text", GOOD.cert_pem[:-30], JUNK])
    def test_finds_a_file_without_a_certificate(self, content: bytes) -> None:
        """An empty, cut or broken file is one finding."""
        judgement = check_installed(content, BUNDLE, self.EXPECTED)
        finding = only(judgement)

        assert (finding.rule, judgement.warnings) == ("certificate", ())
        assert finding.where.startswith("dpu-03, installed certificate")
        assert finding.problem
        assert finding.remedy

    def test_asks_for_a_certificate_where_there_is_none(self) -> None:
        """A file without a block is to be installed again."""
        assert only(check_installed(b"", BUNDLE, self.EXPECTED)) == Finding(
            "dpu-03, installed certificate", "no certificate", "install the certificate again", "certificate")

    @pytest.mark.parametrize(("names", "told"), [
        (["a", "b", "c"], "3 dNSName ('a', 'b', 'c')"), (["a", "b", "c", "d"], "4 dNSName ('a', 'b', 'c' and 1 more)")])
    def test_lists_three_names_and_counts_the_rest(self, names: list[str], told: str) -> None:
        """Three are shown; a certificate with a hundred names does not fill the screen."""
        assert told in only(judge(ISSUER.issue("dpu-03", dns=names))).problem

    @given(st.binary(max_size=200), st.binary(max_size=200))
    def test_never_raises(self, certificate: bytes, bundle: bytes) -> None:
        """Whatever is on a node, there is a judgement."""
        assert check_installed(certificate, bundle, self.EXPECTED).findings
        assert check_installed(GOOD.cert_pem, b"-----BEGIN CERTIFICATE-----" + bundle, self.EXPECTED).findings
