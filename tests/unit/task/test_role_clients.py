# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles of clients and Sensors: their own files, read and evaluated by Ansible's own templates."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.certops.rollout.plugins.plugin_utils._task.client import CLIENT_GROUPS
from ansible_collections.certops.rollout.plugins.plugin_utils._task.options import argument_spec, role_options

from unit.source import ROOT

ROLES = ("dwb_client", "dwb_sensor")
CLIENT, SENSOR = "__dwb_client_service", "__dwb_sensor_service"
WORDS = ("status_command", "start_command", "stop_command")


def read(role: str, name: str) -> Any:
    """Return the content of a YAML file of a role."""
    return yaml.safe_load((ROOT / "roles" / role / name).read_text(encoding="utf-8"))


def trusted(value: Any) -> Any:
    """Return a value whose texts are templates, as those in the files of a role are."""
    if isinstance(value, dict):
        return {name: trusted(inner) for name, inner in value.items()}
    return trust_as_template(value) if isinstance(value, str) else value


def service(role: str, name: str, **variables: Any) -> Any:
    """Return how a client with *variables* is started anew."""
    own = {key: trusted(value) for key, value in read(role, "vars/main.yml").items()}
    return Templar(DataLoader(), variables=own | variables).template(trust_as_template("{{ " + name + " }}"))


def client(kind: str, system: str = "posix", **variables: Any) -> Any:
    """Return how a client of a kind is started anew."""
    return service("dwb_client", CLIENT, __dwb_client_survey={"kind": kind, "system": system}, **variables)


def sensor(system: str, **variables: Any) -> Any:
    """Return how a Sensor is started anew."""
    return service("dwb_sensor", SENSOR, __dwb_client_survey={"kind": "sensor", "system": system}, **variables)


class TestService:
    @pytest.mark.parametrize(("kind", "system", "manager"), [
        ("workstation", "windows", "none"), ("report_server", "windows", "win_service"), ("query_api", "posix", "systemd")])
    def test_of_a_client_is_its_system_s(self, kind: str, system: str, manager: str) -> None:
        """But a Workstation has none; the operator's word counts more."""
        assert client(kind, system)["manager"] == manager
        assert client(kind, system, dwb_client_service_manager="command")["manager"] == "command"

    def test_of_a_report_server_has_the_documented_name(self) -> None:
        """On Windows, and nothing else has one."""
        assert client("report_server", "windows")["name"] == "ReportServer"
        assert client("report_server", "windows", dwb_client_service_name="Reports")["name"] == "Reports"
        assert [client("report_server")["name"], client("repeater", "windows")["name"], sensor("windows")["name"]] == ["", "", ""]

    def test_of_a_sensor_is_the_operator_s(self) -> None:
        """What runs a transmitter is documented for Windows only."""
        assert (sensor("windows")["manager"], sensor("posix")["manager"]) == ("win_service", "command")

    def test_of_a_server_is_none_of_a_client_s(self) -> None:
        """What an inventory says for all servers starts no client."""
        of_servers = {"dwb_service_name": "Insight", "dwb_service_manager": "systemd", "dwb_start_command": "x"}

        assert client("repeater", "windows", **of_servers) == client("repeater", "windows")
        assert sensor("posix", **of_servers) == sensor("posix")

    @pytest.mark.parametrize("word", WORDS)
    def test_has_the_words_that_the_plan_asks_for(self, word: str) -> None:
        """Each of them from the variable of the same name."""
        assert client("query_api", **{f"dwb_client_{word}": "x"})[word] == sensor("posix", **{f"dwb_sensor_{word}": "x"})[word] == "x"
        assert set(client("query_api")) == set(sensor("posix")) == set(argument_spec("client_plan")["service"]["options"])


class TestOptions:
    @pytest.mark.parametrize("role", ROLES)
    def test_are_said_once_for_both_modules(self, role: str) -> None:
        """Each is one of the module's, and comes from a variable that the role declares."""
        [work] = read(role, "tasks/main.yml")
        given = work["module_defaults"]["group/certops.rollout.client"]
        used = {word for text in given.values() for word in text.replace("(", " ").split() if word.startswith("dwb_")}

        assert set(given) <= set(argument_spec("client"))
        assert used <= set(role_options(role))

    @pytest.mark.parametrize("role", ROLES)
    def test_of_the_role_leave_out_nothing_that_a_client_of_its_kind_has(self, role: str) -> None:
        """What the role does not say is of the other role, or the role's own business."""
        [work] = read(role, "tasks/main.yml")
        own = {"phases", "run", "restarted", "keep"}
        other = {"config", "sensor_version", "accept_old_sensor"} if role == "dwb_client" else {
            "data_path", "certificate", "certificate_name", "certificate_for", "store", "service_sid"}

        assert set(argument_spec("client")) - set(work["module_defaults"]["group/certops.rollout.client"]) == own | other

    def test_that_roles_share_are_declared_alike(self) -> None:
        """One inventory is for all of them."""
        cluster = role_options("dwb_cluster")
        for role in ROLES:
            shared = {name: option for name, option in role_options(role).items() if name in cluster and name != "dwb_root"}

            assert {"dwb_cluster_name", "dwb_trust_src", "dwb_trust_content", "dwb_min_days", "dwb_take_over"} == set(shared)
            assert all(option == cluster[name] for name, option in shared.items())


class TestStore:
    WORK = read("dwb_client", "tasks/store.yml")[0]

    def test_is_filled_by_its_user(self) -> None:
        """Everything happens as the user whose store it is, in a folder of that user's own."""
        modules = [name for task in self.WORK["block"] for name in task if name.startswith("ansible.windows.")]

        assert (self.WORK["become"], self.WORK["become_user"]) == (True, "{{ dwb_client_store_user }}")
        assert modules == [f"ansible.windows.win_{name}" for name in ("tempfile", "copy", "certificate_store", "certificate_store")]

    def test_is_the_one_that_the_product_reads(self) -> None:
        """My of the current user, with a key that can be exported (dossier 7)."""
        options = self.WORK["block"][2]["ansible.windows.win_certificate_store"]

        assert (options["store_location"], options["store_name"], options["key_exportable"]) == ("CurrentUser", "My", True)

    def test_leaves_no_file_behind(self) -> None:
        """Whatever becomes of the import; and what comes and goes is no change."""
        [clean] = self.WORK["always"]

        assert clean["ansible.windows.win_file"] == {"path": "{{ __dwb_client_folder.path }}", "state": "absent"}
        assert [task.get("changed_when") for task in (self.WORK["block"][0], self.WORK["block"][1], clean)] == [False] * 3

    def test_gets_the_key_under_its_passphrase_only(self) -> None:
        """The PKCS#12 file as its owner made it: nothing is decrypted on the way, and nothing is shown."""
        send = self.WORK["block"][1]

        assert send["ansible.windows.win_copy"]["src"] == "{{ dwb_client_certificate.pkcs12_src }}"
        assert (send["diff"], "content" in send["ansible.windows.win_copy"]) == (False, False)


class TestPlaybooks:
    @pytest.mark.parametrize("name", ["clients", "clients_drift"])
    def test_reach_every_kind_of_client(self, name: str) -> None:
        """By its group, in one play, so that one kind that fails altogether does not end the others' turn."""
        _servers, play = yaml.safe_load((ROOT / f"playbooks/{name}.yml").read_text(encoding="utf-8"))
        kinds = play["hosts"].removeprefix("~dwb_(").removesuffix(")$").split("|")

        assert {f"dwb_{kind}" for kind in kinds} == set(CLIENT_GROUPS)
        assert all(group in "".join(task["when"] for task in play["tasks"]) for group in CLIENT_GROUPS)

    @pytest.mark.parametrize(("groups", "kind", "data_path", "config"), [
        (["dwb_sensor"], "-", "-", "/etc/txlogd.conf"), (["dwb_report_server"], "report_server", "/srv/data", "-"),
        (["dwb_report_server", "dwb_sensor"], "-", "-", "/etc/txlogd.conf")])
    def test_ask_each_client_what_its_role_asks_it(self, groups: list[str], kind: str, data_path: str, config: str) -> None:
        """A Sensor's file said for all hosts made preflight refuse every other client; a host of two kinds was looked at as one."""
        [play] = yaml.safe_load((ROOT / "playbooks/survey_clients.yml").read_text(encoding="utf-8"))
        asked = {**play["tasks"][0]["certops.rollout.client_info"], "role": read("dwb_client", "tasks/main.yml")[0]["module_defaults"][
            "group/certops.rollout.client"]["kind"]}
        variables = {"group_names": groups, "omit": "-", "dwb_client_kind": "report_server", "dwb_client_data_path": "/srv/data",
                     "dwb_sensor_config": "/etc/txlogd.conf"}
        told = Templar(DataLoader(), variables=variables).template(trusted(asked))

        assert [told[name] for name in ("kind", "role", "data_path", "config")] == [kind, kind, data_path, config]
