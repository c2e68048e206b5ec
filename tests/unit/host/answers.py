"""Answers of a node, as its scripts would give them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import Look
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder
from ansible_collections.certops.rollout.plugins.plugin_utils._host.record import Reply

from unit.fakes import sha256

Fields = Mapping[str, object]

STATE = StateFolder("/srv/dwb.certops")
BUNDLE, FOLDER = Look("/srv/dwb/trust.pem"), Look("/srv/dwb/Components", "meta", ".cfg")
FIELDS: Fields = {"size": 3, "sha256": sha256(b"abc"), "guard": "mode=0644,owner=cm9vdDpyb290", "withheld": 0}
LOG = Look("/srv/dwb/Audit/20260922-access.txt", "log")
OK: Fields = {"ok": True}
CLEAN: Fields = {"state": "clean"}


def b64(value: str | bytes) -> str:
    """Return base64 in one line of *value*, text as UTF-8."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def head(verb: str = "observe") -> Fields:
    """Return the first record of an answer."""
    return {"certops": 1, "verb": verb, "system": "posix", "clock": 1_790_000_000}


def file_of(look: Look, **changed: object) -> Fields:
    """Return the record of a file with the content ``abc``, or with some fields *changed*."""
    content = None if look.view == "meta" else b64(b"abc")
    return {"path": b64(look.path), "type": "file", **FIELDS, "content": content, **changed}


def reply(*records: Fields, verb: str = "observe", code: int = 0, end: str = "\n", noise: str = "") -> Reply:
    """Return an answer of these *records*."""
    return Reply("dpu-3", verb, code, "".join(json.dumps(dict(fields)) + end for fields in records), noise)


def refused(code: str, status: int, *, path: str = "", message: str = "words") -> Reply:
    """Return an answer that refuses a commit."""
    verdict = {"ok": False, "code": code, "path": b64(path), "message": b64(message)}
    return reply(head("commit"), verdict, verb="commit", code=status)


def folder_answer(*paths: str, kind: str = "directory") -> Reply:
    """Return an answer to FOLDER that holds *paths*."""
    files = [file_of(Look(path, "meta")) for path in paths]
    return reply(head(), {"glob": b64(FOLDER.path), "suffix": ".cfg", "type": kind}, *files, CLEAN, OK)
