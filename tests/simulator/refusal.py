# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one error of the stand-in."""

from __future__ import annotations


class Refusal(Exception):
    """The server will not start, load or serve this; the text says why, in one line."""
