"""Strict PEM blocks."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from pathlib import Path

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import PemError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.pem import PemBlock, lines_of, split_pem
from hypothesis import example, given
from hypothesis import strategies as st

from unit.builders import make_root
from unit.core.forging import pem

FIXTURES = Path(__file__).parents[1] / "fixtures"
# What tools take for text and would not bear, CRLF and stray bytes, ends in ".bin".
_PEM = "*.pem*"
GOOD = sorted((FIXTURES / "pem").glob(_PEM))
BROKEN = sorted((FIXTURES / "broken/pem").glob(_PEM))
FIRST, SECOND = (make_root(name, key=f"ec/{name}") for name in ("Corp Root", "Plant Root"))
BOTH = FIRST.pem + SECOND.pem
LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "PRIVATE KEY", "X509 CRL", "A-B")

# Lines that are no markers and look like none.
TEXT = st.binary(max_size=20).filter(lambda line: b"\n" not in line and b"---" not in line and b"BEGIN" not in line and b"END" not in line)
BLOCKS = st.lists(st.tuples(st.sampled_from(LABELS), st.binary(min_size=1, max_size=200)), max_size=4)


def refused(content: bytes) -> int | None:
    """Return the line that an error names, None when there is no error."""
    try:
        split_pem(content, where="trust.pem")
    except PemError as error:
        where = error.findings[0].where
    else:
        return None
    found = re.fullmatch(r"trust\.pem: (?:block \d+: )?line (\d+)", where)
    return int(found[1]) if found else 0


def loaded(path: Path) -> int | None:
    """Return how many certificates OpenSSL takes out of a trust file, None when it refuses the file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        return None
    return context.cert_store_stats()["x509"]


class TestSplitPem:
    @pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
    def test_finds_what_openssl_finds(self, path: Path) -> None:
        """Whatever stands around and inside of the blocks, no certificate is lost."""
        found = [block.der for block in split_pem(path.read_bytes()) if "CERTIFICATE" in block.label]

        assert found == [block.der for block in split_pem((FIXTURES / "pem/two.pem").read_bytes())]
        assert len(found) == loaded(path) == 2

    @pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
    def test_refuses_broken_files_with_the_line(self, path: Path) -> None:
        """The line is the one in the file's name."""
        assert refused(path.read_bytes()) == int(path.stem.partition("-")[0])

    @pytest.mark.parametrize(("content", "words"), [
        (b"-----END A-----\n", "line 1: an END marker has no BEGIN; restore the beginning of the block"),
        (b"-----BEGIN A-----\n-----BEGIN B-----\n", "line 2: another block begins inside of the A that begins in line 1; restore"),
        (b"-----BEGIN A-----\n-----END B-----\n", "line 2: another block ends inside of the A that begins in line 1; restore"),
        (b"-----BEGIN A-----\n", "line 1: BEGIN A has no END; the file was cut off: fetch it again"),
        (b"-----BEGIN A-----\n?\n-----END A-----\n", "line 1: the body of this A is no base64; fetch the file again"),
    ])
    def test_says_what_a_marker_lacks(self, content: bytes, words: str) -> None:
        """Where, what, and what to do, as somebody sees it in an editor."""
        with pytest.raises(PemError, match=f"^trust.pem: .*{words}"):
            split_pem(content, where="trust.pem")

    def test_refuses_whatever_openssl_refuses(self, tmp_path: Path) -> None:
        """A file of ours that is cut in any line, or has one twice, is never read otherwise than by OpenSSL."""
        path, lines = tmp_path / "trust.pem", lines_of(BOTH)
        for at, line in enumerate(lines):
            for changed in ([*lines[:at], *lines[at + 1 :]], [*lines[:at], line, *lines[at:]], [*lines[:at], b"\n", *lines[at:]]):
                path.write_bytes(b"".join(changed))
                if refused(path.read_bytes()) is None and loaded(path) is not None:
                    assert len(set(split_pem(path.read_bytes()))) == loaded(path), at

    def test_of_a_file_cut_between_two_lines_has_whole_blocks_or_none(self) -> None:
        """After each line a file is either good so far, or refused where its last block begins."""
        lines, size = lines_of(BOTH), FIRST.pem.count(b"\n")
        for count in range(len(lines) + 1):
            cut = b"".join(lines[:count])
            if count in (0, size, len(lines)):
                assert len(split_pem(cut)) == (0, 1, 2)[(0, size, len(lines)).index(count)]
            else:
                assert refused(cut) == (1 if count < size else size + 1)

    def test_of_a_file_cut_in_a_line_is_never_silent(self) -> None:
        """A cut anywhere leaves whole blocks, or is refused."""
        for count in range(len(FIRST.pem), len(BOTH)):
            if refused(BOTH[:count]) is None:
                whole = BOTH[:count].rstrip() in (FIRST.pem.rstrip(), BOTH.rstrip())

                assert whole or BOTH[len(FIRST.pem) : count] in b"-----"

    @given(BLOCKS, st.lists(TEXT, min_size=5, max_size=5), st.sampled_from([b"\n", b"\r\n", b" \t\r\n"]), st.booleans())
    def test_undoes_joining(self, wanted: list[tuple[str, bytes]], texts: list[bytes], eol: bytes, mark: bool) -> None:
        """Labels, contents, order and lines are those of the blocks that were joined, whatever text is between them."""
        parts = [text + eol + pem(der, label).replace(b"\n", eol) for text, (label, der) in zip(texts, wanted, strict=False)]
        content = b"\xef\xbb\xbf" * mark + b"".join(parts) + texts[-1]

        blocks = split_pem(content)

        assert [(block.label, block.der) for block in blocks] == wanted
        for block in blocks:
            assert lines_of(content)[block.line - 1].startswith(f"-----BEGIN {block.label}-----".encode())
            assert block.raw in content
            assert split_pem(block.raw) == [block]

    @example(BOTH)
    @given(st.lists(st.sampled_from([
        b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----", b"-----BEGIN X-----", b"-----END X-----", b"-----", b"BEGIN ", b"\n",
        b"\n", b"\r", b" ", b"MAA=", b"AAAA", b"Proc-Type: 4,ENCRYPTED", b"\xef\xbb\xbf", b"\0", b"text",
    ])).map(b"".join) | st.binary())
    def test_of_any_bytes_is_blocks_or_our_error(self, content: bytes) -> None:
        """A marker line is the edge of a block, or it is an error; nothing else happens."""
        if refused(content) is None:
            markers = [line for line in lines_of(content) if b"-----BEGIN" in line or b"-----END" in line]

            assert len(markers) == 2 * len(split_pem(content))

    @pytest.mark.parametrize("label", ["RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    def test_knows_private_keys(self, label: str) -> None:
        """Every label that ends so is a private key."""
        block = split_pem(pem(b"geheim", label))[0]

        assert (block.is_private_key, block.is_certificate) == (True, False)
        assert "geheim" not in repr(block)
        assert base64.b64encode(b"geheim").decode() not in repr(block)

    @pytest.mark.parametrize("label", ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PUBLIC KEY"])
    def test_knows_plain_certificates(self, label: str) -> None:
        """What may carry more than a certificate is none."""
        block = split_pem(pem(b"x", label))[0]

        assert (block.is_private_key, block.is_certificate) == (False, label == "CERTIFICATE")

    def test_reads_headers_of_old_keys(self) -> None:
        """The lines above the blank one are no base64, also when one of them goes on in the next line."""
        content = pem(b"key", "RSA PRIVATE KEY").replace(b"KEY-----\n", b"KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,\n 00\n\n", 1)

        assert split_pem(content)[0].der == b"key"
        assert refused(content.replace(b"\n\n", b"\n")) == 1

    def test_of_text_is_empty(self) -> None:
        """A file without a marker has no block."""
        assert split_pem(b"# nothing\n") == split_pem(b"") == []


class TestPemBlock:
    def test_is_named_by_its_content(self) -> None:
        """The fingerprint does not depend on how the block is wrapped."""
        assert split_pem(FIRST.pem)[0].sha256 == FIRST.fingerprint == hashlib.sha256(FIRST.der).hexdigest()

    @pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
    @pytest.mark.parametrize("ending", [b"\n", b"\r\n", b" \n", b"\r\r\n"])
    def test_takes_a_line_end(self, eol: bytes, ending: bytes) -> None:
        """Every line of the block ends as asked for, the last one, too."""
        block = split_pem(FIRST.pem.replace(b"\n", ending))[0]

        assert block.with_line_end(eol) == FIRST.pem.replace(b"\n", eol)

    def test_is_equal_wherever_it_stands(self) -> None:
        """The line is where it was found, not what it is."""
        assert PemBlock("A", b"", b"x", 1) == PemBlock("A", b"", b"x", 2) != PemBlock("A", b"", b"y", 1)


class TestLinesOf:
    @given(st.binary())
    def test_loses_nothing(self, content: bytes) -> None:
        """The lines are the content, and only LF ends one."""
        lines = lines_of(content)

        assert b"".join(lines) == content
        assert all(line.find(b"\n") in (-1, len(line) - 1) and line for line in lines)
