# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of a plugin, declared once in the YAML beside the module, and role variables, declared in the role."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .._core.errors import Finding

_COLLECTION = Path(__file__).resolve().parents[3]
_FRAGMENTS = "ansible_collections.certops.rollout.plugins.doc_fragments"
# libyaml reads the documentation of one module in a hundredth of a second, plain Python in a tenth.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SPEC_KEYS = ("type", "elements", "required", "default", "aliases", "no_log")

# Options that the role's variables call differently.
ALIASES = {"retired": "dwb_retired_ca", "clients": "dwb_client_certificates"}

# The schema of documentation has no word for it, so it is told by the name.
_SECRETS = frozenset({"pem_content", "key_content", "passphrase", "pkcs12_content"})


@cache
def argument_spec(module: str) -> dict[str, Any]:
    """
    Return the argument spec of *module* as its documentation declares it; its own words win over a fragment's.

    Args:
        module: Short name, the file name in plugins/modules.
    """
    text = (_COLLECTION / "plugins" / "modules" / f"{module}.yml").read_text(encoding="utf-8")
    documentation = _read(text)["DOCUMENTATION"]
    options: dict[str, Any] = {}
    for name in documentation.get("extends_documentation_fragment", ()):
        options.update(_fragment(name))
    for name, option in documentation.get("options", {}).items():
        options[name] = {**options.get(name, {}), **option}
    return _specify(options)


def _fragment(name: str) -> dict[str, Any]:
    """Return the options of the fragment *name*: NAMESPACE.COLLECTION.FILE, or with .VARIABLE after it."""
    file, _ignored, variable = name.split(".", 2)[2].partition(".")
    fragment = importlib.import_module(f"{_FRAGMENTS}.{file}").ModuleDocFragment
    return dict(_read(getattr(fragment, variable.upper() or "DOCUMENTATION")).get("options", {}))


def _read(text: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(text, _LOADER)   # noqa: S506 (both are safe loaders)
    return content


def _specify(options: Mapping[str, Any]) -> dict[str, Any]:
    spec = {}
    for name, option in options.items():
        spec[name] = {key: option[key] for key in _SPEC_KEYS if key in option}
        if name in _SECRETS:
            spec[name]["no_log"] = True
        if option.get("choices"):
            spec[name]["choices"] = list(option["choices"])
        if option.get("suboptions") or option.get("options"):
            spec[name]["options"] = _specify(option.get("suboptions") or option["options"])
    return spec


def unknown_options(given: Mapping[str, Any], spec: Mapping[str, Any], *, where: str) -> list[Finding]:
    """
    Find the names in *given* that *spec* does not know, with the nearest that it does, also inside of options.

    Args:
        given: Options as the task or the inventory has them.
        spec: An argument spec.
        where: Whose options they are.
    """
    findings = []
    for name, value in given.items():
        if name not in spec:
            findings.append(Finding(where, f"{name!r} is no option", nearest(name, spec), "unknown-option"))
        elif "options" in spec[name]:
            findings += _unknown_inside(value, spec[name]["options"], where=f"{where}: {name}")
    return findings


def _unknown_inside(value: object, spec: Mapping[str, Any], *, where: str) -> list[Finding]:
    if isinstance(value, Mapping):
        return unknown_options(value, spec, where=where)
    items = enumerate(value, 1) if isinstance(value, list) else ()
    return [finding for at, item in items for finding in _unknown_inside(item, spec, where=f"{where} {at}")]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the advice to use the one of *known* that is most like *name*."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(names)}"


def from_variables(variables: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the options that the variables of the role give: the option NAME is the variable ``dwb_NAME``, or one of ``ALIASES``.

    Args:
        variables: Of one host, without templates.
        spec: Of the module.
    """
    names = {name: ALIASES.get(name, f"dwb_{name}") for name in spec}
    return {name: variables[variable] for name, variable in names.items() if variable in variables}


@cache
def role_options(role: str) -> dict[str, Any]:
    """
    Return the variables of *role* as its argument_specs declare them.

    Args:
        role: Short name, the folder in roles.
    """
    text = (_COLLECTION / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    return _specify(_read(text)["argument_specs"]["main"]["options"])


@cache
def _options_of_roles(prefix: str) -> dict[str, Any]:
    """Return the variables of every role whose name begins with *prefix*; they share hosts and inventories."""
    options: dict[str, Any] = {}
    for role in sorted((_COLLECTION / "roles").glob(f"{prefix}*")):
        options.update(role_options(role.name))
    return options


def unknown_variables(variables: Mapping[str, Any], *, prefix: str) -> list[Finding]:
    """
    Find the variables of a host that look like those of the roles but are of none: a mistyped one would be silently ignored.

    Args:
        variables: Of one host.
        prefix: What the names of the roles and of their variables start with.
    """
    # Names only: to ask hostvars for a value is to evaluate its template.
    mine = [name for name in variables if name.startswith(prefix) and not name.startswith(f"{prefix}_")]
    spec = _options_of_roles(prefix)
    return unknown_options(dict.fromkeys(name for name in mine if name not in spec), spec, where="variable")
