# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook retire_ca: after a rotation the old CA leaves every bundle, unless somebody needs it."""

from __future__ import annotations

import json
import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from unit.core.dwb.clients import OWN, servers_cfg, shipped

from integration.conftest import Rotation
from integration.playbook import Result
from integration.test_rollout import LINE, changes
from integration.world import CUSTOM, Stage, findings, written


@dataclass(frozen=True)
class Retired:
    """
    One retirement, told once.

    Attributes:
        rotation: The cluster.
        checked: The run in check mode.
        after_check: The files after it, with the state beside them.
        before_check: The same before.
        done: The retirement.
        after: The files that it left.
        starts: How often each server was started.
        admitted: By ``old`` and ``new``, the servers that let a client in afterwards.
        again: The same once more.
        back: The rollback after all that.
        restored: The files that it left.
        admitted_again: Like ``admitted``, after the rollback.
    """

    rotation: Rotation
    checked: Result
    before_check: dict[str, bytes]
    after_check: dict[str, bytes]
    done: Result
    after: dict[str, bytes]
    starts: dict[str, int]
    admitted: dict[str, list[str]]
    again: Result
    back: Result
    restored: dict[str, bytes]
    admitted_again: dict[str, list[str]]


@pytest.fixture(scope="module")
def retired(rotation: Rotation) -> Retired:
    """Return how a retirement went that nothing stands against."""
    stage = rotation.again("new")
    # Whatever the inventory says, the trust alone is meant: a renewed certificate stays where it is.
    stage.common["dwb_phases"] = ["trust", "certificate", "configuration"]
    dpu = stage.names[1]
    before_check = stage.everything()
    with written(stage.pem(dpu), rotation.new.issuing.issue(dpu, key=f"rsa2048/{dpu}").pem):
        checked = stage.play("retire_ca", "--check")
        after_check = stage.everything()
        done = stage.play("retire_ca")
    after, starts, admitted = stage.files(), stage.starts(), admissions(rotation)
    again = stage.play("retire_ca")
    assert stage.starts() == starts
    stage.keep("retired")
    back = stage.play("rollback")
    return Retired(rotation, checked, before_check, after_check, done, after, starts, admitted, again, back,
                   stage.files(), admissions(rotation))


def admissions(rotation: Rotation) -> dict[str, list[str]]:
    """Return, by ``old`` and ``new``, the servers that accept the workstation's certificate of that CA in a live handshake."""
    return {which: [name for name in rotation.stage.names if is_admitted(rotation.stage, name, path)]
            for which, (_ignored, path) in rotation.clients.items()}


def is_admitted(stage: Stage, name: str, identity: Path) -> bool:
    """Tell whether a server goes on with a client that presents *identity*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2   # a refusal is then part of the handshake
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(identity)
    node = stage.node(name)
    try:
        with socket.create_connection((node.address, node.ssl_port), 5) as plain, context.wrap_socket(plain):
            return True
    except ssl.SSLError:
        return False


def refused(stage: Stage) -> str:
    """Return what a retirement lists; make sure that it fails, and touches nothing."""
    before, starts = stage.everything(), stage.starts()

    result = stage.play("retire_ca")

    assert result.rc != 0, result.stdout
    assert "Nothing was touched." in result.stdout
    assert result.changed == 0
    assert (stage.everything(), stage.starts()) == (before, starts)
    return "\n".join(findings(result))


class TestRetirement:
    def test_in_check_mode_changes_nothing_and_predicts_everything(self, retired: Retired) -> None:
        """Files, actions and fingerprints are those of the retirement that follows."""
        assert retired.checked.rc == 0, retired.checked.stdout
        assert retired.after_check == retired.before_check
        assert changes(retired.checked) == changes(retired.done)
        assert {change["action"] for of_host in changes(retired.done).values() for change in of_host} == {"remove 3 anchors"}

    def test_takes_the_old_ca_out_of_every_bundle_and_touches_nothing_else(self, retired: Retired) -> None:
        """Every other byte stays, in bundles and all other files."""
        bundles = {str(retired.rotation.stage.bundle(name)): retired.rotation.bundle_after(name) for name in retired.rotation.stage.names}

        assert retired.done.rc == 0, retired.done.stdout
        assert retired.after == {**retired.rotation.before, **bundles}

    def test_restarts_every_server_once_and_shuts_old_clients_out(self, retired: Retired) -> None:
        """A bundle is read at the start only; a client of the new CA gets in, one of the old CA does not."""
        names = retired.rotation.stage.names

        assert retired.starts == dict.fromkeys(names, 1)
        assert retired.admitted == {"old": [], "new": names}

    def test_changes_nothing_the_second_time(self, retired: Retired) -> None:
        """It succeeds, and no server is restarted."""
        assert (retired.again.rc, retired.again.changed) == (0, 0), retired.again.stdout

    def test_is_taken_back_by_a_rollback(self, retired: Retired) -> None:
        """Files as before, and servers restarted, so that they trust the old CA in fact."""
        names = retired.rotation.stage.names

        assert retired.back.rc == 0, retired.back.stdout
        assert retired.restored == retired.rotation.before
        assert retired.admitted_again == {"old": names, "new": names}

    def test_is_watched_over_by_drift(self, retired: Retired) -> None:
        """An old CA that came back with an upgrade is named; without it nothing is off."""
        rotation = retired.rotation
        stage = rotation.stage.back_to("retired")
        stage.common = {"dwb_trust_src": rotation.new_anchors, "dwb_retired_ca": rotation.retired}
        master, upgraded = stage.names

        good = stage.play("drift")
        with written(stage.bundle(upgraded), rotation.before[str(stage.bundle(upgraded))]):
            bad = stage.play("drift")

        assert good.rc == 0, good.stdout
        assert bad.rc != 0
        assert (bad.stats[master]["failures"], bad.stats[upgraded]["failures"]) == (0, 1)
        assert "trust_ca_cert.pem: remove 3 anchors" in bad.stdout


class TestRefusal:
    def test_names_every_certificate_that_needs_the_old_ca(self, rotation: Rotation) -> None:
        """Installed and named by nothing, served, and a client's: all at once, with the CAs and the nodes that would refuse them."""
        stage = rotation.again("old", "new")
        master, dpu = stage.names
        for name in stage.names:
            stage.file(name, "Certificates", CUSTOM).write_bytes(rotation.old_leaves[name].pem)
        cfg = stage.communications(master)
        cfg.write_bytes(cfg.read_bytes().replace(LINE, b""))
        stage.world.cluster.stop()
        stage.world.cluster.start()
        stage.forget_history()

        told = refused(stage)

        gone = "'CN=Plant Root CA', 'CN=Plant Policy CA', 'CN=Plant Issuing CA'"
        whom = f"which {master}, {dpu} would no longer trust"
        assert f"{master}: {CUSTOM}: its certificate '{master}' needs {gone}, {whom}" in told
        assert f"{dpu}: {CUSTOM}: its certificate '{dpu}' needs {gone}, {whom}" in told
        assert f"{rotation.clients['old'][1]}: its certificate 'workstation' needs {gone}, {whom}" in told
        assert str(rotation.clients["new"][1]) not in told
        assert len(told.splitlines()) == 3, told

    def test_names_a_client_of_the_inventory_whose_certificate_needs_the_old_ca(self, rotation: Rotation) -> None:
        """It is surveyed where it is; one with a certificate of the new CA, or one that is given up, keeps nobody waiting."""
        stage = rotation.again()
        root = stage.folder / "report"
        files = {**shipped("report_server", str(root)), f"{root}/ReportServer.cfg": servers_cfg(OWN.encode(), OWN.encode()),
                 f"{root}/Certificates/trust_ca_cert.pem": rotation.new.root.pem + rotation.new.policy.pem + rotation.new.issuing.pem}
        for path, content in files.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(content)
        stage.clients = {"dwb_report_server": {"report": {"dwb_root": str(root)}}}
        own = root / "Certificates" / OWN

        own.write_bytes(rotation.clients["old"][0].pem)
        told = refused(stage)
        stage.common["dwb_accepted_loss"] = ["report"]
        given_up = stage.play("retire_ca", "--check")
        own.write_bytes(rotation.clients["new"][0].pem)
        del stage.common["dwb_accepted_loss"]
        ready = stage.play("retire_ca", "--check")

        assert re.fullmatch("report: its certificate 'workstation' needs 'CN=Plant Root CA'.* would no longer trust; .*", told)
        assert [result.rc for result in (given_up, ready)] == [0, 0], given_up.stdout + ready.stdout

    def test_of_a_server_that_does_not_present_what_is_on_its_disk(self, rotation: Rotation) -> None:
        """What it needs is what it presents, and its files do not show that."""
        stage = rotation.again()
        odd = stage.names[1]
        stage.world.cluster.state(odd).misbehave("old-certificate")
        stage.world.cluster.stop(odd)
        stage.world.cluster.start(odd)
        stage.forget_history()

        assert f"{odd}: serves another certificate than the one on its disk" in refused(stage)

    def test_of_the_root_of_visual_sciences(self, rotation: Rotation) -> None:
        """It is never removed, by nobody, whatever else is named with it."""
        stage = rotation.again()
        stage.common["dwb_retired_ca"] = [*rotation.retired, stage.world.cluster.licensor.authority.fingerprint]

        told = refused(stage)

        for name in stage.names:
            assert re.search(rf"^{name}: {stage.bundle(name)}: line \d+: .*Visual Sciences.* is never retired", told, re.M), told

    def test_of_what_the_server_itself_needs_by_the_module_alone(self, rotation: Rotation) -> None:
        """A playbook without a rehearsal cannot lock a server out of its own cluster."""
        stage = rotation.again()
        dpu = stage.names[1]
        stage.file(dpu, "Certificates", CUSTOM).write_bytes(rotation.old_leaves[dpu].pem)
        before = stage.everything()
        task = {"name": "Retire", "certops.rollout.node": {"root": "{{ dwb_root }}", "phases": ["trust"], "retired": rotation.retired}}

        result = stage.play(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]), "--limit", dpu)

        assert f"{CUSTOM}: its certificate '{dpu}' needs " in result.of(dpu, "Retire").result["msg"]
        assert stage.everything() == before

    def test_of_nothing(self, rotation: Rotation) -> None:
        """Without a name of what is to go there is nothing to retire."""
        stage = rotation.again()
        del stage.common["dwb_retired_ca"]

        assert "dwb_retired_ca: is empty: there is nothing to retire" in refused(stage)
