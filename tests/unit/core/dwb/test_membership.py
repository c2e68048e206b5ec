# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Promises about one member of an access group and one client."""

from __future__ import annotations

import re
import time

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access_file import Member
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.addresses import Address
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.membership import Client, matches, membership
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.names import Attribute, Name
from hypothesis import given
from hypothesis import strategies as st

from unit.core.dwb.access_cases import client

JOE = (("CN", "Joe User"), ("O", "Corp"), ("OU", "Insight Developers"), ("L", "Bern"), ("ST", "BE"), ("C", "CH"),
       ("Email", "joe@corp.example"))
OCTETS = st.integers(0, 255)
# What members are made of, and what they are not.
PIECES = st.lists(st.sampled_from(["CN", "IP", "O", "Email", "PLC", ":", " ", "*", "$(", ")", "@", "a", "10.", "5", "é", "\\", "\0"]))
TEXTS = PIECES.map("".join)


def told(text: str, who: Client, *, doubt: str = "") -> str:
    """Return the answer of the member *text*, after it was seen that only undecided ones have a reason."""
    answer = membership(Member(1, text, doubt), who)
    assert (answer.member == "undecided") == bool(answer.why)

    return answer.member


class TestMembership:
    @pytest.mark.parametrize("member", [
        "CN: Joe User", "CN:Joe User", "CN:  Joe User", "O:Corp", "OU:Insight Developers", "L:Bern", "ST:BE", "C:CH",
        "Email: joe@corp.example",
    ])
    def test_is_certain_by_a_field_of_the_certificate(self, member: str) -> None:
        """Every documented prefix names its field, with a blank before the value or without."""
        assert told(member, client(*JOE)) == "yes"

    @pytest.mark.parametrize("member", [
        "CN:joe user", "CN:Joe", "CN:Joe User 2", "O:Joe User", "OU:Insight", "C:DE", "IP:10.0.0.6", "IP:10.1.*",
    ])
    def test_is_denied_when_the_value_is_another(self, member: str) -> None:
        """Upper and lower case count, a part is not the whole, and the field has to be the right one."""
        assert told(member, client(*JOE)) == "no"

    @pytest.mark.parametrize(("member", "why"), [
        ("$(Insight Users)", "User List.cfg"), ("CN:$(Insight Users)", "User List.cfg"),
        ("PLC:1234@corp-Insight", "signs in"), ("O:1234@corp", "signs in"), ("Email:jane@corp.example", "signs in"),
        ("IP:10.0.0.5", "beside"), ("IP:*", "beside"), ("IP:10.0.0.*", "beside"), ("IP:", "explain"), ("IP:10.0.0.0/8", "beside"),
        ("IP:host.example", "beside"), ("CN:*", "wildcard"), ("CN:Joe*", "wildcard"), ("OU:*Dev*", "wildcard"),
        ("CN:", "explain"), ("", "explain"), ("Joe User", "explain"), ("cn:Joe User", "explain"), ("DC:corp", "explain"),
        ("CN : Joe User", "explain"),
    ])
    def test_is_undecided_where_the_manual_is_silent(self, member: str, why: str) -> None:
        """Neither yes nor no, with the reason."""
        answer = membership(Member(1, member), client(*JOE))

        assert answer.member == "undecided"
        assert why in answer.why

    @pytest.mark.parametrize("member", ["O:1234@corp", "Email:joe@corp.example"])
    def test_of_both_kinds_is_certain_when_the_field_is_equal(self, member: str) -> None:
        """An O with an at sign and an Email are fields of a certificate before they are accounts."""
        assert told(member, client(("O", "1234@corp"), ("Email", "joe@corp.example"))) == "yes"

    def test_of_several_values_needs_all_of_them(self) -> None:
        """Two OUs of which one is meant are undecided; none is a no, and both the same a yes."""
        two = client(("OU", "A"), ("OU", "B"))

        assert [told(f"OU:{value}", two) for value in "ABC"] == ["undecided", "undecided", "no"]
        assert told("OU:A", client(("OU", "A"), ("OU", "A"))) == "yes"

    @pytest.mark.parametrize(("member", "expected"), [
        ("CN:Jérôme", "undecided"), (f"CN:{'Jérôme'.encode().decode('latin-1')}", "undecided"), ("CN:Müller", "no"), ("CN:Jerome", "no"),
    ])
    def test_beyond_ascii_is_never_certain(self, member: str, expected: str) -> None:
        """The encoding of the file is not documented: what may be the same is undecided, what cannot be is not."""
        assert told(member, client(("CN", "Jérôme"))) == expected

    def test_does_not_trust_a_wide_string(self) -> None:
        """A BMPString has other bytes than the file, and the product may compare bytes."""
        wide = Client(Name(((Attribute("2.5.4.3", "Joe".encode("utf-16-be"), "Joe"),),)))

        assert told("CN:Joe", wide) == "undecided"

    def test_blanks_of_the_certificate_are_not_overlooked(self) -> None:
        """A CN that begins with a blank is alike, no more."""
        assert told("CN: Joe", client(("CN", " Joe"))) == "undecided"

    def test_in_doubt_is_undecided_whatever_it_says(self) -> None:
        """A line that may be read in another way decides nothing."""
        assert told("CN:Joe User", client(*JOE), doubt="odd") == told("CN:nobody", client(*JOE), doubt="odd") == "undecided"

    @pytest.mark.parametrize(("value", "address", "expected"), [
        ("10.0.0.6", "", "undecided"), ("10.0.*", "", "undecided"), ("2001:db8::1", "2001:0db8:0::1", "undecided"),
        ("2001:db8::2", "2001:db8::1", "no"), ("2001:*", "2001:db8::1", "undecided"), ("2001:0db8:*", "2001:db8::1", "undecided"),
        ("10.0.0.5", "::ffff:10.0.0.5", "undecided"),
        ("10.0.0.6", "::ffff:10.0.0.5", "no"), ("::ffff:10.0.0.6", "10.0.0.5", "no"), ("::ffff:10.0.0.5", "10.0.0.5", "undecided"),
        ("010.0.0.6", "10.0.0.5", "undecided"),
    ])
    def test_by_address_is_denied_only_where_it_is_another(self, value: str, address: str, expected: str) -> None:
        """Spellings of one address are one; an unknown address and an unknown spelling exclude nothing."""
        assert told(f"IP:{value}", client(*JOE, address=address)) == expected

    @given(st.tuples(OCTETS, OCTETS, OCTETS, OCTETS), st.sets(st.integers(0, 3), min_size=1), OCTETS)
    def test_a_wildcard_excludes_only_what_no_reading_includes(self, octets: tuple[int, ...], stars: set[int], other: int) -> None:
        """An octet that is * never excludes; an octet that differs does, although the others are *."""
        pattern = ["*" if at in stars else str(octet) for at, octet in enumerate(octets)]
        who = Client(Name(()), client_of_address(octets))

        assert told(f"IP:{'.'.join(pattern)}", who) == "undecided"
        assert other == octets[3] or told(f"IP:*.*.*.{other}", who) == "no"

    @given(TEXTS | st.text(), TEXTS | st.text())
    def test_any_text_has_an_answer(self, text: str, name: str) -> None:
        """Whatever a member and a certificate hold, there is one of three answers, and it is the same the second time."""
        who = Client(Name(((Attribute("2.5.4.3", name.encode("utf-8", "surrogatepass"), name),),)))

        assert told(text, who) in ("yes", "no", "undecided")
        assert membership(Member(1, text), who) == membership(Member(1, text), who)


def client_of_address(octets: tuple[int, ...]) -> Address | None:
    """Return the address as a client has it."""
    return client(*JOE, address=".".join(map(str, octets))).address


class TestMatches:
    @given(st.text("ab*[?.", max_size=8), st.text("ab[?.", max_size=8))
    def test_means_what_a_regular_expression_means(self, pattern: str, text: str) -> None:
        """The star is any run of characters, and nothing else is special."""
        expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text)

        assert matches(pattern, text) == bool(expected)

    @pytest.mark.parametrize(("pattern", "text"), [
        ("ab*ba", "aba"), ("*aa*aa*", "aaa"), ("*ab*b", "ab"), ("a**b", "a"), ("?", "a"), ("", "a"),
    ])
    def test_uses_no_character_twice(self, pattern: str, text: str) -> None:
        """Every part of the pattern needs characters of its own."""
        assert not matches(pattern, text)

    def test_takes_no_time_for_many_stars(self) -> None:
        """A line of half a mebibyte of stars is read once, not once for every way to read it."""
        begin = time.monotonic()

        assert not matches("*a" * 200_000 + "b", "a" * 100_000)
        assert time.monotonic() - begin < 2


class TestClientOf:
    @pytest.mark.parametrize("address", ["10.0.0", "10.0.0.0/8", "host.example", "10.0.0.5:443", " 10.0.0.5"])
    def test_needs_a_numeric_address(self, address: str) -> None:
        """A name or a network is refused with the option."""
        with pytest.raises(OptionError, match=r"address: .* is no numeric address"):
            client(*JOE, address=address)

    def test_may_not_know_the_address(self) -> None:
        """Without one there is none."""
        assert client(*JOE, address="").address is None
