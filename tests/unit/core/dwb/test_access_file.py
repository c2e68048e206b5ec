# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Promises of reading an access control file."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access_file import AccessGroup, access_file, read_groups
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError, CoreError, Finding, Refused
from hypothesis import given
from hypothesis import strategies as st

from unit.core.cfg_cases import VARIANTS, fixture, variant
from unit.core.dwb.access_cases import WHERE, access_text, read

PIECES = st.sampled_from([
    b"Access Control Groups = vector: 1 items\n", b"  0 = AccessGroup:\n", b"    Members = vector: 1 items\n", b"      0 = string: IP:*\n",
    b"    Name = string: A\n", b"    Name = vector: 0 items\n", b"    Read-Only Access = vector: 1 items\n", b"x\n", b"\n", b" ", b"\t",
    b"      x = string: \\\n", b"    Members = string: \n", b"  1 = AccessGroup:\n", b"\xff", b"component = CommServer:\n",
])
NAME, JOE = b"    Name = string: Users\n", b"      0 = string: CN: Joe\n"
GROUP = b"Access Control Groups = vector: 1 items\n  0 = AccessGroup:\n    Members = vector: 1 items\n" + JOE + NAME


class TestReadGroups:
    @pytest.mark.parametrize("form", VARIANTS)
    def test_reads_every_member_with_its_line(self, form: str) -> None:
        """Names, members and lines are those of the file, whatever its line ends and BOM."""
        groups = read_groups(variant(fixture("Access Control"), form), where=WHERE)

        names = {group.line: group.name for group in groups}
        assert names == {2: "Administrators", 10: "Power Users", 18: "Sensors", 26: "Cluster Servers"}
        assert [(member.line, member.text) for member in groups[0].members] == [(4, "IP:127.0.0.1"), (5, "CN: Jane Admin")]
        assert not any(member.doubt for group in groups for member in group.members)
        assert [group.personal for group in groups] == [(), (17,), (), ()]

    def test_reads_a_member_beyond_ascii(self) -> None:
        """UTF-8 or a code page: the line is there."""
        for name in ("Access Control (UTF-8)", "Access Control (single byte)"):
            assert len(read_groups(fixture(name), where=WHERE)[0].members) == 2

    @pytest.mark.parametrize(("old", "new", "line"), [
        (b"vector: 1 items\n      0", b"vector: 2 items\n      0", 3), (b"vector: 1 items\n      0", b"vector:\n      0", 3),
        (b"      0 = string", b"      x = string", 3), (b"vector: 1 items\n  0", b"vector: 7 items\n  0", 1),
    ])
    def test_doubts_a_vector_that_is_counted_wrongly(self, old: bytes, new: bytes, line: int) -> None:
        """The line of the vector is among the members, and every member is in doubt."""
        (group,) = read_groups(GROUP.replace(old, new), where=WHERE)

        assert group.members[0].line == line
        assert all(member.doubt for member in group.members)
        assert group.members[1].text == "CN: Joe"

    def test_doubts_two_members_of_one_label(self) -> None:
        """Which of them counts is not documented."""
        content = GROUP.replace(b"vector: 1 items\n" + JOE, b"vector: 2 items\n" + JOE + JOE)

        assert [bool(member.doubt) for member in read_groups(content, where=WHERE)[0].members] == [True] * 3

    def test_takes_no_member_for_a_rule(self) -> None:
        """%CN% among the members leads to no folder."""
        (group,) = read({"Users": ["CN:%CN%"]})

        assert group.personal == ()

    @pytest.mark.parametrize(("written", "text", "doubtful"), [
        ("CN: CORP\\\\joe", "CN: CORP\\joe", False), ("CN: CORP\\joe", "CN: CORP\\joe", True), ("CN: CORP\\tom", "CN: CORP\tom", True),
    ])
    def test_doubts_a_single_backslash(self, written: str, text: str, doubtful: bool) -> None:
        """A doubled one is one; a single one may be an escape, or not."""
        ((member,),) = (group.members for group in read({"Users": [written]}))

        assert (member.text, bool(member.doubt)) == (text, doubtful)

    @pytest.mark.parametrize(("old", "new", "line"), [
        (b"Access Control Groups", b"Groups", 1), (b"Groups = vector: 1 items", b"Groups = map:", 1), (b"AccessGroup", b"Group", 2),
        (NAME, b"", 2), (b"    Name = ", b"    name = ", 5), (b"Name = string", b"Name = int", 5),
        (b"    Name", b"    Name = string: A\n    Name", 6), (JOE, b"      0 = AccessGroup:\n", 4),
        (b"      0 = string", b"    0 = string", 4), (b"vector: 1 items\n" + JOE, b"string: CN: Joe\n", 3), (b"0 = string", b"0 string", 4),
        (b"      0 = string", b"      \t0 = string", 4), (NAME, NAME + b"Other = string: x\n", 6),
    ])
    def test_refuses_what_the_manual_does_not_show(self, old: bytes, new: bytes, line: int) -> None:
        """One thing is broken, and its line is named."""
        content = GROUP.replace(old, new)

        with pytest.raises(CoreError) as refusal:
            read_groups(content, where=WHERE)

        assert refusal.value.findings[0].where == f"{WHERE}:{line}"

    def test_names_every_line_that_is_not_understood(self) -> None:
        """Two faults are two findings."""
        with pytest.raises(Refused) as refusal:
            read_groups(GROUP + b"x\ny\n", where=WHERE)

        assert [finding.where for finding in refusal.value.findings] == [f"{WHERE}:6", f"{WHERE}:7"]

    @given(st.lists(PIECES).map(b"".join) | st.binary(max_size=100))
    def test_any_bytes_are_read_or_refused(self, content: bytes) -> None:
        """Whatever the file holds, there are groups or an error, and nothing else."""
        groups: tuple[AccessGroup, ...] = ()
        findings: tuple[Finding, ...] = ()
        try:
            groups = read_groups(content, where=WHERE)
        except CoreError as refusal:
            findings = refusal.findings

        assert all(finding.where.startswith(WHERE) and finding.remedy for finding in findings)
        assert all(member.line > 0 for group in groups for member in group.members)

    @given(st.dictionaries(st.text("abc", min_size=1), st.lists(st.text("CN:IP*. ab", max_size=9), max_size=4), max_size=4))
    def test_reads_what_was_written(self, groups: dict[str, list[str]]) -> None:
        """Every group with its members in their order, without doubt."""
        found = read_groups(access_text(groups), where=WHERE)

        assert {group.name: [member.text for member in group.members] for group in found} == {
            name: [member.strip() for member in members] for name, members in groups.items()}
        assert not any(member.doubt for group in found for member in group.members)


class TestAccessFile:
    def test_is_what_the_server_says(self) -> None:
        """The value has single backslashes; a component without it uses the documented file."""
        named = b"component = CommServer:\n  Access Control File = Path: Rights\\\\Mine.cfg\n"

        assert access_file(named, where="Communications.cfg") == "Rights\\Mine.cfg"
        assert access_file(b"component = CommServer:\n", where="Communications.cfg") == "Access Control\\Access Control.cfg"

    def test_is_not_guessed(self) -> None:
        """Two of them are refused with the line."""
        line = b"  Access Control File = Path: a.cfg\n"

        with pytest.raises(CfgError, match=r"Communications.cfg:3"):
            access_file(b"component = CommServer:\n" + line + line, where="Communications.cfg")
