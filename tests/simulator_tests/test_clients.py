"""Clients on a running cluster: who is let in, whom they believe, and who is locked out by a rollout that forgot them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator import process
from simulator.clients.client import KINDS
from simulator.clients.population import Clients, Population
from simulator.cluster import Cluster
from simulator.licence import WARNING
from unit.builders import Authority

from .client_helpers import change, connect_once, give_trust, name_certificate, roll_out, the
from .helpers import command, log, trust, until

NAMES = {"sensor": "sensor-1", "workstation": "workstation-1", "report_server": "report-server-1", "query_api": "query-api-1"}
LOGS = {"sensor": "syslog", "workstation": "insight.log", "report_server": "ReportServer.log", "query_api": "stunnel.log"}
OF_SERVERS = ["workstation", "report_server"]


@pytest.fixture
def clients(pair: Cluster, tmp_path: Path) -> Iterator[Clients]:
    """Return one client of each kind beside a master and a DPU, nothing started."""
    with Clients(pair, tmp_path / "clients") as clients:
        yield clients


class TestConnection:
    """As shipped, everybody connects to everybody."""

    def test_is_made_every_second_and_named_in_the_servers_logs(self, pair: Cluster, clients: Clients) -> None:
        """Each client comes from an address of its own; a Sensor keeps its one connection open."""
        pair.start()
        clients.start()

        assert until(lambda: all(number >= 3 for number in clients.count().attempts.values()))
        assert clients.count().failed == 0
        seen = log(pair.master, "Audit/*")
        assert [seen.count(f"{the(clients, kind).address}:") for kind in KINDS][:1] == [1]
        assert all(seen.count(f"{the(clients, kind).address}:") >= 2 for kind in OF_SERVERS)

    @pytest.mark.parametrize(("kind", "number"), [("sensor", 1), ("workstation", 2), ("report_server", 2), ("query_api", 1)])
    def test_goes_to_the_servers_that_the_master_brokers(self, pair: Cluster, clients: Clients, kind: str, number: int) -> None:
        """Every DPU has to satisfy every client that queries, not the master alone."""
        pair.start()
        attempts = connect_once(the(clients, kind))

        assert [attempt.error for attempt in attempts] == [""] * number
        assert len({attempt.server for attempt in attempts}) == number

    @pytest.mark.parametrize("layout", ["6.3", "6.4"])
    def test_is_made_from_both_layouts_of_a_workstation(self, pair: Cluster, tmp_path: Path, layout: str) -> None:
        """Since 6.4 Insight.ini says where the data folder is."""
        clients = Clients(pair, tmp_path / layout, Population(sensors=0, report_servers=0, query_apis=0, workstation_layouts=(layout,)))
        pair.start()
        found = the(clients, "workstation")

        assert [attempt.error for attempt in connect_once(found)] == ["", ""]
        assert (found.program / "Insight.ini").exists() == (layout == "6.4")

    def test_without_permission_fails(self, pair: Cluster, clients: Clients) -> None:
        """A Workstation whose CN no access group names gets 403."""
        file = pair.master.root / "Access Control" / "Access Control.cfg"
        change(file, b"CN: workstation-1", new=b"CN: somebody-else")
        pair.start()

        assert connect_once(the(clients, "workstation"))[0].error == "/Profiles/Example/profile.cfg: 403 Forbidden"


class TestForgotten:
    """A rollout that forgot the clients locks them out, and the count says so."""

    def test_clients_fail_outside_of_any_restart(self, pair: Cluster, clients: Clients, company: Authority) -> None:
        """Each kind, with the documented line in its own log."""
        pair.start()
        clients.start()
        roll_out(pair, company)

        assert until(lambda: {name for name, _attempt in clients.count().unexplained} == set(NAMES.values()))
        for kind, file in LOGS.items():
            assert "Certificate failed to verify. Error 20 at 0 depth. Desc: unable to get local issuer certificate." in (
                the(clients, kind).root / "Trace" / file).read_text()

    def test_clients_that_trust_before_go_on(self, pair: Cluster, clients: Clients, company: Authority) -> None:
        """The twin: every failure is explained by a restart."""
        pair.start()
        for client in clients.clients.values():
            give_trust(client, company)
        clients.start()
        roll_out(pair, company)
        before = clients.count().attempts

        assert until(lambda: all(number >= before[name] + 2 for name, number in clients.count().attempts.items()))
        assert clients.count().unexplained == ()

    @pytest.mark.parametrize("kind", KINDS)
    def test_trust_counts_from_the_next_start_on(self, pair: Cluster, clients: Clients, company: Authority, *, kind: str) -> None:
        """A bundle that was changed under a running client is not read again."""
        client = the(clients, kind)
        pair.start()
        clients.start(client.name)
        give_trust(client, company)
        roll_out(pair, company)
        locked_out = until(lambda: bool(clients.count().unexplained))
        clients.stop(client.name)

        assert locked_out
        assert {attempt.error for attempt in connect_once(client)} == {""}


class TestCertificate:
    """A custom client certificate is believed by servers that trust its CA."""

    @pytest.mark.parametrize("kind", ["workstation", "report_server", "query_api"])
    def test_gets_in_where_its_ca_is_trusted(self, pair: Cluster, clients: Clients, company: Authority, *, kind: str) -> None:
        """With all servers trusting it, it connects; with one that does not, that one refuses."""
        client = the(clients, kind)
        name_certificate(client, company)
        for node in pair.nodes.values():
            trust(node, company)
        pair.start()
        believed = {attempt.error for attempt in connect_once(client)}
        doubting = pair.of_role("dpu")[0]
        pair.stop(doubting.name)
        change(doubting.root / "Certificates" / "trust_ca_cert.pem", company.pem, new=b"")
        pair.start(doubting.name)

        assert believed == {""}
        assert [bool(attempt.error) for attempt in connect_once(client) if attempt.server == doubting.address] == [True]

    def test_causes_the_benign_line_of_the_licence_scan(self, pair: Cluster, clients: Clients, company: Authority) -> None:
        """The licence is still found; the custom certificate is told as failed, which says nothing."""
        client = the(clients, "workstation")
        name_certificate(client, company)
        connect_once(client)

        assert WARNING in (client.root / "Trace" / "insight.log").read_text()


class TestCommands:
    """A client is installed, started, asked and stopped like a server."""

    def test_lead_a_client_through_its_life(self, pair: Cluster, tmp_path: Path) -> None:
        """Each command exits as a service manager expects."""
        root, master = tmp_path / "sensor", pair.master
        told = command("install-client", "--root", root, "--kind", "sensor", "--name", "web-1",
                       "--licensor", tmp_path / "licensor", "--server", f"{master.name}={master.address}:{master.ssl_port}")
        lines = [command(verb, "--root", root) for verb in ("status", "start", "status", "restart", "stop", "stop", "status")]

        assert (told.returncode, told.stderr) == (0, "")
        assert [line.returncode for line in lines] == [3, 0, 0, 0, 0, 0, 3]
        assert lines[2].stdout.endswith("presenting nothing\n")

    def test_end_with_the_lifetime(self, pair: Cluster, clients: Clients) -> None:
        """A forgotten client ends by itself."""
        client = the(clients, "query_api")
        command("start", "--root", client.root, "--lifetime", "0.5")

        assert until(lambda: not process.status(client.root).pid)

    def test_end_with_the_context(self, pair: Cluster, clients: Clients) -> None:
        """Leaving the context stops every process."""
        with clients:
            clients.start()

        assert [process.status(client.root).pid for client in clients.clients.values()] == [0, 0, 0, 0]
