# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates as plain values, whatever somebody hands in."""

from __future__ import annotations

import subprocess
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CertificateError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import PemBlock, split_pem
from ansible_collections.certops.rollout.plugins.plugin_utils._core.x509 import (
    Certificate,
    is_encrypted,
    is_issued_by,
    read_certificate,
    read_key,
    read_pkcs12,
)
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from unit.builders import CLIENT, Issued, make_root, self_signed

ROOT = make_root()
LEAF = ROOT.issue("dpu-03")


def read(issued: Issued) -> Certificate:
    """Return what the reader says of a certificate."""
    return read_certificate(issued.der, where="dpu-03.pem")


class TestReadCertificate:
    def test_tells_names_and_dates(self) -> None:
        """What a report shows is what the certificate says."""
        begin, end = datetime(2026, 1, 2, tzinfo=UTC), datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
        leaf = self_signed("dpu-03", not_before=begin, not_after=end, serial=77)

        seen = read(leaf)

        assert (seen.subject, seen.common_names, seen.common_name_bytes) == ("CN=dpu-03", ("dpu-03",), (b"dpu-03",))
        assert (seen.not_before, seen.not_after, seen.not_after.tzinfo) == (begin, end, UTC)
        assert (seen.fingerprint, seen.serial, seen.der) == (leaf.fingerprint, 77, leaf.der)

    def test_tells_the_extensions_of_a_leaf(self) -> None:
        """Usages are named as RFC 5280 names them."""
        seen = read(ROOT.issue("dpu-03", eku=[CLIENT, x509.ObjectIdentifier("1.2.3")], dns=["dpu-03", "dpu-03.example"]))

        assert (seen.is_ca, seen.path_length, seen.fault) == (False, None, None)
        assert seen.key_usage == frozenset({"digitalSignature", "keyEncipherment"})
        assert seen.extended_key_usage == ("clientAuth", "1.2.3")
        assert seen.dns_names == ("dpu-03", "dpu-03.example")

    def test_tells_a_ca(self) -> None:
        """A CA has its path length and may sign."""
        seen = read(make_root(path_length=1))

        assert (seen.is_ca, seen.path_length, seen.can_sign, seen.self_issued) == (True, 1, True, True)

    def test_tells_absent_extensions(self) -> None:
        """Without keyUsage every usage is allowed; a leaf is not self-issued."""
        seen = read(ROOT.issue("dpu-03", usage=None, eku=None, ca=None, dns=()))

        assert (seen.key_usage, seen.extended_key_usage, seen.dns_names) == (None, None, ())
        assert (seen.is_ca, seen.can_sign, seen.self_issued) == (False, True, False)

    def test_tells_that_a_ca_may_not_sign(self) -> None:
        """A keyUsage without keyCertSign is seen."""
        assert not read(make_root(usage=["crl_sign"])).can_sign

    @pytest.mark.parametrize(("key", "expected"), [
        ("rsa2048", ("RSA", 2048)), ("rsa3072", ("RSA", 3072)), ("ec", ("EC", 256)), ("ed25519", ("Ed25519", 0)),
    ])
    def test_tells_type_and_size_of_the_key(self, key: str, expected: tuple[str, int]) -> None:
        """The header of a key file does not tell; the certificate does."""
        seen = read(ROOT.issue("dpu-03", key=key))

        assert (seen.key_type, seen.key_bits) == expected

    @pytest.mark.parametrize(("key", "digest", "pss", "expected"), [
        ("rsa2048", "sha256", False, "sha256WithRSAEncryption"), ("rsa2048", "sha512", False, "sha512WithRSAEncryption"),
        ("rsa2048", "sha256", True, "rsassaPss"), ("ec", "sha256", False, "ecdsa-with-SHA256"), ("ed25519", "sha256", False, "ED25519"),
    ])
    def test_names_the_signature_as_openssl_does(self, key: str, digest: str, pss: bool, expected: str) -> None:
        """RSASSA-PSS is told from the older scheme."""
        assert read(self_signed("dpu-03", key=key, digest=digest, pss=pss)).signature == expected

    def test_keeps_every_common_name(self) -> None:
        """Two CNs are two."""
        names = [(NameOID.COMMON_NAME, "one"), (NameOID.ORGANIZATION_NAME, "O"), (NameOID.COMMON_NAME, "two")]

        seen = read(ROOT.issue("", names=names, dns=()))

        assert seen.common_names == ("one", "two")

    @pytest.mark.parametrize("serial", [b"\x00", b"\xff"])
    def test_reads_a_serial_number_that_is_not_positive(self, serial: bytes) -> None:
        """Old CAs made them; nobody is warned about the library's plans."""
        der = ROOT.issue("dpu-03", serial=1).der.replace(b"\x02\x01\x01\x30", b"\x02\x01" + serial + b"\x30", 1)

        with warnings.catch_warnings():
            warnings.simplefilter("error")

            assert read_certificate(der, where="old.pem").serial == (0 if serial == b"\x00" else -1)

    def test_reads_a_latin_1_name(self) -> None:
        """A licence of an old CA has a CN, although its bytes are no UTF-8."""
        seen = read_certificate(ROOT.issue("werk-X").der.replace(b"werk-X", b"werk-\xfc"), where="server_cert.pem")

        assert (seen.common_names, seen.common_name_bytes) == (("werk-ü",), (b"werk-\xfc",))

    def test_tells_extensions_that_cannot_be_decoded(self) -> None:
        """The CN is there still, and nobody takes the certificate for one without extensions."""
        marked = ROOT.issue("dpu-03", dns=["QQQQ"]).der

        seen = read_certificate(marked.replace(b"QQQQ", b"QQ\xff\xff"), where="dpu-03.pem")

        assert seen.fault
        assert seen.common_names == ("dpu-03",)

    def test_reads_a_block_of_a_file(self) -> None:
        """DER and PEM give the same value, the second time from memory."""
        (block,) = split_pem(LEAF.cert_pem, where="dpu-03.pem")

        assert read_certificate(block, where="dpu-03.pem") is read(LEAF)

    def test_writes_the_pem_it_was_read_from(self) -> None:
        """Canonical PEM: 64 characters a line, LF."""
        assert read(LEAF).pem == LEAF.cert_pem

    def test_refuses_what_is_no_certificate(self) -> None:
        """The error says where; it is none of the library's."""
        with pytest.raises(CertificateError, match=r"^dpu-03\.pem: the certificate cannot be decoded"):
            read_certificate(LEAF.der[:-1], where="dpu-03.pem")

    @given(st.binary(max_size=300), st.integers(0, len(LEAF.der)))
    @example(b"", 0)
    def test_raises_nothing_but_its_own_error(self, junk: bytes, position: int) -> None:
        """Junk, and a certificate with junk in it, is read or refused."""
        for der in (junk, LEAF.der[:position] + junk + LEAF.der[position + len(junk) :]):
            try:
                assert read_certificate(der, where="x").der == der
            except CertificateError:
                continue


class TestIsIssuedBy:
    def test_knows_the_issuer(self) -> None:
        """Name and signature fit."""
        assert is_issued_by(read(LEAF), read(ROOT))

    def test_knows_a_root(self) -> None:
        """A root is its own issuer, a leaf is not."""
        assert is_issued_by(read(ROOT), read(ROOT))
        assert not is_issued_by(read(LEAF), read(LEAF))

    def test_tells_a_ca_of_the_same_name_and_another_key(self) -> None:
        """A renewed CA with a new key did not sign what the old one signed."""
        assert not is_issued_by(read(LEAF), read(make_root(key="rsa2048/other")))

    def test_compares_names_without_case(self) -> None:
        """A CA that spells its own name differently in what it issues is still found, if its key made the signature."""
        shouting = read_certificate(LEAF.der.replace(b"Corp Root", b"CORP ROOT"), where="x")

        assert is_issued_by(shouting, read(ROOT))


class TestReadKey:
    @staticmethod
    def block(pem: bytes) -> PemBlock:
        """Return the only block of *pem*."""
        (block,) = split_pem(pem, where="key.pem")
        return block

    @pytest.mark.parametrize("key", ["rsa2048", "ec", "ed25519"])
    def test_gives_the_same_bytes_however_the_key_was_stored(self, key: str) -> None:
        """Traditional, PKCS#8 and encrypted: one key, one file, so that its SHA-256 can be compared."""
        leaf = self_signed("dpu-03", key=key)
        stored = [leaf.key_pem, leaf.encrypted_key_pem("geheim")]
        stored += [leaf.traditional_key_pem, leaf.encrypted_traditional_key_pem("geheim")] if key != "ed25519" else []

        keys = {read_key(self.block(pem), passphrase="geheim", where="key.pem") for pem in stored}

        assert {read.pem for read in keys} == {leaf.key_pem}
        assert {read.public_key_sha256 for read in keys} == {read(leaf).public_key_sha256}

    def test_tells_encrypted_keys_by_more_than_the_label(self) -> None:
        """BEGIN RSA PRIVATE KEY may be encrypted; only its Proc-Type line says so."""
        encrypted = [self.block(LEAF.encrypted_key_pem("x")), self.block(LEAF.encrypted_traditional_key_pem("x"))]

        assert [is_encrypted(block) for block in encrypted] == [True, True]
        assert not is_encrypted(self.block(LEAF.traditional_key_pem))

    @pytest.mark.parametrize("traditional", [True, False])
    def test_never_repeats_a_wrong_passphrase(self, traditional: bool) -> None:
        """The error says that it is wrong, not what it was."""
        pem = LEAF.encrypted_traditional_key_pem("geheim") if traditional else LEAF.encrypted_key_pem("geheim")

        with pytest.raises(CertificateError, match="wrong passphrase") as caught:
            read_key(self.block(pem), passphrase="falsches Wort", where="key.pem")

        assert "falsches" not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None

    def test_asks_for_a_passphrase(self) -> None:
        """An encrypted key without one is refused with the option to give."""
        with pytest.raises(CertificateError, match="no passphrase was given; give the option passphrase"):
            read_key(self.block(LEAF.encrypted_key_pem("geheim")), passphrase=None, where="key.pem")

    @pytest.mark.parametrize("part", ["n", "p", "q", "d", "dmp1", "dmq1", "iqmp"])
    def test_refuses_a_key_whose_parts_do_not_belong_together(self, part: str) -> None:
        """A key with one damaged number is refused, although OpenSSL can work around some of them."""
        numbers = LEAF.key.private_numbers()
        number = numbers.public_numbers.n if part == "n" else getattr(numbers, part)
        encoded, damaged = ((number ^ mask).to_bytes((number.bit_length() + 7) // 8, "big") for mask in (0, 4))
        der = self.block(LEAF.traditional_key_pem).der.replace(encoded, damaged)

        with pytest.raises(CertificateError, match="cannot be decoded"):
            read_key(PemBlock("RSA PRIVATE KEY", b"", der), passphrase=None, where="key.pem")

    def test_shows_no_key(self) -> None:
        """Not even in a debugger's output."""
        assert "PRIVATE" not in repr(read_key(self.block(LEAF.key_pem), passphrase=None, where="key.pem"))

    @given(st.binary(max_size=200), st.sampled_from(["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY"]), st.text(max_size=9))
    @example(b"\x30\x00", "ENCRYPTED PRIVATE KEY", "\ud800")
    def test_raises_nothing_but_its_own_error(self, junk: bytes, label: str, passphrase: str) -> None:
        """Junk is refused; neither it nor the passphrase is shown."""
        with pytest.raises(CertificateError) as caught:
            read_key(PemBlock(label, junk, junk), passphrase=passphrase, where="key.pem")

        assert caught.value.__context__ is None


class TestReadPkcs12:
    def test_opens_it(self) -> None:
        """Key and certificate come out."""
        key, certificates = read_pkcs12(LEAF.p12("geheim"), passphrase="geheim", where="dpu-03.p12")

        assert key is not None
        assert (key.pem, certificates) == (LEAF.key_pem, (LEAF.der,))

    def test_opens_one_without_passphrase(self) -> None:
        """None is needed, none is asked for."""
        assert read_pkcs12(LEAF.p12(None), passphrase=None, where="dpu-03.p12")[1] == (LEAF.der,)

    def test_opens_one_with_an_empty_passphrase(self, tmp_path: Path) -> None:
        """An empty one is not the same as none, and what was exported with it is opened without asking."""
        (tmp_path / "leaf.pem").write_bytes(LEAF.pem)
        command = ["openssl", "pkcs12", "-export", "-in", str(tmp_path / "leaf.pem"), "-passout", "pass:"]
        store = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout

        assert read_pkcs12(store, passphrase=None, where="dpu-03.p12")[1] == (LEAF.der,)

    @pytest.mark.parametrize(("passphrase", "words"), [("falsches Wort", "the passphrase is wrong"), (None, "no passphrase was given")])
    def test_refuses_a_wrong_passphrase(self, passphrase: str | None, words: str) -> None:
        """The error tells a missing one from a wrong one and repeats neither."""
        with pytest.raises(CertificateError, match=words) as caught:
            read_pkcs12(LEAF.p12("geheim"), passphrase=passphrase, where="dpu-03.p12")

        assert "falsches" not in str(caught.value)

    @given(st.binary(max_size=200), st.none() | st.text(max_size=9))
    @example(LEAF.p12("geheim")[:-9], "geheim")
    @example(LEAF.pem, None)
    def test_raises_nothing_but_its_own_error(self, junk: bytes, passphrase: str | None) -> None:
        """Junk is refused."""
        with pytest.raises(CertificateError):
            read_pkcs12(junk, passphrase=passphrase, where="dpu-03.p12")
