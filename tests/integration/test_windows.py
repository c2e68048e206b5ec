# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role on a cluster of Windows machines, and the same cluster by both ways: the same is planned, done and told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.key_file import PRIVATE_DACL
from simulator.cluster import Shape
from windows.machine import Call, Settings

from integration.playbook import Result
from integration.windows_lane import BACK_ENDS, PLACE, Lane
from integration.world import CUSTOM, Stage, findings, written

LINE = b"  Certificate = string: Certificates\\\\custom_communications_cert.pem\r\n"
LONGEST = 8000  # characters; cmd.exe takes 8191
MOST = 24 * 1024  # bytes beside the content of files
WIDE = "D:AI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;BU)"  # all users read
STEPS = ("check", "rollout", "again", "drift", "refused", "rollback")


class Story:
    """
    The same for each lane: check mode, rollout, drift, the rollout once more, refusals, rollback.

    Attributes:
        lane: Which.
        results: By step.
        calls: By step; none in the lane without Windows.
        trips: By step, the host of each round trip; none in the lane with Windows.
        checked: All files after check mode, with the state beside them.
        after: The files that the rollout left.
        last: The files in the end.
    """

    def __init__(self, lane: Lane) -> None:
        """Tell it, on the cluster as shipped."""
        self.lane, stage = lane, lane.stage.back_to("shipped")
        self.results: dict[str, Result] = {}
        self.calls: dict[str, list[Call]] = {}
        self.trips: dict[str, list[str]] = {}
        self._step("check", "rollout", "--check", "--diff")
        self.checked = stage.everything()
        self._step("rollout", "rollout", "--diff")
        self.after = stage.files()
        with self._edited():
            self._step("drift", "drift")
        self._step("again", "rollout")
        with self._spoilt() as wrong:
            self._step("refused", "rollout", of_host=wrong)
        self._step("rollback", "rollback")
        self.last = stage.files()

    def _step(self, name: str, *arguments: str, of_host: dict[str, Any] | None = None) -> None:
        self.results[name] = self.lane.play(*arguments, of_host=of_host)
        self.calls[name], self.trips[name] = self.lane.calls(), self.lane.trips()

    @contextmanager
    def _edited(self) -> Iterator[None]:
        """Take the change of one configuration back by hand."""
        stage = self.lane.stage
        edited = stage.communications(stage.names[1])
        with written(edited, stage.shipped[str(edited)]):
            yield
        stage.wait_until_served()

    @contextmanager
    def _spoilt(self) -> Iterator[dict[str, Any]]:
        """Let another controller be at work on the master, and give the DPU a key in its bundle and the master's certificate."""
        stage = self.lane.stage
        master, dpu = stage.names
        lock = f"20260101T000000Z-abcdef.1-0-elsewhere-1 {int(time.time())}\n".encode()
        bundle = stage.bundle(dpu)
        with written(stage.state(master) / "lock", lock), written(bundle, bundle.read_bytes() + stage.leaf(dpu).key_pem):
            yield {dpu: {"dwb_certificate": {"pem_src": str(stage.pem(master))}}}
        stage.wait_until_served()


class Protection:
    """
    The keys' DACLs: a rollout, one of them opened to all users, and the rollout twice more.

    Attributes:
        opened: The host whose key somebody opened.
        results: Of the three rollouts.
        dacls: After each of them, by host, in SDDL.
    """

    def __init__(self, lane: Lane) -> None:
        """Tell it, on the cluster as shipped."""
        self.opened = lane.stage.back_to("shipped").names[1]
        self.results: list[Result] = []
        self.dacls: list[dict[str, str]] = []
        for opened in (False, True, False):
            if opened:
                lane.volume().protect(lane.key_file(self.opened), WIDE)
            self.results.append(lane.play("rollout"))
            self.dacls.append(lane.dacls())

    def actions(self, at: int) -> list[tuple[str, str]]:
        """Return what a rollout did with keys: the host and the action."""
        events = self.results[at].all(task="Install key and certificate")
        changes = [(event.host, change) for event in events for change in event.result.get("changes", [])]
        return [(host, change["action"]) for host, change in changes if change["path"].endswith(CUSTOM)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return a master and a DPU as the product ships them."""
    made = Stage(tmp_path_factory.mktemp("windows"), Shape())
    yield made
    made.close()


@pytest.fixture(scope="module", params=BACK_ENDS)
def windows(request: pytest.FixtureRequest, stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Return the story by the lane of Windows."""
    place = str(stage.node(stage.names[0]).root.parent)
    settings = Settings(str(tmp_path_factory.mktemp("machines")), {PLACE: place}, real=request.param == "pwsh")
    return Story(Lane(stage, settings))


@pytest.fixture(scope="module")
def posix(stage: Stage) -> Story:
    """Return the story by the lane of POSIX."""
    return Story(Lane(stage))


class TestRole:
    def test_goes_all_the_way(self, windows: Story) -> None:
        """Rollout and rollback succeed, drift and refusals fail, a second rollout changes nothing."""
        codes = {name: result.rc != 0 for name, result in windows.results.items()}

        assert codes == {"check": False, "rollout": False, "again": False, "drift": True, "refused": True, "rollback": False}, \
            windows.results["rollout"].stdout
        assert windows.results["again"].changed == 0
        assert windows.last == windows.lane.stage.shipped

    def test_writes_nothing_in_check_mode(self, windows: Story) -> None:
        """Not even a state folder; beside being looked at, a node is asked by the operator's command whether its service runs."""
        assert windows.checked == windows.lane.stage.shipped
        assert {call.verb for call in windows.calls["check"]} == {"observe", ""}

    def test_sets_the_documented_value(self, windows: Story) -> None:
        """The path stays relative, with doubled backslashes, wherever the product is installed."""
        assert all(LINE in windows.after[str(windows.lane.stage.communications(name))] for name in windows.lane.stage.names)

    def test_names_files_as_the_node_does(self, windows: Story) -> None:
        """A changed file is told with drive, blanks and umlauts."""
        event = windows.results["rollout"].of("insight-dpu-1", "Write the configuration while the servers are down")

        assert event.result["changes"][0]["path"] == f"{PLACE}\\dpu-1\\Components\\Communications.cfg"

    def test_refuses_by_node_and_cause(self, windows: Story) -> None:
        """A lock of another controller, a key in a trust bundle and somebody else's certificate are listed together."""
        told = "\n".join(findings(windows.results["refused"]))

        assert "rollout 20260101T000000Z-abcdef by elsewhere-1 has been at work here" in told
        assert "holds 1 private key(s)" in told
        assert "subject CN is 'insight-master', server_cert.pem of insight-dpu-1 has 'insight-dpu-1'" in told

    @pytest.mark.parametrize("step", ["again", "drift"])
    def test_looks_once_at_each_node(self, windows: Story, step: str) -> None:
        """Where nothing is to be done, each node gets one call."""
        assert [call.verb for call in windows.calls[step]] == ["observe"] * 2
        assert Counter(call.host for call in windows.calls[step]) == dict.fromkeys(windows.lane.stage.names, 1)

    def test_sends_little(self, windows: Story) -> None:
        """Every command line fits, and no call sends more than script and questions beside the content of files."""
        calls = [call for step in STEPS for call in windows.calls[step]]

        assert {call.verb for call in calls} == {"observe", "commit", "restore", ""}
        assert max(call.command for call in calls) <= LONGEST
        assert max(call.sent for call in calls) <= MOST


@pytest.fixture(scope="module")
def protection(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Protection:
    """Return what becomes of DACLs, which only the model has."""
    place = str(stage.node(stage.names[0]).root.parent)
    return Protection(Lane(stage, Settings(str(tmp_path_factory.mktemp("machines")), {PLACE: place})))


class TestProtection:
    def test_of_keys_is_in_force_after_a_rollout(self, protection: Protection) -> None:
        """On the node, not only in the plan: SYSTEM and Administrators, and nothing of what the folder hands down."""
        assert protection.results[0].rc == 0, protection.results[0].stdout
        assert set(protection.dacls[0].values()) == {PRIVATE_DACL}

    def test_that_somebody_widened_is_set_again_once(self, protection: Protection) -> None:
        """The key is the same and open to all users: it is protected, told, and then nothing is left to do."""
        opened, again = protection.results[1:]

        assert (opened.rc, again.rc) == (0, 0), opened.stdout
        assert protection.actions(1) == [(protection.opened, "protect key and certificate")]
        assert protection.dacls[1] == protection.dacls[2] == protection.dacls[0]
        assert (again.changed, protection.actions(2)) == (0, [])


class TestParity:
    @pytest.mark.parametrize("step", STEPS)
    def test_same_plans_results_and_words(self, windows: Story, posix: Story, step: str) -> None:
        """For the same tree, everything that an operator or a later task sees is the same but for how paths are written."""
        assert windows.lane.differences(windows.results[step], posix.results[step]) == []

    @pytest.mark.parametrize("step", STEPS)
    def test_same_number_of_calls(self, windows: Story, posix: Story, step: str) -> None:
        """Neither way asks a node more often than the other."""
        assert Counter(call.host for call in windows.calls[step]) == Counter(posix.trips[step])

    def test_same_bytes(self, windows: Story, posix: Story) -> None:
        """Both leave the same files."""
        assert (windows.after, windows.last) == (posix.after, posix.last)
