# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The host contract, version 1, as text: requests out of values, and values out of answers that nobody trusts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterable, Sequence

from .._core.errors import HostError
from .._core.observation import FileState, Folder, Look, Observation
from .._core.plan import Change
from .port import StateFolder
from .record import CONTENT_LIMIT, SYSTEM, Record, Reply, read_records, shown, unusable

_KIND = re.compile("absent|file|directory|link|other")
_STATE = re.compile("clean|locked|interrupted")
_WAY = re.compile("forward|back|nothing")
_SHA256 = re.compile("[0-9a-f]{64}")
_GUARD = re.compile("mode=[0-7]{4}(?:,owner=[A-Za-z0-9+/]+=*)?|sddl=[A-Za-z0-9+/]*=*")
_HOLDER = re.compile("[A-Za-z0-9._-]{0,72}")  # a restore appends eight characters to its run id
_KEY = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")

# The words of a request; anything else could bring a second line into it.
_RUN = re.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
_SUFFIX = re.compile(r"[!#-.0-\[\]-~]+")  # visible ASCII without quotation mark, slash and backslash
_VIEW = re.compile("text|public|meta")
_FILE_VIEW = re.compile(f"{_VIEW.pattern}|log")  # a folder of logs could be more than anybody wants to read
_EXPECTED = re.compile(f"absent|{_SHA256.pattern}")
_WANTED_GUARD = re.compile(f"keep|{_GUARD.pattern}")


# --- requests ------------------------------------------------------------------------------------


def observe_request(looks: Sequence[Look], folder: StateFolder) -> bytes:
    """Return the request for *looks*; raises HostError when one of them cannot be asked for."""
    return _request("observe", folder, map(_look_row, in_order(looks)))


def commit_request(run: str, changes: Sequence[Change], *, folder: StateFolder) -> bytes:
    """Return the request for all *changes* under the id *run*; raises HostError when one cannot be asked for."""
    return _request("commit", folder, [_run_row(run), f"keep {folder.keep}", *map(_change_rows, changes)])


def restore_request(run: str, *, folder: StateFolder, force: bool) -> bytes:
    """Return the request for the files as they were before *run*; raises HostError when that is no run id."""
    return _request("restore", folder, [_run_row(run), f"keep {folder.keep}", *(["force"] if force else [])])


def recover_request(folder: StateFolder) -> bytes:
    """Return the request to end what an interrupted run left behind."""
    return _request("recover", folder, [])


def in_order(looks: Iterable[Look]) -> tuple[Look, ...]:
    """
    Return *looks* as they are sent: each once, folders last.

    A folder's files are records of their own, so nothing but the next folder may follow them.

    Raises:
        HostError: One path is to be looked at in two ways.
    """
    once: dict[tuple[bool, str], Look] = {}
    for look in sorted(looks, key=lambda look: look.suffix is not None):
        if once.setdefault((look.suffix is not None, look.path), look) != look:
            problem, remedy = "is to be looked at in two ways", "give each purpose a path of its own"
            raise HostError(where=shown(look.path), problem=problem, remedy=remedy)
    return tuple(once.values())


def _request(verb: str, folder: StateFolder, rows: Iterable[str]) -> bytes:
    head = [f"certops 1 {verb}", f"state {_encoded(folder.path)}", f"stale {folder.stale}"]
    return "".join(f"{row}\n" for row in [*head, *rows, "end"]).encode("ascii")


def _look_row(look: Look) -> str:
    path = _encoded(look.path)
    if look.suffix is None:
        return f"file {_fit(look.view, _FILE_VIEW, 'view')} {path}"
    return f"glob {_fit(look.view, _VIEW, 'view of a folder')} {path} {_fit(look.suffix, _SUFFIX, 'suffix')}"


def _run_row(run: str) -> str:
    return "run " + _fit(run, _RUN, "run id")


def _change_rows(change: Change) -> str:
    path, expected = _encoded(change.path), _fit(change.expected, _EXPECTED, "expected hash")
    if change.content is None:
        return f"del {path} {expected}"
    body = base64.encodebytes(change.content).decode("ascii")  # lines of 76 characters, as the contract has them
    return f"put {path} {expected} {_fit(change.guard, _WANTED_GUARD, 'guard')}\n{body}."


def _encoded(path: str) -> str:
    try:
        return base64.b64encode(path.encode("utf-8")).decode("ascii")
    except UnicodeEncodeError as error:
        raise HostError(where=shown(path), problem="its name is not UTF-8", remedy="name another path") from error


def _fit(word: str, pattern: re.Pattern[str], name: str) -> str:
    if not pattern.fullmatch(word):
        raise HostError(where=f"{name} {shown(word)!r}", problem="does not fit the host contract", remedy="correct it and run again")
    return word


# --- answers -------------------------------------------------------------------------------------


def observation(reply: Reply, looks: Sequence[Look]) -> Observation:
    """
    Return what *reply* says about *looks*.

    Raises:
        HostError: The node refused, or its answer is not one to exactly these looks.
    """
    head, records = read_records(reply)
    system = head.word("system", SYSTEM)
    files: dict[str, FileState] = {}
    folders: dict[str, Folder] = {}
    for look in in_order(looks):
        if look.suffix is None:
            files[look.path] = _file(_take(records, reply), look)
        else:
            folders[look.path] = _folder(_take(records, reply), records, look=look, separators="/" if system == "posix" else "/\\")
    last = _take(records, reply)
    state, run, since = last.word("state", _STATE), "", 0
    if state != "clean":
        run, since = last.word("run", _HOLDER), last.number("since")
    _end(records, reply)
    return Observation(system, head.number("clock"), files, folders, state, run, since)


def done(reply: Reply, asked: Collection[str] | None = None) -> tuple[str, ...]:
    """
    Return the paths that *reply* reports as written or deleted.

    Args:
        reply: Of a commit or a restore.
        asked: The paths it has to report; None when only the node knows them.

    Raises:
        HostError: The node refused, or reports other paths.
    """
    _head, records = read_records(reply)
    paths = tuple(record.text("done") for record in records)
    if len(set(paths)) < len(paths) or (asked is not None and set(paths) != set(asked)):
        raise unusable(reply.host, "it names other files than were to be changed")
    return paths


def recovered(reply: Reply) -> str:
    """Return ``forward``, ``back`` or ``nothing``; raises HostError when the node refused or says something else."""
    _head, records = read_records(reply)
    while records and "done" in records[0].fields:
        records.pop(0).text("done")
    way = _take(records, reply).word("recovered", _WAY)
    _end(records, reply)
    return way


def _take(records: list[Record], reply: Reply) -> Record:
    if not records:
        raise unusable(reply.host, "a record is missing")
    return records.pop(0)


def _end(records: list[Record], reply: Reply) -> None:
    if records:
        raise unusable(reply.host, "there is more in it than was asked for")


def _file(record: Record, look: Look) -> FileState:
    if record.text("path") != look.path:
        raise unusable(record.host, "it names a file that was not asked for")
    kind = record.word("type", _KIND)
    if kind != "file":
        return FileState(look.path, kind)
    size, sha256, guard = record.number("size"), record.word("sha256", _SHA256), record.word("guard", _GUARD)
    state = FileState(look.path, kind, size, sha256, guard, record.number("withheld"), record.content("content"))
    if not (_fits_log(state) if look.view == "log" else _fits(state, look.view)):
        raise unusable(f"{record.host}: {shown(look.path)}", "content, size, hash and view do not fit each other")
    return state


def _fits(state: FileState, view: str) -> bool:
    if state.content is None:
        return view == "meta" or state.size > CONTENT_LIMIT
    if view == "meta" or state.size > CONTENT_LIMIT or len(state.content) > state.size or _KEY.search(state.content):
        return False
    whole = len(state.content) == state.size and hashlib.sha256(state.content).hexdigest() == state.sha256
    return whole or view == "public" or state.withheld > 0


def _fits_log(state: FileState) -> bool:
    if state.content is None or _KEY.search(state.content):
        return False
    missing = min(state.size, CONTENT_LIMIT) - len(state.content)
    fits = missing > 0 if state.withheld else missing == 0
    return fits and hashlib.sha256(state.content).hexdigest() == state.sha256


def _folder(record: Record, records: list[Record], *, look: Look, separators: str) -> Folder:
    if (record.text("glob"), record.fields.get("suffix")) != (look.path, look.suffix):
        raise unusable(record.host, "it names a folder that was not asked for")
    kind, files = record.word("type", _KIND), []
    while records and "path" in records[0].fields:
        path = records[0].text("path")
        if kind != "directory" or not _inside(path, look, separators):
            raise unusable(record.host, "it names a file that is not in the folder")
        files.append(_file(records.pop(0), Look(path, look.view)))
    names = [file.path.encode("utf-8") for file in files]
    if sorted(set(names)) != names or any(file.kind != "file" for file in files):
        raise unusable(record.host, "the files of a folder are not each there once, in order")
    return Folder(kind, tuple(files))


def _inside(path: str, look: Look, separators: str) -> bool:
    folder = look.path.rstrip(separators)
    name = path.removeprefix(folder)[1:]
    named = bool(name) and not any(separator in name for separator in separators)
    return named and path.startswith(folder) and path[len(folder)] in separators and name.lower().endswith((look.suffix or "").lower())
