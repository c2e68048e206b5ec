# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options are what the documentation says, and nothing else."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.certops.rollout.plugins.plugin_utils._task.options import (
    ALIASES,
    argument_spec,
    from_variables,
    nearest,
    role_options,
    unknown_options,
    unknown_variables,
)

from unit.source import PLUGINS

MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.yml"))
ROLES = ("dwb_cluster", "dwb_client", "dwb_sensor")
SECRETS = ("pem_content", "key_content", "passphrase", "pkcs12_content")
_MINE = "certops.rollout."


def documentation(module: str) -> dict[str, Any]:
    """Return the sidecar of *module*."""
    text = (PLUGINS / "modules" / f"{module}.yml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Return every task of every module's examples that calls a module of ours, with its options."""
    tasks = [task for module in MODULES for task in yaml.safe_load(documentation(module)["EXAMPLES"])]
    return [(name.removeprefix(_MINE), options) for task in tasks for name, options in task.items() if name.startswith(_MINE)]


def plain(options: Any) -> Any:
    """Return *options* with what a template would give, so that types can be checked."""
    if isinstance(options, dict):
        return {name: plain(value) for name, value in options.items()}
    return "0" if isinstance(options, str) and "{{" in options else options


class TestArgumentSpec:
    @pytest.mark.parametrize("module", MODULES)
    def test_is_one_that_ansible_takes(self, module: str) -> None:
        """Every sidecar gives types, defaults and choices that fit each other."""
        spec = argument_spec(module)
        some: dict[str, Any] = {"list": [], "dict": {}}
        required = {name: some.get(option["type"], "x") for name, option in spec.items() if option.get("required")}

        result = ArgumentSpecValidator(spec).validate(required)

        assert result.error_messages == []
        assert set(result.validated_parameters) == set(spec)

    @pytest.mark.parametrize("module", MODULES)
    def test_belongs_to_an_action(self, module: str) -> None:
        """A module that is documented has an action plugin that is its code, and a stub that makes it visible."""
        action = importlib.import_module(f"ansible_collections.certops.rollout.plugins.action.{module}")

        assert action.ActionModule.execute.__doc__
        assert (PLUGINS / "modules" / f"{module}.py").exists()

    def test_takes_the_module_before_the_fragment(self) -> None:
        """A module overrides the default of a fragment and keeps the rest of the option."""
        assert argument_spec("node")["restart_window"] == {"type": "float", "default": 0}
        assert argument_spec("node_info")["restart_window"] == {"type": "float", "default": 4}

    def test_keeps_secrets_out_of_messages(self) -> None:
        """Keys and passphrases are marked wherever they occur, their files are not."""
        for spec in (argument_spec("node")["certificate"], argument_spec("tls_probe")["client_certificate"]):
            marked = {name for name, option in spec["options"].items() if option.get("no_log")}

            assert marked == set(SECRETS)

    def test_lists_choices_that_are_documented_one_by_one(self) -> None:
        """Choices with descriptions are the same list for the validator."""
        assert argument_spec("node")["phases"]["choices"] == ["trust", "certificate", "configuration"]


class TestExamples:
    @pytest.mark.parametrize(("module", "options"), examples(), ids=lambda value: value if isinstance(value, str) else "")
    def test_can_be_run_as_they_are_printed(self, module: str, options: dict[str, Any]) -> None:
        """No example has an unknown option, lacks a required one, or gives a value of another type."""
        spec = argument_spec(module)

        assert unknown_options(options, spec, where=module) == []
        assert ArgumentSpecValidator(spec).validate(plain(options)).error_messages == []


class TestFromVariables:
    def test_takes_what_the_host_has(self) -> None:
        """An option is the variable of its name, or the one that the role calls differently; what is not there is not given."""
        variables = {"dwb_root": "/srv/dwb", "dwb_retired_ca": ["ab"], "dwb_client_certificates": ["c.pem"], "dwb_job": "drift"}

        given = from_variables(variables, argument_spec("node_info"))

        assert given == {"root": "/srv/dwb", "retired": ["ab"], "clients": ["c.pem"]}

    def test_knows_a_variable_for_what_the_role_tells_its_modules(self) -> None:
        """Every variable that is an option of node_info elsewhere in the role is one here, too."""
        variables = set(role_options("dwb_cluster"))
        options = {name: ALIASES.get(name, f"dwb_{name}") for name in argument_spec("node_info")}

        assert variables & set(options.values()) == {f"dwb_{name}" for name in (
            "address", "audit_days", "certificate", "client_certificates", "min_days", "phases", "restart_window", "retired_ca", "role",
            "root", "service_name", "service_sid", "take_over", "trust_content", "trust_src")}


class TestUnknownOptions:
    def test_are_named_with_the_nearest(self) -> None:
        """A mistyped option is told with the one that was meant."""
        [finding] = unknown_options({"root": "/srv", "trust_scr": []}, argument_spec("node"), where="module node")

        assert str(finding) == "module node: 'trust_scr' is no option; did you mean 'trust_src'?"

    def test_are_found_inside_of_options(self) -> None:
        """A mistyped key of a dictionary is told with the option that it is in."""
        [finding] = unknown_options({"certificate": {"pem_scr": "x"}}, argument_spec("node"), where="module node")

        assert (finding.where, finding.remedy) == ("module node: certificate", "did you mean 'pem_src'?")

    def test_are_found_inside_of_lists(self) -> None:
        """A mistyped key of an item is told with the number of the item."""
        targets = [{"address": "a"}, {"addrezz": "b"}]

        [finding] = unknown_options({"targets": targets}, argument_spec("tls_probe"), where="module tls_probe")

        assert (finding.where, finding.remedy) == ("module tls_probe: targets 2", "did you mean 'address'?")

    @pytest.mark.parametrize("value", [None, "text", ["text"], 1])
    def test_leave_values_of_another_type_to_the_validator(self, value: object) -> None:
        """What is no dictionary has no keys that could be unknown."""
        assert unknown_options({"certificate": value}, argument_spec("node"), where="module node") == []


class TestNearest:
    def test_lists_all_when_none_is_near(self) -> None:
        """Without a near one the operator sees what there is, sorted."""
        assert nearest("zzz", ["root", "keep"]) == "use one of: keep, root"


class TestUnknownVariables:
    def test_finds_a_mistyped_variable_of_the_role(self) -> None:
        """A variable that looks like the role's and is none is told with the nearest."""
        [finding] = unknown_variables({"dwb_rot": "/srv", "ansible_host": "x"}, prefix="dwb_")

        assert finding.remedy == "did you mean 'dwb_root'?"

    @pytest.mark.parametrize("role", ROLES)
    def test_takes_every_variable_of_each_role(self, role: str) -> None:
        """Roles share inventories, so the variables of one are known to all; a mistyped one of each is not."""
        names = role_options(role)

        assert unknown_variables(dict.fromkeys(names, "x"), prefix="dwb_") == []
        assert len(unknown_variables(dict.fromkeys([f"{name}x" for name in names]), prefix="dwb_")) == len(names)
