# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Promises about a client whose certificate changes, and its access groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access import Access, check_access, read_client
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.membership import Client
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CertificateError, CoreError, PemError
from hypothesis import given
from hypothesis import strategies as st

from unit.builders import make_root
from unit.core.dwb.access_cases import client, issue, read

OLD, NEW = client(("CN", "jane"), ("OU", "Insight"), ("O", "Corp")), client(("CN", "jane"), ("OU", "Analytics"), ("O", "Corp"))
RENAMED = client(("CN", "jane.doe"), ("OU", "Insight"), ("O", "Corp"))
MEMBERS = st.sampled_from([
    "CN:jane", "CN:jane.doe", "OU:Insight", "OU:Analytics", "O:Corp", "O:Other", "IP:10.0.0.5", "IP:10.0.0.6", "IP:*", "$(Users)", "CN:*",
    "Email:jane@corp.example", "odd",
])


def check(groups: Mapping[str, Sequence[str]], today: Client = OLD, new: Client = NEW, *, rules: Sequence[str] = ("/",)) -> Access:
    """Return what becomes of the client in *groups*."""
    return check_access(read(groups, rules=rules), today, new)


class TestCheckAccess:
    @pytest.mark.parametrize(("members", "now", "after", "lost", "member"), [
        (["CN:jane"], "yes", "yes", "no", "yes"),
        (["OU:Insight"], "yes", "no", "yes", "no"),
        (["OU:Insight", "OU:Analytics"], "yes", "yes", "no", "yes"),
        (["OU:Insight", "O:Corp"], "yes", "yes", "no", "yes"),
        (["OU:Insight", "$(Users)"], "yes", "undecided", "undecided", "undecided"),
        (["OU:Insight", "IP:10.0.0.5"], "yes", "undecided", "undecided", "undecided"),
        (["OU:Insight", "IP:10.0.0.6"], "yes", "no", "yes", "no"),
        (["OU:Insight", "Email:jane@corp.example"], "yes", "undecided", "undecided", "undecided"),
        (["OU:Ins*"], "undecided", "no", "undecided", "undecided"),
        (["$(Users)"], "undecided", "undecided", "undecided", "undecided"),
        (["$(Users)", "CN:jane"], "yes", "yes", "no", "yes"),
    ])
    def test_tells_whether_the_client_stays(self, members: list[str], now: str, after: str, lost: str, member: str) -> None:
        """A sure line settles a group; without one, a line that nobody can decide leaves it open."""
        access = check({"Users": members})

        assert [(group.now, group.after, group.lost) for group in access.groups] == [(now, after, lost)]
        assert access.member == member

    @pytest.mark.parametrize("members", [["IP:10.0.0.5"], ["IP:*"], ["CN:ja*"], ["IP:*", "OU:Other"], ["IP:*", "OU:Ana*"]])
    def test_a_line_that_sees_no_difference_loses_nobody(self, members: list[str]) -> None:
        """Whatever a line means, it means the same for the same address and the same CN; beside a sure group that is a yes."""
        access = check({"Sensors": members, "Users": ["CN:jane"]})

        assert [(group.now, group.lost) for group in access.groups] == [("undecided", "no"), ("yes", "no")]
        assert access.member == "yes"

    def test_a_client_in_no_group_for_certain_is_undecided(self) -> None:
        """It may be the wrong certificate, so nothing is called in order; the same subject is, for nothing can change."""
        for members in ([], ["IP:*"], ["CN:nobody"]):
            access = check({"Users": members})

            assert access.member == "undecided"
            assert "in no group for certain" in access.as_result()["doubts"][0]
        assert check({"Users": ["IP:*", "$(Users)"]}, OLD, OLD).member == "yes"

    def test_names_what_is_kept_lost_gained_and_open(self) -> None:
        """Each group is in the lists where it belongs, and told with its lines."""
        result = check({"Power Users": ["O:Other", "OU:Insight"], "Users": ["CN:jane"], "Administrators": ["OU:Analytics"],
                        "Report Servers": ["CN:other"], "Open": ["$(Users)"]}).as_result()

        assert {key: result[key] for key in ("member", "groups_now", "groups_after", "lost", "gained", "undecided")} == {
            "member": "no", "groups_now": ["Power Users", "Users"], "groups_after": ["Users", "Administrators"], "lost": ["Power Users"],
            "gained": ["Administrators"], "undecided": ["Open"]}
        assert result["groups"][0] == {
            "name": "Power Users", "line": 2, "now": "yes", "member": "no", "lost": "yes",
            "lines": [{"line": 5, "text": "OU:Insight", "now": "yes", "member": "no", "why": ""}]}
        assert result["groups"][3]["lines"] == []
        assert "User List.cfg" in result["groups"][4]["lines"][0]["why"]

    def test_warns_of_a_folder_with_the_old_name(self) -> None:
        """A CN that changes where a rule has %CN% is told with the line of the rule."""
        doubts = check({"Users": ["OU:Insight"]}, OLD, RENAMED, rules=["/Profiles/", "/Users/%CN%/"]).as_result()["doubts"]

        assert len(doubts) == 1
        assert "the CN 'jane' becomes 'jane.doe'" in doubts[0]
        assert "line 8" in doubts[0]

    @pytest.mark.parametrize(("member", "new", "rule"), [
        ("OU:Insight", RENAMED, "/Users/"), ("CN:jane", NEW, "/Users/%CN%/"), ("CN:nobody", RENAMED, "/Users/%CN%/"),
        ("OU:%CN%", RENAMED, "/Users/"),
    ])
    def test_does_not_warn_without_a_reason(self, member: str, new: Client, rule: str) -> None:
        """No such rule, the same CN, or a group that the client is not in."""
        doubts = check({"Users": [member]}, OLD, new, rules=[rule]).as_result()["doubts"]

        assert not any("%CN%" in doubt for doubt in doubts)

    @given(st.dictionaries(st.sampled_from("abc"), st.lists(MEMBERS, max_size=4), max_size=3))
    def test_never_contradicts_itself(self, groups: dict[str, list[str]]) -> None:
        """The same subject loses nothing, a loss is never called in order, and what is lost is not kept."""
        access = check(groups, OLD, RENAMED)
        result = access.as_result()

        assert check(groups, OLD, OLD).member == "yes"
        assert (access.member == "no") == bool(result["lost"])
        assert access.member != "yes" or not result["undecided"]
        assert not set(result["lost"]) & {*result["groups_after"], *result["gained"], *result["undecided"]}
        assert set(result["lost"]) <= set(result["groups_now"])

    @given(st.lists(MEMBERS, max_size=4), st.lists(st.tuples(st.booleans(), st.booleans()), min_size=13, max_size=13))
    def test_holds_whatever_the_open_lines_mean(self, members: list[str], truths: list[tuple[bool, bool]]) -> None:
        """Decide every open line at will, the same where it sees the same: no group that was said to stay is lost, and the reverse."""
        (group,) = check({"g": members}, OLD, RENAMED).groups
        now = after = False
        for line, (first, second) in zip(group.lines, truths, strict=False):
            same = line.now.sees == line.after.sees
            now |= first if line.now.member == "undecided" else line.now.member == "yes"
            after |= (first if same else second) if line.after.member == "undecided" else line.after.member == "yes"

        assert group.lost == "undecided" or (group.lost == "yes") == (now and not after)


class TestReadClient:
    def test_takes_the_first_certificate(self) -> None:
        """Keys and text before it, and its chain behind it, do not matter."""
        leaf = make_root("Corp Root").intermediate("Corp Issuing").issue("jane")

        assert read_client(b"Product = Premium\n" + leaf.key_pem + leaf.chain_pem, where="a.pem").fingerprint == leaf.fingerprint

    def test_refuses_a_chain_that_begins_with_a_ca(self) -> None:
        """The first one is what a client presents; that of a CA with others below it is in the wrong place."""
        root = make_root("Corp Root")

        with pytest.raises(CertificateError, match=r"a.pem: its first certificate is that of a CA: CN=Corp Root"):
            read_client(root.pem + issue(("CN", "jane")).cert_pem, where="a.pem")
        assert read_client(root.pem, where="a.pem").is_ca

    @pytest.mark.parametrize(("content", "error"), [
        (b"", CertificateError), (b"text", CertificateError), (issue(("CN", "jane")).key_pem, CertificateError),
        (issue(("CN", "jane")).der, CertificateError), (issue(("CN", "jane")).cert_pem[:-20], PemError),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", CertificateError),
    ], ids=["empty", "text", "key", "der", "cut", "no certificate"])
    def test_refuses_what_is_no_certificate(self, content: bytes, error: type[CoreError]) -> None:
        """The file is named, and nothing of a key is shown."""
        with pytest.raises(error, match=r"^a.pem") as refusal:
            read_client(content, where="a.pem")

        assert "PRIVATE" not in str(refusal.value)
