"""Promises of reading a .cfg file: paths into it, values in plain form, its header."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg import parse
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg_edit import Parameter, get_parameter
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg_path import component_header, find
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg_value import plain_value
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError

from unit.core.cfg_cases import WHERE, construct, fixture, refused_at

HEADER = b"component = CommServer:\n"
CERTIFICATE = ("component", "Certificate")
SERVERS = ("component", "Servers")


def value(content: bytes, *path: str) -> str:
    """Return the plain value at *path*, which must be there."""
    entry = find(parse(content, where=WHERE), path)
    assert entry is not None
    return plain_value(entry.line)


class TestFind:
    @pytest.mark.parametrize(
        ("number", "path", "expected"),
        [
            (5, ("component", "SSL Port"), "443"),
            (6, ("Cached Elements Limit",), "100000"),
            (7, ("component", "Query Memory Limit"), "500000000"),
            (8, ("Alpha",), ".5"),
            (9, ("PAServer", "Master Server", "Use SSL"), "false"),
            (10, ("component", "SSL Ciphers"), "AES256-SHA256"),
            (11, ("component", "IP Interface"), ""),
            (11, ("component", "Proxy Address"), ""),
            (12, ("component", "Access Control File"), "Access Control\\Access Control.cfg"),
            (13, ("Licensing", "Proxy Password"), ""),
            (14, ("component", "Servers", "0", "URI"), "/SensorInit.vsp"),
            (15, ("Files", "0"), "Lookups\\a.txt"),
            (16, ("One", "0"), "/"),
            (17, ("node_label", "0"), "true"),
            (18, ("Dimensions", "Week"), "Week"),
            (20, ("Reporting", "Status interval (seconds)"), "600"),
            (21, ("size",), "(673, 279, 0)"),
            (22, ("Attribute Type(int,string)",), ""),
            (23, ("SSL Ciphers",), "!aNULL:AESGCM"),
            (24, ("formula",), 'Visitorized_Flag="1"'),
            (24, ("long",), "a = b: c"),
            (25, ("Column Name",), "usableDisplayHeight"),
            (27, ("Directory",), "P:\\Audit\\"),
            (27, ("Separator",), "\t"),
            (27, ("Line End",), "\r\n"),
            (27, ("Quoted",), 'say "yes"'),
            (28, ("Paths", "0"), "\\some path\\"),
            (28, ("Organisation",), "Adobe SC\\"),
            (29, ("Names", "11"), "name 11"),
            (30, ("Members", "5"), "CN: member 5"),
            (31, ("Locations", "1", "Name"), "There"),
            (32, ("Field", "Name"), "x"),
        ],
    )
    def test_reads_a_value_by_name_and_label(self, number: int, path: tuple[str, ...], expected: str) -> None:
        """Every construct that holds a value is read, in plain form."""
        assert value(construct(number), *path) == expected

    @pytest.mark.parametrize(
        ("segment", "expected"),
        [
            ("[Name=report]", "report"),
            ("[serverInfo Name=report]", "report"),
            ("[SSL Server Common Name=archive]", "archive"),
            ("[serverInfo SSL Server Common Name=archive]", "archive"),
        ],
    )
    def test_selects_the_child_that_matches(self, segment: str, expected: str) -> None:
        """A matcher selects by the value of a child, with or without the type, keys with spaces too."""
        assert value(fixture("Insight"), "Servers", segment, "Name") == expected

    def test_takes_all_behind_the_first_equals_sign_for_the_value(self) -> None:
        """A value may hold one itself."""
        content = b"A = vector: 2 items\n  0 = B:\n    Name = string: x\n  1 = B:\n    Name = string: x=1\n"

        assert value(content, "A", "[Name=x=1]", "Name") == "x=1"

    @pytest.mark.parametrize(
        ("segment", "line", "problem"),
        [
            ("[Name=nobody]", 6, "no child matches"),
            ("[profileInfo Name=report]", 6, "no child matches"),
            ("[Port=443]", 19, "lines 7 and 19 both"),
            ("[Name]", None, "no matcher"),
            ("[=x]", None, "no matcher"),
            ("[Name=x", None, "no matcher"),
        ],
    )
    def test_refuses_a_matcher_that_selects_none_or_two(self, segment: str, line: int | None, problem: str) -> None:
        """None or two children, or a malformed matcher, is an error; two are both named."""
        with pytest.raises(CfgError, match=problem) as refusal:
            value(fixture("Insight"), "Servers", segment, "Name")

        assert refusal.value.findings[0].where == (WHERE if line is None else f"{WHERE}:{line}")

    def test_names_the_first_line_when_no_top_level_entry_matches(self) -> None:
        """A matcher may stand first in a path, and a count is not a value that it could match."""
        with pytest.raises(CfgError, match="no child matches") as refusal:
            value(b"\nA = B:\n  Names = vector: 0 items\n", "[Names=0 items]", "Port")

        assert refused_at(1, refusal)

    def test_says_when_nothing_is_there(self) -> None:
        """An absent key, label or last matcher gives None."""
        file = parse(fixture("Insight"), where=WHERE)

        assert find(file, ("Nothing", "Name")) is None
        assert find(file, ("Servers", "3", "Name")) is None
        assert find(file, ("Servers", "[Name=nobody]")) is None

    def test_refuses_a_key_that_is_there_twice(self) -> None:
        """Two keys of one name are both named."""
        with pytest.raises(CfgError, match="lines 2 and 3 both are 'Path'") as refusal:
            value(construct(32), "Field", "Path")

        assert refusal.value.findings[0].where == f"{WHERE}:3"

    def test_refuses_a_key_that_differs_by_case(self) -> None:
        """The manual does not say whether case counts, so nothing is assumed."""
        with pytest.raises(CfgError, match="'SSL Port' differs from 'SSL port'"):
            value(construct(5), "component", "SSL port")

    def test_refuses_an_empty_path(self) -> None:
        """A path names something."""
        with pytest.raises(CfgError, match="path to a parameter is empty"):
            value(construct(5))


class TestComponentHeader:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (fixture("Communications"), "CommServer"),
            (fixture("Synchronize (BOM, CRLF)"), "SynchronizeComponent"),
            (fixture("ScheduledRestart (no final newline)"), "ScheduledRestart"),
            (b"component = CommServer:", "CommServer"),
            (b"\ncomponent = CommServer: \n  Port = int: 80\n", "CommServer"),
        ],
    )
    def test_names_the_type(self, content: bytes, expected: str) -> None:
        """The type is that of the root struct; blanks around it do not matter."""
        assert component_header(content, where=WHERE) == expected

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"", 1),
            (b"Servers = vector: 0 items\n", 1),
            (b"\ncomponent = CommServer\n  Port = int: 80\n", 2),
            (b"component = string: CommServer\n", 1),
            (b"\ncomponent = string: CommServer\n", 2),
            (b"\nGamma = float: 1\ncomponent = CommServer:\n", 2),
            (b"component = vector: 0 items\n", 1),
            (b"component = :\n", 1),
            (b"Gamma = float: 1\ncomponent = CommServer:\n", 1),
            (b"# ours\ncomponent = CommServer:\n", 1),
            (b"component = CommServer:\n  Port = int: 80\ncomponent = CommServer:\n", 3),
            (b"component = CommServer:\n\nPort = int: 80\n", 3),
            (b"Component = CommServer:\n", 1),
        ],
    )
    def test_refuses_anything_else(self, content: bytes, line: int) -> None:
        """No component, two, one that is not first, or one whose children stand beside it is refused with its line."""
        with pytest.raises(CfgError) as refusal:
            component_header(content, where=WHERE)

        assert refusal.value.findings[0].where == f"{WHERE}:{line}"


class TestGetParameter:
    def test_returns_type_plain_value_and_line(self) -> None:
        """A scalar is returned with its type, single backslashes and where it stands."""
        found = get_parameter(construct(12), ("component", "Access Control File"), where=WHERE)

        assert found == Parameter("Path", "Access Control\\Access Control.cfg", 2)

    @pytest.mark.parametrize("path", [CERTIFICATE, ("component", "Servers", "17", "URI"), ("Other", "Certificate"), ("Port",)])
    def test_returns_none_when_absent(self, path: tuple[str, ...]) -> None:
        """A key, item or root that is not there is None in a file that is understood."""
        assert get_parameter(fixture("Communications"), path, where=WHERE) is None

    def test_refuses_to_call_absent_what_a_faulty_line_may_hold(self) -> None:
        """With a line that is not understood nobody knows whether the key is there."""
        with pytest.raises(CfgError) as refusal:
            get_parameter(HEADER + b"  Certificate: x\n", CERTIFICATE, where=WHERE)

        assert refused_at(2, refusal)

    @pytest.mark.parametrize("path", [("Latency", "Name"), ("Latency", "Below", "Name")])
    def test_refuses_to_call_absent_what_lost_its_indentation(self, path: tuple[str, ...]) -> None:
        """An empty struct with a line beside it may have children that were not indented."""
        with pytest.raises(CfgError, match="stands beside 'Latency'") as refusal:
            get_parameter(construct(33), path, where=WHERE)

        assert refused_at(2, refusal)

    @pytest.mark.parametrize(
        "content",
        [
            b"A = B:\n  Names = vector: 0 items\n  Port = int: 80\n",
            b"A = B:\n  Port = int: 80\n  Names = Name:\nC = D:\n",
            b"A = B:\n  Names = Name:\n",
            b"A = B:\n  Names = string: x\n  Port = int: 80\n",
        ],
    )
    def test_calls_absent_what_cannot_be_there(self, content: bytes) -> None:
        """A count of none, a line further out, the end of the file or a value leave no room for children."""
        assert get_parameter(content, ("A", "Names", "0"), where=WHERE) is None

    @pytest.mark.parametrize("lines", [b"0 = Name:\nPort = int: 80\n", b"Port = Name:\n0 = string: x\n"])
    def test_takes_only_items_for_siblings_of_an_item(self, lines: bytes) -> None:
        """An empty item is followed by an item; any other pair of lines may have lost its indentation."""
        with pytest.raises(CfgError, match="stands beside") as refusal:
            get_parameter(lines, (lines.split(b" ")[0].decode(), "x"), where=WHERE)

        assert refused_at(2, refusal)

    def test_reads_past_a_faulty_line(self) -> None:
        """A parameter that is there is read although another line is not understood."""
        found = get_parameter(construct(26), ("Templates", "1", "Name"), where=WHERE)

        assert found == Parameter("string", "second", 5)

    def test_refuses_a_value_that_goes_on_below(self) -> None:
        """A value broken over two lines is not half a value."""
        with pytest.raises(CfgError, match="on one line") as refusal:
            get_parameter(construct(34), ("Servers", "0", "SSL Client Certificate"), where=WHERE)

        assert refused_at(4, refusal)

    def test_refuses_a_container(self) -> None:
        """A struct or vector has no value."""
        with pytest.raises(CfgError, match="'Servers' has children and no value"):
            get_parameter(fixture("Communications"), SERVERS, where=WHERE)

    def test_keeps_trailing_blanks_of_text(self) -> None:
        """A blank after a path may be part of it for the product, so it is not hidden."""
        found = get_parameter(HEADER + b"  Certificate = string: a.pem \n  Port = int: 80 \n", CERTIFICATE, where=WHERE)

        assert found == Parameter("string", "a.pem ", 2)

    def test_never_shows_a_value(self) -> None:
        """A value may be a password."""
        assert "s3cret" not in repr(Parameter("string", "s3cret", 1))
