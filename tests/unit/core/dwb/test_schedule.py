"""ScheduledRestart.cfg."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.schedule import check_schedule
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
WINDOW = timedelta(hours=4)
ZERO, SECOND = timedelta(0), timedelta(seconds=1)


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
        ("March 31, 2026 12:00:00 UTC", ""),
        ("March 31, 2026 16:00:00 GMT", ""),
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
        ("January 01, 2020 11:59:00 GMT", "day"),
        ("March 25, 2026 12:00:00 UTC", "week"),
        ("February 01, 2026 12:00:00 UTC", "month"),
        ("January 01, 2020 12:30:00 UTC", ""),
    ])
    def test_allows_one_outside_of_it(self, start: str, every: str) -> None:
        """Before, after, or never again."""
        assert check_schedule(schedule(start, every), now=NOW, window=WINDOW) == []

    @pytest.mark.parametrize(("start", "due"), [
        ("January 31, 2026 12:00:00", datetime(2026, 2, 28, 12, 0, tzinfo=UTC)),
        ("January 31, 2024 12:00:00", datetime(2024, 2, 29, 12, 0, tzinfo=UTC)),
        ("January 31, 2025 12:00:00", datetime(2026, 4, 30, 12, 0, tzinfo=UTC)),
        ("January 15, 2024 12:00:00", datetime(2026, 12, 15, 12, 0, tzinfo=UTC)),
        ("December 01, 2024 01:00:00", datetime(2026, 1, 1, 1, 0, tzinfo=UTC)),
        ("October 31, 2025 12:00:00", datetime(2025, 11, 30, 12, 0, tzinfo=UTC)),
    ])
    def test_counts_months(self, start: str, due: datetime) -> None:
        """The same day of every month, or its last one; within the window and at both of its ends, not before or after."""
        file = schedule(f"{start} UTC", "month")
        found = [bool(check_schedule(file, now=due + shift, window=WINDOW)) for shift in (-WINDOW - SECOND, -WINDOW, ZERO, SECOND)]

        assert found == [False, True, True, False]

    def test_takes_a_zone_for_as_far_off_as_zones_are(self) -> None:
        """An abbreviation may be 14 hours off in both directions."""
        file = schedule("March 31, 2026 12:00:00 CEST", "week")
        found = [bool(check_schedule(file, now=NOW + timedelta(hours=hours), window=WINDOW)) for hours in (-19, -18, 0, 14, 15)]

        assert found == [False, True, True, True, False]

    def test_says_when_and_what_to_do(self) -> None:
        """The finding has the schedule as the file has it, and the window in hours."""
        where = "Components/ScheduledRestart.cfg"
        remedy = "rename the file to ScheduledRestart.cfg.off for the rollout, or run it at another time"
        once, odd = (check_schedule(schedule(start, ""), now=NOW, window=timedelta(minutes=90))
                     for start in ("March 31, 2026 13:00:00 UTC", "soon"))
        problem = "the server restarts by itself within 1.5 hours (March 31, 2026 13:00:00 UTC, every -)"

        assert once == [Finding(where, problem, remedy, "scheduled-restart")]
        assert odd == [Finding(where, "the next restart cannot be told: Start Time is 'soon'", remedy, "scheduled-restart")]

    def test_takes_a_file_without_keys_for_due(self) -> None:
        """What the file does not say cannot be ruled out."""
        content = b"component = ScheduledRestart:\r\n"
        findings = check_schedule(FileState("a.cfg", "file", len(content), "aa", content=content), now=NOW, window=WINDOW)

        assert [finding.problem for finding in findings] == ["the next restart cannot be told: Start Time is ''"]

    def test_says_what_it_does_not_understand(self) -> None:
        """A period that is none, or a tab with its line."""
        odd = check_schedule(schedule("January 01, 2020 13:00:00 UTC", "fortnight"), now=NOW, window=WINDOW)
        tab = FileState("a.cfg", "file", 1, "aa", content=b"component = ScheduledRestart:\n\tStart Time = string: x\n")

        assert odd[0].problem == "the next restart cannot be told: Restart Every is 'fortnight'"
        assert check_schedule(tab, now=NOW, window=WINDOW)[0].problem.startswith("the next restart cannot be told: a.cfg:2: ")

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
