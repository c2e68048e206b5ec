"""What the process of a task leaves behind when it dies."""

from __future__ import annotations

import resource

from ansible_collections.certops.rollout.plugins.plugin_utils._task import base


class TestCoreDumps:
    def test_a_core_dump_of_the_controller_held_a_key(self) -> None:
        """It writes none, and neither does what it starts; an operator can still allow it elsewhere, for the hard limit stays."""
        before = resource.getrlimit(resource.RLIMIT_CORE)
        try:
            base._leave_no_core()

            assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
        finally:
            resource.setrlimit(resource.RLIMIT_CORE, before)
