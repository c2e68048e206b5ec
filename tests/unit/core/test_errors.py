# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an operator reads when something is refused."""

from __future__ import annotations

from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding, OptionError, Refused

FIRST, SECOND = Finding("a.pem", "is cut", "fetch it again", "pem"), Finding("b.pem", "is empty", "leave it out")


class TestCoreError:
    def test_says_where_what_and_what_to_do(self) -> None:
        """One line, and the same as a finding whose rule is the name of the error."""
        error = OptionError(where="root", problem="is relative", remedy="give an absolute path")

        assert str(error) == "root: is relative; give an absolute path"
        assert error.findings == (Finding("root", "is relative", "give an absolute path", "OptionError"),)


class TestRefused:
    def test_has_a_line_for_every_finding(self) -> None:
        """All of them at once, in the order given."""
        error = Refused(iter([FIRST, SECOND]))

        assert str(error) == "a.pem: is cut; fetch it again\nb.pem: is empty; leave it out"
        assert error.findings == (FIRST, SECOND)
