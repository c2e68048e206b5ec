"""When a client starts, and what a rollout did to it that makes it refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from simulator.clients.client import Client
from simulator.clients.install import license_client
from simulator.clients.population import Clients, Population
from simulator.cluster import Cluster
from simulator.refusal import Refusal
from unit.builders import Authority

from .client_helpers import BLANK, NAMED, change, give_trust, name_certificate, start_only, the

Damage = Callable[[Client], None]
LICENSED = ("workstation", "report_server")


@pytest.fixture
def clients(alone: Cluster, tmp_path: Path) -> Clients:
    """Return one client of each kind; nothing runs."""
    return Clients(alone, tmp_path / "clients", Population())


def _no_bundle(client: Client) -> None:
    client.bundle.unlink()


def _glued(client: Client) -> None:
    client.bundle.write_bytes(client.bundle.read_bytes().rstrip() * 2)


def _no_folder(client: Client) -> None:
    change(client.config, b"CertPath ", new=b"CertPath /nowhere")


def _no_licence(client: Client) -> None:
    (client.certificates / f"{client.name}.pem").unlink()


def _second_file(client: Client) -> None:
    (client.certificates / "backup.pem").write_bytes((client.certificates / f"{client.name}.pem").read_bytes())


def _second_config(client: Client) -> None:
    (client.program / "Insight.cfg").write_bytes(client.config.read_bytes())


def _replaced(old: bytes, new: bytes) -> Damage:
    return lambda client: change(client.config, old, new=new)


class TestStart:
    """A client as shipped starts; with one thing broken it does not, and says why."""

    @pytest.mark.parametrize("kind", ["sensor", "workstation", "report_server", "query_api"])
    def test_succeeds_as_shipped(self, clients: Clients, kind: str) -> None:
        """Of every kind."""
        start_only(the(clients, kind))

    @pytest.mark.parametrize(("kind", "damage", "words"), [
        *((kind, _no_bundle, "trust_ca_cert.pem") for kind in ("sensor", "workstation", "report_server", "query_api")),
        *((kind, _glued, "trust_ca_cert.pem: ") for kind in ("sensor", "workstation", "report_server", "query_api")),
        *((kind, _no_licence, "no current licence certificate") for kind in LICENSED),
        *((kind, _second_file, "is blank, and Certificates holds 2") for kind in LICENSED),
        *((kind, _replaced(BLANK, NAMED), "custom_client_cert.pem: no such file") for kind in LICENSED),
        *((kind, _replaced(b"    Use SSL", b"\tUse SSL"), "a tab") for kind in LICENSED),
        *((kind, _replaced(b"Certificate = string: ", rb"Certificate = string: Certificates\\x.pem"), "no bare file name")
          for kind in LICENSED),
        ("workstation", _second_config, "Insight.cfg is there twice"),
        ("sensor", _no_folder, "CertPath /nowhere.* is no folder"),
        ("sensor", _replaced(b"CertName", b"# CertName"), "certname is missing"),
        ("sensor", _replaced(b"SSL on", b"SSL maybe"), "ssl is neither on nor off"),
        ("sensor", _replaced(b"SSL on", b"SSL on\nssl on"), "line 6: ssl is there twice"),
        ("sensor", _replaced(b"SSL on", b"SSL"), "line 5: no 'name value'"),
        ("query_api", _replaced(b"verify = 2", b"verify = 0"), "verify = 2"),
        ("query_api", _replaced(b"cert=", b"cert=other"), "no such file"),
        ("query_api", _replaced(b"cert=", b"cert=a\r\ncert="), "line 4: no 'name = value', or a second one"),
    ])
    def test_is_refused(self, clients: Clients, kind: str, *, damage: Damage, words: str) -> None:
        """One thing is broken, and named."""
        damage(the(clients, kind))

        with pytest.raises(Refusal, match=words):
            start_only(the(clients, kind))

    def test_is_quiet_about_a_sensor_without_ssl(self, clients: Clients) -> None:
        """There is nothing to trust then."""
        client = the(clients, "sensor")
        change(client.config, b"SSL on", new=b"SSL off")
        client.bundle.unlink()

        start_only(client)


class TestCertificate:
    """What a client presents."""

    @pytest.mark.parametrize("kind", LICENSED)
    def test_may_be_a_custom_one_of_the_same_name(self, clients: Clients, company: Authority, kind: str) -> None:
        """Named explicitly, two files are no question; the licence stays where it is."""
        name_certificate(the(clients, kind), company)

        start_only(the(clients, kind))

    @pytest.mark.parametrize("kind", LICENSED)
    def test_of_another_name_would_orphan_the_users_folder(self, clients: Clients, company: Authority, kind: str) -> None:
        """Both names are told."""
        name_certificate(the(clients, kind), company, common_name="somebody-else")

        with pytest.raises(Refusal, match="its common name is 'somebody-else', the licence has '"):
            start_only(the(clients, kind))

    @pytest.mark.parametrize("kind", LICENSED)
    def test_is_ambiguous_with_two_licences(self, alone: Cluster, clients: Clients, kind: str) -> None:
        """Whatever is there must be one."""
        license_client(the(clients, kind), alone.licensor, name="second")

        with pytest.raises(Refusal, match="holds 2"):
            start_only(the(clients, kind))

    def test_may_come_from_the_windows_store(self, clients: Clients, company: Authority) -> None:
        """It is found by the names it was issued to and by; the store is called My."""
        client = the(clients, "workstation")
        _use_store(client, company, issuer=b"Corp Root")

        start_only(client)

    @pytest.mark.parametrize(("issuer", "store"), [(b"Somebody", b"My"), (b"Corp Root", b"Personal")])
    def test_is_not_found_in_the_store_under_another_name(self, clients: Clients, company: Authority, *,
                                                          issuer: bytes, store: bytes) -> None:
        """The failure is the documented one."""
        client = the(clients, "workstation")
        _use_store(client, company, issuer=issuer, store=store)

        with pytest.raises(Refusal, match="ERROR Fatal error: the cert could not be found!"):
            start_only(client)


def _use_store(client: Client, company: Authority, *, issuer: bytes, store: bytes = b"My") -> None:
    folder = client.root / "Store" / "my"
    folder.mkdir(parents=True)
    (folder / "one.pem").write_bytes(company.issue(client.name).pem)
    parameters = b"".join(b"    SSL " + line + b"\r\n" for line in (
        b"CryptoAPI Cert Issuer Name = string: " + issuer, b"CryptoAPI Cert Name = string: " + client.name.encode(),
        b"CryptoAPI Cert Store Name = string: " + store, b"Use CryptoAPI = bool: true"))
    client.config.write_bytes(client.config.read_bytes().replace(b"    Use SSL", parameters + b"    Use SSL"))


class TestVersion:
    """A Sensor before 5.0 knows neither long keys nor SHA-256."""

    @pytest.mark.parametrize("version", ["4.5", "5.0"])
    def test_decides_about_a_modern_anchor(self, alone: Cluster, tmp_path: Path, company: Authority, *, version: str) -> None:
        """The old one refuses a bundle that the new one takes."""
        clients = Clients(alone, tmp_path / version, Population(workstations=0, report_servers=0, query_apis=0))
        client = the(clients, "sensor")
        state = clients.state(client.name)
        state.keep_client({**state.client(), "version": version})
        start_only(client)
        give_trust(client, company)

        if version == "5.0":
            start_only(client)
            return
        with pytest.raises(Refusal, match=r"is beyond a Sensor 4\.5"):
            start_only(client)
