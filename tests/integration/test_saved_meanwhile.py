# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nodes that a failing rollout cannot take back: those where somebody has saved a file meanwhile, and those that were lost."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from integration.camps import Camps
from integration.playbook import Result, read_result, start
from integration.steps import LAST, hold
from integration.world import Stage


@pytest.fixture
def small(pair: Stage) -> Stage:
    """Return the smallest cluster as the product ships it."""
    return pair.back_to("shipped")


def save(path: Path, content: bytes) -> bytes:
    """Save *content* with another folder for logs, as a Workstation does; return what was saved."""
    saved = content.replace(b"string: Logs", b"string: Logs by hand")
    fresh = path.with_name("saved.fresh")
    fresh.write_bytes(saved)
    fresh.replace(path)
    return saved


def said(result: Result) -> str:
    """Return what the run says in the end."""
    return str(next(event.result["msg"] for event in result.all(task="Say what happened") if event.status == "failed"))


def new(stage: Stage, *names: str) -> dict[str, str]:
    """Return what these servers present once they are rolled out."""
    return {name: stage.leaf(name).fingerprint for name in names}


class TestFileThatIsSavedMeanwhile:
    def test_brought_an_old_certificate_back_and_the_rollout_said_ok(self, small: Stage) -> None:
        """Saved as it was before the rollout: an error, no server down or refused, and the next rollout arrives with what was saved."""
        master, dpu = small.names
        path = small.communications(master)
        old = path.read_bytes()
        held = hold(small, "rollout", before=LAST)
        with start(held.run) as process:
            assert held.wait(process)
            saved = save(path, old)
            held.go_on()
            stdout, _ignored = process.communicate(timeout=120)
        result = read_result(held.run, rc=process.returncode, stdout=stdout)

        assert result.rc != 0, stdout
        assert "could not be taken back everywhere" in said(result)
        assert f"{master} is left as it is: somebody has changed {path} since" in said(result)
        assert f"{dpu} is left as it is: it shares its configuration with a server that is left" in said(result)
        assert path.read_bytes() == saved
        assert small.served() == {master: small.licensed[master], **new(small, dpu)}
        assert Camps(small).refusals() == []

        again = small.play("rollout")

        assert again.rc == 0, again.stdout
        assert small.served() == new(small, *small.names)
        assert b"Logs by hand" in path.read_bytes()

    def test_is_no_obstacle_when_it_has_what_the_rollout_wrote(self, small: Stage) -> None:
        """Opened after the rollout wrote it: the rollout arrives, and what was saved is there."""
        path = small.communications(small.names[0])
        held = hold(small, "rollout", before=LAST)
        with start(held.run) as process:
            assert held.wait(process)
            saved = save(path, path.read_bytes())
            held.go_on()
            stdout, _ignored = process.communicate(timeout=120)

        assert process.returncode == 0, stdout
        assert path.read_bytes() == saved
        assert small.served() == new(small, *small.names)


class TestServerThatIsAwayForAMoment:
    @pytest.mark.parametrize("back", [True, False])
    def test_had_the_whole_rollout_taken_back(self, small: Stage, back: bool) -> None:
        """One that does not answer when the last look begins is asked again; one that stays away is found."""
        cluster, dpu = small.world.cluster, small.names[1]
        held = hold(small, "rollout", before=LAST)
        with start(held.run) as process:
            assert held.wait(process)
            cluster.stop(dpu)
            late = threading.Timer(1.5 if back else 3600, cluster.start, [dpu])
            late.start()
            held.go_on()
            stdout, _ignored = process.communicate(timeout=120)
            late.cancel()

        assert (process.returncode == 0) == back, stdout
        assert small.served() == (new(small, *small.names) if back else small.licensed)


class TestNodesThatAreLostWhileServersAreActivated:
    @pytest.mark.parametrize("number", [0, 1])
    def test_were_refused_by_those_that_were_taken_back(self, small: Stage, number: int) -> None:
        """One that presents its new certificate already is trusted on, until rollback reaches all of them."""
        small.common = {"ansible_connection": "losable"}
        lost = small.folder / "lost"
        held = hold(small, "rollout", before=LAST, CERTOPS_LOST_HOSTS=str(lost))
        with start(held.run) as process:
            assert held.wait(process)
            lost.write_text(small.names[number])
            held.go_on()
            stdout, _ignored = process.communicate(timeout=120)
        lost.unlink()
        result = read_result(held.run, rc=process.returncode, stdout=stdout)

        assert result.rc != 0, stdout
        assert f"{small.names[number]} is left as it is: it was lost while the servers were activated" in said(result)
        assert all(small.served().values())
        assert Camps(small).refusals() == []

        back = small.play("rollback", CERTOPS_LOST_HOSTS=str(lost))

        assert back.rc == 0, back.stdout
        assert small.files() == small.shipped
        assert small.served() == small.licensed

    def test_were_taken_back_alone_when_they_were_there_again(self, small: Stage) -> None:
        """One that is back before the run is over stays with its master, whose file it pulls; all are up with what is new."""
        small.common = {"ansible_connection": "losable"}
        lost, dpu = small.folder / "lost", small.names[1]
        lost.unlink(missing_ok=True)
        held = hold(small, "rollout", before=LAST, CERTOPS_LOST_HOSTS=str(lost))
        with start(held.run) as process:
            assert held.wait(process)
            lost.write_text(dpu)
            held.go_on()
            while process.poll() is None and not any(step.name == "Plan the way back" for step in held.steps()):
                time.sleep(0.05)
            lost.unlink()
            stdout, _ignored = process.communicate(timeout=120)
        result = read_result(held.run, rc=process.returncode, stdout=stdout)

        assert result.rc != 0, stdout
        assert f"{dpu} is left as it is: it was lost while the servers were activated" in said(result), stdout
        assert small.served() == new(small, *small.names)
        assert Camps(small).refusals() == []

        again = small.play("rollout", CERTOPS_LOST_HOSTS=str(lost))

        assert again.rc == 0, again.stdout
        assert small.served() == new(small, *small.names)
