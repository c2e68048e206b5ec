"""Promises of the .cfg edits: the wish is granted, every other byte stays, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg_edit import (
    Parameter,
    get_parameter,
    remove_parameter,
    set_parameter,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError
from hypothesis import given
from hypothesis import strategies as st

from unit.core.cfg_cases import BOM, CFG_FILES, EVERY_FORM, WHERE, broken, construct, fixture, lines_of, refused_at, variant

CERTIFICATE = ("component", "Certificate")
SERVERS = ("component", "Servers")
HEADER = b"component = CommServer:\n"
TEXT = st.text(st.sampled_from("ab \\:=\"'/#[]%tnr0"), max_size=12).filter(lambda text: text == text.strip())
WHOLE_FILES = [path for path in CFG_FILES if path.stem.startswith(("Communications", "Synchronize", "ScheduledRestart"))]
COMPONENT_FILES = pytest.mark.parametrize("path", WHOLE_FILES, ids=lambda path: path.stem)


def with_text(content: bytes, path: tuple[str, ...], value: str) -> bytes:
    """Return *content* with a string at *path*."""
    return set_parameter(content, path, kind="string", value=value, where=WHERE)


class TestSetParameter:
    @EVERY_FORM
    @COMPONENT_FILES
    def test_inserts_directly_below_the_header(self, path: Path, form: str) -> None:
        """A new key is line 2, indented like its siblings; all other lines stay."""
        content = variant(path.read_bytes(), form)
        before = lines_of(content)
        indent = before[1][: len(before[1]) - len(before[1].lstrip())]

        after = with_text(content, CERTIFICATE, "Certificates\\custom.pem")

        assert lines_of(after) == [before[0], indent + b"Certificate = string: Certificates\\\\custom.pem", *before[1:]]
        assert after.startswith(BOM) == content.startswith(BOM)
        assert (b"\r\n" in after) == (b"\r\n" in content)

    @EVERY_FORM
    @COMPONENT_FILES
    def test_is_done_once_and_undone_by_remove(self, path: Path, form: str) -> None:
        """Setting again changes nothing; removing gives back the very bytes."""
        content = variant(path.read_bytes(), form)

        after = with_text(content, CERTIFICATE, "a.pem")

        assert with_text(after, CERTIFICATE, "a.pem") == after
        assert remove_parameter(after, CERTIFICATE, where=WHERE) == content

    @EVERY_FORM
    def test_changes_only_the_line_it_names(self, form: str) -> None:
        """A present parameter is replaced where it stands."""
        content = variant(fixture("Communications"), form)

        after = set_parameter(content, ("component", "SSL Port"), kind="int", value="8443", where=WHERE)

        pairs = zip(lines_of(content), lines_of(after), strict=True)
        assert [pair for pair in pairs if pair[0] != pair[1]] == [(b"  SSL Port = int: 443", b"  SSL Port = int: 8443")]

    def test_keeps_single_byte_text(self) -> None:
        """Bytes of an unknown code page on other lines are not touched."""
        content = fixture("Access Control (single byte)")

        after = with_text(content, ("Access Control Groups", "0", "Name"), "Owners")

        assert after == content.replace(b"Name = string: Administrators", b"Name = string: Owners")

    @pytest.mark.parametrize(
        ("line", "value", "expected"),
        [
            (b"  Certificate = string: b.pem", "a.pem", b"  Certificate = string: a.pem"),
            (b"  Certificate = string:b.pem", "a.pem", b"  Certificate = string:a.pem"),
            (b"  Certificate = string:", "a.pem", b"  Certificate = string: a.pem"),
            (b"  Certificate = string: ", "a.pem", b"  Certificate = string: a.pem"),
            (b"  Certificate = string:  ", "a.pem", b"  Certificate = string: a.pem"),
            (b"  Certificate = string:   b.pem", "a.pem", b"  Certificate = string:   a.pem"),
            (b"  Certificate = string: b.pem", "", b"  Certificate = string: "),
            (b"  Certificate = string: a.pem ", "a.pem", b"  Certificate = string: a.pem"),
            (b"  Certificate = string: C\\a.pem", "C\\a.pem", b"  Certificate = string: C\\\\a.pem"),
            (b"  Certificate = string: C\\trust.pem", "C\\trust.pem", b"  Certificate = string: C\\\\trust.pem"),
            (b"  Certificate = string: x = y: z", "a = b: c", b"  Certificate = string: a = b: c"),
        ],
    )
    def test_replaces_the_value_alone(self, line: bytes, value: str, expected: bytes) -> None:
        """The gap after the colon stays; a backslash that is not doubled is put right."""
        assert with_text(HEADER + line + b"\n", CERTIFICATE, value) == HEADER + expected + b"\n"

    @pytest.mark.parametrize("key", ["A:B", "A: B", "Share =B: %"])
    def test_finds_the_value_behind_a_key_with_a_colon(self, key: str) -> None:
        """The value begins behind the type, whatever the key is made of."""
        assert set_parameter(f"{key} = int: 1\n".encode(), (key,), kind="int", value="2", where=WHERE) == f"{key} = int: 2\n".encode()

    @pytest.mark.parametrize(
        ("line", "kind", "value"),
        [
            (b"  Certificate = string:", "string", ""),
            (b"  Certificate = string: ", "string", ""),
            (b"  Certificate = string:a.pem", "string", "a.pem"),
            (b'  Certificate = string: say \\"a\\"', "string", 'say "a"'),
            (b"  Certificate = string: a\\tb", "string", "a\tb"),
            (b"  Certificate = string: M\xfcller", "string", "Müller"),
            (b"  Certificate = int: 443  ", "int", "443"),
            (b"  Certificate = EncryptedString: a\\b", "EncryptedString", "a\\b"),
        ],
    )
    def test_leaves_alone_what_is_right(self, line: bytes, kind: str, value: str) -> None:
        """A parameter that holds the value keeps its bytes, however the product spelled it."""
        content = HEADER + line + b"\n"

        assert set_parameter(content, CERTIFICATE, kind=kind, value=value, where=WHERE) == content

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"component = CommServer:", b"component = CommServer:\r\n  Certificate = string: a.pem"),
            (b"component = CommServer:\n", b"component = CommServer:\n  Certificate = string: a.pem\n"),
            (b"component = CommServer: \n\n", b"component = CommServer: \n  Certificate = string: a.pem\n\n"),
            (b"component = CommServer:\n\n Port = int: 80", b"component = CommServer:\n Certificate = string: a.pem\n\n Port = int: 80"),
        ],
    )
    def test_inserts_below_a_bare_header(self, content: bytes, expected: bytes) -> None:
        """Without siblings the indentation is two more; without a final newline none is added at the end."""
        assert with_text(content, CERTIFICATE, "a.pem") == expected

    def test_inserts_into_the_matching_item(self) -> None:
        """A key goes into the server that is named, not into its neighbours."""
        content = fixture("Insight")
        before = lines_of(content)
        at = before.index(b"  1 = serverInfo:") + 1

        path = ("Servers", "[serverInfo Name=report]", "SSL Use CryptoAPI")
        after = set_parameter(content, path, kind="bool", value="true", where=WHERE)

        assert lines_of(after) == [*before[:at], b"    SSL Use CryptoAPI = bool: true", *before[at:]]

    def test_writes_no_blank_at_the_end_of_an_empty_value(self) -> None:
        """As the product writes it."""
        assert set_parameter(b"A = B:\n", ("A", "x"), kind="string", value="", where=WHERE) == b"A = B:\n  x = string:\n"

    def test_inserts_into_an_empty_item(self) -> None:
        """An item without children that the next item follows has not lost its indentation."""
        content = b"Servers = vector: 2 items\n  0 = StatusServer:\n  1 = StatusServer:\n"

        after = with_text(content, ("Servers", "0", "URI"), "/Status/")

        assert after == content.replace(b"\n  1", b"\n    URI = string: /Status/\n  1")

    @pytest.mark.parametrize("line", [2, 4])
    def test_refuses_to_edit_a_component_that_is_not_understood(self, line: int) -> None:
        """A faulty line anywhere in the component stands in the way, though the parameter itself is clear."""
        lines = [b"component = CommServer:", b"  Port = int: 80", b"  SSL Port = int: 443", b""]
        lines.insert(line - 1, b"    # ours")

        with pytest.raises(CfgError) as refusal:
            set_parameter(b"\n".join(lines), ("component", "SSL Port"), kind="int", value="444", where=WHERE)

        assert refused_at(line, refusal)

    def test_says_what_is_wrong_and_what_to_write(self) -> None:
        """A refusal of a value names the type and the remedy, not the value."""
        with pytest.raises(CfgError) as refusal:
            set_parameter(HEADER, CERTIFICATE, kind="bool", value="s3cret", where=WHERE)

        text = f"{WHERE}: a value for type 'bool' is neither true nor false; write true or false in lower case"
        assert str(refusal.value) == text

    def test_edits_beside_a_region_that_is_not_understood(self) -> None:
        """A faulty line below another top-level entry does not stand in the way."""
        content = b"Licensing = serverInfo:\n  Port = int: 80\nServers = vector: 1 items\n  0 = serverInfo\n"

        after = set_parameter(content, ("Licensing", "Port"), kind="int", value="81", where=WHERE)

        assert after == content.replace(b"80", b"81")

    @pytest.mark.parametrize(("path", "line"), broken("cfg-edit"), ids=lambda case: case.stem if isinstance(case, Path) else "")
    def test_refuses_with_the_line(self, path: Path, line: int) -> None:
        """Each file of the broken corpus is refused, and the line named."""
        content = path.read_bytes()
        target = ("Licensing", "Certificate") if "root-without-colon" in path.stem else CERTIFICATE

        with pytest.raises(CfgError) as refusal:
            with_text(content, target, "c.pem")

        assert refused_at(line, refusal)

    @pytest.mark.parametrize(
        ("kind", "good", "bad"),
        [
            ("bool", ["true", "false"], ["True", "1", "", "yes"]),
            ("int", ["0", "-1", "2147483647"], ["2147483648", "-2147483649", "", "1.5", "+1", "007", "1 ", "\u0661"]),
            ("unsigned int", ["0", "4294967295"], ["-1", "4294967296"]),
            ("__int64", ["-9223372036854775808"], ["9223372036854775808", "-9223372036854775809", "9" * 5000]),
            ("float", ["1.6", ".5", "0", "-2e-3"], ["nan", "inf", "1,5", "", "."]),
            ("double", ["0", "1."], ["0x1"]),
            ("string", ["", "a b", "#", "C:\\x"], [" a", "a ", "a\nb", "a\tb", "Müller", "\ud800"]),
            ("Path", ["Access Control\\User List.cfg"], ["a\r"]),
            ("EncryptedString", [], ["abc", "1"]),
            ("serverInfo", [], ["", "abc"]),
        ],
    )
    def test_takes_values_that_fit_the_type(self, kind: str, good: list[str], bad: list[str]) -> None:
        """A value is written and read back, or refused without being shown."""
        for value in good:
            after = set_parameter(HEADER, CERTIFICATE, kind=kind, value=value, where=WHERE)
            assert get_parameter(after, CERTIFICATE, where=WHERE) == Parameter(kind, value, 2)

        for value in bad:
            with pytest.raises(CfgError) as refusal:
                set_parameter(HEADER, CERTIFICATE, kind=kind, value=value, where=WHERE)
            assert refused_at(None, refusal)

    def test_writes_utf8_into_utf8(self) -> None:
        """A file that shows to be UTF-8 takes any printable text; nothing else does."""
        after = with_text(BOM + HEADER, CERTIFICATE, "Müller.pem")

        assert after == BOM + HEADER + "  Certificate = string: Müller.pem\n".encode()

    @pytest.mark.parametrize("key", ["", " Certificate", "a = b", "# Certificate", "Cert\nificate", "[Name=x]"])
    def test_refuses_a_key_that_would_read_otherwise(self, key: str) -> None:
        """A key that is not one on one line is not written."""
        with pytest.raises(CfgError):
            with_text(HEADER, ("component", key), "x")

    @pytest.mark.parametrize(
        ("path", "line"),
        [(("Certificate",), None), (("component", "No", "Certificate"), None), ((*SERVERS, "17"), 9), (("component", "Port", "x"), 6)],
    )
    def test_refuses_a_place_that_takes_no_key(self, path: tuple[str, ...], line: int | None) -> None:
        """There must be a parent, and it must be a struct."""
        with pytest.raises(CfgError) as refusal:
            with_text(fixture("Communications"), path, "x")

        assert refused_at(line, refusal)

    @pytest.mark.parametrize(("number", "root"), [(17, "node_label"), (19, "Comments"), (16, "None")])
    def test_refuses_a_key_among_items(self, number: int, root: str) -> None:
        """Whatever has items takes no key: a vector, a typed vector, any type with a count."""
        with pytest.raises(CfgError, match=f"'{root}' takes no new key 'x'"):
            with_text(construct(number), (root, "x"), "y")

    def test_refuses_a_container(self) -> None:
        """A struct is not set, not even to nothing."""
        with pytest.raises(CfgError, match="'component' has children and no value"):
            set_parameter(HEADER, ("component",), kind="CommServer", value="", where=WHERE)

    @given(TEXT, TEXT)
    def test_set_then_get_returns_the_value(self, first: str, second: str) -> None:
        """Any text is read back as it was given, written once or over another."""
        once = with_text(HEADER, CERTIFICATE, first)
        twice = with_text(once, CERTIFICATE, second)

        assert get_parameter(once, CERTIFICATE, where=WHERE) == Parameter("string", first, 2)
        assert get_parameter(twice, CERTIFICATE, where=WHERE) == Parameter("string", second, 2)
        assert with_text(twice, CERTIFICATE, second) == twice

    @given(
        st.lists(
            st.sampled_from(
                [HEADER, b"  Port = int: 80\n", b"\n", b"    a = b:\n", b"Certificate", b" = string: x\n", b"\xff", b"  ", b"\r"]
            )
        )
    )
    def test_any_file_is_edited_or_refused(self, parts: list[bytes]) -> None:
        """Whatever a file looks like, the value is in it afterwards or the file is refused."""
        try:
            after = with_text(b"".join(parts), CERTIFICATE, "a.pem")
        except CfgError:
            return
        found = get_parameter(after, CERTIFICATE, where=WHERE)

        assert found is not None
        assert found.value == "a.pem"
