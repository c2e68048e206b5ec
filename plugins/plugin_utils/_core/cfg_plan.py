# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The change of one parameter of a .cfg file as data; only that parameter is shown, the file may hold secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .cfg_edit import Parameter, get_parameter, remove_item, remove_parameter, set_parameter
from .errors import CfgError
from .observation import FileState
from .plan import Change

HIDDEN = "(not shown)"
_SECRET_KEY = re.compile("password|passphrase|secret", re.IGNORECASE)
_LABEL = re.compile("[0-9]+")


@dataclass(frozen=True)
class ParameterPlan:
    """
    What becomes of a parameter.

    Attributes:
        change: None when it is as it should be.
        before: Its value in plain form, None when it is absent, ``HIDDEN`` when it may be a secret.
        after: The same, as it will be.
    """

    change: Change | None
    before: str | None
    after: str | None


def plan_parameter_present(state: FileState, path: Sequence[str], *, kind: str, value: str) -> ParameterPlan:
    """
    Plan to give the parameter at *path* a value.

    Args:
        state: The file as observed, with its content.
        path: As ``cfg_path`` takes it.
        kind: Its type, one of ``cfg_value.KINDS``.
        value: In plain form, single backslashes.

    Raises:
        CfgError: As for ``set_parameter``.
    """
    content = state.content or b""
    present = get_parameter(content, path, where=state.path)
    after = set_parameter(content, path, kind=kind, value=value, where=state.path)
    return _plan(state, path, after=after, shown=(_shown(path, present), _shown(path, Parameter(kind, value, 0))))


def plan_parameter_absent(state: FileState, path: Sequence[str]) -> ParameterPlan:
    """
    Plan to remove the parameter, or the item of a vector, at *path*.

    Args:
        state: The file as observed, with its content.
        path: As ``cfg_path`` takes it; an item when the last segment is a matcher.

    Raises:
        CfgError: As for ``remove_parameter`` and ``remove_item``; an item that is named by its label.
    """
    content = state.content or b""
    if path and _LABEL.fullmatch(path[-1]):
        problem = f"item {path[-1]} is named by its label; items move up, and a second run would take out the next one"
        raise CfgError(where=state.path, problem=problem, remedy="name it by what is in it, like [Name=X]")
    if path and path[-1].startswith("["):
        after = remove_item(content, path, where=state.path)
        return _plan(state, path, after=after, shown=(None if after == content else HIDDEN, None))
    present = get_parameter(content, path, where=state.path)
    after = remove_parameter(content, path, where=state.path)
    return _plan(state, path, after=after, shown=(_shown(path, present), None))


def _shown(path: Sequence[str], parameter: Parameter | None) -> str | None:
    if parameter is None:
        return None
    return HIDDEN if parameter.type == "EncryptedString" or _SECRET_KEY.search(path[-1]) else parameter.value


def _plan(state: FileState, path: Sequence[str], *, after: bytes, shown: tuple[str | None, str | None]) -> ParameterPlan:
    name = ", ".join(path)
    old, new = shown
    if after == state.content:
        return ParameterPlan(None, old, new)
    lines = [None if value is None else f"{name}: {value}\n".encode() for value in shown]
    action = f"{'remove' if new is None else 'set'} {name}"
    change = Change(state.path, state.sha256, after, action, before=lines[0] or b"", after=lines[1] or b"",
                    details={"before": old, "after": new})
    return ParameterPlan(change, old, new)
