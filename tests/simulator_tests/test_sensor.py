"""A Sensor at work: what it delivers, what waits, what is lost, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulator import process
from simulator.clients.client import Client
from simulator.clients.population import Clients, Population
from simulator.clients.queue import Queue
from simulator.cluster import Cluster
from unit.builders import Authority

from .client_helpers import change, connect_once, give_trust, roll_out, the
from .helpers import command, until


@pytest.fixture
def clients(alone: Cluster, tmp_path: Path) -> Clients:
    """Return one Sensor; nothing runs."""
    return Clients(alone, tmp_path / "clients", Population(workstations=0, report_servers=0, query_apis=0))


@pytest.fixture
def sensor(clients: Clients) -> Client:
    """Return the Sensor."""
    return the(clients, "sensor")


def _said(sensor: Client) -> str:
    return (sensor.root / "Trace" / "syslog").read_text()


class TestName:
    """VerifyCertName on compares the CN of the server with CertName."""

    @pytest.mark.parametrize("verify", ["on", "off"])
    def test_of_another_server_is_refused_unless_nobody_looks(self, alone: Cluster, sensor: Client, verify: str) -> None:
        """The chain is verified either way."""
        change(sensor.config, b"CertName insight-master", new=f"CertName another\nVerifyCertName {verify}".encode())
        alone.start()
        expected = {"on": "the server's common name is 'insight-master', expected 'another'", "off": ""}

        assert [attempt.error for attempt in connect_once(sensor)] == [expected[verify]]

    def test_is_no_substitute_for_trust(self, alone: Cluster, sensor: Client, company: Authority) -> None:
        """`VerifyCertName off` does not let an unknown CA in."""
        change(sensor.config, b"CertName", new=b"VerifyCertName off\nCertName")
        alone.start()
        roll_out(alone, company)

        assert "Error 20" in connect_once(sensor)[0].error


class TestQueue:
    """Events wait while nobody takes them."""

    def test_is_delivered_once_the_server_is_back(self, alone: Cluster, clients: Clients, sensor: Client) -> None:
        """Nothing is lost by an outage."""
        waiting = [connect_once(sensor), connect_once(sensor)]
        kept = clients.state(sensor.name).served()["waiting"]
        alone.start()
        connect_once(sensor)

        assert all(attempts[0].error for attempts in waiting)
        assert (kept, clients.state(sensor.name).served()["delivered"]) == ("2", "3")

    def test_tells_each_tenth_and_the_first_loss(self, tmp_path: Path) -> None:
        """A full queue loses events for good."""
        said: list[str] = []
        queue = Queue(tmp_path / "queue", capacity=20, log=said.append)
        for number in range(25):
            queue.add(str(number))

        assert said == [f"Sensor Info 1012: Adobe disk queue is {tenth}0% full" for tenth in range(1, 11)] + [
            "Sensor Error 4021: Queue is full"]
        assert (queue.waiting, queue.lost) == (20, 5)

    def test_outlives_the_transmitter(self, tmp_path: Path) -> None:
        """The next process takes up what waited."""
        Queue(tmp_path / "queue", capacity=20, log=print).add("one")

        assert Queue(tmp_path / "queue", capacity=20, log=print).waiting == 1


class TestReload:
    """txlogd.conf is watched, trust is not."""

    def test_is_told(self, alone: Cluster, clients: Clients, sensor: Client) -> None:
        """1016 at the start, 1013 and 1016 at a change."""
        alone.start()
        clients.start()
        started = _said(sensor)
        change(sensor.config, b"# Queue", new=b"# The queue")

        assert started.count("Sensor Info 1016: Config file txlogd.conf loaded") == 1
        assert until(lambda: _said(sensor).count("Sensor Info 1016") == 2)
        assert "Sensor Info 1013: Sensor configuration changed" in _said(sensor)
        clients.close()

    def test_of_a_bad_file_ends_the_transmitter(self, alone: Cluster, clients: Clients, sensor: Client) -> None:
        """Whoever writes half a file has stopped the delivery."""
        alone.start()
        clients.start()
        change(sensor.config, b"CertPath", new=b"#")

        assert until(lambda: not process.status(sensor.root).pid)
        assert "certpath is missing" in _said(sensor)


class TestFaults:
    """Asked for, a client fails like a server."""

    def test_keep_it_down(self, clients: Clients, sensor: Client) -> None:
        """The start fails once."""
        command("misbehave", "--root", sensor.root, "--fault", "not-come-back", "--times", "1")

        assert [command("start", "--root", sensor.root).returncode for _turn in range(2)] == [1, 0]
        clients.close()

    def test_let_nobody_replace_the_bundle_while_it_runs(self, clients: Clients, sensor: Client, company: Authority) -> None:
        """Where a file in use cannot be replaced, the transmitter has to be stopped first."""
        clients.state(sensor.name).misbehave("holds-bundle")
        clients.start()
        fresh = sensor.bundle.with_name("fresh")
        fresh.write_bytes(sensor.bundle.read_bytes() + company.pem)
        fresh.replace(sensor.bundle)

        assert until(lambda: not process.status(sensor.root).pid)
        give_trust(sensor, company)
        clients.start()
        assert process.status(sensor.root).pid
        clients.close()
