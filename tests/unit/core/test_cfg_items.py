"""Promises of removing from a .cfg file and of adding items to its vectors."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg import parse
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg_edit import (
    Item,
    Parameter,
    get_parameter,
    insert_item,
    remove_item,
    remove_parameter,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError
from hypothesis import given
from hypothesis import strategies as st

from unit.core.cfg_cases import EVERY_FORM, WHERE, broken, construct, fixture, lines_of, refused_at, variant

CERTIFICATE = ("component", "Certificate")
SERVERS = ("component", "Servers")


class TestRemoveParameter:
    def test_removes_one_line(self) -> None:
        """Only the line of the parameter goes."""
        content = fixture("Communications (CRLF)")

        after = remove_parameter(content, ("component", "SSL Ciphers"), where=WHERE)

        assert after == content.replace(b"  SSL Ciphers = string: AES256-SHA256\r\n", b"")

    @pytest.mark.parametrize("path", [CERTIFICATE, ("Other", "Certificate"), ("component", "Other", "Certificate")])
    def test_leaves_alone_what_is_not_there(self, path: tuple[str, ...]) -> None:
        """Removing an absent parameter changes nothing."""
        content = fixture("Communications")

        assert remove_parameter(content, path, where=WHERE) == content

    def test_removes_a_top_level_parameter(self) -> None:
        """A scalar without a parent is removed too."""
        assert remove_parameter(b"a = int: 1\n", ("a",), where=WHERE) == b""

    @pytest.mark.parametrize(("path", "line"), [(("One",), 1), (("One", "0"), 2)])
    def test_refuses_what_is_no_parameter(self, path: tuple[str, ...], line: int) -> None:
        """Containers and items of vectors are not removed as parameters."""
        with pytest.raises(CfgError) as refusal:
            remove_parameter(construct(16), path, where=WHERE)

        assert refused_at(line, refusal)

    @pytest.mark.parametrize("stem", ["3-two-certificates", "2-comment-below", "2-flat-children"])
    def test_refuses_what_it_would_have_to_guess(self, stem: str) -> None:
        """Duplicates and lines that are not understood are refused for a removal as well."""
        (path,) = (path for path, _ignored in broken("cfg-edit") if path.stem == stem)

        with pytest.raises(CfgError) as refusal:
            remove_parameter(path.read_bytes(), CERTIFICATE, where=WHERE)

        assert refused_at(int(stem[0]), refusal)


class TestInsertItem:
    @EVERY_FORM
    def test_appends_and_counts(self, form: str) -> None:
        """The new item is the last, its label the next, the count one more; all else stays."""
        content = variant(fixture("Insight"), form)
        before = lines_of(content)
        at = before.index(b"Update Software = bool: true")
        item = Item("serverInfo", children=(("Name", "string", "new"), ("Port", "int", "443")))

        after = insert_item(content, ("Servers",), item=item, where=WHERE)

        expected = [*before[:at], b"  3 = serverInfo:", b"    Name = string: new", b"    Port = int: 443", *before[at:]]
        expected[5] = b"Servers = vector: 4 items"
        assert lines_of(after) == expected
        assert remove_item(after, ("Servers", "[Name=new]"), where=WHERE) == content

    def test_fills_an_empty_vector(self) -> None:
        """Without siblings the indentation is two more than the vector's."""
        content = b"A = B:\n Names = vector: 0 items \n Port = int: 1\n"

        after = insert_item(content, ("A", "Names"), item=Item("string", "x\\y"), where=WHERE)

        assert after == b"A = B:\n Names = vector: 1 items \n   0 = string: x\\\\y\n Port = int: 1\n"
        assert remove_item(after, ("A", "Names", "0"), where=WHERE) == content

    def test_fills_an_empty_vector_with_a_struct(self) -> None:
        """Each step to the right is two blanks where the file shows no other."""
        after = insert_item(b"A = vector: 0 items\n", ("A",), item=Item("C", children=(("x", "int", "2"),)), where=WHERE)

        assert after == b"A = vector: 1 items\n  0 = C:\n    x = int: 2\n"

    def test_copies_the_indentation_of_the_other_items(self) -> None:
        """The steps of the file are kept, between vector and item and between item and key."""
        content = b"A = vector: 2 items\n 0 = B:\n 1 = C:\n    x = int: 1\n"

        after = insert_item(content, ("A",), item=Item("C", children=(("x", "int", "2"),)), where=WHERE)

        assert after == content.replace(b"2 items", b"3 items") + b" 2 = C:\n    x = int: 2\n"

    def test_adds_an_item_without_parts(self) -> None:
        """A struct may be empty, as the product's status server is."""
        after = insert_item(construct(14), SERVERS, item=Item("StatusServer"), where=WHERE)

        assert after == construct(14).replace(b"1 items", b"2 items") + b"    1 = StatusServer:\n"

    def test_accepts_labels_in_any_order(self) -> None:
        """Items sorted as text are complete all the same."""
        after = insert_item(construct(29), ("Names",), item=Item("string", "x"), where=WHERE)

        assert after == construct(29).replace(b"12 items", b"13 items") + b"  12 = string: x\n"

    @pytest.mark.parametrize(
        ("content", "line", "problem"),
        [
            (construct(30), 6, "item '5' of 'Members' is not one of the labels 0 to 4, each once"),
            (b"Members = vector: 2 items\n  0 = string: a\n", 1, "says 2 items and has 1"),
            (b"Members = vector: 2 items\n  0 = string: a\n  0 = string: b\n", 3, "item '0'"),
            (b"Members = vector: 2 items\n  0 = string: a\n  01 = string: b\n", 3, "item '01'"),
            (b"Members = vector<bool>:\n  0 = bool: true\n", 1, "no vector with"),
            (b"Members = map:\n  0 = bool: true\n", 1, "no vector with"),
            (b"Members = string: 0 items\n", 1, "no vector with"),
            (b"Others = vector: 0 items\n", None, "there is no 'Members'"),
            (b"Members = vector: 1 items\n  0 = Template\n", 2, "no 'key = type: value'"),
        ],
    )
    def test_refuses_a_vector_that_was_wrong_before(self, content: bytes, line: int | None, problem: str) -> None:
        """With a wrong count, a gap or no vector at all, a new label would be a guess."""
        with pytest.raises(CfgError, match=problem) as refusal:
            insert_item(content, ("Members",), item=Item("string", "x"), where=WHERE)

        assert refused_at(line, refusal)

    @pytest.mark.parametrize(
        "item",
        [
            Item("string", children=(("a", "int", "1"),)),
            Item("serverInfo", "x"),
            Item("vector"),
            Item(""),
            Item("server = Info"),
            Item("EncryptedString", "x"),
            Item("serverInfo", children=(("a", "int", "1"), ("A", "int", "2"))),
            Item("serverInfo", children=(("a", "int", "x"),)),
        ],
    )
    def test_refuses_an_item_that_cannot_be(self, item: Item) -> None:
        """A scalar has a value, a struct has scalars, each once."""
        with pytest.raises(CfgError):
            insert_item(b"Members = vector: 0 items\n", ("Members",), item=item, where=WHERE)

    @pytest.mark.parametrize("item", [Item("serverInfo", "x"), Item("serverInfo", children=(("a", "int", "1"), ("A", "int", "2")))])
    def test_names_the_line_of_the_vector(self, item: Item) -> None:
        """Where the item was to go."""
        with pytest.raises(CfgError) as refusal:
            insert_item(b"\nMembers = vector: 0 items\n", ("Members",), item=item, where=WHERE)

        assert refused_at(2, refusal)

    def test_never_shows_a_value(self) -> None:
        """A value may be a password."""
        assert "s3cret" not in repr(Item("serverInfo", "s3cret", (("Proxy Password", "string", "s3cret"),)))


class TestRemoveItem:
    @EVERY_FORM
    def test_moves_the_later_labels_down(self, form: str) -> None:
        """An item in the middle goes with its children; labels stay consecutive, all other bytes stay."""
        content = variant(fixture("Communications"), form)
        before = lines_of(content)

        after = remove_item(content, (*SERVERS, "[FileServer URI=/Logs/]"), where=WHERE)

        file, removed = parse(after, where=WHERE), before.index(b"    3 = FileServer:")
        assert [entry.line.key for entry in file.entries[0].children[-1].children] == [str(label) for label in range(16)]
        assert lines_of(after)[8] == b"  Servers = vector: 16 items"
        assert [line.split(b" = ")[1:] for line in lines_of(after)[9:]] == [
            line.split(b" = ")[1:] for line in [*before[9:removed], *before[removed + 3 :]]
        ]

    def test_moves_labels_that_are_out_of_order(self) -> None:
        """Labels sorted as text are lowered where they stand; nothing is reordered."""
        after = remove_item(construct(29), ("Names", "2"), where=WHERE)

        labels = [entry.line.key for entry in parse(after, where=WHERE).entries[0].children]
        assert labels == ["0", "1", "9", "10", "2", "3", "4", "5", "6", "7", "8"]
        assert get_parameter(after, ("Names", "9"), where=WHERE) == Parameter("string", "name 10", 4)

    def test_keeps_blank_lines(self) -> None:
        """Blank lines between items stay where they are."""
        after = remove_item(construct(31), ("Locations", "0"), where=WHERE)

        assert after == b"Locations = vector: 1 items\n\n  0 = NetworkLocation:\n    Name = string: There\n\n"

    @pytest.mark.parametrize("path", [(*SERVERS, "17"), (*SERVERS, "[URI=/None/]")])
    def test_leaves_alone_what_is_not_there(self, path: tuple[str, ...]) -> None:
        """Removing an absent item changes nothing."""
        content = fixture("Communications")

        assert remove_item(content, path, where=WHERE) == content

    @pytest.mark.parametrize(
        ("content", "path"),
        [
            (construct(30), ("Members", "4")),
            (construct(18), ("Dimensions", "Day")),
            (construct(16), ("Nothing", "0")),
            (construct(16), ("One",)),
            (construct(26), ("Templates", "1")),
        ],
    )
    def test_refuses_what_it_would_have_to_guess(self, content: bytes, path: tuple[str, ...]) -> None:
        """No vector, or one whose labels were not consecutive before, is refused."""
        with pytest.raises(CfgError):
            remove_item(content, path, where=WHERE)

    @given(st.integers(0, 25), st.booleans(), st.sampled_from([b"\n", b"\r\n"]))
    def test_undoes_an_insertion(self, size: int, final: bool, eol: bytes) -> None:
        """An item that was inserted is removed without a trace."""
        items = [b"  %d = string: v%d" % (label, label) for label in range(size)]
        content = eol.join([b"Names = vector: %d items" % size, *items]) + eol * (final or not size)

        after = insert_item(content, ("Names",), item=Item("string", "new"), where=WHERE)

        assert after != content
        assert remove_item(after, ("Names", str(size)), where=WHERE) == content
