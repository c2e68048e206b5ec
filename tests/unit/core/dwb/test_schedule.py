"""ScheduledRestart.cfg."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.schedule import check_schedule
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
WINDOW = timedelta(hours=4)


def schedule(start: str, every: str) -> FileState:
    """Return a ScheduledRestart.cfg as observed."""
    content = f"component = ScheduledRestart:\r\n  Restart Every = string: {every}\r\n  Start Time = string: {start}\r\n".encode()
    return FileState("Components/ScheduledRestart.cfg", "file", len(content), "aa", content=content)


class TestCheckSchedule:
    @pytest.mark.parametrize(("start", "every"), [
        ("March 31, 2026 14:00:00 UTC", "month"),
        ("January 01, 2020 13:00:00 GMT", "day"),
        ("March 24, 2026 15:59:00 UTC", "week"),
        ("January 31, 2026 13:00:00 UTC", "month"),
        ("January 01, 2020 23:00:00 EST", "day"),
        ("tomorrow", "day"),
        ("January 01, 2020 13:00:00 UTC", "fortnight"),
    ])
    def test_finds_a_restart_within_the_rollout(self, start: str, every: str) -> None:
        """Due within the window, in a zone that cannot be told, or not understood: all of them are findings."""
        findings = check_schedule(schedule(start, every), now=NOW, window=WINDOW)

        assert [finding.rule for finding in findings] == ["scheduled-restart"]
        assert "ScheduledRestart.cfg" in findings[0].where

    @pytest.mark.parametrize(("start", "every"), [
        ("March 31, 2026 16:01:00 UTC", "day"),
        ("January 01, 2020 11:59:00 UTC", "day"),
        ("March 25, 2026 12:00:00 UTC", "week"),
        ("February 01, 2026 12:00:00 UTC", "month"),
        ("January 01, 2020 12:30:00 UTC", ""),
    ])
    def test_allows_one_outside_of_it(self, start: str, every: str) -> None:
        """Before, after, or never again."""
        assert check_schedule(schedule(start, every), now=NOW, window=WINDOW) == []

    @given(st.datetimes(datetime(2000, 1, 1), datetime(2026, 3, 1)), st.sampled_from(["day", "week"]))
    def test_agrees_with_counting(self, start: datetime, every: str) -> None:
        """The next restart is what adding the period again and again gives."""
        period = timedelta(days=1 if every == "day" else 7)
        due = start.replace(microsecond=0, tzinfo=UTC)
        due += ((NOW - due) // period) * period
        while due < NOW:
            due += period
        text = f"{start:%B %d, %Y %H:%M:%S} UTC"

        assert bool(check_schedule(schedule(text, every), now=NOW, window=WINDOW)) is (due <= NOW + WINDOW)
