# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Read txlogd.conf, the configuration of a Sensor's transmitter (dossier 3.6).

``Name value``, one per line; full-line ``#`` comments; names and values without regard to case; single backslashes.
"""

from __future__ import annotations

import re

from .flat import FlatFile, Grammar, parse_flat, render

__all__ = ("parse", "render", "switch", "value")

_GRAMMAR = Grammar(
    comments=("#",),
    setting=re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_.-]*)(?:[ \t]+(?P<value>.*))?"),
    section=None,
    eol=b"\n",
    remedy="write it like Name value, or put a # before a comment",
)
_SWITCHES = {"on": True, "off": False}


def parse(content: bytes, *, where: str) -> FlatFile:
    """
    Read a whole txlogd.conf; ``render`` of the result is *content* again.

    Args:
        content: The file as stored on the host.
        where: The file as an operator knows it; errors append ``:<line>``.

    Raises:
        CfgError: The file is no text, or a line is no ``Name value``.
    """
    return parse_flat(content, _GRAMMAR, where=where)


def value(content: bytes, name: str, *, where: str) -> str | None:
    """
    Return the value of the parameter *name*, None when it is absent.

    Args:
        content: A whole txlogd.conf.
        name: Upper and lower case are the same.
        where: The file as an operator knows it.

    Returns:
        Without blanks around it, otherwise as it is spelled: a path has single backslashes.

    Raises:
        CfgError: As for ``parse``; the parameter stands twice, or has no value.
    """
    file = parse(content, where=where)
    line = file.setting(name)
    if line and not line.value:
        raise file.error(line.number, f"'{line.name}' has no value", remedy="write one, or put a # before the line")
    return line.value if line else None


def switch(content: bytes, name: str, *, default: bool, where: str) -> bool:
    """
    Return whether the parameter *name*, ``SSL`` or ``VerifyCertName``, is on.

    Args:
        content: A whole txlogd.conf.
        name: Upper and lower case are the same.
        default: What holds when it is absent.
        where: The file as an operator knows it.

    Raises:
        CfgError: As for ``value``; it is neither on nor off.
    """
    spelled = value(content, name, where=where)
    if spelled is None:
        return default
    if spelled.casefold() not in _SWITCHES:
        file = parse(content, where=where)
        raise file.error(file.settings(name)[0].number, f"'{name}' is neither on nor off", remedy="write on or off")
    return _SWITCHES[spelled.casefold()]
