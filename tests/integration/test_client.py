# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules client and client_info, run by ansible-playbook on the files of each kind of client."""

from __future__ import annotations

import json
import shutil
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from plugins.connection.counting import round_trips
from unit.core.dwb.clients import MASTER, OWN, REPLICATE, STUNNEL, own_leaf, servers_cfg

from integration.clients import CERTIFICATE, COMPANY, KINDS, TRUST, bundle_of, make_client, make_newer, options_of
from integration.install import refusals
from integration.leaks import Secrets
from integration.playbook import finish, prepare, run_playbook


class TestTrust:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_added_and_once_only(self, tmp_path: Path, kind: str) -> None:
        """Whatever the kind: check mode writes nothing, the bundle grows at its end, owner and mode stay, a second run changes nothing."""
        node = make_client(tmp_path, kind)
        bundle = bundle_of(node, kind)
        old = bundle.read_bytes()
        bundle.chmod(0o664)

        checked, done, again = node.rehearse("client", {**options_of(node, kind), **TRUST})

        assert bundle.read_bytes() == old + COMPANY
        assert stat.S_IMODE(bundle.stat().st_mode) == 0o664
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert checked.result["changes"][0] == done.result["changes"][0]
        assert (done.result["restart_pending"], again.result["restart_pending"]) == (True, True)
        assert checked.result["diff"][0]["after"] == bundle.read_text()

    def test_goes_where_insight_ini_says(self, tmp_path: Path) -> None:
        """The data of a Workstation from 6.4 on; the program's folder is left alone."""
        node = make_newer(tmp_path)

        _checked, done, again = node.rehearse("client", {"kind": "workstation", **TRUST})

        assert (node.root / "data" / "Certificates" / "trust_ca_cert.pem").read_bytes().endswith(COMPANY)
        assert (done.result["folder"], again.result["changed"]) == (str(node.root / "data"), False)
        assert (node.root / "data.certops" / "marker").is_file()

    def test_waits_for_the_restart_and_notes_it(self, tmp_path: Path) -> None:
        """It stays pending until somebody says that it has happened."""
        node = make_client(tmp_path, "sensor")
        where = options_of(node, "sensor")
        run = {"run": "20260314T091500Z-3f9a1c"}

        told = node.play({"name": "Do", "module": "client", "options": {**where, **TRUST, **run}},
                         {"name": "Look", "module": "client_info", "options": {**where, "phases": []}},
                         {"name": "Note", "module": "client", "options": {**where, **run, "phases": [], "restarted": True}},
                         {"name": "Again", "module": "client", "options": {**where, **run, "phases": [], "restarted": True}},
                         {"name": "Look again", "module": "client_info", "options": {**where, "phases": []}})

        results = {name: told.of("node", name).result for name in ("Do", "Look", "Note", "Again", "Look again")}
        assert [results[name]["restart_pending"] for name in results] == [True, True, False, False, False]
        assert [results[name]["changed"] for name in results] == [True, False, True, False, False]

    def test_is_taken_back_by_the_folder(self, tmp_path: Path) -> None:
        """node_restore needs no more than the folder that the survey tells; the note about it stays."""
        node = make_client(tmp_path, "sensor")
        before = node.snapshot()
        where, run = options_of(node, "sensor"), "20260314T091500Z-3f9a1c"
        back = {"module": "node_restore", "options": {"root": str(node.root / "lib"), "run": run}}

        told = node.play({"name": "Do", "module": "client", "options": {**where, **TRUST, "run": run}},
                         {"name": "Check", "check_mode": True, **back}, {"name": "Back", **back}, {"name": "Again", **back},
                         {"name": "Look", "module": "client_info", "options": {**where, "phases": []}})

        assert [told.of("node", name).result["changed"] for name in ("Check", "Back", "Again")] == [True, True, False]
        assert {path: content for path, content in node.snapshot().items() if "lib.certops" not in path} == before
        look = told.of("node", "Look").result
        assert (look["taken_back"], look["restart_pending"], look["folder"]) == (run, False, str(node.root / "lib"))

    def test_is_not_taken_back_under_another_controller(self, tmp_path: Path) -> None:
        """Unless forced, as the marker was edited here; of a run that has left nothing nothing is to be taken back, whoever is at work."""
        node = make_client(tmp_path, "sensor")
        run, back = "20260314T091500Z-3f9a1c", {"root": str(node.root / "lib")}
        node.play({"name": "Do", "module": "client", "options": {**options_of(node, "sensor"), **TRUST, "run": run}})
        marker = Path(f"{back['root']}.certops") / "marker"
        marker.write_text(json.dumps(json.loads(marker.read_text()) | {"holder": "elsewhere-1"}))

        assert f"rollout {run} by elsewhere-1" in refusals(node, "node_restore", {"case": {**back, "run": run}})["case"]
        told = node.play({"name": "Other", "module": "node_restore", "options": {**back, "run": "20260101T000000Z-abcdef"}},
                         {"name": "Back", "module": "node_restore", "options": {**back, "run": run, "force": True}})

        assert [told.of("node", name).result["changed"] for name in ("Other", "Back")] == [False, True]

    def test_ends_an_interrupted_run_when_told_so(self, tmp_path: Path) -> None:
        """The twin without take_over is refused with the run's name; the lock is gone afterwards."""
        node = make_client(tmp_path, "query_api")
        lock = Path(f"{node.root}.certops") / "lock"
        lock.parent.mkdir(mode=0o700)
        lock.write_text("20260101T000000Z-abcdef.1-1-elsewhere-1 1700000000\n")
        options = {"kind": "query_api", **TRUST}

        assert "take_over: 20260101T000000Z-abcdef" in refusals(node, "client", {"case": options})["case"]
        told = node.play({"name": "Do", "module": "client", "options": {**options, "take_over": "20260101T000000Z-abcdef"}})

        assert told.of("node", "Do").result["changed"]
        assert not lock.exists()
        assert bundle_of(node, "query_api").read_bytes().endswith(COMPANY)


class TestCertificate:
    @pytest.mark.parametrize(("kind", "config", "content"), [
        ("workstation", "Insight.cfg", servers_cfg(OWN.encode(), OWN.encode())),
        ("report_server", "ReportServer.cfg", servers_cfg(OWN.encode(), OWN.encode())),
        ("repeater", "Components/Replicate.cfg", REPLICATE.replace(b"= string: \n", b"= string: Certificates\\\\" + OWN.encode() + b"\n")),
        ("query_api", "stunnel.conf", STUNNEL.replace(b"Jane Doe.pem", OWN.encode())),
    ])
    def test_is_installed_and_presented(self, tmp_path: Path, kind: str, config: str, content: bytes) -> None:
        """Trust, key and configuration in one transaction; the key is readable for its owner only, and shown to nobody."""
        node = make_client(tmp_path, kind)
        own = bundle_of(node, kind).with_name(OWN)

        checked, done, again = node.rehearse("client", {**options_of(node, kind), **TRUST, **CERTIFICATE})

        assert (node.root / config).read_bytes() == content
        assert (own.read_bytes(), stat.S_IMODE(own.stat().st_mode)) == (own_leaf().pem, 0o600)
        assert [event.result["changed"] for event in (checked, done, again)] == [True, True, False]
        assert len(done.result["changes"]) == 4
        assert not Secrets([own_leaf().key]).found(json.dumps([event.result for event in (checked, done, again)]).encode())
        assert "c2VjcmV0" not in json.dumps([checked.result, done.result])

    def test_is_shown_to_the_chosen_servers_only(self, tmp_path: Path) -> None:
        """The others get Adobe's by its name, since a blank would be ambiguous now."""
        node = make_client(tmp_path, "workstation")

        node.rehearse("client", {"kind": "workstation", **TRUST, **CERTIFICATE, "certificate_for": [MASTER]})

        assert (node.root / "Insight.cfg").read_bytes() == servers_cfg(OWN.encode(), b"Jane Doe.pem")

    def test_is_named_in_the_windows_store(self, tmp_path: Path) -> None:
        """No key is written; the connections name subject and issuer."""
        node = make_client(tmp_path, "workstation")

        _checked, done, again = node.rehearse("client", {"kind": "workstation", **TRUST, **CERTIFICATE, "store": "windows"})

        assert (node.root / "Insight.cfg").read_bytes().count(b"SSL CryptoAPI Cert Name = string: Jane Doe\r\n") == 2
        assert not (node.root / "Certificates" / OWN).exists()
        assert (done.result["changed"], again.result["changed"]) == (True, False)


class TestClientInfo:
    @pytest.mark.parametrize("kind", KINDS)
    def test_tells_the_same_as_it_would_do(self, tmp_path: Path, kind: str) -> None:
        """Nothing is changed; what is planned is what check mode of the change plans."""
        node = make_client(tmp_path, kind)
        before = node.snapshot()
        options = {**options_of(node, kind), **TRUST, **({} if kind == "sensor" else CERTIFICATE)}

        told = node.play({"name": "Look", "module": "client_info", "options": options},
                         {"name": "Check", "check_mode": True, "module": "client", "options": options})

        look, check = told.of("node", "Look").result, told.of("node", "Check").result
        assert node.snapshot() == before
        assert (look["changed"], look["findings"], look["kind"]) == (False, [], kind)
        assert [change for phase in look["changes"].values() for change in phase] == check["changes"][:-1]
        assert look["bundle_after"].encode() == bundle_of(node, kind).read_bytes() + COMPANY
        assert "PRIVATE KEY" not in json.dumps(look)

    def test_tells_findings_and_does_not_fail(self, tmp_path: Path) -> None:
        """The twin: something is wrong, and still all else is told."""
        node = make_client(tmp_path, "sensor")
        shutil.rmtree(node.root / "lib")

        told = node.play({"name": "Look", "module": "client_info", "options": {**options_of(node, "sensor"), **TRUST}})

        look = told.of("node", "Look").result
        assert [finding["rule"] for finding in look["findings"]] == ["cert-path"]
        assert (look["bundle_now"], look["bundle_after"], look["changes"]) == ("", "", {"trust": []})


class TestRoundTrips:
    def test_are_one_where_all_is_as_it_should_be(self, tmp_path: Path) -> None:
        """Two where a file of the client has to tell where the others are; a survey costs the same as a change that finds nothing to do."""
        nodes = {kind: make_client(tmp_path / kind, kind) for kind in KINDS} | {"newer": make_newer(tmp_path / "newer")}
        kinds = {name: name if name in KINDS else "workstation" for name in nodes}
        hosts = {name: {"root": str(node.root), **options_of(node, kinds[name])} for name, node in nodes.items()}
        lines = tmp_path / "round-trips"
        inventory = json.dumps({"all": {"vars": {"ansible_connection": "counting", "certops_count_file": str(lines)},
                                        "hosts": {name: {"where": where} for name, where in hosts.items()}}})
        tasks = [{"name": name, f"certops.rollout.{name}": "{{ where | combine(trust) }}"} for name in ("client", "client_info")]
        play = json.dumps([{"hosts": "all", "gather_facts": False, "vars": {"trust": TRUST}, "tasks": tasks}])
        environment = {"ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).parents[1] / "plugins" / "connection")}

        first = finish(prepare(play, inventory, folder=tmp_path / "first", env=environment))
        lines.unlink()
        second = finish(prepare(play, inventory, folder=tmp_path / "second", env=environment))

        assert (first.rc, first.changed, second.rc, second.changed) == (0, len(nodes), 0, 0), first.stdout + second.stdout
        assert Counter(host for host, _ignored in round_trips(lines)) == {name: 4 if name in {"sensor", "newer"} else 2 for name in nodes}


class TestModuleDefaults:
    def test_are_those_of_the_group_client(self, tmp_path: Path) -> None:
        """What a client should be like is said once, and its kind by the inventory."""
        node = make_client(tmp_path, "report_server")
        defaults = {"group/certops.rollout.client": {"root": str(node.root), **TRUST}}
        tasks: list[dict[str, Any]] = [{"name": name, f"certops.rollout.{name}": {}} for name in ("client_info", "client")]

        result = run_playbook(json.dumps([{"hosts": "all", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]),
                              "[dwb_report_server]\nnode ansible_connection=local\n", folder=tmp_path / "run")

        assert (result.rc, result.changed) == (0, 1), result.stdout
        assert bundle_of(node, "report_server").read_bytes().endswith(COMPANY)
