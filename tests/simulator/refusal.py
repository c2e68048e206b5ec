"""The one error of the stand-in."""

from __future__ import annotations


class Refusal(Exception):
    """The server will not start, load or serve this; the text says why, in one line."""
