"""Promises of the .cfg parser."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg import CfgFile, Entry, parse, render
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError
from hypothesis import given
from hypothesis import strategies as st

from unit.core.cfg_cases import BOM, CFG_FILES, VARIANTS, WHERE, broken, construct, variant

PIECES = st.sampled_from([b"a", b" ", b" = ", b":", b"\n", b"\r\n", b"\t", b"\x00", b"\xff", BOM, b"0 items", b"\r"])
Tree = tuple[str, str, list[Any]]
KEYS = st.sampled_from(["component", "Port", "SSL Port", "Name", "0", "1", "A(int,string)", "Größe", "a:b"])
LEAVES = st.sampled_from(["string: a", "string:", "int: 5", "Path: A\\\\b", "unsigned int: 7", "string:x = y: z", "EncryptedString:"])
CONTAINERS = st.sampled_from(["CommServer:", "vector: 2 items", "map:", ":", "vector<bool>:", "Comment: 0 items"])
TREES: st.SearchStrategy[Any] = st.recursive(
    st.tuples(KEYS, LEAVES, st.just([])), lambda below: st.tuples(KEYS, CONTAINERS, st.lists(below, max_size=4)), max_leaves=20
)


def read(content: bytes) -> CfgFile:
    """Parse *content* under the usual name."""
    return parse(content, where=WHERE)


def written(trees: list[Tree], step: int, indent: int = 0) -> list[str]:
    """Return the lines of generated *trees*."""
    lines = []
    for key, rest, below in trees:
        lines.append(f"{' ' * indent}{key} = {rest}")
        lines.extend(written(below, step, indent + step))
    return lines


def shape(entries: list[Entry] | tuple[Entry, ...]) -> list[Tree]:
    """Return entries as the trees they were generated from."""
    return [(e.line.key, f"{e.line.type}:{e.line.value}", shape(e.children)) for e in entries]


class TestRoundTrip:
    @pytest.mark.parametrize("form", VARIANTS)
    @pytest.mark.parametrize("path", CFG_FILES, ids=lambda path: path.stem)
    def test_gives_back_every_byte(self, path: Path, form: str) -> None:
        """Every fixture, in every form, is rendered as it was read."""
        content = variant(path.read_bytes(), form)

        assert render(read(content)) == content

    @pytest.mark.parametrize("path", CFG_FILES, ids=lambda path: path.stem)
    def test_gives_back_the_file_as_stored(self, path: Path) -> None:
        """Line ends, BOM and single-byte text of the stored fixtures survive."""
        content = path.read_bytes()

        assert render(read(content)) == content

    def test_covers_every_construct(self) -> None:
        """There is one fixture for each of the 34 constructs."""
        numbers = [path.stem.split("-")[1] for path in CFG_FILES if path.stem.startswith("construct-")]

        assert numbers == [f"{number:02}" for number in range(1, 35)]

    @given(st.lists(TREES, max_size=5), st.integers(1, 4), st.sampled_from(["\n", "\r\n"]), st.booleans())
    def test_reads_any_generated_tree(self, trees: list[Tree], step: int, eol: str, bom: bool) -> None:
        """A tree written with any step, line end and BOM is read as that tree, without a fault."""
        content = BOM * bom + eol.join([*written(trees, step), ""]).encode()

        file = read(content)

        assert render(file) == content
        assert not file.faults
        assert shape(file.entries) == trees

    @given(st.lists(PIECES).map(b"".join) | st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, content: bytes) -> None:
        """Whatever a file holds, it is rendered as it was or refused, and nothing else happens."""
        try:
            file = read(content)
        except CfgError:
            return

        assert render(file) == content

    def test_reads_a_mebibyte_in_a_second(self) -> None:
        """The time grows with the size, not with its square."""
        items = (f"    {n} = FileServer:\r\n      URI = string: /Logs/{n}\r\n" for n in itertools.count())
        content = ("component = CommServer:\r\n  Servers = vector: 20000 items\r\n" + "".join(itertools.islice(items, 20000))).encode()
        start = time.process_time()

        file = read(content)

        assert len(content) > 2**20
        assert len(file.lines) == 40003
        assert time.process_time() - start < 1


class TestParse:
    @pytest.mark.parametrize(("path", "line"), broken("cfg-parse"), ids=lambda case: case.stem if isinstance(case, Path) else "")
    def test_refuses_with_the_line(self, path: Path, line: int) -> None:
        """Each file of the broken corpus is refused, and the line named."""
        with pytest.raises(CfgError) as refusal:
            read(path.read_bytes())

        assert refusal.value.findings[0].where == f"{WHERE}:{line}"
        assert refusal.value.findings[0].remedy

    @pytest.mark.parametrize(
        ("content", "problem"), [(b"\r\n\n", "ends in LF, the first line in CRLF"), (b"\n\r\n", "ends in CRLF, the first line in LF")]
    )
    def test_names_both_line_ends(self, content: bytes, problem: str) -> None:
        """Which line end is the odd one is said, since no editor shows it."""
        with pytest.raises(CfgError, match=problem):
            read(content)

    @pytest.mark.parametrize(("content", "line"), [(b"\n\tA = int: 1\n", 2), (b"\tA = int: 1\n", 1)])
    def test_counts_a_blank_first_line(self, content: bytes, line: int) -> None:
        """The number is the one that an editor shows."""
        with pytest.raises(CfgError) as refusal:
            read(content)

        assert refusal.value.findings[0].where == f"{WHERE}:{line}"

    def test_names_the_encoding_it_cannot_read(self) -> None:
        """UTF-16 is called by its name, not by its control characters."""
        with pytest.raises(CfgError, match="the file is UTF-16"):
            read("\ufeffa".encode("utf-16-be"))

    @pytest.mark.parametrize("path", CFG_FILES, ids=lambda path: path.stem)
    def test_understands_all_but_the_page_defects(self, path: Path) -> None:
        """Only a missing colon and values broken over lines are faults."""
        faults = read(path.read_bytes()).faults

        assert bool(faults) == path.stem.startswith(("construct-26", "construct-34"))

    @pytest.mark.parametrize(("number", "lines"), [(26, [2]), (34, [4, 6, 7])])
    def test_lists_the_lines_of_a_page_defect(self, number: int, lines: list[int]) -> None:
        """Faults carry the numbers of exactly the lines that are no assignment."""
        assert list(read(construct(number)).faults) == lines

    def test_keeps_the_children_of_a_faulty_line_from_the_entry_above(self) -> None:
        """What stands below a line that is not understood belongs to nobody else."""
        file = read(construct(26))

        (second,) = file.entries[0].children
        assert second.line.key == "1"
        assert [child.line.value for child in second.children] == [" second"]

    def test_never_shows_a_value(self) -> None:
        """A password in a file appears in no representation of it."""
        file = read(b"Licensing = serverInfo:\n  Proxy Password = string: s3cret\n")

        assert "s3cret" not in repr(file) + repr(file.entries) + repr(file.lines)

    @pytest.mark.parametrize(
        ("content", "encoding"), [(b"a = int: 1", "ascii"), ("ä = int: 1".encode(), "utf-8"), (b"\xe4 = int: 1", "latin-1")]
    )
    def test_tells_encodings_apart(self, content: bytes, encoding: str) -> None:
        """ASCII, UTF-8 and single-byte text are told apart by the bytes alone."""
        file = read(content)

        assert file.encoding == encoding
        assert not file.faults
