# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers of Windows modules, as their source shapes them; each file says which lines of which version."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "fixtures" / "windows"


@cache
def _read(name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["answer"]
    return answer


def answer(name: str) -> dict[str, Any]:
    """Return the answer in the file *name*, to be changed at will."""
    return deepcopy(_read(name))


def services(**changed: Any) -> list[dict[str, Any]]:
    """Return the services of one node; *changed* is what differs in that of the server."""
    listed: list[dict[str, Any]] = answer("win_service_info")["services"]
    listed[1].update(changed)
    return listed
