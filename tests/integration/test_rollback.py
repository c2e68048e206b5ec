# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook rollback after a rollout that went well."""

from __future__ import annotations

import json

from integration.world import Stage, findings


class TestRollback:
    def test_brings_back_what_was_before_the_rollout_and_nothing_twice(self, rolled_out: Stage) -> None:
        """Every file and every certificate presented is as shipped; taking back once more changes nothing and restarts nobody."""
        back = rolled_out.play("rollback")
        restored, served, starts = rolled_out.files(), rolled_out.served(), rolled_out.starts()
        again = rolled_out.play("rollback")

        assert back.rc == 0, back.stdout
        assert restored == rolled_out.shipped
        assert served == rolled_out.licensed
        assert (again.rc, again.changed) == (0, 0), again.stdout
        assert rolled_out.files() == restored
        assert rolled_out.starts() == starts

    def test_does_not_overwrite_what_was_changed_by_hand_unless_forced(self, rolled_out: Stage) -> None:
        """One edited file: no node is taken back, the file is named; with dwb_force all are."""
        edited = rolled_out.communications(rolled_out.names[1])
        edited.write_bytes(edited.read_bytes() + b"  Note = string: by hand\r\n")
        before = rolled_out.files()

        refused = rolled_out.play("rollback")
        after, starts = rolled_out.files(), rolled_out.starts()
        forced = rolled_out.play("rollback", "-e", "dwb_force=true")

        assert refused.rc != 0
        assert str(edited) in "\n".join(findings(refused)), refused.stdout
        assert after == before
        assert starts == dict.fromkeys(rolled_out.names, 0)
        assert rolled_out.served() == rolled_out.licensed, forced.stdout
        assert forced.rc == 0, forced.stdout
        assert rolled_out.files() == rolled_out.shipped

    def test_under_another_live_rollout_is_refused(self, rolled_out: Stage) -> None:
        """Another controller has not finished on one node: none is taken back, unless it is forced, as the marker was edited here."""
        marker = rolled_out.state(rolled_out.names[1]) / "marker"
        noted = json.loads(marker.read_text()) | {"restart_pending": True, "holder": "elsewhere-1"}
        marker.write_text(json.dumps(noted))
        before = rolled_out.everything()

        refused = rolled_out.play("rollback")
        after, starts = rolled_out.everything(), rolled_out.starts()
        done = rolled_out.play("rollback", "-e", "dwb_force=true")

        assert refused.rc != 0
        assert f"{rolled_out.names[1]}: rollout: rollout {noted['run']} by elsewhere-1" in "\n".join(findings(refused))
        assert after == before
        assert starts == dict.fromkeys(rolled_out.names, 0)
        assert done.rc == 0, done.stdout
        assert rolled_out.files() == rolled_out.shipped

    def test_of_a_part_of_the_cluster_is_refused(self, rolled_out: Stage) -> None:
        """One node alone on its old certificate would trust nobody, and be trusted by nobody."""
        before = rolled_out.everything()

        refused = rolled_out.play("rollback", "--limit", rolled_out.names[1])

        assert refused.rc != 0
        assert "left out by --limit: half a rollout splits the trust" in "\n".join(findings(refused))
        assert rolled_out.everything() == before

    def test_of_a_rollout_that_never_was_changes_nothing(self, shipped: Stage) -> None:
        """On a cluster as shipped there is nothing to take back."""
        result = shipped.play("rollback")

        assert (result.rc, result.changed) == (0, 0), result.stdout
        assert shipped.everything() == shipped.shipped
        assert shipped.starts() == dict.fromkeys(shipped.names, 0)
