"""The verdict and the negotiation, beside the ``openssl`` command."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core import handshake, lent
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CertificateError, CoreError, PemError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.handshake import Negotiated, Purpose, Verdict, negotiate, verify
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unit.builders import make_root
from unit.core.chains import BUNDLE, CA, ROOT, WELL_FORMED, Chain, leaf
from unit.core.chains_forged import FORGED
from unit.core.forging import pem

CHAINS = {**WELL_FORMED, **FORGED}
PURPOSES: tuple[Purpose, ...] = ("server", "client")
UNSPECIFIED = 1
SOUND = Verdict(True, 0, "ok")
_ERROR = re.compile(r"^error (\d+) at \d+ depth lookup: ?(.*)$", re.MULTILINE)


@cache
def chain(name: str) -> Chain:
    """Return a chain of the table, made once."""
    return CHAINS[name][2]()


def documented(folder: Path, files: Chain, purpose: Purpose) -> Verdict:
    """Return what the documented check says of a certificate and a bundle; a failure without a number is 1, as the library has it."""
    paths = [folder / "certificate.pem", folder / "bundle.pem"]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    command = ["openssl", "verify", "-x509_strict", "-purpose", f"ssl{purpose}", "-no-CApath", "-no-CAstore", "-CAfile"]
    command += map(str, reversed(paths))
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    first = _ERROR.search(done.stderr)
    if first:
        return Verdict(False, int(first[1]), first[2])
    assert "loading file" not in done.stderr
    assert "Unable to load" not in done.stderr
    return SOUND if done.returncode == 0 else Verdict(False, UNSPECIFIED, "unspecified certificate verification error")


class TestTable:
    def test_has_chains_enough(self) -> None:
        """Every kind of fault is there, and soundness too."""
        codes = [code for row in CHAINS.values() for code in row[:2]]

        assert len(CHAINS) >= 200
        assert len(set(codes)) >= 25
        assert codes.count(0) >= 100


class TestVerify:
    @pytest.mark.parametrize("purpose", PURPOSES)
    @pytest.mark.parametrize("name", CHAINS)
    def test_says_what_openssl_says(self, name: str, purpose: Purpose, tmp_path: Path) -> None:
        """Verdict, number and words are those of the documented check."""
        verdict = verify(*chain(name), purpose=purpose)

        assert verdict.code == CHAINS[name][PURPOSES.index(purpose)]
        assert verdict == documented(tmp_path, chain(name), purpose)

    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_ignores_the_key(self, purpose: Purpose) -> None:
        """Key and leaf in one file, as the product wants them, get the verdict of the leaf."""
        for name in CHAINS:
            certificate, bundle = chain(name)

            assert verify(leaf().key_pem + certificate, bundle, purpose=purpose) == verify(certificate, bundle, purpose=purpose), name

    @pytest.mark.parametrize("key", ["key_pem", "traditional_key_pem"])
    def test_of_key_and_leaf_is_that_of_openssl(self, key: str, tmp_path: Path) -> None:
        """OpenSSL ignores a key as well."""
        file = getattr(leaf(), key) + leaf().cert_pem

        assert verify(file, BUNDLE, purpose="server") == documented(tmp_path, (file, BUNDLE), "server") == SOUND

    def test_ignores_an_encrypted_key(self) -> None:
        """Nothing asks for a passphrase to judge a certificate."""
        assert verify(leaf().encrypted_traditional_key_pem("geheim") + leaf().cert_pem, BUNDLE, purpose="server") == SOUND

    def test_with_a_byte_order_mark(self) -> None:
        """A mark at the start of either file does no harm."""
        assert verify(b"\xef\xbb\xbf" + leaf().cert_pem, b"\xef\xbb\xbf" + BUNDLE, purpose="server") == SOUND

    @pytest.mark.parametrize(("certificate", "code"), [(leaf().cert_pem, 20), (ROOT.pem, 18)])
    @pytest.mark.parametrize("bundle", [b"", b" \r\n"])
    def test_in_an_empty_bundle_trusts_nobody(self, certificate: bytes, bundle: bytes, code: int) -> None:
        """A file that is empty is no error, and no trust."""
        assert verify(certificate, bundle, purpose="server").code == code

    @pytest.mark.parametrize("purpose", PURPOSES)
    def test_never_ends_at_an_intermediate(self, purpose: Purpose) -> None:
        """A trusted intermediate without its root is not enough, whatever Python's defaults are."""
        context = handshake._context(CA.pem, purpose)

        assert not context.verify_flags & getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0x80000)
        assert verify(leaf().cert_pem, CA.pem, purpose=purpose) == Verdict(False, 2, "unable to get issuer certificate")

    def test_reads_a_bundle_larger_than_a_pipe(self) -> None:
        """The last of hundreds of anchors is trusted like the first."""
        many = b"".join(make_root(f"Plant {number}", key="ec/many").pem for number in range(200))

        assert len(many) > 65536
        assert verify(leaf().cert_pem, many + BUNDLE, purpose="server") == SOUND

    @pytest.mark.parametrize(("bundle", "where"), [
        (pem(CA.der[:-9]) + ROOT.pem, "block 1, line 1"),
        (pem(b"x", "DH PARAMETERS") + pem(CA.der[:-9]) + ROOT.pem, "block 2, line 4"),
        (BUNDLE + pem(b"junk"), f"block 3, line {BUNDLE.count(10) + 1}"),
    ])
    def test_names_the_anchor_that_cannot_be_read(self, bundle: bytes, where: str) -> None:
        """OpenSSL drops the whole file for one such block; the operator learns which."""
        with pytest.raises(PemError, match=where):
            verify(leaf().cert_pem, bundle, purpose="server")

    @pytest.mark.parametrize("content", [b"text", leaf().key_pem, leaf().der, leaf().cert_pem.decode().encode("utf-16")])
    def test_refuses_files_without_certificates(self, content: bytes) -> None:
        """Whatever holds no PEM certificate is told, as certificate and as bundle."""
        with pytest.raises(PemError, match="certificate: holds no CERTIFICATE block"):
            verify(content, BUNDLE, purpose="server")
        with pytest.raises(PemError, match="trust bundle: holds no CERTIFICATE block"):
            verify(leaf().cert_pem, content, purpose="server")

    @pytest.mark.parametrize("purpose", PURPOSES)
    @pytest.mark.parametrize("der", [
        b"0", b"\x30\x80", b"\x30\x03\x02\x01\x01", leaf().der[:-1], b"\x30\x84\xff\xff\xff\xff", bytes(110_000)])
    def test_refuses_what_is_no_certificate(self, der: bytes, purpose: Purpose) -> None:
        """A block whose content OpenSSL cannot read is an error, not a verdict."""
        with pytest.raises(CertificateError, match=r"certificate: OpenSSL cannot read it: [a-z]"):
            verify(pem(der), BUNDLE, purpose=purpose)

    @given(st.binary(max_size=300), st.binary(max_size=300))
    def test_of_any_bytes_is_a_verdict_or_our_error(self, certificate: bytes, bundle: bytes) -> None:
        """Nobody sees a traceback for a file."""
        for files in ((certificate, BUNDLE), (leaf().cert_pem, bundle), (pem(certificate), pem(bundle))):
            try:
                verdict = verify(*files, purpose="client")
            except CoreError:
                continue

            assert not verdict.accepted or files[1] == BUNDLE

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
    @given(st.integers(0, len(leaf().der) - 1), st.integers(1, 255), st.sampled_from(PURPOSES))
    def test_never_accepts_a_changed_leaf(self, place: int, change: int, purpose: Purpose) -> None:
        """Every byte of a certificate is signed, or belongs to the signature."""
        der = bytearray(leaf().der)
        der[place] ^= change
        try:
            verdict = verify(pem(bytes(der)), BUNDLE, purpose=purpose)
        except CertificateError:
            return

        assert not verdict.accepted


def mismatched() -> bytes:
    """Return a leaf with a key that is not its own."""
    return make_root("Plant", key="rsa2048/other").issue("x", key="rsa2048/other").key_pem + leaf().cert_pem


class TestNegotiate:
    @pytest.mark.parametrize(("key", "ciphers", "expected"), [
        ("rsa2048", "AES256-SHA256", "AES256-SHA256"),
        ("rsa4096", "AES256-SHA256", "AES256-SHA256"),
        ("rsa2048", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES256-GCM-SHA384"),
        ("rsa1024", "AES128-SHA", "AES128-SHA"),
        ("ec", "AES256-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("ed25519", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ])
    def test_proves_that_the_ciphers_can_use_the_key(self, key: str, ciphers: str, expected: str) -> None:
        """A whole handshake with the server's key and its setting succeeds."""
        assert negotiate(CA.issue("dpu-03", key=key).pem, ciphers) == Negotiated("TLSv1.2", expected)

    @pytest.mark.parametrize("ciphers", [None, ""])
    def test_without_a_setting_takes_any_cipher(self, ciphers: str | None) -> None:
        """No setting is no limit."""
        assert negotiate(leaf().pem, ciphers).protocol == "TLSv1.2"

    @pytest.mark.parametrize(("key", "ciphers", "words"), [
        ("ec", "AES256-SHA256", "no shared cipher"), ("rsa2048", "ECDHE-ECDSA-AES256-GCM-SHA384", "no shared cipher"),
        ("rsa2048", "AES257-SHA", "no cipher can be selected"),
        ("rsa2048", "AES256-SHA256\0", "embedded null character"), ("rsa2048", "\udcff", "surrogates not allowed"),
    ])
    def test_refuses_ciphers_that_cannot_use_the_key(self, key: str, ciphers: str, words: str) -> None:
        """The setting is named, with the words of OpenSSL or Python."""
        with pytest.raises(CertificateError, match=rf"SSL Ciphers '.+': no handshake is possible: .*{words}"):
            negotiate(CA.issue("dpu-03", key=key).pem, ciphers)

    def test_refuses_a_key_that_does_not_fit(self) -> None:
        """OpenSSL compares key and leaf."""
        with pytest.raises(CertificateError, match="key and certificate: OpenSSL cannot use them together: key values mismatch"):
            negotiate(mismatched(), None)

    @pytest.mark.parametrize("identity", [
        b"", b"text", leaf().key_pem, leaf().cert_pem, leaf().key_pem[:-200] + leaf().cert_pem,
        leaf().encrypted_key_pem("geheim") + leaf().cert_pem,
        leaf().encrypted_traditional_key_pem("geheim") + leaf().cert_pem, mismatched(),
    ])
    def test_tells_nothing_of_the_key(self, identity: bytes) -> None:
        """A file that cannot be used is refused without a question and without a byte of it."""
        with pytest.raises(CertificateError) as caught:
            negotiate(identity, None)

        assert not any(line.decode() in repr(caught.value) for line in identity.split() if len(line) > 12)
        assert caught.value.__suppress_context__

    def test_does_not_hang_on_a_large_file(self) -> None:
        """A pipe holds 64 KiB; what is larger is fed piece by piece."""
        begin = time.monotonic()

        assert negotiate(leaf().pem + b"\n" + b"# text\n" * 40_000, None).protocol == "TLSv1.2"
        assert time.monotonic() - begin < 10


class TestLending:
    @pytest.mark.parametrize("lend", [lent._memory, lent._pipe])
    @pytest.mark.parametrize("size", [0, 10, 1_000_000])
    def test_gives_all_of_it_and_leaves_nothing_open(self, lend: Callable[[bytes], AbstractContextManager[str]], size: int) -> None:
        """A reader gets every byte, or stops early; neither files nor threads remain."""
        before = opened()
        with lend(bytes(size)) as path:
            assert Path(path).read_bytes() == bytes(size)
        with lend(bytes(size)) as path, open(path, "rb", buffering=0) as early:
            assert len(early.read(5)) == min(size, 5)

        assert opened() == before

    @pytest.mark.parametrize("lend", [lent._memory, lent._pipe])
    def test_is_read_by_openssl(self, lend: Callable[[bytes], AbstractContextManager[str]]) -> None:
        """Either way serves OpenSSL as a file would."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with lend(leaf().pem) as certificate, lend(leaf().pem) as key:
            context.load_cert_chain(certificate, key)

        assert context.cert_store_stats()["x509"] == 0


def opened() -> tuple[int, int]:
    """Return how many files and threads there are."""
    return len(os.listdir("/dev/fd")), threading.active_count()
