# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of a .cfg file: as they are spelled in it, and in plain form."""

from __future__ import annotations

import re

from .cfg import CfgFile, CfgLine, parse_line

TEXT_KINDS = ("string", "Path")
KINDS = (*TEXT_KINDS, "bool", "int", "unsigned int", "__int64", "float", "double")

# Seen in the product's own samples; any other backslash is a spelling the manual does not explain.
_ESCAPES = {"\\\\": "\\", "\\t": "\t", "\\r": "\r", "\\n": "\n", '\\"': '"'}
_ESCAPE = re.compile(r'\\[\\trn"]')
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,19})")
_REAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RANGES = {"int": (-(2**31), 2**31 - 1), "unsigned int": (0, 2**32 - 1), "__int64": (-(2**63), 2**63 - 1)}


def plain_value(line: CfgLine) -> str:
    """
    Return the value of a scalar *line* in plain form.

    Args:
        line: A line for which ``is_scalar`` holds.

    Returns:
        Text (string, Path) with single backslashes and with its trailing blanks, which the product may take for
        part of it; a backslash that begins no known escape stands for itself. Other types without blanks.
    """
    if line.type not in TEXT_KINDS:
        return line.value.strip()
    return _ESCAPE.sub(lambda escape: _ESCAPES[escape[0]], line.value.lstrip(" "))


def holds(line: CfgLine, value: str) -> bool:
    """
    Say whether a scalar *line* holds *value* beyond doubt.

    Args:
        line: The line as it is.
        value: Plain form.

    Returns:
        False too when text has a single backslash that is no known escape: it reads as *value* here, the product may differ.
    """
    dubious = line.type in TEXT_KINDS and "\\" in _ESCAPE.sub("", line.value)
    return not dubious and plain_value(line) == value


def spelled(file: CfgFile, value: str, *, kind: str) -> bytes:
    """
    Return *value* as it is to be written into *file*.

    Args:
        file: Gives the encoding and the name for errors.
        value: Plain form; backslashes are doubled here in a string or Path.
        kind: One of ``KINDS``.

    Raises:
        CfgError: A type that is not written, a value that does not fit it or that the file cannot hold.
    """
    problem = _misfit(kind, value)
    if problem:
        raise file.error(None, f"a value for type '{kind}' {problem[0]}", remedy=problem[1])
    return encoded(file, value.replace("\\", "\\\\") if kind in TEXT_KINDS else value)


def new_line(file: CfgFile, key: str, *, indent: int, kind: str, value: str) -> bytes:
    """
    Return the bytes of a new scalar line, without line end.

    Args:
        file: Gives the encoding and the name for errors.
        key: The name or label.
        indent: Spaces before the key.
        kind: One of ``KINDS``.
        value: Plain form.

    Raises:
        CfgError: Key, type or value cannot be written, or would not be read as they were meant.
    """
    spelling = spelled(file, value, kind=kind)
    head = opening(file, key, indent=indent, kind=kind)
    return head + b" " + spelling if spelling else head


def opening(file: CfgFile, key: str, *, indent: int, kind: str) -> bytes:
    """
    Return the bytes of a new line up to the colon of its type.

    Args:
        file: Gives the encoding and the name for errors.
        key: The name or label.
        indent: Spaces before the key.
        kind: Any type, a struct's too.

    Raises:
        CfgError: The line would not be read as it was meant.
    """
    text = f"{' ' * indent}{key} = {kind}:"
    raw = encoded(file, text)
    read = parse_line(raw, text, number=1)
    if (read.key, read.type, read.value) != (key, kind, ""):
        raise file.error(
            None, f"'{key}' of type '{kind}' cannot be written as 'key = type:'", remedy="give a key and a type the product knows"
        )
    return raw


def encoded(file: CfgFile, text: str) -> bytes:
    """
    Return *text* in the encoding of *file*.

    Args:
        file: The file it is to be part of.
        text: Part of one line.

    Raises:
        CfgError: Not printable, or not ASCII in a file that does not show to be UTF-8: the product's encoding is not documented.
    """
    if not text.isprintable():
        raise file.error(None, "a key or value has a character that cannot be printed", remedy="give plain text on one line")
    if not text.isascii() and file.encoding != "utf-8":
        raise file.error(None, f"the text is not ASCII and the file is {file.encoding}", remedy="use ASCII, or enter it in the Workstation")
    return text.encode("utf-8")


def _misfit(kind: str, value: str) -> tuple[str, str] | None:
    if kind not in KINDS:
        return "is not written", f"use one of {', '.join(KINDS)}, or enter it in the Workstation"
    if kind in TEXT_KINDS:
        return ("begins or ends with a blank", "remove the blank") if value != value.strip() else None
    if kind == "bool":
        return None if value in ("true", "false") else ("is neither true nor false", "write true or false in lower case")
    if kind not in _RANGES:
        return None if _REAL.fullmatch(value) else ("is no decimal number", "write it like 1.6 or 0")
    low, high = _RANGES[kind]
    fits = _WHOLE.fullmatch(value) and low <= int(value) <= high
    return None if fits else ("is no whole number in its range", f"write a number from {low} to {high}")
