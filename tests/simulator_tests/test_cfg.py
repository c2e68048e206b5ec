"""The strict reader of .cfg files."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulator import shipped
from simulator.cfg import parse
from simulator.places import inside
from simulator.refusal import Refusal

GOOD = (
    b"component = CommServer:\r\n  Port = int: 80\r\n  Servers = vector: 2 items\r\n"
    b"    0 = InitServer:\r\n      URI = string: /a\r\n    1 = StatusServer:\r\n"
)


class TestParse:
    """What is understood, and what is refused."""

    def test_returns_the_entries_of_a_well_formed_file(self) -> None:
        """Keys, types, values, line numbers and children are what the file says."""
        (component,) = parse(GOOD)

        assert (component.key, component.type, component.line) == ("component", "CommServer", 1)
        assert component.integer("Port", 0) == 80
        assert [child.type for child in component.children[1].children] == ["InitServer", "StatusServer"]

    @pytest.mark.parametrize(
        ("broken", "words"),
        [
            ((b"  Port", b"\tPort"), "line 2: a tab"),
            ((b"2 items", b"3 items"), "announces 3 items and has 2"),
            ((b"    1 = ", b"    2 = "), "not numbered from 0"),
            ((b"80\r\n", b"80\n"), "mixed line ends"),
            ((b"/a", b"/\0"), "NUL"),
            ((b"/a", b"/\x81"), "undecodable"),
            ((b"Port = int: 80", b"Port: 80"), "line 2: no 'key"),
            ((b"InitServer:", b"InitServer"), "line 4: no 'key"),
            ((b"  Servers", b"   Servers"), "line 3: indented below a line that holds nothing"),
            ((b"    1 = ", b"   1 = "), "line 6: its indentation fits no line above"),
            ((b"vector: 2 items", b"vector:"), "announces no number"),
        ],
    )
    def test_refuses_what_is_not_in_the_grammar(self, broken: tuple[bytes, bytes], words: str) -> None:
        """The same file with one thing broken is refused, and the message says what."""
        with pytest.raises(Refusal, match=words):
            parse(GOOD.replace(*broken, 1))

    @pytest.mark.parametrize(
        "line",
        [
            b"Gamma = float: 1.6", b"Cached Elements Limit = unsigned int: 100000", b"Reporting = :", b"labels = vector<bool>:",
            b"size = v3d: (6, 2, 0)", b"Attribute Type(int,string) = string:", b"Metric = ref: wdata/model", b'formula = string: Flag="1"',
            b"Name = string:\xc3\xbc", b"Name = string: \xfc", b"Comments = Comment: 0 items", b"SSL Ciphers = string: !aNULL:AESGCM",
        ],
    )
    def test_understands_the_documented_types(self, line: bytes) -> None:
        """Every kind of scalar and container of §3.2 is one entry."""
        assert len(parse(line)) == 1

    def test_accepts_items_out_of_numeric_order(self) -> None:
        """A writer that sorts labels as text is no mistake (§3.2 row 29)."""
        content = "v = vector: 11 items\n" + "".join(f"  {n} = int: {n}\n" for n in sorted(map(str, range(11))))

        assert len(parse(content.encode())[0].children) == 11

    @pytest.mark.parametrize("master", [True, False])
    def test_understands_what_the_product_ships(self, master: bool) -> None:
        """A master's Communications.cfg has 17 entries in Servers, the processing servers' one 14 (§3.4)."""
        (component,) = parse(shipped.communications(80, 443, master=master).encode())
        servers = component.child("Servers")

        assert servers is not None
        assert len(servers.children) == (17 if master else 14)


class TestValues:
    """Typed values."""

    def test_halves_doubled_backslashes(self) -> None:
        """In the text a literal backslash is written twice (§3.3)."""
        (entry,) = parse(rb"c = string: Certificates\\custom.pem")

        assert entry.unescaped() == "Certificates\\custom.pem"

    def test_refuses_a_single_backslash(self) -> None:
        """A backslash that escapes nothing is not guessed at."""
        with pytest.raises(Refusal, match="single backslash"):
            parse(rb"c = string: Certificates\custom.pem")[0].unescaped()

    @pytest.mark.parametrize("line", [b"  Port = string: 80", b"  Port = int: x"])
    def test_refuses_a_number_of_another_type(self, line: bytes) -> None:
        """Types matter (§3.3)."""
        with pytest.raises(Refusal, match="no int"):
            parse(b"component = CommServer:\n" + line)[0].integer("Port", 0)


class TestInside:
    """Paths relative to the install root."""

    def test_finds_a_folder_whatever_its_case(self, tmp_path: Path) -> None:
        """`Bin` and `bin` are the same folder on Windows (§2.1)."""
        (tmp_path / "bin").mkdir()

        assert inside(tmp_path, "Bin\\x.exe") == tmp_path / "bin" / "x.exe"

    @pytest.mark.parametrize("written", ["", "C:\\x", "\\x", "a/b", "..\\x", "a\\..\\..\\x"])
    def test_refuses_a_way_out(self, tmp_path: Path, written: str) -> None:
        """Only the documented relative form is understood (10.5)."""
        with pytest.raises(Refusal, match="no path relative"):
            inside(tmp_path, written)
