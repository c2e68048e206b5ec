"""A strict reader of .cfg files (§3): what the product might tolerate, this reader refuses."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from .refusal import Refusal

# §3.2 rows 5 to 13 and 21: types that hold one value; every other type is a struct or a container.
SCALARS = frozenset({"int", "unsigned int", "__int64", "float", "double", "bool", "string", "Path", "EncryptedString", "ref", "v3d"})

_LINE = re.compile(r"(?P<indent> *)(?P<key>\S(?:.*?\S)??) = (?P<type>[\w<> ]*):(?P<value>.*)")
_COUNT = re.compile(r" *(\d+) items *")
_ESCAPE = re.compile(r"\\(.?)")
# §3.2 row 27: the escapes seen; a single backslash before anything else (row 28) is a defect of a page.
_ESCAPES = {"\\": "\\", "t": "\t", "r": "\r", "n": "\n", '"': '"'}


@dataclass
class Entry:
    """
    One line of a file and the lines below it.

    Attributes:
        key: The text left of " = ".
        type: The type name, empty for a struct without one.
        value: The text after the colon, without blanks around it.
        line: Its number, from 1.
        children: The entries one level deeper, in file order.
    """

    key: str
    type: str
    value: str
    line: int
    children: list[Entry] = field(default_factory=list)

    def child(self, key: str) -> Entry | None:
        """Return the first direct child called *key*; order in the file means nothing (§3.3)."""
        return next((child for child in self.children if child.key == key), None)

    def text(self, key: str, default: str = "") -> str:
        """Return the unescaped string or path called *key*, *default* when there is none."""
        entry = self.child(key)
        return default if entry is None else entry.unescaped()

    def integer(self, key: str, default: int) -> int:
        """Return the number called *key*, *default* when there is none. Raises Refusal for another type."""
        entry = self.child(key)
        if entry is None:
            return default
        if entry.type != "int" or not entry.value.isdigit():
            raise Refusal(f"line {entry.line}: {key} is no int")
        return int(entry.value)

    def flag(self, key: str, default: bool) -> bool:
        """Return the bool called *key*; lower case only (§3.2 row 9)."""
        entry = self.child(key)
        if entry is not None and (entry.type != "bool" or entry.value not in ("true", "false")):
            raise Refusal(f"line {entry.line}: {key} is no bool")
        return default if entry is None else entry.value == "true"

    def unescaped(self) -> str:
        """Return the value with its escapes resolved. Raises Refusal for a single backslash (§3.3, 10.5)."""

        def resolve(match: re.Match[str]) -> str:
            if match[1] not in _ESCAPES:
                raise Refusal(f"line {self.line}: single backslash in the value of {self.key}")
            return _ESCAPES[match[1]]

        if self.type not in ("string", "Path"):
            raise Refusal(f"line {self.line}: {self.key} is a {self.type or 'struct'}, not a string")
        return _ESCAPE.sub(resolve, self.value)


def parse(content: bytes) -> list[Entry]:
    """
    Return the top-level entries of a file.

    Raises:
        Refusal: With the line number, for anything outside the grammar of §3.1.
    """
    root = Entry("", "", "", 0)
    path: list[tuple[int, Entry]] = [(-1, root)]
    for number, line in enumerate(_lines(content), 1):
        if line.strip(" "):
            _hang(path, line, number=number)
    _check(root)
    return root.children


def _lines(content: bytes) -> list[str]:
    """Return the lines without their ends; one kind of line end, decodable, no tab (§3.3, 10.12)."""
    ends = Counter(re.findall(rb"\r\n|\n|\r", content))
    if len(ends) > 1:
        raise Refusal("mixed line ends")
    if b"\0" in content:
        raise Refusal("undecodable: it holds a NUL")
    lines = re.split(r"\r\n|\n|\r", _decoded(content))
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            raise Refusal(f"line {number}: a tab")
    return lines


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("undecodable: neither UTF-8 nor Windows-1252")


def _hang(path: list[tuple[int, Entry]], line: str, *, number: int) -> None:
    """Add *line* below its parent; depth is relative (§3.3), but a level must have been opened before."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise Refusal(f"line {number}: no 'key = type: value'")
    indent = len(match["indent"])
    if indent <= path[-1][0]:
        while indent < path[-1][0]:
            path.pop()
        if indent != path[-1][0]:
            raise Refusal(f"line {number}: its indentation fits no line above")
        path.pop()
    parent = path[-1][1]
    if parent.type in SCALARS or (parent.line == 0 and indent):
        raise Refusal(f"line {number}: indented below a line that holds nothing")
    entry = Entry(match["key"], match["type"].strip(" "), match["value"].strip(" "), number)
    parent.children.append(entry)
    path.append((indent, entry))


def _check(entry: Entry) -> None:
    """Compare counts and labels with what is there, all the way down (§3.3: consecutive from 0, any order)."""
    count = _COUNT.fullmatch(entry.value) if entry.type not in SCALARS else None
    if count and int(count[1]) != len(entry.children):
        raise Refusal(f"line {entry.line}: {entry.key} announces {count[1]} items and has {len(entry.children)}")
    if count and entry.type == "vector" and {child.key for child in entry.children} != {str(n) for n in range(int(count[1]))}:
        raise Refusal(f"line {entry.line}: the items of {entry.key} are not numbered from 0")
    if entry.type == "vector" and not count:
        raise Refusal(f"line {entry.line}: {entry.key} announces no number of items")
    for child in entry.children:
        _check(child)
