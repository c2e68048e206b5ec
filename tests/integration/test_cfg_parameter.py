# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module cfg_parameter, run by ansible-playbook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integration.install import CFG, Install, make_install, refusals


@pytest.fixture
def node(tmp_path: Path) -> Install:
    """Return a fresh install tree."""
    return make_install(tmp_path)


class TestCfgParameter:
    def test_writes_a_new_parameter_below_its_parent(self, node: Install) -> None:
        """The line has the file's own line end, a doubled backslash and the documented place; nothing else changes."""
        options = {"path": "Components/Communications.cfg", "parameter": ["component", "Certificate"], "value": "Certificates\\a.pem"}

        checked, done, again = node.rehearse("cfg_parameter", options)

        first, rest = CFG.split(b"\r\n", 1)
        assert node.cfg.read_bytes() == first + b"\r\n  Certificate = string: Certificates\\\\a.pem\r\n" + rest
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert (done.result["before"], done.result["after"]) == (None, "Certificates\\a.pem")
        assert checked.result["diff"][0]["after"] == "component, Certificate: Certificates\\a.pem\n"

    def test_replaces_a_value_and_keeps_its_line(self, node: Install) -> None:
        """Only the number changes; before and after are returned."""
        options = {"path": str(node.cfg), "parameter": ["component", "SSL Port"], "type": "int", "value": "8443"}

        checked, done, again = node.rehearse("cfg_parameter", options)

        assert node.cfg.read_bytes() == CFG.replace(b"443", b"8443")
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert (done.result["before"], done.result["after"]) == ("443", "8443")

    def test_takes_a_bool_of_yaml(self, node: Install) -> None:
        """YAML's true is written as the file spells it."""
        options = {"path": str(node.cfg), "parameter": ["component", "Use SSL"], "type": "bool", "value": True}

        _ignored, done, _ignored = node.rehearse("cfg_parameter", options)

        assert done.result["after"] == "true"
        assert b"\r\n  Use SSL = bool: true\r\n" in node.cfg.read_bytes()

    def test_removes_a_parameter_and_hides_a_secret(self, node: Install) -> None:
        """The line goes; the value of an encrypted string is in no result and no diff."""
        options = {"path": str(node.cfg), "parameter": ["component", "Proxy Password"], "state": "absent"}

        checked, done, again = node.rehearse("cfg_parameter", options)

        assert node.cfg.read_bytes() == CFG.replace(b"  Proxy Password = EncryptedString: c2VjcmV0\r\n", b"")
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert done.result["before"] == "(not shown)"
        assert "c2VjcmV0" not in json.dumps([checked.result, done.result])

    def test_takes_an_item_out_of_a_vector(self, node: Install) -> None:
        """Labels and count of the vector stay right, and the item that moved up is not taken out by a second run."""
        options = {"path": str(node.cfg), "parameter": ["component", "Servers", "[InitServer URI=/a]"], "state": "absent"}

        checked, done, again = node.rehearse("cfg_parameter", options)

        assert b"Servers = vector: 1 items\r\n    0 = InitServer:\r\n      URI = string: /b\r\n" in node.cfg.read_bytes()
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]

    def test_refuses_to_guess(self, node: Install) -> None:
        """A tab, another type, an absent parent, a missing value, a label that moves and a file of the whole cluster are refused."""
        tab = node.cfg.with_name("Tab.cfg")
        tab.write_bytes(CFG.replace(b"  Port", b"\tPort"))
        port = {"parameter": ["component", "Port"], "type": "int", "value": "81"}

        told = refusals(node, "cfg_parameter", {
            "tab": {"path": str(tab), **port}, "type": {"path": str(node.cfg), **port, "type": "string"},
            "parent": {"path": str(node.cfg), "parameter": ["component", "Nothing", "Port"], "value": "x"},
            "value": {"path": str(node.cfg), "parameter": ["component", "Certificate"]},
            "label": {"path": str(node.cfg), "parameter": ["component", "Servers", "0"], "state": "absent"},
            "cluster": {"path": "Profiles/Cluster.cfg", **port},
        })

        assert "Tab.cfg:2: a tab" in told["tab"]
        assert "is of type 'int', not 'string'" in told["type"]
        assert "nothing to put it below" in told["parent"]
        assert "value: is missing" in told["value"]
        assert "would take out the next one" in told["label"]
        assert "read and never written" in told["cluster"]
