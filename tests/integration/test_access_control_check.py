# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module access_control_check, run by ansible-playbook on the access control file of the stand-in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from simulator import shipped
from unit.core.dwb.access_cases import access_text, issue

from integration.install import Install, make_install, refusals

OLD, NEW = issue(("CN", "jane"), ("OU", "Insight")), issue(("CN", "jane"), ("OU", "Analytics"))
RENAMED = issue(("CN", "jane.doe"), ("OU", "Insight"))
BOTH = {"today_content": OLD.pem.decode(), "new_content": NEW.cert_pem.decode()}


@pytest.fixture
def node(tmp_path: Path) -> Install:
    """Return an install tree with the access control file as shipped."""
    made = make_install(tmp_path)
    access = made.root / "Access Control" / "Access Control.cfg"
    access.parent.mkdir()
    access.write_bytes(shipped.access_control(["10.0.0.5"]).replace("\n", "\r\n").encode())
    return made


def write(node: Install, members: list[str]) -> None:
    """Let the only group of the node have *members*."""
    content = access_text({"Users": members}, rules=["/Profiles/", "/Users/%CN%/"])
    (node.root / "Access Control" / "Access Control.cfg").write_bytes(content)


def ask(node: Install, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answer, after it was seen to be the same in check mode, to have no key in it, and to have changed nothing."""
    before = node.snapshot()

    checked, done, again = node.rehearse("access_control_check", options)

    assert node.snapshot() == before
    assert [event.result["changed"] for event in (checked, done, again)] == [False] * 3
    for event in (checked, again):
        assert event.result["groups"] == done.result["groups"]
    assert "PRIVATE KEY" not in json.dumps(done.result)
    return done.result


class TestAccessControlCheck:
    def test_answers_from_the_file_as_shipped(self, node: Install) -> None:
        """Nobody is named by certificate there: addresses are undecided or excluded, and so is the whole answer."""
        result = ask(node, {**BOTH, "address": "10.0.0.9"})

        groups = {group["name"]: (group["now"], group["member"], group["lost"]) for group in result["groups"]}
        assert groups == {
            "Administrators": ("no", "no", "no"), "Sensors": ("undecided", "undecided", "no"), "Users": ("no", "no", "no"),
            "Power Users": ("no", "no", "no"), "Cluster Servers": ("no", "no", "no"), "Report Servers": ("no", "no", "no")}
        assert (result["member"], result["groups_now"]) == ("undecided", [])
        assert result["path"] == str(node.root / "Access Control" / "Access Control.cfg")

    def test_says_yes_with_the_line(self, node: Install) -> None:
        """The CN stays, so the client does; its key in the file does no harm."""
        write(node, ["CN: jane"])

        result = ask(node, BOTH)

        assert (result["member"], result["lost"], result["doubts"]) == ("yes", [], [])
        assert result["groups"][0]["lines"] == [{"line": 4, "text": "CN: jane", "now": "yes", "member": "yes", "why": ""}]

    def test_says_no_with_the_line(self, node: Install) -> None:
        """The twin: the OU that made it a member is another one."""
        write(node, ["OU:Insight"])

        result = ask(node, BOTH)

        assert (result["member"], result["lost"]) == ("no", ["Users"])
        assert result["groups"][0]["lines"] == [{"line": 4, "text": "OU:Insight", "now": "yes", "member": "no", "why": ""}]

    def test_cannot_decide_a_group_variable(self, node: Install) -> None:
        """User List.cfg may or may not name the new one; the line and the reason are told."""
        write(node, ["OU:Insight", "$(Insight Users)"])

        result = ask(node, BOTH)

        assert (result["member"], result["undecided"]) == ("undecided", ["Users"])
        assert "User List.cfg" in result["groups"][0]["lines"][1]["why"]

    def test_takes_the_certificate_of_today_from_the_node(self, node: Install) -> None:
        """A server's own one, of which the key stays there; a CN that changes where a rule has %CN% is told."""
        write(node, ["CN:dpu-01", "OU:Insight"])
        (node.root.parent / "new.pem").write_bytes(RENAMED.cert_pem)

        result = ask(node, {"today_path": "Certificates/server_cert.pem", "new_src": str(node.root.parent / "new.pem")})

        assert (result["member"], result["groups_now"], result["groups_after"]) == ("yes", ["Users"], ["Users"])
        assert "the CN 'dpu-01' becomes 'jane.doe'" in result["doubts"][0]

    def test_reads_the_file_that_the_server_uses(self, node: Install) -> None:
        """Communications.cfg may name another one; the option path goes before it."""
        write(node, ["OU:Insight"])
        node.cfg.write_bytes(b"component = CommServer:\r\n  Access Control File = Path: Rights\\\\Mine.cfg\r\n")
        (node.root / "Rights").mkdir()
        (node.root / "Rights" / "Mine.cfg").write_bytes(access_text({"Mine": ["CN:jane"]}))

        result = ask(node, BOTH)

        assert (result["groups_now"], result["path"]) == (["Mine"], str(node.root / "Rights" / "Mine.cfg"))
        assert ask(node, {**BOTH, "path": "Access Control/Access Control.cfg"})["lost"] == ["Users"]

    def test_tells_when_both_are_the_same(self, node: Install) -> None:
        """An answer about one certificate says little."""
        write(node, ["CN:jane"])

        assert ask(node, {**BOTH, "new_content": BOTH["today_content"]})["doubts"] == ["today's and the new certificate are the same one"]

    def test_refuses_what_it_cannot_read(self, node: Install) -> None:
        """An absent or broken file, no PEM, no address, and options that are missing or too many are named."""
        folder = node.root / "Access Control"
        (folder / "tab.cfg").write_bytes(access_text({"Users": ["CN:jane"]}).replace(b"    Name", b"\tName"))
        (folder / "other.cfg").write_bytes(access_text({"Users": ["CN:jane"]}).replace(b"AccessGroup", b"Group"))
        today = {"today_content": BOTH["today_content"]}

        told = refusals(node, "access_control_check", {
            "absent": {**BOTH, "path": "Access Control/none.cfg"}, "tab": {**BOTH, "path": "Access Control/tab.cfg"},
            "layout": {**BOTH, "path": "Access Control/other.cfg"}, "component": {**BOTH, "path": str(node.cfg)},
            "text": {**today, "new_content": "text"}, "nothing": {"new_content": BOTH["new_content"]}, "no new": today,
            "two": {**BOTH, "today_path": "a.pem"}, "both": {**BOTH, "new_src": "a.pem"}, "address": {**BOTH, "address": "host.example"},
            "gone": {"new_content": BOTH["new_content"], "today_path": "Certificates/none.pem"}, "root": {**BOTH, "root": "insight"},
            "mistyped": {**BOTH, "addr": "10.0.0.5"},
        })

        assert "none.cfg: is absent" in told["absent"]
        assert "tab.cfg:5: a tab" in told["tab"]
        assert "other.cfg:2: unknown layout: '0' is no AccessGroup" in told["layout"]
        assert "has no 'Access Control Groups" in told["component"]
        assert "new_content: holds no certificate in PEM" in told["text"]
        assert "today: is not given in exactly one way" in told["nothing"]
        assert "new: is not given in exactly one way" in told["no new"]
        assert "today: is not given in exactly one way" in told["two"]
        assert "given together with new_content" in told["both"]
        assert "'host.example' is no numeric address" in told["address"]
        assert "none.pem: is absent" in told["gone"]
        assert "is not the absolute path" in told["root"]
        assert "did you mean 'address'?" in told["mistyped"]
