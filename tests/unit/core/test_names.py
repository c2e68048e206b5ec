# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names as they are encoded, and hostile text made fit to print."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.names import Name, fold, read_names, shown
from ansible_collections.certops.rollout.plugins.plugin_utils._core.names import read_subject as subject_of
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from unit.builders import make_root

_UTF8, _PRINTABLE, _TELETEX, _BMP, _UNIVERSAL = 12, 19, 20, 30, 28
_CN, _O, _EMAIL = b"\x55\x04\x03", b"\x55\x04\x0a", b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"


def element(tag: int, content: bytes) -> bytes:
    """Return one DER element with a length of five bytes, which is not the shortest but plain."""
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


def read_subject(*attributes: tuple[bytes, int, bytes]) -> Name:
    """Return the subject that ``read_names`` sees when it has *attributes*: OID, string type and value of each."""
    pairs = [element(0x30, element(6, oid) + element(tag, value)) for oid, tag, value in attributes]
    subject = element(0x30, b"".join(element(0x31, pair) for pair in pairs))
    empty = element(0x30, b"")
    issuer, found = read_names(element(0x30, element(0xA0, b"") + element(2, b"\1") + empty + empty + empty + subject + empty))

    assert issuer == Name(())
    return found


class TestReadNames:
    @pytest.mark.parametrize(("tag", "value"), [
        (_UTF8, "Werk Ä".encode()), (_TELETEX, b"Werk \xc4"), (_BMP, "Werk Ä".encode("utf-16-be")),
        (_UNIVERSAL, "Werk Ä".encode("utf-32-be")),
    ])
    def test_decodes_a_value_by_its_string_type_and_keeps_its_bytes(self, tag: int, value: bytes) -> None:
        """Whatever string type an old CA used, the text is right and the bytes are those of the certificate."""
        (name,) = read_subject((_CN, tag, value)).common_names

        assert (name.text, name.value) == ("Werk Ä", value)

    def test_keeps_every_common_name(self) -> None:
        """Two CNs are two, in the order of the certificate."""
        subject = read_subject((_CN, _UTF8, b"one"), (_O, _UTF8, b"Corp"), (_CN, _PRINTABLE, b"two"))

        assert [name.value for name in subject.common_names] == [b"one", b"two"]

    def test_writes_the_name_as_rfc_4514_does(self) -> None:
        """The most specific part comes first."""
        subject = read_subject((_O, _UTF8, b"Corp, Inc."), (_EMAIL, 22, b"a@b.example"), (_CN, _UTF8, b"#1 "))

        assert subject.text == "CN=\\#1\\ ,emailAddress=a@b.example,O=Corp\\, Inc."

    def test_writes_an_unknown_attribute_by_its_number(self) -> None:
        """A dotted OID, as RFC 4514 section 2.3 wants it."""
        assert read_subject((b"\x2a\x03\x04", _UTF8, b" x ")).text.startswith("1.2.3.4=")

    def test_escapes_what_a_terminal_would_obey(self) -> None:
        """A name can neither break a line nor colour it."""
        subject = read_subject((_CN, _UTF8, b"a\n\x1b[31mb\xe2\x80\xae"))

        assert subject.text == "CN=a\\0A\\1B[31mb\\E2\\80\\AE"

    @pytest.mark.parametrize(("tbs", "broken"), [
        (b"", "nothing"), (b"\x30", "no length"), (b"\x30\x05\x02", "cut"), (b"\x30\x00", "no fields"), (b"\x3f\x81\x00", "long tag"),
    ])
    def test_refuses_what_is_no_der(self, tbs: bytes, broken: str) -> None:
        """Only ValueError is raised, never an index or a unicode error."""
        with pytest.raises(ValueError, match=r"."):
            read_names(tbs)

    @given(st.binary(max_size=200))
    def test_raises_nothing_but_value_error(self, tbs: bytes) -> None:
        """Any bytes are read or refused."""
        try:
            read_names(element(0x30, tbs))
        except ValueError:
            return

    @given(st.sampled_from([_UTF8, _PRINTABLE, _TELETEX, _BMP, _UNIVERSAL]), st.binary(max_size=80))
    def test_decodes_any_value(self, tag: int, value: bytes) -> None:
        """A value that does not fit its string type is still shown, printably, and its bytes are kept."""
        subject = read_subject((_CN, tag, value))

        assert subject.common_names[0].value == value
        assert subject.text.isprintable()


class TestReadSubject:
    def test_is_that_of_the_whole_certificate(self) -> None:
        """Attributes of one kind come in the order of the certificate; another kind has none."""
        leaf = make_root("Corp Root").issue("jane", names=[(NameOID.ORGANIZATIONAL_UNIT_NAME, "A"), (NameOID.COMMON_NAME, "jane"),
                                                           (NameOID.ORGANIZATIONAL_UNIT_NAME, "B"), (NameOID.EMAIL_ADDRESS, "j@a.example")])

        subject = subject_of(leaf.der)

        assert [attribute.text for attribute in subject.of("OU")] == ["A", "B"]
        assert [attribute.value for attribute in subject.of("emailAddress")] == [b"j@a.example"]
        assert subject.of("O") == ()

    @pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x30\x02\x30\x00", b"\x30\x7f\x00"])
    def test_of_no_certificate_is_refused(self, der: bytes) -> None:
        """What is cut or empty raises ValueError and nothing else."""
        with pytest.raises(ValueError, match=r"."):
            subject_of(der)


class TestFold:
    def test_ignores_case_and_repeated_spaces(self) -> None:
        """RFC 5280 compares names so."""
        assert fold("CN=Corp  Root,O=CORP") == fold("cn=corp root,o=Corp")

    def test_tells_names_apart(self) -> None:
        """A letter makes another name."""
        assert fold("CN=Corp Root") != fold("CN=Corp Root 2")


class TestShown:
    def test_escapes_and_quotes(self) -> None:
        """Bytes that are no text are shown by their numbers."""
        assert shown(b"dpu\xff\n\x1b[0m") == "'dpu\\\\xff\\n\\x1b[0m'"

    def test_shows_letters_that_only_look_alike(self) -> None:
        """A Cyrillic letter is visible, or two equal-looking CNs would be said to differ."""
        assert shown("dpu-0\u0430") == "'dpu-0\\u0430'"

    def test_shortens(self) -> None:
        """64 KiB do not fill the screen; how much there was is told."""
        assert shown("a" * 65536) == f"'{'a' * 64}'… (65536 characters)"
        assert shown("a" * 64) == f"'{'a' * 64}'"

    def test_leaves_a_plain_name_alone(self) -> None:
        """The usual CN reads as it is."""
        assert shown("dpu-03.example") == "'dpu-03.example'"
