# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The change of one parameter as data."""

from __future__ import annotations

import hashlib

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg_plan import HIDDEN, plan_parameter_absent, plan_parameter_present
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState

CONTENT = (
    b"component = CommServer:\n  Passphrase = string: old secret\n  Port = int: 80\n"
    b"  Servers = vector: 2 items\n    0 = A:\n      Name = string: x\n    1 = A:\n      Name = string: y\n"
)


def observed(content: bytes = CONTENT) -> FileState:
    """Return the state of a file with *content*."""
    return FileState("/srv/a.cfg", "file", len(content), hashlib.sha256(content).hexdigest(), content=content)


class TestPlanParameterPresent:
    def test_tells_both_values(self) -> None:
        """The change is of this one value, and shows no other line."""
        plan = plan_parameter_present(observed(), ["component", "Port"], kind="int", value="81")

        assert plan.change is not None
        assert plan.change.content == CONTENT.replace(b"80", b"81")
        assert plan.change.as_result() == {"path": "/srv/a.cfg", "action": "set component, Port", "before": "80", "after": "81"}
        assert plan.change.as_diff()["before"] == "component, Port: 80\n"
        assert plan.change.as_diff()["after"] == "component, Port: 81\n"

    def test_is_nothing_when_it_holds_the_value(self) -> None:
        """No change, and both values are what is there."""
        plan = plan_parameter_present(observed(), ["component", "Port"], kind="int", value="80")

        assert (plan.change, plan.before, plan.after) == (None, "80", "80")

    def test_shows_an_absent_one_as_nothing(self) -> None:
        """A new parameter has no value before."""
        plan = plan_parameter_present(observed(), ["component", "New"], kind="string", value="x")

        assert plan.change is not None
        assert (plan.before, plan.after, plan.change.as_diff()["before"]) == (None, "x", "")

    def test_shows_no_secret(self) -> None:
        """What is called a passphrase is in neither result nor diff."""
        plan = plan_parameter_present(observed(), ["component", "Passphrase"], kind="string", value="new secret")

        assert plan.change is not None
        assert (plan.before, plan.after) == (HIDDEN, HIDDEN)
        assert "secret" not in f"{plan.change.as_result()} {plan.change.as_diff()} {plan!r}"

    def test_names_the_file_that_is_not_understood(self) -> None:
        """A tab is an error of that file and line."""
        with pytest.raises(CfgError, match=r"^/srv/a\.cfg:2: "):
            plan_parameter_present(observed(b"component = A:\n\tPort = int: 80\n"), ["component", "Port"], kind="int", value="81")

    def test_shows_nothing_encrypted(self) -> None:
        """What the product has encrypted is a secret, whatever it is called."""
        encrypted = CONTENT.replace(b"Port = int: 80", b"Code = EncryptedString: c2VjcmV0")
        plan = plan_parameter_absent(observed(encrypted), ["component", "Code"])

        assert (plan.before, plan.after) == (HIDDEN, None)

    def test_judges_by_the_parameter_and_not_by_what_it_is_in(self) -> None:
        """A secret is hidden at any depth, and its neighbour is not."""
        inner = b"component = A:\n  Password Store = B:\n    Port = int: 80\n    Passphrase = string: secret\n"
        shown, hidden = (plan_parameter_absent(observed(inner), ["component", "Password Store", key]) for key in ("Port", "Passphrase"))

        assert (shown.before, hidden.before) == ("80", HIDDEN)

    def test_expects_the_file_as_it_was_seen(self) -> None:
        """The node refuses the change when somebody else was faster."""
        plan = plan_parameter_present(observed(), ["component", "Port"], kind="int", value="81")

        assert plan.change is not None
        assert (plan.change.path, plan.change.expected) == ("/srv/a.cfg", hashlib.sha256(CONTENT).hexdigest())

    def test_refuses_another_type(self) -> None:
        """The type that the file has is not changed, and the file is named."""
        with pytest.raises(CfgError, match=r"/srv/a\.cfg:3: .*is of type 'int'"):
            plan_parameter_present(observed(), ["component", "Port"], kind="string", value="81")


class TestPlanParameterAbsent:
    def test_removes_a_parameter(self) -> None:
        """Its line goes, and its value is told."""
        plan = plan_parameter_absent(observed(), ["component", "Port"])

        assert plan.change is not None
        assert plan.change.content == CONTENT.replace(b"  Port = int: 80\n", b"")
        assert (plan.before, plan.after, plan.change.action) == ("80", None, "remove component, Port")
        assert (plan.change.as_diff()["before"], plan.change.as_diff()["after"]) == ("component, Port: 80\n", "")

    def test_is_nothing_when_it_is_absent(self) -> None:
        """Neither a parameter nor an item that is absent is a change."""
        for path in (["component", "New"], ["component", "Servers", "[Name=z]"]):
            plan = plan_parameter_absent(observed(), path)

            assert (plan.change, plan.before, plan.after) == (None, None, None)

    def test_takes_out_an_item(self) -> None:
        """The item that is named by its content goes, the next moves up."""
        plan = plan_parameter_absent(observed(), ["component", "Servers", "[A Name=x]"])

        assert plan.change is not None
        assert plan.change.content == CONTENT.replace(b"2 items\n    0 = A:\n      Name = string: x\n    1 = A", b"1 items\n    0 = A")
        assert plan.before == HIDDEN

    def test_refuses_an_item_named_by_its_label(self) -> None:
        """A second run would take out the next one; the error says how to name it."""
        with pytest.raises(CfgError, match=r"/srv/a\.cfg: item 0 is .*take out the next one; name it by what is in it, like \[Name=X\]"):
            plan_parameter_absent(observed(), ["component", "Servers", "0"])

    @pytest.mark.parametrize("path", [["component", "Port", "[Name=x]"], ["component", "[Name", "Port"], ["component", "Servers"]])
    def test_names_the_file_it_refuses_to_change(self, path: list[str]) -> None:
        """An item of what is no vector, a matcher that is none, a whole vector: each is an error of that file."""
        with pytest.raises(CfgError, match=r"^/srv/a\.cfg"):
            plan_parameter_absent(observed(), path)

    def test_refuses_an_empty_path(self) -> None:
        """Nothing to remove is a mistake."""
        with pytest.raises(CfgError):
            plan_parameter_absent(observed(), [])
