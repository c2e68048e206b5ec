# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A change is data: what is written, and what of it is shown."""

from __future__ import annotations

import hashlib

from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import ABSENT, FileState
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change, replacing

OLD, NEW = b"old\n", b"new\n"
PRESENT = FileState("/srv/a", "file", 4, hashlib.sha256(OLD).hexdigest(), "mode=0640", content=OLD)


class TestReplacing:
    def test_expects_what_was_seen_and_keeps_the_protection(self) -> None:
        """The node refuses the change when the file is no longer what it was; its mode stays."""
        change = replacing(PRESENT, NEW, "set x", value="y")

        assert (change.path, change.expected, change.content, change.guard) == ("/srv/a", PRESENT.sha256, NEW, "keep")
        assert change.sha256 == hashlib.sha256(NEW).hexdigest()
        assert change.as_result() == {"path": "/srv/a", "action": "set x", "value": "y"}

    def test_shows_both_contents(self) -> None:
        """The diff names the file on both sides."""
        assert replacing(PRESENT, NEW, "set x").as_diff() == {
            "before_header": "/srv/a", "after_header": "/srv/a", "before": "old\n", "after": "new\n"}

    def test_shows_a_new_file_as_added(self) -> None:
        """An absent file has nothing before, and is expected to be absent still."""
        change = replacing(FileState("/srv/a"), NEW, "set x")

        assert (change.expected, change.as_diff()["before"]) == (ABSENT, "")

    def test_shows_bytes_that_are_no_text(self) -> None:
        """A single-byte letter does not break the diff, and is not lost in it."""
        assert replacing(PRESENT, b"\xfcber\n", "set x").as_diff()["after"] == "\\xfcber\n"


class TestChange:
    def test_shows_a_deleted_file_as_removed(self) -> None:
        """No content is a deletion: nothing after, and the file is to be absent."""
        change = Change("/srv/a", PRESENT.sha256, None, "delete", before=OLD)

        assert (change.sha256, change.as_diff()["before"], change.as_diff()["after"]) == (ABSENT, "old\n", "")

    def test_says_that_something_is_not_shown(self) -> None:
        """A file that may hold a secret is named, and its content is nowhere."""
        change = Change("/srv/a", PRESENT.sha256, b"secret", "set x")

        assert (change.as_diff()["before"], change.as_diff()["after"]) == ("(content not shown)\n",) * 2
        assert "secret" not in f"{change!r}{change.as_result()}{change.as_diff()}"
