# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who has connected to a node: when that is asked, and what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.access_log import Audit
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._task.audit import as_survey, look_for_callers

from unit.core.dwb.servers import NOW, Tree
from unit.core.dwb.test_access_log import line

TODAY = f"Audit/{datetime.fromtimestamp(NOW.timestamp(), UTC):%Y%m%d}-access.txt"


def seen(content: bytes | None, *, days: int = 7, error: Exception | None = None) -> tuple[Audit, int]:
    """Return what is told of a server with today's log, and how many calls that took."""
    tree = Tree(files={TODAY: content})
    host = tree.host()
    server = tree.observe(host)
    if error:
        host.fail_next(error)
    return look_for_callers(host, server, days=days), len(host.verbs) - 1


class TestLookForCallers:
    def test_takes_one_call(self) -> None:
        """All days are asked for together."""
        audit, calls = seen(line("10.0.0.5"))

        assert ([caller.address for caller in audit.callers], audit.notes, calls) == (["10.0.0.5"], (), 1)

    @pytest.mark.parametrize("days", [0, -1])
    def test_asks_nobody_for_no_days(self, days: int) -> None:
        """Switched off, it costs nothing."""
        assert seen(line("10.0.0.5"), days=days) == (Audit(), 0)

    def test_tells_that_there_is_no_log(self) -> None:
        """A note, and no caller."""
        audit, _ignored = seen(None)

        assert (audit.callers, len(audit.notes), audit.findings) == ((), 1, ())

    def test_makes_a_finding_of_what_the_node_refuses(self) -> None:
        """A folder that may not be read keeps the survey whole."""
        audit, _ignored = seen(None, error=HostError(where="Audit", problem="permission denied", remedy="become root"))

        assert [finding.rule for finding in audit.findings] == ["audit"]


class TestAsSurvey:
    def test_has_plain_values(self) -> None:
        """As they are registered."""
        audit, _ignored = seen(line("10.0.0.5"))

        assert as_survey(audit) == {"callers": [{"address": "10.0.0.5", "count": 1, "last": "2026-03-14 09:15:00.123"}], "audit": []}
