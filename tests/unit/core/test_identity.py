# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Key and leaf from every form an operator has them in, and every way in which they do not belong together."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Refused
from ansible_collections.certops.rollout.plugins.plugin_utils._core.identity import Identity, IdentitySource, read_identity
from hypothesis import given
from hypothesis import strategies as st

from unit.builders import make_root, self_signed
from unit.core import findings

ROOT = make_root()
ISSUER = ROOT.intermediate("Corp Issuing CA")
LEAF = ISSUER.issue("dpu-03")
OTHER = ISSUER.issue("dpu-04", key="rsa2048/other")
SECRET = "geheim ä"


def read(**source: Any) -> Identity:
    """Return what is read from a source of that name."""
    return read_identity(IdentitySource("dpu-03.pem", **source))


def refusals(**source: Any) -> list[tuple[str, str, str]]:
    """Return rule, place and problem of each finding."""
    with pytest.raises(Refused) as caught:
        read(**source)
    assert findings.rules(caught.value.findings)

    return [(finding.rule, finding.where, finding.problem) for finding in caught.value.findings]


def rules(**source: Any) -> list[str]:
    """Return the rules that are broken."""
    return [rule for rule, _ignored, _ignored in refusals(**source)]


def line_after(content: bytes) -> str:
    """Return the place of a block that follows *content*."""
    return f"dpu-03.pem: line {len(content.splitlines()) + 1}"


class TestReadIdentity:
    @pytest.mark.parametrize("source", [
        {"content": LEAF.pem},
        {"content": LEAF.cert_pem + LEAF.key_pem},
        {"content": LEAF.pem.replace(b"\n", b"\r\n")},
        {"content": b"\xef\xbb\xbfBag Attributes\n" + LEAF.cert_pem + b"\nProduct = Premium\n" + LEAF.traditional_key_pem},
        {"content": LEAF.cert_pem, "key": LEAF.key_pem},
        {"content": LEAF.cert_pem, "key": LEAF.encrypted_key_pem(SECRET), "passphrase": SECRET},
        {"content": LEAF.cert_pem + LEAF.encrypted_traditional_key_pem(SECRET), "passphrase": SECRET},
        {"content": LEAF.pem, "passphrase": "needed by nobody"},
        {"pkcs12": LEAF.p12(SECRET), "passphrase": SECRET},
        {"pkcs12": LEAF.p12(None)},
    ], ids=["one PEM", "leaf first", "CRLF", "text and BOM", "apart", "PKCS#8 encrypted", "traditional encrypted", "idle passphrase",
            "PKCS#12", "PKCS#12 without passphrase"])
    def test_gives_the_same_file_for_every_source(self, source: dict[str, Any]) -> None:
        """Key first, then leaf, LF: the SHA-256 tells whether the file on a node is this one."""
        identity = read(**source)

        assert identity.pem == LEAF.key_pem + LEAF.cert_pem
        assert identity.sha256 == hashlib.sha256(LEAF.pem).hexdigest()
        assert (identity.leaf.fingerprint, identity.leaf_pem) == (LEAF.fingerprint, LEAF.cert_pem)

    @pytest.mark.parametrize("source", [{"content": LEAF.key_pem + LEAF.chain_pem}, {"pkcs12": LEAF.p12(None)}])
    def test_leaves_the_chain_out_and_counts_it(self, source: dict[str, bytes]) -> None:
        """The product judges the first certificate and nobody reads the rest."""
        identity = read(**source)

        assert (identity.extra, identity.pem) == (1, LEAF.pem)

    def test_reads_an_ec_key_with_its_parameters(self) -> None:
        """What openssl ecparam writes is read; that EC is refused is another rule."""
        leaf = ISSUER.issue("dpu-03", key="ec")
        parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"

        assert read(content=parameters + leaf.traditional_key_pem + leaf.cert_pem).leaf.key_type == "EC"

    def test_shows_no_secret(self) -> None:
        """Neither source nor identity show key or passphrase."""
        source = IdentitySource("dpu-03.pem", content=LEAF.pem, passphrase=SECRET)
        shown = repr(source) + repr(read_identity(source))

        assert "geheim" not in shown
        assert "PRIVATE" not in shown


class TestRefusals:
    def test_no_key(self) -> None:
        """A certificate alone is no identity."""
        assert refusals(content=LEAF.cert_pem) == [("one-key", "dpu-03.pem", "no private key")]

    def test_two_keys(self) -> None:
        """Which one is meant is never guessed, not even when both are the same."""
        problem = f"2 private keys (dpu-03.pem: line 1, {line_after(LEAF.pem)}); exactly one is wanted"

        assert refusals(content=LEAF.pem + LEAF.key_pem) == [("one-key", "dpu-03.pem", problem)]
        assert rules(content=LEAF.pem, key=LEAF.key_pem) == ["one-key"]

    @pytest.mark.parametrize(("content", "remedy"), [
        (LEAF.cert_pem, "add the key of this certificate to the file, or name its file in key_src"),
        (LEAF.pem + LEAF.key_pem, "leave the key of this certificate only"),
    ])
    def test_say_which_way_to_one_key(self, content: bytes, remedy: str) -> None:
        """One is missing, or one is too many."""
        with pytest.raises(Refused) as caught:
            read(content=content)

        assert [finding.remedy for finding in caught.value.findings] == [remedy]

    def test_no_certificate(self) -> None:
        """A key alone is no identity."""
        assert refusals(content=LEAF.key_pem) == [("certificate", "dpu-03.pem", "no certificate")]

    def test_nothing_at_all(self) -> None:
        """Both findings are told at once; an empty file is told as such."""
        assert rules() == ["certificate", "one-key"]
        assert rules(content=b"") == rules(content=LEAF.pem, key=b"") == ["pem"]

    @pytest.mark.parametrize("key", [LEAF.encrypted_key_pem(SECRET), LEAF.encrypted_traditional_key_pem(SECRET)])
    def test_encrypted_key_without_passphrase(self, key: bytes) -> None:
        """The place of the key is told, in whichever file it is."""
        ((rule, where, problem),) = refusals(content=LEAF.cert_pem, key=key)

        assert (rule, where) == ("key", "key of dpu-03.pem: line 1")
        assert problem == "the private key is encrypted and no passphrase was given"

    def test_wrong_passphrase(self) -> None:
        """It is not repeated."""
        ((rule, _ignored, problem),) = refusals(content=LEAF.cert_pem, key=LEAF.encrypted_key_pem(SECRET), passphrase="daneben")

        assert rule == "key"
        assert "wrong passphrase" in problem
        assert "daneben" not in problem

    def test_key_of_another_certificate(self) -> None:
        """The public keys are compared, not the names."""
        ((rule, _ignored, problem),) = refusals(content=LEAF.cert_pem, key=OTHER.key_pem)

        assert rule == "key-fit"
        assert problem == "the private key does not belong to the certificate 'CN=dpu-03': key values mismatch"

    def test_ca_before_the_leaf(self) -> None:
        """OpenSSL would judge the intermediate."""
        ((rule, _ignored, problem),) = refusals(content=LEAF.key_pem + ISSUER.pem + LEAF.cert_pem)

        assert rule == "leaf-first"
        assert problem.startswith("the first certificate, 'CN=Corp Issuing CA', is not the leaf")

    def test_ca_before_the_leaf_and_a_key_that_cannot_be_read(self) -> None:
        """Two faults are two findings: the order is seen without the key."""
        assert rules(content=ISSUER.pem + LEAF.cert_pem, key=LEAF.encrypted_key_pem(SECRET)) == ["key", "leaf-first"]

    def test_order_does_not_count_in_pkcs12(self) -> None:
        """The leaf is the one the key belongs to; another key's leaf is refused."""
        odd = type(LEAF)(OTHER.cert, OTHER.key, LEAF.above)

        assert read(pkcs12=odd.p12(None)).leaf.fingerprint == OTHER.fingerprint

    def test_pkcs12_without_key(self) -> None:
        """A trust store is no identity."""
        store = type(LEAF)(LEAF.cert, None, LEAF.above).p12("x")

        assert refusals(pkcs12=store, passphrase="x") == [("one-key", "dpu-03.pem", "the PKCS#12 file holds no private key")]

    @pytest.mark.parametrize(("pkcs12", "passphrase"), [(b"garbage", None), (LEAF.pem, None), (LEAF.p12("x"), None), (LEAF.p12("x"), "y")])
    def test_pkcs12_that_cannot_be_opened(self, pkcs12: bytes, passphrase: str | None) -> None:
        """One finding, not a second one about what it would have held."""
        assert rules(pkcs12=pkcs12, passphrase=passphrase) == ["pkcs12"]

    def test_pem_and_pkcs12(self) -> None:
        """Which one is meant is never guessed."""
        both = [refusals(pkcs12=LEAF.p12(None), **pem) for pem in ({"content": LEAF.pem}, {"key": LEAF.key_pem})]

        assert both == [[("source", "dpu-03.pem", "is given as PEM and as PKCS#12")]] * 2

    @pytest.mark.parametrize("content", [LEAF.der, b"hello"])
    def test_file_that_is_no_pem(self, content: bytes) -> None:
        """A binary file is told as what it is not, once."""
        ((rule, where, problem),) = refusals(content=content)

        assert (rule, where) == ("pem", "dpu-03.pem")
        assert problem.startswith("no PEM block")

    def test_cut_file(self) -> None:
        """The line is told, for each of the two files."""
        assert [(rule, where) for rule, where, _ignored in refusals(content=LEAF.cert_pem[:-30], key=LEAF.key_pem[:-30])] == [
            ("pem", "dpu-03.pem: line 1"), ("pem", "key of dpu-03.pem: line 1")]

    def test_strange_block(self) -> None:
        """A request in place of the certificate is named; nothing is skipped in silence."""
        request = LEAF.cert_pem.replace(b"CERTIFICATE", b"CERTIFICATE REQUEST")

        ((rule, where, problem),) = refusals(content=LEAF.key_pem + request)

        assert (rule, where) == ("pem", line_after(LEAF.key_pem))
        assert problem == "a block 'CERTIFICATE REQUEST', neither certificate nor private key"

    def test_unreadable_certificate_in_the_chain(self) -> None:
        """A block that cannot be decoded is refused with its line, although only the first one is used."""
        broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

        ((rule, where, _ignored),) = refusals(content=LEAF.pem + broken)

        assert (rule, where) == ("certificate", line_after(LEAF.pem))

    def test_certificate_that_is_too_big(self) -> None:
        """OpenSSL would wait for ever for the rest of it."""
        assert rules(content=ISSUER.issue("dpu-03", dns=[f"{number}.example" for number in range(2500)]).pem) == ["size"]

    @given(st.binary(max_size=80), st.sampled_from(["content", "key", "pkcs12"]))
    def test_raises_nothing_but_refusals_and_shows_no_secret(self, junk: bytes, part: str) -> None:
        """Whatever the bytes are, there are findings, and no key in them."""
        source = {"content": LEAF.pem, "passphrase": "Zugang zum Werk", part: junk}
        with pytest.raises(Refused) as caught:
            read(**source)

        assert caught.value.findings
        assert "Zugang" not in str(caught.value)

    @given(st.integers(0, len(LEAF.key_pem)), st.integers(1, 40), st.binary(max_size=3) | st.text("AbC9+/", max_size=9).map(str.encode))
    def test_never_takes_a_damaged_key_for_another(self, start: int, size: int, junk: bytes) -> None:
        """A damaged key is refused, or the damage changed nothing; no line of the key is shown."""
        try:
            outcome = read(content=LEAF.cert_pem, key=LEAF.key_pem[:start] + junk + LEAF.key_pem[start + size :]).sha256
        except Refused as refused:
            outcome = str(refused)

        assert outcome == hashlib.sha256(LEAF.pem).hexdigest() or "dpu-03.pem" in outcome
        assert not any(line.decode() in outcome for line in LEAF.key_pem.splitlines()[1:-1])


def test_self_signed_identity_is_read() -> None:
    """Whether somebody trusts it is another rule."""
    assert read(content=self_signed("dpu-03").pem).leaf.self_issued
