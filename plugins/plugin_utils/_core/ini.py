# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Read Insight.ini, which stands beside the program of a Workstation and tells where its data is (dossier 2.2).

Only ``AppDataFolder=`` below ``[InitialSettings]`` is documented; comments are those of any .ini file.
"""

from __future__ import annotations

from .flat import SECTIONED, FlatFile, parse_flat, render

__all__ = ("parse", "render", "value")


def parse(content: bytes, *, where: str) -> FlatFile:
    """
    Read a whole .ini file; ``render`` of the result is *content* again.

    Args:
        content: The file as stored on the host.
        where: The file as an operator knows it; errors append ``:<line>``.

    Raises:
        CfgError: The file is no text, or a line is neither ``name=value`` nor ``[section]`` nor a comment.
    """
    return parse_flat(content, SECTIONED, where=where)


def value(content: bytes, section: str, name: str, *, where: str) -> str | None:
    """
    Return the value of *name* in *section*, None when it is absent.

    Args:
        content: A whole .ini file.
        section: ``InitialSettings``; upper and lower case are the same.
        name: ``AppDataFolder``; the same.
        where: The file as an operator knows it.

    Returns:
        Without blanks around it, otherwise as it is spelled, quotation marks and ``%VARIABLES%`` too; empty when nothing
        stands behind the equals sign.

    Raises:
        CfgError: As for ``parse``; the name stands twice in the section.
    """
    line = parse(content, where=where).setting(name, section=section)
    return line.value if line else None
