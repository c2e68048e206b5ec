# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every module says of check mode, diff mode and platforms."""

from __future__ import annotations


class ModuleDocFragment:
    """Descriptions only; each module says what it supports."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict what would be changed, without changing anything.
  diff_mode:
    description: Returns what was changed, or in C(check_mode) would be changed, before and after, when run with C(--diff).
  platform:
    description: Systems on which the module can work.
    platforms: posix, windows
"""
