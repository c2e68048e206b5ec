# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every rule for a trust file: kept by the good one, broken by its twin; and the days a certificate has left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._core.requirements import check_anchors, days_left
from ansible_collections.certops.rollout.plugins.plugin_utils._core.x509 import read_certificate
from hypothesis import given
from hypothesis import strategies as st

from unit.builders import make_root
from unit.core.findings import rules

NOW = datetime.now(UTC).replace(microsecond=0)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
JUNK = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
ROOT = make_root()
ISSUER = ROOT.intermediate("Corp Issuing CA")
BUNDLE = ROOT.pem + ISSUER.pem
GOOD = ISSUER.issue("dpu-03")


def place(number: int, before: bytes) -> str:
    """Return where a block of corp.pem stands that follows *before*."""
    return f"corp.pem: block {number}, line {len(before.splitlines()) + 1}"


class TestCheckAnchors:
    @staticmethod
    def check(content: bytes, known: bytes = b"") -> list[Finding]:
        """Return what is found in a trust file."""
        return check_anchors(content, where="corp.pem", now=NOW, known=known)

    @pytest.mark.parametrize("content", [b"", b"\n", BUNDLE, ISSUER.pem + b"text\n" + ROOT.pem, ROOT.pem])
    def test_accepts_complete_chains(self, content: bytes) -> None:
        """In any order, with text between; nothing at all is no fault."""
        assert self.check(content) == []

    def test_accepts_a_level_whose_root_is_present(self) -> None:
        """What the bundle holds already need not be given again."""
        assert self.check(ISSUER.pem, known=b"text\n" + ROOT.pem) == []

    @pytest.mark.parametrize(("content", "broken"), [
        (GOOD.key_pem, "private-key"), (GOOD.encrypted_key_pem("x"), "private-key"), (GOOD.cert_pem, "not-a-ca"),
        (make_root(ca=None).pem, "not-a-ca"), (make_root(usage=["crl_sign"]).pem, "not-a-ca"),
        (make_root(not_before=NOW - 9 * DAY, not_after=NOW - DAY).pem, "expired"), (make_root(not_before=NOW + DAY).pem, "not-yet-valid"),
        (ROOT.pem.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"), "label"),
        (JUNK, "certificate"), (make_root(eku=()).pem, "extensions"), (make_root(dns=["any"]).pem, ""),
    ])
    def test_finds_the_broken_block_with_number_and_line(self, content: bytes, broken: str) -> None:
        """The block is told by number and line."""
        findings = self.check(BUNDLE + content)

        assert rules(findings) == ([broken] if broken else [])
        assert {finding.where for finding in findings} <= {f"corp.pem: block 3, line {len(BUNDLE.splitlines()) + 1}"}

    @pytest.mark.parametrize("content", [BUNDLE[:-30], BUNDLE + JUNK[-26:], BUNDLE.replace(b"-\n-", b"--", 1), ROOT.der])
    def test_finds_a_file_that_is_no_pem(self, content: bytes) -> None:
        """Cut, unpaired, glued or binary: one finding."""
        assert len(self.check(content)) == 1

    @pytest.mark.parametrize("known", [b"", make_root(key="rsa2048/other").pem, GOOD.cert_pem, b"broken -----BEGIN"])
    def test_asks_for_the_root(self, known: bytes) -> None:
        """An intermediate without the self-signed root above it is refused; a CA that only has the same name is none."""
        (finding,) = self.check(ISSUER.pem, known=known)

        assert (finding.rule, finding.where) == ("root-missing", "corp.pem: block 1, line 1")
        assert finding.problem == ("unable to get issuer certificate: 'CN=Corp Root', which issued 'CN=Corp Issuing CA', is missing")

    def test_asks_for_the_root_above_what_is_present(self) -> None:
        """The chain goes on through the bundle: what is missing there is missing."""
        below = ISSUER.intermediate("Corp Sub CA")

        assert rules(self.check(below.pem, known=ISSUER.pem)) == ["root-missing"]
        assert self.check(below.pem, known=BUNDLE) == []

    @pytest.mark.parametrize("dates", [{"not_before": NOW}, {"not_after": NOW}])
    def test_accepts_the_first_and_the_last_second(self, dates: dict[str, datetime]) -> None:
        """Both ends belong to the period (RFC 5280 section 4.1.2.5)."""
        assert self.check(make_root("Corp Root", **dates).pem) == []

    def test_asks_for_every_missing_root(self) -> None:
        """Two CAs of two companies lack a root each; one CA that another one in the file has issued lacks it once more."""
        plant = make_root("Plant Root").intermediate("Plant CA")
        below = ISSUER.intermediate("Corp Sub CA")

        assert [finding.where for finding in self.check(ISSUER.pem + plant.pem)] == ["corp.pem: block 1, line 1", place(2, ISSUER.pem)]
        assert rules(self.check(below.pem + ISSUER.pem + plant.pem)) == ["root-missing"] * 2

    def test_names_a_file_that_is_no_pem(self) -> None:
        """A DER file, or a text, has no block to name."""
        finding = Finding("corp.pem", "no PEM block: it has no line -----BEGIN CERTIFICATE-----", "give the CA certificates as PEM", "pem")

        assert self.check(b"text") == [finding]
        assert rules(self.check(BUNDLE[:-30])) == ["pem"]

    def test_names_the_line_of_a_cut_block(self) -> None:
        """The file and the line in it."""
        (finding,) = self.check(BUNDLE[:-30])

        assert finding.where.startswith("corp.pem: line ")

    def test_reports_every_block(self) -> None:
        """Three faults are three findings."""
        content = GOOD.key_pem + GOOD.cert_pem + make_root(not_before=NOW - 9 * DAY, not_after=NOW - DAY).pem + BUNDLE

        assert rules(self.check(content)) == ["private-key", "not-a-ca", "expired"]

    def test_says_what_is_wrong_with_a_block(self) -> None:
        """A key is to be taken for known, and another block is called by its label."""
        key, other = self.check(GOOD.key_pem + BUNDLE + ROOT.pem.replace(b"CERTIFICATE", b"X509 CRL"))

        assert (key.problem, key.remedy) == ("a private key in a trust file", "remove it, and consider the key as known to others")
        assert other.problem == "a block 'X509 CRL', no CERTIFICATE"

    def test_shows_no_key(self) -> None:
        """The finding names the block and nothing of what is in it."""
        assert not any(line.decode() in str(self.check(GOOD.key_pem)) for line in GOOD.key_pem.splitlines())

    @given(st.binary(max_size=300), st.integers(0, len(BUNDLE)))
    def test_never_raises(self, junk: bytes, position: int) -> None:
        """Whatever is in a trust file, there are findings or none."""
        assert self.check(BUNDLE[:position] + junk + BUNDLE[position:]) is not None


class TestDaysLeft:
    @pytest.mark.parametrize(("left", "days"), [(10 * DAY, 10), (10 * DAY - SECOND, 9), (0 * DAY, 0), (-SECOND, -1)])
    def test_counts_whole_days(self, left: timedelta, days: int) -> None:
        """Rounded down, negative once it is expired."""
        assert days_left(read_certificate(GOOD.der, where="x"), GOOD.cert.not_valid_after_utc - left) == days
