# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Edit a .cfg file: bytes in, bytes out, and every byte outside the edit stays.

Paths are those of ``cfg_path``; *where* is the file as an operator knows it, errors append the line.
Every edit is refused when a line that concerns it is not understood; nothing is ever moved or tidied up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .cfg import SCALARS, CfgFile, Entry, parse
from .cfg_path import component_header, find, refuse_faults, refuse_flat
from .cfg_value import holds, new_line, opening, plain_value, spelled

__all__ = (
    "Item",
    "Parameter",
    "component_header",
    "get_parameter",
    "insert_item",
    "remove_item",
    "remove_parameter",
    "set_parameter",
)

_COUNT_DIGITS = re.compile(rb"[0-9]+(?= items *\Z)")


@dataclass(frozen=True)
class Parameter:
    """
    A scalar as it is in a file.

    Attributes:
        type: As it is spelled, ``string`` or ``unsigned int``.
        value: In plain form, single backslashes.
        line: 1-based.
    """

    type: str
    value: str = field(repr=False)
    line: int


@dataclass(frozen=True)
class Item:
    """
    An item to be added to a vector.

    Attributes:
        kind: A scalar type, or the name of a struct like ``serverInfo``.
        value: Of a scalar, in plain form; empty for a struct.
        children: Of a struct: key, type and value of each, in the order in which they are written.
    """

    kind: str
    value: str = field(default="", repr=False)
    children: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)


def get_parameter(content: bytes, path: Sequence[str], *, where: str) -> Parameter | None:
    """
    Return the scalar at *path*, None when it is certain that there is none.

    Args:
        content: A whole file.
        path: Segments from the top, as ``cfg_path`` says.
        where: The file as an operator knows it.

    Raises:
        CfgError: No readable file; two such entries; a container; not found although some line is not understood.
    """
    file = parse(content, where=where)
    entry = find(file, path)
    if entry is None:
        _parent(file, path)
        return None
    _refuse_container(file, entry)
    if fault := file.faults.get(entry.line.number + 1):
        raise file.error(entry.line.number + 1, fault, remedy=f"write the value of '{entry.line.key}' on one line")
    return Parameter(entry.line.type, plain_value(entry.line), entry.line.number)


def set_parameter(content: bytes, path: Sequence[str], *, kind: str, value: str, where: str) -> bytes:
    """
    Return *content* with the scalar at *path* set.

    A present one keeps its line, indentation, key and type. A new one is written directly below its parent's line, with the
    indentation of its siblings to be and the file's own line end: the place the manual gives for ``Certificate``.

    Args:
        content: A whole file.
        path: Segments from the top; the parent must exist.
        kind: One of ``cfg_value.KINDS``; that of a present parameter.
        value: Plain form, single backslashes; doubled here in a string or Path.
        where: The file as an operator knows it.

    Returns:
        The same bytes when the parameter holds *value* already.

    Raises:
        CfgError: As for ``get_parameter``; another type; a value that does not fit; no parent, or one that takes no key.
    """
    file, entry = _read(content, path, where=where)
    if entry is None:
        return _with_new_key(file, path, kind=kind, value=value)
    _refuse_container(file, entry)
    line = entry.line
    if line.type != kind:
        raise file.error(line.number, f"'{line.key}' is of type '{line.type}', not '{kind}'", remedy="give the type that the file has")
    if holds(line, value):
        return content
    spelling = spelled(file, value, kind=kind)
    colon = line.raw.index(b":", line.raw.index(b" = ") + 3) + 1
    text = line.raw[colon:]
    gap = text[: len(text) - len(text.lstrip(b" "))] if text.strip() else b" "
    return _spliced(file, [line.raw[:colon] + gap + spelling], first=line.number, last=line.number)


def remove_parameter(content: bytes, path: Sequence[str], *, where: str) -> bytes:
    """
    Return *content* without the line of the scalar at *path*.

    Args:
        content: A whole file.
        path: Segments from the top.
        where: The file as an operator knows it.

    Returns:
        The same bytes when there is no such parameter.

    Raises:
        CfgError: As for ``get_parameter``; an item of a vector, which ``remove_item`` removes.
    """
    file, entry = _read(content, path, where=where)
    if entry is None:
        _parent(file, path)
        return content
    _refuse_container(file, entry)
    parent = find(file, path[:-1]) if len(path) > 1 else None
    if parent and parent.line.is_vector:
        raise file.error(entry.line.number, f"'{entry.line.key}' is an item of '{parent.line.key}'", remedy="remove it as an item")
    return _spliced(file, [], first=entry.line.number, last=entry.line.number)


def insert_item(content: bytes, path: Sequence[str], *, item: Item, where: str) -> bytes:
    """
    Return *content* with *item* as the last of the vector at *path*, its label the next number, the count one more.

    Args:
        content: A whole file.
        path: Segments to the vector.
        item: What to add; written even if an equal one is there.
        where: The file as an operator knows it.

    Raises:
        CfgError: No such vector, or its count or labels were wrong before; a key or value that cannot be written.
    """
    file, vector = _read(content, path, where=where)
    if vector is None:
        raise file.error(None, f"there is no {_shown(path)}", remedy="give the path of a vector in the file")
    size = _sound_size(file, vector)
    lines = _recounted(file, vector, size + 1) + _item_lines(file, vector, item)
    return _spliced(file, lines, first=vector.line.number, last=vector.last_line)


def remove_item(content: bytes, path: Sequence[str], *, where: str) -> bytes:
    """
    Return *content* without the vector item at *path*; higher labels move down by one, the count with them.

    Args:
        content: A whole file.
        path: Segments to the item, the last one its label or a matcher.
        where: The file as an operator knows it.

    Returns:
        The same bytes when there is no such item.

    Raises:
        CfgError: No such vector, or its count or labels were wrong before.
    """
    file, item = _read(content, path, where=where)
    vector = find(file, path[:-1]) if len(path) > 1 else None
    if vector is None:
        raise file.error(None, f"there is no vector above {_shown(path)}", remedy="give the path of a vector and an item of it")
    size = _sound_size(file, vector)
    if item is None:
        return content
    lines = _recounted(file, vector, size - 1)
    for child in vector.children:
        line = child.line
        label = int(line.key)
        if label > int(item.line.key):
            lines[line.number - vector.line.number] = b" " * line.indent + b"%d" % (label - 1) + line.raw[line.indent + len(line.key) :]
    del lines[item.line.number - vector.line.number : item.last_line - vector.line.number + 1]
    return _spliced(file, lines, first=vector.line.number, last=vector.last_line)


def _read(content: bytes, path: Sequence[str], *, where: str) -> tuple[CfgFile, Entry | None]:
    file = parse(content, where=where)
    refuse_faults(file, path)
    return file, find(file, path)


def _refuse_container(file: CfgFile, entry: Entry) -> None:
    if not entry.line.is_scalar:
        raise file.error(entry.line.number, f"'{entry.line.key}' has children and no value", remedy="give the path of a parameter below it")


def _parent(file: CfgFile, path: Sequence[str]) -> Entry | None:
    """Return the entry an absent *path* would stand below; make sure that the path is absent and not just unreadable."""
    refuse_faults(file, path)
    for depth in range(len(path) - 1, 0, -1):
        if ancestor := find(file, path[:depth]):
            refuse_flat(file, ancestor)
            return ancestor if depth == len(path) - 1 else None
    return None


def _with_new_key(file: CfgFile, path: Sequence[str], *, kind: str, value: str) -> bytes:
    parent = _parent(file, path)
    if parent is None:
        raise file.error(None, f"there is no {_shown(path)} and nothing to put it below", remedy="give the path of a parent in the file")
    number = parent.line.number
    if parent.line.is_scalar or parent.line.is_vector or path[-1].startswith("["):
        raise file.error(number, f"'{parent.line.key}' takes no new key '{path[-1]}'", remedy="give a struct as parent, or insert an item")
    line = new_line(file, path[-1], indent=_indent_below(parent), kind=kind, value=value)
    return _spliced(file, [parent.line.raw, line], first=number, last=number)


def _sound_size(file: CfgFile, vector: Entry) -> int:
    """Return the number of items if count, labels and items agree; an edit would have to guess otherwise."""
    labels = [child.line.key for child in vector.children]
    count, name = vector.line.items, vector.line.key
    if count is None:
        raise file.error(vector.line.number, f"'{name}' is no vector with 'N items'", remedy="give the path of a vector")
    if count != len(labels):
        raise file.error(vector.line.number, f"'{name}' says {count} items and has {len(labels)}", remedy="correct the count or the items")
    free = {str(label) for label in range(count)}
    for child in vector.children:
        if child.line.key in free:
            free.remove(child.line.key)
        else:
            raise file.error(
                child.line.number,
                f"item '{child.line.key}' of '{name}' is not one of the labels 0 to {count - 1}, each once",
                remedy="number the items from 0 without gaps",
            )
    return count


def _recounted(file: CfgFile, vector: Entry, count: int) -> list[bytes]:
    raws = [line.raw for line in file.lines[vector.line.number - 1 : vector.last_line]]
    return [_COUNT_DIGITS.sub(b"%d" % count, raws[0]), *raws[1:]]


def _item_lines(file: CfgFile, vector: Entry, item: Item) -> list[bytes]:
    indent, label = _indent_below(vector), str(len(vector.children))
    if item.kind in SCALARS and not item.children:
        return [new_line(file, label, indent=indent, kind=item.kind, value=item.value)]
    if item.kind in SCALARS or item.kind.startswith("vector") or not item.kind or item.value:
        raise file.error(
            vector.line.number,
            f"a new item of type '{item.kind}' cannot have these parts",
            remedy="give a scalar with a value or a struct with scalars",
        )
    keys = [key.casefold() for key, _ignored, _ignored in item.children]
    if len(keys) != len(set(keys)):
        raise file.error(vector.line.number, "the new item has a key twice", remedy="give every key once")
    sibling = next((child for child in vector.children if child.children), None)
    inner = _indent_below(sibling) if sibling else indent + 2
    lines = [new_line(file, key, indent=inner, kind=kind, value=value) for key, kind, value in item.children]
    return [opening(file, label, indent=indent, kind=item.kind), *lines]


def _indent_below(parent: Entry) -> int:
    return parent.children[0].line.indent if parent.children else parent.line.indent + 2


def _spliced(file: CfgFile, lines: list[bytes], *, first: int, last: int) -> bytes:
    """Return the file with *lines* for its lines *first* to *last*; the line end at the end of the file stays as it is."""
    raws = [line.raw for line in file.lines]
    raws[first - 1 : last] = lines
    return file.joined(raws)


def _shown(path: Sequence[str]) -> str:
    return " > ".join(f"'{segment}'" for segment in path)
