"""The module's answers about access control beside the decisions of the stand-in, which reads the file by itself."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access import check_access, read_client
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access_file import read_groups
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.membership import client_of
from hypothesis import given
from hypothesis import strategies as st
from simulator import access, shipped
from unit.core.dwb.access_cases import access_text, issue

CLIENTS = st.lists(st.tuples(st.sampled_from(["CN", "O", "OU", "Email"]), st.sampled_from(["a", "b", "A", "a b", "*", "a@b"])), max_size=3)
ADDRESSES = ["127.0.0.1", "127.0.0.7", "10.0.0.5", "10.1.0.5", "::1"]
VALUES = st.sampled_from(["a", "b", "a b", "*", "a*", "a@b", "10.0.0.5", "10.*", "10.0.0.*", "127.0.0.1", "127.*", "::1", "", "[0-9]*"])
MEMBERS = st.tuples(st.sampled_from(["CN:", "CN: ", "O:", "OU:", "Email:", "IP:", "IP: ", "PLC:", "cn:", "$(a)", ""]), VALUES).map("".join)


@cache
def decoded(names: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the certificate with *names* as the stand-in gets it from `ssl`."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "client.pem"
        file.write_bytes(issue(*names).cert_pem)
        certificate: dict[str, Any] = ssl._ssl._test_decode_cert(str(file))  # type: ignore[attr-defined]  # what getpeercert returns
    return certificate


def contradictions(content: bytes, names: tuple[tuple[str, str], ...], address: str) -> list[str]:
    """Return where the module says yes and the stand-in no, or the reverse."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "Access Control.cfg"
        file.write_bytes(content)
        judges = access.load(file)
    client = client_of(read_client(issue(*names).cert_pem, where="client.pem"), address)
    answers = check_access(read_groups(content, where="Access Control.cfg"), client, client).groups
    caller = access.Caller(address, decoded(names))
    members = [any(caller.is_member(member) for member in judge.members) for judge in judges]

    assert [judge.name for judge in judges] == [answer.group.name for answer in answers]
    return [f"{answer.group.name}: {answer.now}, the stand-in says {member}" for answer, member in zip(answers, members, strict=True)
            if answer.now != "undecided" and (answer.now == "yes") != member]


class TestAnswers:
    @pytest.mark.parametrize("address", ADDRESSES)
    @pytest.mark.parametrize("name", ["Joe User", "dpu-01"])
    def test_agree_on_the_file_as_shipped(self, name: str, address: str) -> None:
        """The cluster's own file, for clients from inside and outside."""
        content = shipped.access_control(["127.0.0.*", "10.0.0.5"]).encode()

        assert contradictions(content, (("CN", name),), address) == []

    @given(st.lists(MEMBERS, max_size=4), CLIENTS.map(tuple), st.sampled_from(ADDRESSES))
    def test_agree_on_any_members(self, members: list[str], names: tuple[tuple[str, str], ...], address: str) -> None:
        """Whatever is in the file, and whoever connects: undecided or the same."""
        assert contradictions(access_text({"g": members}), names, address) == []

    @pytest.mark.parametrize(("member", "expected"), [
        ("CN:a", True), ("CN: a", True), ("OU:b", True), ("CN:b", False), ("IP:10.0.0.6", False),
    ])
    def test_are_decided_where_the_manual_decides(self, member: str, expected: bool) -> None:
        """An undecided answer cannot contradict, so these must not be."""
        names = (("CN", "a"), ("OU", "b"))
        client = client_of(read_client(issue(*names).cert_pem, where="client.pem"), "10.0.0.5")
        (answer,) = check_access(read_groups(access_text({"g": [member]}), where="a.cfg"), client, client).groups

        assert answer.now == ("yes" if expected else "no")
        assert access.Caller("10.0.0.5", decoded(names)).is_member(member) == expected
