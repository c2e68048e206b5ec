# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Callback: what each task of a playbook costs the controller, in its main process and in all others, one JSON object on a line."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_costs
type: aggregate
short_description: What each task costs the controller
description: Appends one JSON object for each task to a file.
options:
  cost_file:
    description: Where to append them.
    type: path
    required: true
    env:
      - name: CERTOPS_COST_FILE
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]   # Ansible ships no types
    """Takes the times when a task begins: what was used since belongs to the task before it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_costs"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._began = (time.perf_counter(), 0.0, 0.0)   # whatever was used until now
        self._action, self._results = "start-up", 0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Begin a task."""
        del is_conditional
        self._end(str(task.action))

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """End the last one."""
        del stats
        self._end("")

    def v2_runner_on_ok(self, result: Any) -> None:
        """Count a host."""
        del result
        self._results += 1

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Count a host that cost a process all the same."""
        del result
        self._results += 1

    def _end(self, action: str) -> None:
        now = _used()
        wall, main, others = (after - before for before, after in zip(self._began, now, strict=True))
        cost = {"action": self._action, "results": self._results, "wall": wall, "main": main, "others": others}
        with Path(self.get_option("cost_file")).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(cost) + "\n")
        self._began, self._action, self._results = now, action, 0


def _used() -> tuple[float, float, float]:
    """Return the time on the clock, and the processor time of this process and of those that it has waited for, in seconds."""
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), own.ru_utime + own.ru_stime, others.ru_utime + others.ru_stime
