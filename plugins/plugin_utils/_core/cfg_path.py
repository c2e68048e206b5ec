# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Find an entry of a .cfg file by its path.

A path is a sequence of segments from the top: a key (``component``), an item label (``0``), or a matcher
``[Name=X]`` or ``[serverInfo Name=X]``: the one child, of that type if given, whose own child ``Name`` holds X.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .cfg import CfgFile, Entry, parse
from .cfg_value import plain_value
from .errors import CfgError


def find(file: CfgFile, path: Sequence[str]) -> Entry | None:
    """
    Return the entry at *path*, by name and label, wherever it stands among its siblings.

    Args:
        file: The parsed file.
        path: At least one segment.

    Returns:
        The entry; None when a key or label is absent, or the last segment is a matcher that accepts no child.

    Raises:
        CfgError: Two entries answer to a segment, a key differs only by case, a matcher before the last accepts
            no child, or a segment is malformed.
    """
    if not path:
        raise file.error(None, "the path to a parameter is empty", remedy="name it from the top, like component, Certificate")
    found: Entry | None = None
    children: Sequence[Entry] = file.entries
    for depth, segment in enumerate(path, 1):
        above, found = found, _child(file, children, segment)
        if found is None:
            if segment.startswith("[") and depth < len(path):
                raise file.error(above.line.number if above else 1, f"no child matches {segment}", remedy="correct the path or the file")
            return None
        children = found.children
    return found


def refuse_faults(file: CfgFile, path: Sequence[str]) -> None:
    """
    Refuse to go on when a line that concerns *path* is not understood.

    Args:
        file: The parsed file.
        path: Its first segment names the top-level entry; that entry down to the next one is concerned, and all above
            the first one. The whole file is when there is no such entry.

    Raises:
        CfgError: Names the first such line.
    """
    if not file.faults:
        return
    starts = [entry.line.number for entry in file.entries]
    top = find(file, path[:1])
    number = top.line.number if top else 0
    following = min((start for start in starts if start > number), default=len(file.lines) + 1)
    for line, fault in file.faults.items():
        if top is None or line < starts[0] or number <= line < following:
            raise file.error(line, fault, remedy="correct the line; nothing is edited around a line that is not understood")


def refuse_flat(file: CfgFile, parent: Entry) -> None:
    """
    Refuse an empty *parent* that the next line stands beside: its children may have lost their indentation.

    Raises:
        CfgError: Names that next line.
    """
    if parent.line.items is not None or parent.line.is_scalar:
        return
    following = next((line for line in file.lines[parent.line.number :] if not line.is_blank), None)
    if following is None or following.indent != parent.line.indent:
        return
    if not (parent.line.key.isdigit() and following.key.isdigit()):
        raise file.error(
            following.number,
            f"stands beside '{parent.line.key}' of line {parent.line.number}, which has no children",
            remedy="indent the children of a component by two spaces",
        )


def component_header(content: bytes, *, where: str) -> str:
    """
    Return the type of the component that a file configures, ``CommServer`` for Communications.cfg.

    Args:
        content: A whole file.
        where: The file as an operator knows it.

    Raises:
        CfgError: The file has no component, two of them, anything but blank lines above it, or children beside instead of below it.
    """
    file = parse(content, where=where)
    component = find(file, ("component",))
    if component is None:
        refuse_faults(file, ("component",))
    if component is None or component.line.is_scalar or component.line.is_vector or not component.line.type:
        number = component.line.number if component else 1
        raise file.error(number, "the file has no 'component = <type>:'", remedy="restore the component file, or name the right one")
    first = next(line for line in file.lines if not line.is_blank)
    if first is not component.line:
        raise file.error(
            first.number, f"stands above the component of line {component.line.number}", remedy="make the component the first line"
        )
    refuse_flat(file, component)
    return component.line.type


def _child(file: CfgFile, children: Sequence[Entry], segment: str) -> Entry | None:
    accepts = _matcher(file, segment) if segment.startswith("[") else _named(segment)
    found = [child for child in children if accepts(child)]
    if len(found) > 1:
        first, second = found[0].line.number, found[1].line.number
        raise file.error(second, f"lines {first} and {second} both are '{segment}'", remedy="remove the one that is not meant")
    if found and not segment.startswith("[") and found[0].line.key != segment:
        raise file.error(
            found[0].line.number,
            f"'{found[0].line.key}' differs from '{segment}' only by upper and lower case",
            remedy=f"write '{segment}'; whether the product takes both for one is not documented",
        )
    return found[0] if found else None


def _named(key: str) -> Callable[[Entry], bool]:
    wanted = key.casefold()
    return lambda entry: entry.line.key.casefold() == wanted


def _matcher(file: CfgFile, segment: str) -> Callable[[Entry], bool]:
    name, equals, value = segment[1:-1].partition("=")
    if not (segment.endswith("]") and name.strip() and equals):
        raise _malformed(file, segment)
    kind, _ignored, key = name.partition(" ")

    def accepts(entry: Entry) -> bool:
        """Try the whole name as a key, too: a key may have spaces, so "SSL" of "[SSL Port=443]" need not be a type."""
        keys = {name, key} if entry.line.type == kind else {name}
        named = (child.line for child in entry.children if child.line.key in keys and child.line.is_scalar)
        return any(plain_value(line).strip() == value for line in named)

    return accepts


def _malformed(file: CfgFile, segment: str) -> CfgError:
    return file.error(None, f"the path has '{segment}', which is no matcher", remedy="write it like [Name=X] or [serverInfo Name=X]")
