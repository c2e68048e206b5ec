# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of the modules that change one file."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the product is installed, and how many backups stay."""

    DOCUMENTATION = r"""
options:
  root:
    description:
      - Install root of the product on the node. An absolute path in the node's own notation, like C(E:\Adobe\Server) or C(/opt/insight).
      - Lock, journal and backups are kept in a folder beside it with C(.certops) at the end of its name.
      - That folder must be on the same volume as the file that is changed.
    type: str
    required: true
  path:
    description: The file on the node, relative to O(root) or absolute.
    type: str
  take_over:
    description:
      - Identifier of an interrupted run on the node that is ended before anything else is done. The error about it names it.
      - All files of that run will then be new, or all as they were before it. Make sure that it is not at work any more.
    type: str
  keep:
    description: For how many commits the node keeps the backup, the newest first.
    type: int
    default: 20
"""
