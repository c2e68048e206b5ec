# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rollouts that fail in the middle: every server ends with the files it had, presenting what it presented, and the culprit is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.playbook import Result, read_result, start
from integration.world import Stage, wait_for


def taken_back(stage: Stage, result: Result, *, culprit: str) -> str:
    """
    Make sure that a rollout was taken back everywhere; return what it says in the end.

    Args:
        stage: As shipped before the rollout.
        result: Of the rollout.
        culprit: The node that has to be named.
    """
    assert result.rc != 0, result.stdout
    assert stage.files() == stage.shipped, result.stdout
    assert stage.served() == {name: stage.licensed[name] for name in stage.names}, result.stdout
    said = [event.result["msg"] for event in result.all(task="Say what happened") if event.status == "failed"]
    assert len(said) == 1, result.stdout
    assert "was taken back" in said[0]
    assert f"{culprit}: " in said[0]
    return str(said[0])


class TestServerThatFails:
    def test_to_come_back_takes_all_back(self, shipped: Stage) -> None:
        """The last DPU does not start with its new configuration: all three are taken back."""
        culprit = shipped.names[2]
        shipped.world.cluster.state(culprit).misbehave("not-come-back", times=1)

        result = shipped.play("rollout")

        said = taken_back(shipped, result, culprit=culprit)
        assert "a fault was asked for" in said

    def test_to_present_the_new_certificate_takes_all_back(self, shipped: Stage) -> None:
        """A DPU that comes back with its old certificate is not taken for a success, though its process runs."""
        culprit = shipped.names[1]
        shipped.world.cluster.state(culprit).misbehave("old-certificate", custom=True)

        result = shipped.play("rollout")

        taken_back(shipped, result, culprit=culprit)

    def test_as_canary_keeps_all_others_running(self, shipped: Stage) -> None:
        """The canary loses its licence: no configuration was written, no other server was stopped; it alone may have read its bundle."""
        master, canary, other = shipped.names
        shipped.world.cluster.state(canary).misbehave("lose-licence", times=1)

        result = shipped.play("rollout")

        taken_back(shipped, result, culprit=canary)
        assert result.of(master, "Plan the way back").result["restart"] == [canary]
        assert [shipped.starts()[name] for name in (master, other)] == [0, 0]
        assert not result.all(task="Write the configuration while the servers are down")

    def test_to_write_takes_all_back(self, shipped: Stage) -> None:
        """A node that cannot keep a backup writes nothing; the others are taken back, no server is restarted."""
        culprit = shipped.names[2]
        shipped.state(culprit).mkdir()
        (shipped.state(culprit) / "backup").write_text("in the way\n")

        result = shipped.play("rollout")

        taken_back(shipped, result, culprit=culprit)
        assert shipped.starts() == dict.fromkeys(shipped.names, 0)


@pytest.fixture
def losable(pair: Stage) -> Stage:
    """Return the smallest cluster over connections that can be lost."""
    pair.back_to("shipped")
    pair.common = {"ansible_connection": "losable"}
    return pair


def lose(stage: Stage, *, for_good: bool) -> Result:
    """
    Roll out and lose the DPU as soon as its certificate is installed.

    Args:
        stage: As shipped.
        for_good: Whether it stays lost; else it is there again for the last play.
    """
    lost, name = stage.folder / "lost", stage.names[1]
    run = stage.prepare("rollout", CERTOPS_LOST_HOSTS=str(lost))
    with start(run) as process:
        wait_for(run, process, lambda event: event.host == name and event.task == "Install key and certificate" and event.status == "ok")
        lost.write_text(name)
        wait_for(run, process, lambda event: event.host == name and event.status == "unreachable")
        if not for_good:
            lost.unlink()
        stdout, _ignored = process.communicate(timeout=120)
    lost.unlink(missing_ok=True)
    return read_result(run, rc=process.returncode, stdout=stdout)


class TestLostNode:
    def test_is_taken_back_when_it_is_there_again(self, losable: Stage) -> None:
        """The others are taken back at once, the lost one by the last play, which calls it again."""
        result = lose(losable, for_good=False)

        taken_back(losable, result, culprit=losable.names[1])

    def test_is_taken_back_later_when_it_stays_away(self, losable: Stage) -> None:
        """It keeps its new files and says so; once it is there again the playbook rollback brings it back, too."""
        master, dpu = losable.names
        result = lose(losable, for_good=True)
        of_dpu = {path: content for path, content in losable.files().items() if path.startswith(str(losable.node(dpu).root))}
        of_master = {path: content for path, content in losable.files().items() if path not in of_dpu}

        assert result.rc != 0
        assert "is lost" in result.stdout
        assert "could not be taken back everywhere" in result.of(master, "Say what happened").result["msg"]
        assert all(losable.shipped[path] == content for path, content in of_master.items())
        assert of_dpu != {path: losable.shipped.get(path) for path in of_dpu}

        later = losable.play("rollback", CERTOPS_LOST_HOSTS="/nowhere")

        assert later.rc == 0, later.stdout
        assert losable.files() == losable.shipped
        assert losable.served() == losable.licensed


class TestMasterThatRefusesToSynchronise:
    def test_is_no_obstacle(self, losable: Stage) -> None:
        """A DPU holds the master's processing copy before it asks for it, so the rollout arrives all the same."""
        master, dpu = losable.names
        losable.world.cluster.state(master).misbehave("refuse-sync")

        result = losable.play("rollout", CERTOPS_LOST_HOSTS=str(Path("/nowhere")))

        copy = losable.file(master, "Components for Processing Servers", "Communications.cfg")
        assert result.rc == 0, result.stdout
        assert losable.communications(dpu).read_bytes() == copy.read_bytes()
        assert losable.served() == {name: losable.leaf(name).fingerprint for name in losable.names}
