"""Requests and answers with the paths of another system: the same words, other names for the same folders."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

_PLACES = {"state": 1, "file": 2, "glob": 2, "put": 1, "del": 1}


class Translator:
    """Names paths of one system as another does; what is below none of its folders stays."""

    def __init__(self, folders: Mapping[str, str], *, separators: tuple[str, str]) -> None:
        """Take *folders*, each with its other name, and the two *separators*, of here and of there."""
        self._folders, (self._here, self._there) = dict(folders), separators

    def path(self, path: str) -> str:
        """Return the other name of *path*."""
        for here, there in self._folders.items():
            if path == here or path.startswith(here.rstrip(self._here) + self._here):
                rest = path[len(here):].strip(self._here).replace(self._here, self._there)
                return there.rstrip(self._there) + self._there + rest if rest else there
        return path

    def back(self) -> Translator:
        """Return the translator for answers."""
        return Translator({there: here for here, there in self._folders.items()}, separators=(self._there, self._here))

    def request(self, line: str) -> str:
        """Return a line of a request with its path translated."""
        line, end, _ignored = line.partition("\r")
        words = line.split(" ")
        place = _PLACES.get(words[0], len(words))
        if place < len(words):
            words[place] = self._word(words[place])
        return " ".join(words) + end

    def answer(self, line: str) -> str:
        """Return a record of an answer with its path translated."""
        record: dict[str, Any] = json.loads(line)
        return json.dumps({name: self._word(value) if name in {"path", "glob", "done"} else value for name, value in record.items()})

    def _word(self, word: str) -> str:
        try:
            path = base64.b64decode(word, validate=True).decode()
        except ValueError:
            return word
        return base64.b64encode(self.path(path).encode()).decode()
