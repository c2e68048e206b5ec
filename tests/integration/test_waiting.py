# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rollout waits for the clients: those of the inventory, and those that the servers' access logs name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from unit.core.dwb.clients import shipped
from unit.core.dwb.servers import licensor

from integration.playbook import Result
from integration.test_refusals import refused
from integration.test_round_trips import counted
from integration.world import Stage, written

STRANGER = "192.0.2.77"
LOOK = "Survey the client as it is"


@dataclass(frozen=True)
class Site:
    """A cluster, and a Workstation and a Sensor that trust its company's CA; a test breaks one thing."""

    stage: Stage

    def root(self, host: str) -> Path:
        """Return the folder of a client."""
        return self.stage.folder / "clients" / host

    def bundle(self, host: str) -> Path:
        """Return the trust bundle of a client."""
        return self.root(host) / ("lib" if host == "sensor-1" else "Certificates") / "trust_ca_cert.pem"

    def preflight(self, **common: Any) -> Result:
        """Return how a preflight goes with some variables more."""
        self.stage.common = common
        return self.stage.play("preflight")

    @contextmanager
    def logged(self, host: str, *lines: str) -> Iterator[None]:
        """Let a server have logged *lines* today, and nothing else."""
        log = self.stage.file(host, "Audit", f"{datetime.now():%Y%m%d}-access.txt")
        with written(log, "".join(f"{line}\r\n" for line in lines).encode()):
            yield


def connected(address: str) -> str:
    """Return the line of a connection."""
    return f"{address}:50123  {datetime.now().isoformat(sep=' ', timespec='milliseconds')}  Connection established."


@pytest.fixture
def site(pair: Stage) -> Site:
    """Return the cluster as it was shipped, with clients that are ready for the rollout."""
    found = Site(pair.back_to("shipped"))
    pair.wait_until_served()
    for host, kind in {"ws-07": "workstation", "sensor-1": "sensor"}.items():
        for path, content in shipped(kind, str(found.root(host))).items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(content)
        found.bundle(host).write_bytes(found.bundle(host).read_bytes() + b"".join(Path(each).read_bytes() for each in pair.world.anchors))
    pair.clients = {"dwb_workstation": {"ws-07": {"dwb_root": str(found.root("ws-07"))}},
                    "dwb_sensor": {"sensor-1": {"dwb_sensor_config": str(found.root("sensor-1") / "etc" / "txlogd.conf")}}}
    return found


class TestClient:
    def test_without_the_trust_is_named_and_nothing_is_touched(self, site: Site) -> None:
        """One line for each client, with the servers that it would refuse, OpenSSL's reason and the playbook that helps."""
        bundles = [site.bundle(host) for host in ("ws-07", "sensor-1")]
        for bundle in bundles:
            bundle.write_bytes(licensor().pem)

        told = refused(site.stage)

        assert told == [f"servers activated: {host} would refuse the certificate of {', '.join(site.stage.names)} as TLS server: "
                        "error 20, unable to get local issuer certificate; "
                        "run certops.rollout.clients first, or list the client in dwb_accepted_loss" for host in ("ws-07", "sensor-1")]
        assert [bundle.read_bytes() for bundle in bundles] == [licensor().pem] * 2
        assert site.preflight(dwb_accepted_loss=["ws-07"]).rc != 0
        assert site.preflight(dwb_accepted_loss=["ws-07", "sensor-1"]).rc == 0

    def test_that_cannot_be_surveyed_is_named_with_the_reason(self, site: Site) -> None:
        """Lost, or of an unknown layout: both at once; the servers are surveyed all the same, and both can be given up."""
        site.stage.clients["dwb_workstation"]["ws-07"] |= {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
        (site.root("sensor-1") / "etc" / "txlogd.conf").write_bytes(b"what is this?\n")

        told = refused(site.stage)
        given_up = site.preflight(dwb_accepted_loss=["ws-07", "sensor-1"])

        assert len(told) == 2
        assert told[0].startswith("ws-07: client: ")
        assert "Connection refused" in told[0]
        assert told[1].startswith(f"sensor-1: {site.root('sensor-1')}/etc/txlogd.conf")
        assert given_up.rc == 0, given_up.stdout
        assert "ws-07: client: " in given_up.stdout.replace("\n", " ")

    def test_left_out_by_limit_is_no_reason_to_leave_read_only_work(self, site: Site) -> None:
        """A preflight of one server may be asked for; a rollout needs everybody."""
        result = site.stage.play("preflight", "--limit", site.stage.names[0])

        assert result.rc == 0, result.stdout
        assert "sensor-1: client: was not surveyed" in result.stdout

    def test_has_a_row_in_the_report(self, site: Site) -> None:
        """Below the servers, with its kind; it serves nothing."""
        rows = [line.split() for line in site.preflight().stdout.splitlines() if line.startswith(("ws-07 ", "sensor-1 "))]

        assert [row[:2] for row in rows if "ok=" not in "".join(row)] == [["ws-07", "workstation"], ["sensor-1", "sensor"]]

    def test_of_another_cluster_is_not_waited_for(self, site: Site) -> None:
        """Its own rollout will."""
        site.stage.clients["dwb_sensor"]["sensor-1"] |= {"dwb_cluster_name": "other", "dwb_sensor_config": "/nowhere/txlogd.conf"}

        assert site.preflight().rc == 0


class TestStranger:
    def test_in_an_access_log_is_named_by_address_and_nothing_is_touched(self, site: Site) -> None:
        """With the servers that it connected to; loopback is nobody."""
        master, dpu = site.stage.names

        with site.logged(master, connected(STRANGER), connected("127.0.0.1")), site.logged(dpu, connected(STRANGER)):
            told = refused(site.stage)

        assert len(told) == 1
        assert told[0].startswith(f"{STRANGER}: has connected to {master}, {dpu} (2 times, last 20")

    @pytest.mark.parametrize("variables", [
        {"dwb_client_addresses": ["192.0.2.0/24"]}, {"dwb_accepted_loss": [STRANGER]}, {"dwb_audit_days": 0}], ids=str)
    def test_keeps_nobody_waiting_who_knows_it(self, site: Site, variables: dict[str, Any]) -> None:
        """It has the trust, or is given up, or nobody is to look."""
        with site.logged(site.stage.names[0], connected(STRANGER)):
            result = site.preflight(**variables)
            unknown = site.preflight()

        assert result.rc == 0, result.stdout
        assert unknown.rc != 0

    def test_is_known_by_the_address_of_a_client(self, site: Site) -> None:
        """In numbers, as the inventory has it."""
        site.stage.clients["dwb_workstation"]["ws-07"]["dwb_address"] = STRANGER

        with site.logged(site.stage.names[0], connected(STRANGER)):
            assert site.preflight().rc == 0

    def test_cannot_be_told_from_a_log_that_is_not_understood(self, site: Site) -> None:
        """Wherever the server keeps it: then nobody knows who connects, and the rollout does not begin."""
        master = site.stage.names[0]
        cfg = site.stage.communications(master)
        log = site.stage.file(master, "Trace", f"{datetime.now():%Y%m%d}-access.txt")

        with written(cfg, cfg.read_bytes().replace(b"Audit\\\\\r", b"Trace\\\\\r", 1)), written(log, b"no address here\r\n"):
            told = refused(site.stage)

        assert told == [(f"{master}: {log}: none of 1 lines names an address, so nobody can tell who connects; "
                         "make sure of your clients, then set dwb_audit_days: 0")]


class TestClusterAsItShouldBe:
    def test_waits_for_nobody(self, site: Site) -> None:
        """Rolled out with its clients; then a lost client and a stranger stop nothing, and every server is asked once."""
        first = site.stage.play("rollout")
        site.stage.clients["dwb_sensor"]["sensor-1"]["dwb_sensor_config"] = "/nowhere/txlogd.conf"
        site.stage.forget_history()

        with site.logged(site.stage.names[0], connected(STRANGER)):
            again, trips = counted(site.stage, "rollout")

        assert first.rc == 0, first.stdout
        assert (again.rc, again.changed) == (0, 0), again.stdout
        assert {name: trips[name] for name in site.stage.names} == dict.fromkeys(site.stage.names, 1)
        assert site.stage.starts() == dict.fromkeys(site.stage.names, 0)

    def test_says_nothing_of_clients_that_it_has_not(self, site: Site) -> None:
        """No warning, and no task."""
        site.stage.clients = {}
        result = site.preflight()

        assert result.rc == 0
        assert "Could not match" not in result.stdout
        assert result.all(task=LOOK) == []
