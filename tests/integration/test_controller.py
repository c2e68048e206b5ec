# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the controller does for a node is done as the controller's own user."""

from __future__ import annotations

import pytest

from integration.world import Stage


class TestController:
    @pytest.mark.parametrize("common", [
        {"ansible_become": True, "ansible_become_exe": "/bin/false"},
        {"ansible_shell_type": "powershell"},
    ], ids=["become", "shell"])
    def test_is_entered_as_itself_whatever_the_inventory_says_of_all_hosts(self, pair: Stage, common: dict[str, object]) -> None:
        """Variables in group_vars/all hold for it, too, when a task is delegated to it."""
        pair.back_to("shipped")
        pair.common = common
        pair.of_host = {name: {"ansible_become": False, "ansible_shell_type": "sh"} for name in pair.names}
        result = pair.play("rollout")

        assert result.rc == 0, result.stdout
        assert pair.served() == {name: pair.leaf(name).fingerprint for name in pair.names}
