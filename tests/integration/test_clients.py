# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles dwb_client and dwb_sensor through their playbooks: each client a transaction of its own, and no web server restarted."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.core.dwb.servers import company

from integration.office import KINDS, OWN, Office, open_office
from integration.playbook import Result

ANCHORS = b"".join(authority.pem for authority in company()).replace(b"\r\n", b"\n").strip()
SERVED = [name for name in KINDS if name != "ws"]
CHANGE, WHY = "Bring its files to what is wanted", "Say what happened"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Return clients of all kinds."""
    return open_office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(place: Office) -> Office:
    """Return them as they are shipped."""
    place.reset()
    return place


def failed(result: Result) -> list[str]:
    """Return the hosts that failed in the end."""
    return sorted(name for name, stats in result.stats.items() if stats["failures"])


def changes(result: Result) -> dict[str, list[tuple[str, str]]]:
    """Return what was changed in files, by host: path and action; without the notes that a run leaves."""
    return {event.host: [(change["path"], change["action"]) for change in event.result["changes"] if change["action"][:5] != "note "]
            for event in result.all(task=CHANGE) if "changes" in event.result}


def warnings(result: Result, name: str) -> str:
    """Return what one client's plan warns of."""
    return "\n".join(result.of(name, "Plan").result.get("warnings", ()))


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
        """Check mode names the same files and actions, writes nothing, and restarts nothing."""
        assert (story.checked.rc, story.done.rc) == (0, 0), story.done.stdout
        assert changes(story.checked) == changes(story.done)
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


class TestClientThatFails:
    @pytest.mark.parametrize("name", ["report-1", "web-1"])
    def test_to_start_is_taken_back_and_the_others_go_on(self, office: Office, name: str) -> None:
        """It runs again with the files that it had; the exit status tells."""
        before = {path: content for path, content in office.files().items() if path.startswith(str(office.root(name)))}
        office.break_service(name, times=1)

        result = office.play("clients")

        assert (result.rc != 0, failed(result)) == (True, [name]), result.stdout
        assert {path: content for path, content in office.files().items() if path.startswith(str(office.root(name)))} == before
        assert (office.calls(name), office.is_up(name)) == (["stop 3", "start 3", "start 1"], True)
        assert "was taken back on this client." in result.of(name, WHY).result["msg"]
        assert "does not start" in result.of(name, WHY).result["msg"]
        assert all(office.bundle(other).read_bytes().count(b"BEGIN") == 3 for other in KINDS if other != name)

    def test_to_start_for_good_is_told(self, office: Office) -> None:
        """Its files are back, and the operator knows that it is down; drift goes on naming what is off."""
        office.break_service("report-1", times=9)

        result = office.play("clients", "--limit", "report-1")

        assert "which does not start any more" in result.of("report-1", WHY).result["msg"]
        assert office.bundle("report-1").read_bytes().count(b"BEGIN") == 1
        assert not office.is_up("report-1")

    def test_is_done_by_the_next_run(self, office: Office) -> None:
        """Whatever it was is mended: nothing of the failed run is in the way."""
        office.break_service("report-1", times=1)
        office.play("clients", "--limit", "report-1")

        result = office.play("clients", "--limit", "report-1")

        assert (result.rc, office.bundle("report-1").read_bytes().count(b"BEGIN")) == (0, 3), result.stdout

    def test_to_be_understood_is_not_touched(self, office: Office) -> None:
        """All of the clients at once, and then the Sensors still have their turn."""
        office.config("web-1").write_text("SSL on\nCertName insight\nCertPath /nowhere/at/all\n")
        for name in SERVED[:4]:
            office.bundle(name).write_bytes(b"no certificate\n-----BEGIN CERTIFICATE-----\n")
        before = {name: office.bundle(name).read_bytes() for name in SERVED[:4]}

        result = office.play("clients", "--limit", "all:!ws")

        assert failed(result) == sorted([*SERVED[:4], "web-1"])
        assert {name: office.bundle(name).read_bytes() for name in SERVED[:4]} == before
        assert all("Nothing was touched." in result.of(name, WHY).result["msg"] for name in failed(result))
        assert "CertPath /nowhere/at/all" in result.of("web-1", WHY).result["msg"]
        assert office.calls("web-2") == ["stop 3", "start 3"]


class TestCertificateOfItsOwn:
    def test_waits_until_the_server_trusts_it(self, office: Office) -> None:
        """Trust is given at once, the certificate when nobody refuses it any more; then nothing is left to do."""
        leaf = office.give_certificate("report-1")
        limit = ("--limit", "report-1,insight")

        first = office.play("clients", *limit)
        waiting = (office.bundle("report-1").read_bytes().count(b"BEGIN"), list(office.root("report-1").rglob(OWN)))
        office.trust_company()
        second, third = office.play("clients", *limit), office.play("clients", *limit)

        assert (first.rc, second.rc, third.rc, third.changed) == (0, 0, 0, 0), second.stdout
        assert waiting == (3, [])
        assert "insight refuses it: error 20" in warnings(first, "report-1")
        assert (office.root("report-1") / "Certificates" / OWN).read_bytes() == leaf.pem
        assert office.config("report-1").read_bytes().count(OWN.encode()) == 2
        assert office.calls("report-1") == ["stop 3", "start 3", "stop 3", "start 3"]

    def test_waits_for_servers_that_nobody_asked(self, office: Office) -> None:
        """A server that --limit leaves out may refuse it."""
        office.give_certificate("report-1")
        office.trust_company()

        result = office.play("clients", "--limit", "report-1")

        assert result.rc == 0, result.stdout
        assert "insight could not be asked" in warnings(result, "report-1")
        assert not list(office.root("report-1").rglob(OWN))

    def test_is_taken_out_with_the_rest_when_the_client_does_not_start(self, office: Office) -> None:
        """Key, names and trust: all files are as they were."""
        office.give_certificate("report-1")
        office.trust_company()
        office.break_service("report-1", times=1)
        before = office.files()

        result = office.play("clients", "--limit", "report-1,insight")

        assert failed(result) == ["report-1"]
        assert office.files() == before

    @pytest.mark.parametrize("arguments", [("clients", "--check", "--diff"), ("clients", "--diff", "-vvv")])
    def test_shows_no_key(self, office: Office, arguments: tuple[str, ...]) -> None:
        """Neither in a diff nor in what a failed run says."""
        leaf = office.give_certificate("query")
        office.trust_company()
        office.break_service("query", times=1)

        result = office.play(*arguments, "--limit", "query,insight")

        secret = leaf.key_pem.splitlines()[2].decode()
        assert "PRIVATE KEY" not in result.stdout
        assert secret not in result.stdout + repr(result.events)


class TestDrift:
    def test_names_who_is_off(self, office: Office) -> None:
        """A bundle that an upgrade replaced; nothing is changed."""
        office.play("clients")
        office.bundle("web-2").write_bytes(office.server.plant.pem)
        before = office.everything()

        result = office.play("clients_drift")

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


def test_paths_of_all_clients_differ(office: Office) -> None:
    """Each has files of its own, so that what one test says of a client is said of no other."""
    bundles: list[Path] = [office.bundle(name) for name in KINDS]

    assert len(set(bundles)) == len(KINDS)
