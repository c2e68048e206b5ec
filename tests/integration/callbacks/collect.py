# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write what came of every task on every host to the file TEST_RECORD names, one JSON object a line."""

from __future__ import annotations

import itertools
import json
import os
from typing import Any

from ansible.context import CLIARGS
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: collect
type: notification
short_description: Records results for the tests of this collection
description:
  - Writes one JSON object a line to the file that the environment variable TEST_RECORD names.
  - When that ends with a slash, every run gets a file of its own in that folder, named after its playbook.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Records beside whatever is displayed."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "collect"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Write to where the caller says."""
        super().__init__()
        self._path = os.environ.get("TEST_RECORD", "")

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Give the run a file of its own."""
        if not self._path.endswith("/"):
            return
        os.makedirs(self._path, mode=0o700, exist_ok=True)
        name = os.path.splitext(os.path.basename(playbook._file_name))[0] + ("-check" if CLIARGS["check"] else "")
        numbered = (os.path.join(self._path, f"{name}-{number}.jsonl") for number in itertools.count(1))
        self._path = next(path for path in numbered if not os.path.exists(path))

    def v2_runner_on_ok(self, result: Any) -> None:
        """Record a task that succeeded."""
        self._record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Record a task that failed."""
        self._record("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Record a task that was skipped."""
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Record a host that was lost."""
        self._record("unreachable", result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Record the summary; it is the last line."""
        self._write({"stats": {host: stats.summarize(host) for host in sorted(stats.processed)}})

    def _record(self, status: str, result: Any) -> None:
        # What no_log hides is hidden here already (ansible-core 2.19, executor/task_result.py).
        told = {name: value for name, value in result.result.items() if not name.startswith("_ansible")}
        self._write({"host": result.host.get_name(), "task": result.task.name, "status": status, "result": told})

    def _write(self, record: dict[str, Any]) -> None:
        if self._path:
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(json.dumps(record, default=str) + "\n")
