"""Promises of what reads files of one setting per line: nothing is lost, and nothing is skipped."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core import ini, stunnel, txlogd
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.flat import FlatFile, render
from hypothesis import given
from hypothesis import strategies as st

from unit.core.cfg_cases import BOM, VARIANTS, variant
from unit.core.client_cases import WHERE, broken_files, case_id, client_files

FILES = [*client_files(".conf"), *client_files(".ini")]
GRAMMARS = {"txlogd": txlogd.parse, "Insight": ini.parse, "stunnel": stunnel.parse}
BROKEN = [*broken_files("txlogd"), *broken_files("sectioned")]
PIECES = st.sampled_from([b"SSL", b" ", b"=", b"#", b";", b"[", b"]", b"\n", b"\r\n", b"\t", b"\x00", b"\xff", BOM, b"\r"])
WORDS = st.text(st.sampled_from("abcXYZ019_.-"), min_size=1, max_size=8).map(lambda text: f"N{text}")
VALUES = st.text(st.sampled_from("ab \\:=#;[]/.ä9"), max_size=12).map(str.strip)


def read(path: Path, content: bytes) -> FlatFile:
    """Parse *content* as what *path* is."""
    (grammar,) = (grammar for name, grammar in GRAMMARS.items() if path.name.startswith(name))
    return grammar(content, where=WHERE)


class TestRoundTrip:
    @pytest.mark.parametrize("form", VARIANTS)
    @pytest.mark.parametrize("path", FILES, ids=case_id)
    def test_gives_back_every_byte(self, path: Path, form: str) -> None:
        """Every fixture, in every form, is rendered as it was read."""
        content = variant(path.read_bytes(), form)

        assert render(read(path, content)) == content

    @pytest.mark.parametrize("path", FILES, ids=case_id)
    def test_gives_back_the_file_as_stored(self, path: Path) -> None:
        """Line ends, BOM and single-byte text of the stored fixtures survive."""
        content = path.read_bytes()

        assert render(read(path, content)) == content

    @given(st.lists(PIECES).map(b"".join) | st.binary(max_size=200), st.sampled_from(sorted(GRAMMARS)))
    def test_any_bytes_are_read_or_refused(self, content: bytes, name: str) -> None:
        """Whatever a file holds, it is rendered as it was or refused, and nothing else happens."""
        try:
            file = GRAMMARS[name](content, where=WHERE)
        except CfgError:
            return

        assert render(file) == content

    @given(st.dictionaries(WORDS.map(str.casefold), VALUES.filter(bool)), st.sampled_from(["\n", "\r\n"]), st.booleans())
    def test_reads_what_was_written(self, settings: dict[str, str], eol: str, bom: bool) -> None:
        """Any names and values come back from txlogd.conf and from a section, whatever the case of the name."""
        spaced = BOM * bom + eol.join(["# all", *(f"{name}\t {value} " for name, value in settings.items())]).encode()
        sectioned = BOM * bom + eol.join(["[s]", *(f" {name} = {value}" for name, value in settings.items()), ""]).encode()

        for name, value in settings.items():
            assert txlogd.value(spaced, name.upper(), where=WHERE) == value
            assert ini.value(sectioned, "S", name.upper(), where=WHERE) == value

    @pytest.mark.parametrize("line", [b"[" + b"x" * 2**20, b" " * 2**20 + b"x", b"x" * 2**20, b"x" + b"\t" * 2**20 + b"="])
    def test_takes_no_longer_than_a_line_is_long(self, line: bytes) -> None:
        """A line of a mebibyte is read or refused in a second."""
        start = time.process_time()

        for grammar in GRAMMARS.values():
            try:
                assert render(grammar(line, where=WHERE)) == line
            except CfgError:
                continue
        assert time.process_time() - start < 1


class TestParse:
    @pytest.mark.parametrize(("path", "line"), BROKEN, ids=case_id)
    def test_refuses_with_the_line(self, path: Path, line: int) -> None:
        """Each file of the broken corpora is refused, and the line named."""
        grammar = txlogd.parse if path.parent.name == "txlogd" else ini.parse

        with pytest.raises(CfgError) as refusal:
            grammar(path.read_bytes(), where=WHERE)

        assert refusal.value.findings[0].where == f"{WHERE}:{line}"
        assert refusal.value.findings[0].remedy

    @pytest.mark.parametrize(("content", "eol"), [(b"SSL on", b"\n"), (b"SSL on\r\n", b"\r\n"), (b"SSL on\n", b"\n")])
    def test_knows_the_line_end(self, content: bytes, eol: bytes) -> None:
        """A file without line end takes that of the system it is at home on."""
        assert txlogd.parse(content, where=WHERE).eol == eol

    def test_lists_the_sections(self) -> None:
        """In file order, each with the line where it begins first."""
        assert ini.parse(b"x=1\n[a]\n[ b ]\ny=2\n[a]\n", where=WHERE).sections == {"a": 2, "b": 3}

    def test_never_shows_a_value(self) -> None:
        """A password in a file appears in no representation of it, nor in a refusal."""
        file = ini.parse(b"[a]\nPassword=s3cret\n", where=WHERE)
        with pytest.raises(CfgError) as refusal:
            txlogd.parse(b"SSL on\n=s3cret\n", where=WHERE)

        assert "s3cret" not in repr(file) + repr(file.lines) + str(refusal.value)
        assert repr(file.lines[1]) == "FlatLine(2, 'a', 'Password')"
