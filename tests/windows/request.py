"""The request of the host contract, version 1, as the model reads it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from .faults import RefusalError
from .names import is_absolute

_HEAD = re.compile("certops 1 (observe|commit|restore|recover)")
_RUN = re.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_EXPECT = re.compile("absent|[0-9a-f]{64}")
_GUARD = re.compile("keep|sddl=.+")
_KIND = re.compile("text|public|meta")
_FILE_KIND = re.compile(f"{_KIND.pattern}|log")
_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class Look:
    """What is to be looked at: a file, or with a suffix the files of a folder."""

    kind: str
    path: str
    suffix: str | None = None


@dataclass(frozen=True)
class Change:
    """What is to become of a file; the guard is ``keep`` or ``sddl=`` with the text of a DACL, no content deletes it."""

    path: str
    expect: str
    guard: str = "keep"
    content: bytes | None = field(default=None, repr=False)


@dataclass
class Request:
    """A whole request."""

    verb: str
    state: str = ""
    run: str = ""
    stale: int = 900
    keep: int = 5
    force: bool = False
    looks: list[Look] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def read_request(lines: list[str]) -> Request:
    """
    Return the request in *lines*.

    Raises:
        RefusalError: It is not understood; the message has the number of the line.
    """
    head = _HEAD.fullmatch(lines[0]) if lines else None
    if not head:
        raise RefusalError("request", 'line 1: not "certops 1 VERB" with a verb that is known')
    request, rows = Request(head[1]), enumerate(lines[1:], 2)
    for number, line in rows:
        if line == "end":
            return _complete(request)
        try:
            _read(request, line.split(" "), rows)
        except (ValueError, LookupError, binascii.Error) as error:
            raise RefusalError("request", f"line {number}: {error}") from None
    raise RefusalError("request", 'the request was cut off: it has no "end"')


def _complete(request: Request) -> Request:
    if not request.state:
        raise RefusalError("request", "the state folder is not named")
    if request.verb in {"commit", "restore"} and not request.run:
        raise RefusalError("request", "the run is not named")
    paths = sorted(change.path for change in request.changes)
    for one, other in pairwise(sorted(paths, key=str.casefold)):
        if one.casefold() == other.casefold():
            raise RefusalError("request", "a path twice", other)
    return request


def _read(request: Request, words: list[str], rows: Iterator[tuple[int, str]]) -> None:
    match words:
        case ["file", kind, path]:
            request.looks.append(Look(_fit(kind, _FILE_KIND), _path(path)))
        case ["glob", kind, path, suffix]:
            request.looks.append(Look(_fit(kind, _KIND), _path(path), suffix))
        case ["put", path, expect, guard]:
            request.changes.append(Change(_path(path), _fit(expect, _EXPECT), _guard(guard), _content(rows)))
        case ["del", path, expect]:
            request.changes.append(Change(_path(path), _fit(expect, _EXPECT)))
        case _:
            _read_setting(request, words)


def _read_setting(request: Request, words: list[str]) -> None:
    match words:
        case ["state", path]:
            request.state = _path(path)
        case ["run", run]:
            request.run = _fit(run, _RUN)
        case ["stale" | "keep" as name, number]:
            setattr(request, name, int(_fit(number, _NUMBER)))
        case ["force"]:
            request.force = True
        case _:
            raise ValueError("not understood")


def _fit(word: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(word):
        raise ValueError("not understood")
    return word


def _guard(word: str) -> str:
    name, _ignored, text = _fit(word, _GUARD).partition("=")
    return f"{name}={base64.b64decode(text, validate=True).decode()}" if text else name


def _path(word: str) -> str:
    path = base64.b64decode(word, validate=True).decode()
    if not is_absolute(path):
        raise ValueError(f"'{path}' is not absolute")
    return path


def _content(rows: Iterator[tuple[int, str]]) -> bytes:
    body: list[str] = []
    for _number, line in rows:
        if line == ".":
            return base64.b64decode("".join(body), validate=True)
        body.append(line)
    raise LookupError("its content was cut off")
