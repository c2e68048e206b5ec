# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Note every task that begins, and hold the run before one of them, until the test lets it go on or ends it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: halt
type: notification
short_description: Holds a run for the tests of this collection
description:
  - Adds the name of every task that begins to the file that the environment variable TEST_STEPS names.
  - Before the task that TEST_HALT names, or whose number it is, the file with C(.halted) behind its name is made; the run goes on once
    that is gone.
"""
_PATIENCE = 120


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Stands beside whatever is displayed."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "halt"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Note where the caller says."""
        super().__init__()
        self._steps = Path(os.environ["TEST_STEPS"])
        self._halt = os.environ.get("TEST_HALT", "")
        self._number = 0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Note the task, and wait where it was asked for; once in a run."""
        self._number += 1
        with self._steps.open("a", encoding="utf-8") as steps:
            steps.write(f"{time.time():.3f} {task.name}\n")
        if self._halt in (str(self._number), task.name):
            self._halt = ""
            self._wait(self._steps.with_name(f"{self._steps.name}.halted"))

    def _wait(self, halted: Path) -> None:
        halted.touch()
        end = time.monotonic() + _PATIENCE
        while halted.exists() and time.monotonic() < end:
            time.sleep(0.005)
