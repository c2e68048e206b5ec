# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines of an answer as checked records: a node that lies, or a shell that chatters, ends in a HostError."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .._core.errors import HostError, InterruptedRunError, LockedError, StaleFileError
from .._core.printable import printable

CONTENT_LIMIT = 1024 * 1024  # bytes; content above it stays on the node
ANSWER_LIMIT = 64 * CONTENT_LIMIT  # characters
# Bounds of what is kept in memory for each of them: a record is flat, and holds one file at the most.
_LINES_LIMIT, _LINE_LIMIT = 20_000, 2 * CONTENT_LIMIT
_FIELDS_LIMIT = 64   # fields and brackets of a record; one of a file has eight
SYSTEM = re.compile("posix|windows")

# From about_Language_Modes: what PowerShell says of a script that is not allowed to do what it does.
_LANGUAGE_MODE = re.compile("ConstrainedLanguage|ScriptsNotAllowed|(no-)?languagemode", re.IGNORECASE)
_NUMBER_LIMIT = 2**53  # what every JSON writer gives exactly, RFC 8259 section 6
# How a shell begins what it says of a redirection or a builtin: its own name, and a line of a script that the operator has not got.
_SHELL = re.compile(r"\A\w*sh: (?:eval: |(?:line )?\d+: )*")
_TEXT = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

# Code of a refusal: exit status, error and remedy.
_REFUSALS: Mapping[str, tuple[int, type[HostError], str]] = {
    "stale": (3, StaleFileError, "find out who changed it, then run again"),
    "locked": (4, LockedError, "wait until that run has ended, then run again"),
    "interrupted": (5, InterruptedRunError, "recover the node, then run again"),
    "io": (6, HostError, "nothing was changed; mend this on the node, then run again"),
    "not-a-file": (7, HostError, "put a plain file there, or name another path"),
    "unknown-run": (8, HostError, "name a run whose backup the node still keeps"),
    "request": (64, HostError, "nothing was changed; run again under a new run id, and report it if it stays"),
    "missing": (69, HostError, "install or allow it on the node, then run again"),
}


@dataclass(frozen=True)
class Reply:
    """
    What came back from one call of a script.

    Attributes:
        host: The node, as the operator knows it.
        verb: What it was asked to do.
        code: Exit status of the script.
        output: Standard output, with whatever the connection put before it.
        noise: Standard error, for people.
    """

    host: str
    verb: str
    code: int
    output: str = field(repr=False)
    noise: str = field(default="", repr=False)


@dataclass(frozen=True)
class Record:
    """One JSON object of an answer; each reader raises HostError when a field is missing or not what it should be."""

    host: str
    fields: Mapping[str, object] = field(repr=False)

    def word(self, name: str, pattern: re.Pattern[str]) -> str:
        """Return the text field *name*, which has to match *pattern* as a whole."""
        value = self.fields.get(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise unusable(self.host, f"{name!r} is not what it should be")
        return value

    def number(self, name: str) -> int:
        """Return the field *name*, a whole number from 0 to 2**53 - 1."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _NUMBER_LIMIT:
            raise unusable(self.host, f"{name!r} is no number")
        return value

    def content(self, name: str) -> bytes | None:
        """Return the bytes of the base64 field *name*, None when it is null."""
        if name in self.fields and self.fields[name] is None:
            return None
        return base64.b64decode(self.word(name, _TEXT))

    def text(self, name: str) -> str:
        """Return the UTF-8 text of the base64 field *name*; another encoding is refused, because it could not be shown."""
        raw = self.content(name) or b""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            name_of_file = raw.decode("utf-8", "backslashreplace")
            raise HostError(where=f"{self.host}: {shown(name_of_file)}", problem="its name is not UTF-8", remedy="rename it") from error

    def words(self, name: str) -> str:
        """Return the text of the base64 field *name* for people, whatever its encoding."""
        return (self.content(name) or b"").decode("utf-8", "backslashreplace")


def read_records(reply: Reply) -> tuple[Record, list[Record]]:
    """
    Return the first record of *reply* and those between it and the last.

    Args:
        reply: Lines end in LF or CRLF; lines before the first record are skipped, as login shells print them.

    Returns:
        The head, which fits the verb, and the rest in the node's order; unknown fields are left in them.

    Raises:
        HostError: The node refused, the answer was cut off, or it is no answer to this request.
    """
    lines = _lines(reply)
    records = [_record(reply, number, line) for number, line in enumerate(lines[:-1], start=1)]
    last = _parsed(lines[-1]) or {}
    if last.get("ok") is False:
        raise _refused(reply, Record(reply.host, last))
    if last.get("ok") is not True:
        raise HostError(where=reply.host, problem="the answer was cut off", remedy="run again")
    if reply.code != 0:
        raise unusable(reply.host, f"it says that all is well, its exit status is {reply.code}")
    if not records:
        raise unusable(reply.host, "it has no first record")
    head = records.pop(0)
    if head.number("certops") != 1 or head.fields.get("verb") != reply.verb:
        raise unusable(reply.host, f"it does not begin as an answer to {reply.verb!r}")
    return head, records


def refusal(host: str, code: str, *, path: str, message: str) -> HostError:
    """
    Return the error for one of the contract's codes.

    Args:
        host: The node, as the operator knows it.
        code: One of the contract.
        path: The file at fault, empty when there is none.
        message: The node's own words; escaped and cut here.
    """
    _status, kind, remedy = _REFUSALS[code]
    return kind(where=f"{host}: {shown(path)}" if path else host, problem=shown(_SHELL.sub("", message)), remedy=remedy)


def unusable(host: str, problem: str) -> HostError:
    """Return the error for an answer of *host* that does not follow the contract."""
    remedy = "run again; if it stays, see what else writes to the standard output of the shell there"
    return HostError(where=host, problem=f"its answer cannot be used: {problem}", remedy=remedy)


def shown(text: str, limit: int = 300) -> str:
    """Return *text* as one line of at most *limit* characters, in which nothing moves a cursor or hides."""
    line = printable(" ".join(text[: 4 * limit].split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _lines(reply: Reply) -> list[str]:
    if len(reply.output) > ANSWER_LIMIT:
        raise unusable(reply.host, f"it is longer than {ANSWER_LIMIT // CONTENT_LIMIT} MiB")
    if reply.output.count("\n") > _LINES_LIMIT:
        raise unusable(reply.host, f"it has more than {_LINES_LIMIT} lines")
    lines = [line.removesuffix("\r") for line in reply.output.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    first = next((number for number, line in enumerate(lines) if line.startswith('{"')), len(lines))
    if first == len(lines):
        raise _no_answer(reply)
    return lines[first:]


def _no_answer(reply: Reply) -> HostError:
    if reply.code == 0:
        return HostError(where=reply.host, problem="the answer was cut off", remedy="run again")
    # PowerShell breaks lines where its window would end, and translates all but the identifiers of its errors.
    if _LANGUAGE_MODE.search("".join(reply.noise.split())):
        message = "PowerShell may not run the script in this language mode, FullLanguage is needed"
        return refusal(reply.host, "missing", path="", message=message)
    problem = shown(f"gave no answer, exit status {reply.code}: {reply.noise or 'without a word'}")
    return HostError(where=reply.host, problem=problem, remedy="see that the remote user's shell runs there and that become works")


def _record(reply: Reply, number: int, line: str) -> Record:
    fields = _parsed(line)
    if fields is None:
        raise unusable(reply.host, f"line {number} is no JSON object")
    return Record(reply.host, fields)


def _parsed(line: str) -> Mapping[str, object] | None:
    if len(line) > _LINE_LIMIT or sum(map(line.count, ":,[{")) > 4 * _FIELDS_LIMIT:
        return None   # read as JSON, it could take gigabytes
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refused(reply: Reply, last: Record) -> HostError:
    code = last.fields.get("code")
    if not isinstance(code, str) or code not in _REFUSALS:
        return unusable(reply.host, "it refuses for a reason that the contract does not know")
    if reply.code != _REFUSALS[code][0]:
        return unusable(reply.host, f"it refuses as {code!r}, but its exit status is {reply.code}")
    return refusal(reply.host, code, path=last.words("path"), message=last.words("message"))
