"""Paths as the product writes them, found in a tree on Linux."""

from __future__ import annotations

import re
from pathlib import Path

from .refusal import Refusal

_OUTSIDE = re.compile(r"[A-Za-z]:|[\\/]|.*/|(.*\\)?\.\.(\\|$)")


def inside(root: Path, written: str) -> Path:
    r"""
    Return the place below *root* that the product means by *written*.

    Only the documented form is understood: relative, single backslashes once unescaped (10.5).
    Names are compared as Windows does, so `Bin\\` finds `bin`.

    Raises:
        Refusal: An absolute path, a forward slash, or a way out of the install tree.
    """
    if not written or _OUTSIDE.match(written):
        raise Refusal(f"'{written}' is no path relative to the install root")
    place = root
    for part in written.strip("\\").split("\\"):
        alike = (p for p in place.iterdir() if p.name.lower() == part.lower()) if place.is_dir() else iter(())
        place = next(alike, place / part)
    return place
