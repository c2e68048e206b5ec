"""A client as it is read, and what is wrong with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.layout import KINDS
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.client.reader import Client

from unit.builders import Leaf
from unit.core.dwb.clients import CN, DPU, MASTER, OWN, REPLICATE, STUNNEL, TXLOGD, ClientTree, own_leaf, servers_cfg
from unit.core.dwb.servers import NOW, company, licensor
from unit.core.findings import rules

CERTIFICATES = "Certificates/"
DATA = b"[InitialSettings]\r\nAppDataFolder=/srv/client/data\r\n"
SENSOR = "etc/txlogd.conf"


def found(kind: str, files: dict[str, bytes | None]) -> list[str]:
    """Return the rules that a client with other *files* breaks."""
    return rules(ClientTree(kind, files).observe().findings)


class TestReadClient:
    @pytest.mark.parametrize("kind", KINDS)
    def test_finds_nothing_wrong_with_what_is_shipped(self, kind: str) -> None:
        """Neither findings nor warnings, and the bundle is seen."""
        client = ClientTree(kind).observe()

        assert (client.findings, client.warnings) == ((), ())
        assert client.readable_bundle == licensor().pem

    @pytest.mark.parametrize(("kind", "servers"), [
        ("workstation", [("Master", MASTER, True), ("DPU", DPU, True), ("Plain", "", False)]),
        ("report_server", [("Master", MASTER, True), ("DPU", DPU, True), ("Plain", "", False)]),
        ("repeater", [("Repeater", "repeater-01", True)]), ("query_api", [("insight", "", True)]), ("sensor", [("", "insight-01", True)]),
    ])
    def test_tells_to_whom_it_connects(self, kind: str, servers: list[tuple[str, str, bool]]) -> None:
        """Name, common name and whether TLS is used; the proxy to the License Server is no server."""
        connections = ClientTree(kind).observe().connections

        assert [(each.name, each.common_name, each.tls) for each in connections] == servers

    @pytest.mark.parametrize("kind", ["workstation", "report_server", "repeater", "query_api"])
    def test_presents_its_licence_certificate(self, kind: str) -> None:
        """Blank means what is there."""
        client = ClientTree(kind).observe()

        assert (client.licence, client.presents) == (client.licence, client.licence)
        assert client.licence is not None
        assert client.licence.common_names == (CN,)

    def test_presents_its_own_certificate_where_one_connection_names_it(self) -> None:
        """To one server is enough; in either form of the manual."""
        files = {"Insight.cfg": servers_cfg(b"Jane Doe.pem", b"Certificates\\\\Custom_client_cert.pem"), CERTIFICATES + OWN: own_leaf().pem}
        client = ClientTree("workstation", files).observe()

        assert client.is_custom
        assert client.presents == client.installed
        assert not ClientTree("workstation", {**files, "Insight.cfg": servers_cfg()}).observe().is_custom

    def test_presents_nobody_knows_what_out_of_the_store(self) -> None:
        """A certificate of the Windows store cannot be seen."""
        store = b"    SSL Use CryptoAPI = bool: true\r\n    SSL CryptoAPI Cert Name = string: x"
        cfg = servers_cfg().replace(b"    Port = int: 443", store)
        client = ClientTree("workstation", {"Insight.cfg": cfg}).observe()

        assert (client.in_store, client.presents, client.is_custom) == (True, None, False)

    def test_has_one_licence_on_a_query_api_host(self) -> None:
        """The one that stunnel is told of; else the only one there is."""
        other = licensor().issue("Somebody").pem
        named = ClientTree("query_api", {"other.pem": other}).observe()
        own = ClientTree("query_api", {"stunnel.conf": STUNNEL.replace(b"Jane Doe.pem", OWN.encode()), OWN: own_leaf().pem}).observe()
        unclear = ClientTree("query_api", {"stunnel.conf": STUNNEL.replace(b"Jane Doe.pem", OWN.encode()), "other.pem": other}).observe()

        assert list(named.licences) == list(own.licences) == ["Jane Doe.pem"]
        assert (len(unclear.licences), unclear.licence, unclear.licence_file) == (2, None, None)
        assert own.presents is own.installed is not None

    def test_finds_the_data_of_a_newer_workstation(self) -> None:
        """What Insight.ini says, wherever the program is."""
        moved: dict[str, bytes | None] = {
            "Insight.ini": DATA, "Insight.cfg": None, "data/Insight.cfg": servers_cfg(), "Certificates/trust_ca_cert.pem": None,
            "Certificates/Jane Doe.pem": None, "data/Certificates/trust_ca_cert.pem": licensor().pem,
            "data/Certificates/Jane Doe.pem": licensor().issue(CN).pem}
        client = ClientTree("workstation", moved).observe()

        assert (client.findings, client.layout.root, len(client.connections)) == ((), "/srv/client/data", 3)
        both = {**moved, "Insight.cfg": servers_cfg()}
        assert found("workstation", both) == ["two-configurations"]
        assert rules(ClientTree("workstation", both, {"data_path": "/srv/client/data"}).observe().findings) == ["two-configurations"]
        assert found("workstation", {**moved, "data/Insight.cfg": None}) == ["layout"]

    def test_reads_a_component_only_for_its_servers(self) -> None:
        """A file of a Repeater that names none may have in it what it likes."""
        assert found("repeater", {"Components/Trace.cfg": b"component = Trace:\n\tPath = string: x\n"}) == []
        assert rules(ClientTree("repeater", {"Components/Replicate.cfg": REPLICATE.replace(b"    Name", b"\tName")}).observe().doubts) == [
            "CfgError"]

    @pytest.mark.parametrize(("more", "expected"), [
        (b"[mail]\naccept = 25\nconnect = mail:465\n", []), (b"[mail]\nCAfile = /etc/ssl/ca.pem\n", ["CfgError"])])
    def test_gives_trust_to_a_query_api_host_with_another_tunnel(self, more: bytes, expected: list[str]) -> None:
        """One that checks nobody is nobody's business; whether one with a bundle of its own is, nobody can tell."""
        own = b"[insight]\nverify = 2\nCAfile = trust_ca_cert.pem\ncert = Jane Doe.pem\nconnect = 10.0.0.5:443\n"
        client = ClientTree("query_api", {"stunnel.conf": own + more}).observe()

        assert (rules(client.findings), rules(client.warnings)) == (expected, [] if expected else ["no-verify"])

    @pytest.mark.parametrize(("content", "remedy"), [
        (DATA.decode().encode("utf-16"), "or give the folder in the option data_path"),
        (DATA.replace(b"/srv", b"%HOME%"), "give the folder in the option data_path")])
    def test_says_how_to_do_without_an_insight_ini(self, content: bytes, remedy: str) -> None:
        """Nobody need edit a file of the product to get trust into it."""
        [finding] = ClientTree("workstation", {"Insight.ini": content}).observe().findings

        assert (remedy in finding.remedy, finding.remedy.count("data_path")) == (True, 1)

    @pytest.mark.parametrize(("files", "expected", "presents"), [
        ({"ReportServer.cfg": servers_cfg().replace(b"    Port", b"\tPort")}, ["CfgError"], False),
        ({"ReportServer.cfg": servers_cfg() + b"odd\r\n", CERTIFICATES + OWN: own_leaf().pem}, ["CfgError"], True),
        ({"ReportServer.cfg": servers_cfg().decode().encode("utf-16")}, ["CfgError"], False),
        ({CERTIFICATES + OWN: own_leaf().key_pem}, ["certificate"], False),
    ])
    def test_doubts_what_does_not_tell_where_its_trust_is(
        self, *, files: dict[str, bytes | None], expected: list[str], presents: bool
    ) -> None:
        """One odd line kept the trust from the client, and a rollout from all; its own certificate may be the one it presents."""
        client = ClientTree(files=files).observe()

        assert (rules(client.doubts), client.findings, client.is_custom) == (expected, (), presents)
        assert client.readable_bundle == licensor().pem

    @pytest.mark.parametrize(("kind", "files", "expected"), [
        ("report_server", {"ReportServer.cfg": None}, ["layout"]),
        ("report_server", {"Report Server.cfg": servers_cfg()}, ["two-configurations"]),
        ("report_server", {"ReportServer.cfg": b"x" * 1_100_000}, ["layout"]),
        ("report_server", {"Certificates/trust_ca_cert.pem": None}, ["bundle"]),
        ("report_server", {"Certificates/trust_ca_cert.pem": licensor().pem[:-20]}, ["PemError"]),
        ("report_server", {"Certificates/trust_ca_cert.pem": licensor().pem + b"# padding\n" * 110_000}, ["bundle"]),
        ("report_server", {"Certificates/trust_ca_cert.pem": licensor().pem + own_leaf().key_pem}, ["bundle"]),
        ("report_server", {"Certificates/trust_ca_cert.pem": None, "Certificates/Jane Doe.pem": None}, ["layout"]),
        ("report_server", {"/srv/client.certops/marker": b"x"}, ["NodeError"]),
        ("workstation", {"Insight.cfg": None}, ["layout"]),
        ("workstation", {"Insight.ini": b"[InitialSettings]\r\nAppDataFolder=%LOCALAPPDATA%\\DWB\r\n"}, ["CfgError"]),
        ("workstation", {"Insight.ini": b"[InitialSettings]\r\nAppDataFolder=/srv/gone\r\n"}, ["layout"]),
        ("workstation", {"Insight.ini": b"[InitialSettings]\r\nno setting\r\n"}, ["CfgError"]),
        ("repeater", {"Components/Replicate.cfg": None}, ["layout"]),
        ("query_api", {"stunnel.conf": None}, ["layout"]),
        ("query_api", {"stunnel.conf": STUNNEL.replace(b"CAfile = trust_ca_cert.pem", b"CAfile = /etc/ssl/ca.pem")}, ["CfgError"]),
        ("query_api", {"stunnel.conf": STUNNEL.replace(b"CAfile = trust_ca_cert.pem\n", b"")}, ["CfgError"]),
        ("query_api", {"trust_ca_cert.pem": None}, ["bundle"]),
        ("sensor", {SENSOR: None}, ["layout"]),
        ("sensor", {SENSOR: TXLOGD % b"/srv/gone"}, ["cert-path"]),
        ("sensor", {SENSOR: TXLOGD % b"/srv/client/lib/trust_ca_cert.pem"}, ["cert-path"]),
        ("sensor", {SENSOR: TXLOGD % b"/srv/client/etc/txlogd.conf"}, ["CfgError"]),
        ("sensor", {SENSOR: TXLOGD % b"lib"}, ["CfgError"]),
        ("sensor", {SENSOR: TXLOGD % b"/srv/client/lib/."}, ["CfgError"]),
        ("sensor", {SENSOR: b"SSL on\nCertName insight-01\n"}, ["cert-path"]),
        ("sensor", {SENSOR: (TXLOGD % b"/srv/client/lib") + b"CertPath /elsewhere\n"}, ["CfgError"]),
        ("sensor", {SENSOR: (TXLOGD % b"/srv/client/lib").replace(b"SSL on", b"SSL maybe")}, ["CfgError"]),
        ("sensor", {"lib/trust_ca_cert.pem": None, "lib/x": b""}, ["bundle"]),
    ])
    def test_refuses_by_name(self, kind: str, files: dict[str, bytes | None], expected: list[str]) -> None:
        """One thing broken, one finding."""
        assert found(kind, files) == expected

    def test_refuses_what_is_no_plain_file(self) -> None:
        """A bundle or a configuration that is a link, a root that is a file, an Insight.ini that is a folder."""
        def with_kind(tree: ClientTree, name: str, kind: str) -> list[str]:
            host = tree.host()
            host.kinds[tree.path(name)] = kind
            return rules(tree.observe(host).findings)

        assert with_kind(ClientTree(), "Certificates/trust_ca_cert.pem", "link") == ["bundle"]
        assert with_kind(ClientTree("sensor"), SENSOR, "link") == ["layout"]
        assert with_kind(ClientTree("query_api"), "stunnel.conf", "link") == ["layout"]
        assert with_kind(ClientTree("workstation"), "Insight.ini", "directory") == ["CfgError"]
        assert with_kind(ClientTree("workstation", {}, {"root": "/srv/gone"}), "x", "file") == ["layout"]

    def test_tells_every_finding_at_once(self) -> None:
        """A clock that is off, no bundle, and a broken marker."""
        tree = ClientTree(files={"Certificates/trust_ca_cert.pem": None, "/srv/client.certops/marker": b"x"})
        host = tree.host()
        host.clock = int((NOW + timedelta(hours=1)).timestamp())

        assert sorted(rules(tree.observe(host).findings)) == ["NodeError", "bundle", "clock"]

    def test_warns_of_a_sensor_without_tls(self) -> None:
        """There is nothing to trust, so that there is no bundle is no finding either; nor that nothing names one."""
        plain = (TXLOGD % b"/srv/gone").replace(b"SSL on", b"SSL off")
        for content in (plain, b"SSL off\n"):
            client = ClientTree("sensor", {SENSOR: content}).observe()

            assert (client.findings, client.trusts_nobody, client.presents) == ((), True, None)
            assert rules(client.warnings) == ["no-tls"]

    @pytest.mark.parametrize(("kind", "files", "expected"), [
        ("sensor", {SENSOR: (TXLOGD % b"/srv/client/lib") + b"VerifyCertName off\n"}, ["no-name"]),
        ("query_api", {"stunnel.conf": STUNNEL.replace(b"verify = 2\n", b"")}, ["no-verify"]),
        ("query_api", {"stunnel.conf": STUNNEL.replace(b"verify = 2", b"verify = 1")}, ["no-verify"]),
    ])
    def test_warns_of_peers_that_are_not_checked(self, kind: str, files: dict[str, bytes | None], expected: list[str]) -> None:
        """It is allowed, and unwise."""
        client = ClientTree(kind, files).observe()

        assert (rules(client.findings), rules(client.warnings)) == ([], expected)

    @pytest.mark.parametrize("spelled", [b"./trust_ca_cert.pem", b"/srv/client/trust_ca_cert.pem"])
    def test_knows_the_bundle_of_stunnel(self, spelled: bytes) -> None:
        """Relative or absolute, it is the one in the folder."""
        assert found("query_api", {"stunnel.conf": STUNNEL.replace(b"trust_ca_cert.pem", spelled)}) == []

    def test_knows_the_bundle_of_stunnel_on_windows(self) -> None:
        """Upper and lower case, and both slashes, are the same there; another folder is not."""
        def windows(named: bytes) -> Client:
            return ClientTree("query_api", {"stunnel.conf": STUNNEL.replace(b"trust_ca_cert.pem", named)}, root="C:\\stunnel").observe()

        assert windows(b"c:/Stunnel/Trust_CA_cert.pem").findings == ()
        assert rules(windows(b"D:\\stunnel\\trust_ca_cert.pem").findings) == ["CfgError"]

    def test_reads_a_stunnel_without_services(self) -> None:
        """All options stand above; the one connection has no name."""
        client = ClientTree("query_api", {"stunnel.conf": STUNNEL.replace(b"[insight]\n", b"")}).observe()

        assert [(each.name, each.certificate, each.line) for each in client.connections] == [("", "Jane Doe.pem", 1)]


def test_leaf_is_of_the_company() -> None:
    """What the tests install is issued by nobody that a licence is."""
    leaf: Leaf = own_leaf()

    assert leaf.above[0] == company()[1].cert
