# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles dwb_client and dwb_sensor through their playbooks: trust for every kind of client, and no web server restarted."""

from __future__ import annotations

import pytest
from unit.core.dwb.servers import company

from integration.office import KINDS, OWN, WHY, Office, failed, warnings
from integration.playbook import Result

ANCHORS = b"".join(authority.pem for authority in company()).replace(b"\r\n", b"\n").strip()
SERVED = [name for name in KINDS if name != "ws"]
CHANGE = "Bring its files to what is wanted"


def tasks_changed(result: Result) -> dict[str, int]:
    """Return for each host how many tasks have changed something, or would have."""
    return {host: stats["changed"] for host, stats in result.stats.items()}


def changes(result: Result) -> dict[str, list[tuple[str, str]]]:
    """Return what was changed in files, by host: path and action; without the notes that a run leaves."""
    return {event.host: [(change["path"], change["action"]) for change in event.result["changes"] if change["action"][:5] != "note "]
            for event in result.all(task=CHANGE) if "changes" in event.result}


class Story:
    """
    Trust for all of them: check mode, in earnest, once more, and drift.

    Attributes:
        office: The clients.
        shipped: Their files before.
        checked, done, again, drift: The runs.
        after_check: All that there is on the disks after check mode.
        calls: What services were asked, by step and client.
    """

    def __init__(self, office: Office) -> None:
        """Tell it."""
        self.office, self.shipped = office, office.everything()
        self.calls: dict[str, dict[str, list[str]]] = {}
        self.checked = self._step("check", "clients", "--check", "--diff")
        self.after_check = office.everything()
        self.done = self._step("done", "clients", "--diff")
        self.modes = {name: office.bundle(name).stat().st_mode for name in KINDS}
        self.after = office.everything()
        self.again = self._step("again", "clients")
        self.drift = self._step("drift", "clients_drift")

    def _step(self, step: str, *arguments: str) -> Result:
        result = self.office.play(*arguments)
        self.calls[step] = {name: self.office.calls(name) for name in KINDS}
        return result


@pytest.fixture(scope="module")
def story(place: Office) -> Story:
    """Return how it went."""
    place.reset()
    for name in KINDS:
        place.bundle(name).chmod(0o664)
    return Story(place)


class TestTrust:
    def test_is_predicted_without_touching_anything(self, story: Story) -> None:
        """Check mode names the same files and actions, writes nothing, restarts nothing, and counts the same tasks."""
        assert (story.checked.rc, story.done.rc) == (0, 0), story.done.stdout
        assert changes(story.checked) == changes(story.done)
        assert tasks_changed(story.checked) == tasks_changed(story.done)
        assert sorted(changes(story.done)) == sorted(KINDS)
        assert story.after_check == story.shipped
        assert not any(story.calls["check"].values())

    def test_is_added_behind_what_the_bundle_had(self, story: Story) -> None:
        """On every kind of client; owner and mode stay, and so does every other file."""
        for name in KINDS:
            path = str(story.office.bundle(name))
            assert story.after[path].startswith(story.shipped[path])
            assert story.after[path].replace(b"\r\n", b"\n").strip().endswith(ANCHORS)
        bundles = {str(story.office.bundle(name)) for name in KINDS}
        assert {mode & 0o777 for mode in story.modes.values()} == {0o664}
        assert all(story.after[path] == content for path, content in story.shipped.items() if path not in bundles)

    def test_is_read_by_one_restart_of_each_service(self, story: Story) -> None:
        """Stopped and started once, after the bundle had both anchors more."""
        assert {name: story.calls["done"][name] for name in SERVED} == {name: ["stop 3", "start 3"] for name in SERVED}

    def test_asks_the_user_of_a_workstation(self, story: Story) -> None:
        """It has no service; the run warns that it has to be started anew."""
        assert story.calls["done"]["ws"] == []
        assert "-e dwb_client_restarted=true" in warnings(story.done, "ws")
        assert "dwb_client_restarted" not in warnings(story.done, "report-1")

    def test_is_given_once(self, story: Story) -> None:
        """A second run changes and restarts nothing, and nothing is off."""
        assert (story.again.rc, story.again.changed) == (0, 0), story.again.stdout
        assert (story.drift.rc, story.drift.changed) == (0, 0), story.drift.stdout
        assert not any([*story.calls["again"].values(), *story.calls["drift"].values()])
        assert "-e dwb_client_restarted=true" in warnings(story.again, "ws")

    def test_is_noted_when_the_user_has_started_it_anew(self, story: Story) -> None:
        """From then on nobody is warned any more."""
        noted = story.office.play("clients", "--limit", "ws", "-e", "dwb_client_restarted=true")
        later = story.office.play("clients", "--limit", "ws")

        assert (noted.rc, later.rc, later.changed) == (0, 0, 0), noted.stdout
        assert "dwb_client_restarted" not in warnings(noted, "ws") + warnings(later, "ws")


class TestSensor:
    def test_can_be_stopped_before_its_file_is_replaced(self, office: Office) -> None:
        """Where the system lets nobody replace what is in use; another one is stopped after."""
        office.of_host = {"web-1": {"dwb_sensor_stop_first": True}}

        result = office.play("clients", "--limit", "dwb_sensor")

        assert result.rc == 0, result.stdout
        assert (office.calls("web-1"), office.calls("web-2")) == (["stop 1", "start 3"], ["stop 3", "start 3"])

    def test_never_restarts_a_web_server(self, office: Office) -> None:
        """A service of that name is refused before anything is touched, on this Sensor alone."""
        office.of_host = {"web-1": {"dwb_sensor_service_manager": "systemd", "dwb_sensor_service_name": "httpd"}}
        before = office.root("web-1").joinpath("lib/trust_ca_cert.pem").read_bytes()

        result = office.play("clients", "--limit", "dwb_sensor")

        assert (result.rc != 0, failed(result)) == (True, ["web-1"])
        assert "httpd is a web server, which is never restarted" in result.of("web-1", WHY).result["msg"]
        assert office.bundle("web-1").read_bytes() == before
        assert office.calls("web-2") == ["stop 3", "start 3"]


class TestDrift:
    def test_names_who_is_off(self, office: Office) -> None:
        """A bundle that an upgrade replaced; nothing is changed."""
        limit = ("--limit", "report-2,web-1,web-2")
        office.play("clients", *limit)
        office.bundle("web-2").write_bytes(office.server.plant.pem)
        before = office.everything()

        result = office.play("clients_drift", *limit)

        assert (result.rc != 0, failed(result), result.changed) == (True, ["web-2"], 0), result.stdout
        assert "run certops.rollout.clients to put it right" in result.of("web-2", "Plan").result["msg"]
        assert office.everything() == before


class TestVariables:
    @pytest.fixture
    def mistyped(self, office: Office) -> Result:
        """Return a run with a mistyped variable of each role."""
        office.of_host = {"web-1": {"dwb_sensor_verson": "5.2"}, "report-1": {"dwb_client_certifcate": {}}}
        office.common = {"dwb_service_name": "Insight", "dwb_accepted_loss": []}
        return office.play("clients", "--check", "--limit", "web-1,web-2,report-1,report-2")

    def test_that_are_mistyped_are_refused_on_their_host(self, mistyped: Result) -> None:
        """With the nearest one; those of another role are not taken for mistyped ones."""
        assert failed(mistyped) == ["report-1", "web-1"], mistyped.stdout
        assert "did you mean 'dwb_sensor_version'?" in mistyped.of("web-1", WHY).result["msg"]
        assert "did you mean 'dwb_client_certificate'?" in mistyped.of("report-1", WHY).result["msg"]

    def test_of_clients_are_known_to_a_rollout(self, office: Office) -> None:
        """An inventory may say everything in one place."""
        office.common = {"dwb_client_stop_first": True, "dwb_sensor_version": "5.2", "dwb_sensr_version": "5.2"}

        result = office.play("preflight", "--limit", "insight")

        said = result.of("insight", "Plan").result["msg"]
        assert "'dwb_sensr_version' is no option; did you mean 'dwb_sensor_version'?" in said
        assert "dwb_client_stop_first" not in said


class TestWindows:
    def test_clients_are_done_the_same_way(self, office: Office) -> None:
        """Every kind, by its own paths: trust, a certificate of its own, one restart; then nothing is left to do."""
        office.become_windows()
        office.give_certificate("report-1")
        office.trust_company()

        done, again = office.play("clients"), office.play("clients")

        assert (done.rc, again.rc, again.changed) == (0, 0, 0), done.stdout
        assert all(office.bundle(name).read_bytes().count(b"BEGIN") == 3 for name in KINDS)
        assert office.config("report-1").read_bytes().count(OWN.encode()) == 2
        assert [office.calls(name) for name in ("web-1", "report-1", "ws")] == [["stop 3", "start 3"], ["stop 3", "start 3"], []]
