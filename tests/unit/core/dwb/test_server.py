"""One server as it was observed, and what is wrong with it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from .servers import CFG, CN, NOW, Tree, leaf, licensor, rules

COMMUNICATIONS = "Components/Communications.cfg"
CRLF = (CFG / "Communications (CRLF).cfg.bin").read_bytes()
LINE = b"  Certificate = string: Certificates\\\\custom_communications_cert.pem\r\n"
DAY = timedelta(days=1)
WITH_LINE = CRLF.replace(b"\r\n", b"\r\n" + LINE, 1)


def synchronize(local: str, remote: str) -> bytes:
    """Return a synchronisation file with one folder before the one that is asked for."""
    entries = [("Profiles\\\\", "/Profiles/"), (local, remote)]
    items = "".join(f"    {n} = SynchronizeDir:\r\n      Local Path = string: {here}\r\n      Remote URI = string: {there}\r\n"
                    for n, (here, there) in enumerate(entries))
    return ("component = SynchronizeComponent:\r\n  Cluster Primary Server Address = string: 127.0.0.1\r\n"
            f"  Directories = vector: 2 items\r\n{items}").encode()


class TestReadServer:
    @pytest.mark.parametrize("root", ["/srv/dwb", "C:\\Adobe\\Server"])
    def test_reads_a_server_as_it_ships(self, root: str) -> None:
        """No finding, the licence certificate is what it presents, 443 or what the file says is its port."""
        server = Tree(root).observe()

        assert server.findings == ()
        assert server.presents == server.licence
        assert server.licence is not None
        assert server.licence.common_names == (CN,)
        assert (server.port, server.ciphers, server.follows, server.installed) == (443, "AES256-SHA256", "", None)

    def test_presents_the_custom_certificate_when_the_line_is_there(self) -> None:
        """What counts is the parameter, not the file."""
        files = {"Certificates/custom_communications_cert.pem": leaf().pem}

        assert Tree(files=files).observe().presents != Tree(files={**files, COMMUNICATIONS: WITH_LINE}).observe().presents
        shown = Tree(files={**files, COMMUNICATIONS: WITH_LINE}).observe().presents
        assert shown is not None
        assert shown.fingerprint == leaf().fingerprint

    def test_finds_that_there_is_no_server(self) -> None:
        """An absent root is one finding, not ten."""
        tree = Tree()
        host = tree.host()
        host.files.clear()
        host.directories.clear()
        server = tree.observe(host)

        assert rules(server) == ["root"]
        assert "absent" in server.findings[0].problem

    @pytest.mark.parametrize(("files", "rule"), [
        ({COMMUNICATIONS: None}, "communications"),
        ({COMMUNICATIONS: CRLF.replace(b"  Port", b"\tPort", 1)}, "CfgError"),
        ({COMMUNICATIONS: CRLF.replace(b"\r\n", b"\n", 1)}, "CfgError"),
        ({COMMUNICATIONS: CRLF.replace(b"CommServer", b"Other", 1)}, "communications"),
        ({"Components/Copy.cfg": CRLF}, "communications"),
        ({"Components/Broken copy.cfg": b"\t" + CRLF}, "communications"),
        ({COMMUNICATIONS: CRLF.replace(b"\r\n", b"\r\n" + LINE + LINE, 1)}, "CfgError"),
        ({COMMUNICATIONS: CRLF.replace(b"SSL Port = int: 443", b"SSL Port = int: 0")}, "port"),
        ({COMMUNICATIONS: CRLF.replace(b"SSL Port = int: 443", b"SSL Port = int: many")}, "port"),
        ({"Certificates/server_cert.pem": None}, "licence"),
        ({"Certificates/server_cert.pem": b"Product = Query API\r\n"}, "certificate"),
        ({"Certificates/server_cert.pem": licensor().issue(CN, not_after=NOW - timedelta(hours=1)).pem}, "licence"),
        ({"Certificates/server_cert.pem": leaf().cert_pem[:-20]}, "certificate"),
        ({"Certificates/server_cert.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, "CertificateError"),
        ({"Certificates/trust_ca_cert.pem": None}, "bundle"),
        ({"Certificates/trust_ca_cert.pem": licensor().pem + leaf().pem}, "bundle"),
        # One of more than 1 MiB was replaced by the new anchors alone: everybody else was locked out.
        ({"Certificates/trust_ca_cert.pem": licensor().pem + b"# padding\n" * 110_000}, "bundle"),
        ({"Certificates/trust_ca_cert.pem": licensor().pem.strip() + leaf().cert_pem}, "PemError"),
        ({"Components/ScheduledRestart.cfg": b"component = ScheduledRestart:\r\n"}, "scheduled-restart"),
        ({"../marker": b"nonsense"}, "NodeError"),
    ])
    def test_finds_what_is_broken(self, files: dict[str, bytes | None], rule: str) -> None:
        """One thing is broken, one finding names the file."""
        server = Tree(files=files).observe()

        assert rules(server) == [rule]
        assert all(finding.remedy for finding in server.findings)

    @pytest.mark.parametrize(("files", "where", "problem", "remedy"), [
        ({COMMUNICATIONS: None}, COMMUNICATIONS, "is absent",
         "name the install root of a server, the folder that holds Components and Certificates"),
        ({COMMUNICATIONS: CRLF.replace(b"CommServer", b"Other", 1)}, COMMUNICATIONS, "has no component of type CommServer",
         "restore the file as the product has it"),
        ({"Components/Copy.cfg": CRLF}, "Components/Copy.cfg", "is a second CommServer beside Communications.cfg",
         "move the file out of Components: the server loads every .cfg there"),
        ({COMMUNICATIONS: CRLF.replace(b"SSL Port = int: 443", b"SSL Port = int: 0")}, COMMUNICATIONS,
         "SSL Port is '0': nothing would present a certificate", "give it the port for TLS, 443 by default"),
        ({"Certificates/server_cert.pem": None}, "Certificates/server_cert.pem", "is absent: no licence certificate",
         "install the licence certificate of this server first"),
        ({"Certificates/server_cert.pem": b"text"}, "Certificates/server_cert.pem", "holds no certificate", "put the file in order"),
        ({"Certificates/server_cert.pem": licensor().issue(CN, not_before=NOW - 9 * DAY, not_after=NOW - DAY).pem},
         "Certificates/server_cert.pem", f"the licence certificate is valid from {NOW - 9 * DAY:%Y-%m-%d} to {NOW - DAY:%Y-%m-%d}",
         "have it revalidated: without a current licence the server does not start again"),
        ({"Certificates/trust_ca_cert.pem": None}, "Certificates/trust_ca_cert.pem", "is absent",
         "restore the bundle that came with the product; it must always be there"),
        ({"Certificates/trust_ca_cert.pem": leaf().pem}, "Certificates/trust_ca_cert.pem", "holds 1 private key(s)",
         "take the key out at once, and replace it: everybody may read a trust bundle"),
    ])
    def test_says_where_what_and_what_to_do(self, files: dict[str, bytes | None], where: str, problem: str, remedy: str) -> None:
        """The file, what is wrong with it in plain words, and the way out."""
        (finding,) = Tree(files=files).observe().findings

        assert (finding.where, finding.problem, finding.remedy) == (f"/srv/dwb/{where}", problem, remedy)

    @pytest.mark.parametrize("dates", [{"not_before": NOW}, {"not_after": NOW}])
    def test_takes_a_licence_for_valid_in_its_first_and_last_second(self, dates: dict[str, datetime]) -> None:
        """Both ends belong to the period (RFC 5280 section 4.1.2.5)."""
        assert Tree(files={"Certificates/server_cert.pem": licensor().issue(CN, **dates).pem}).observe().findings == ()

    @pytest.mark.parametrize("name", ["ScheduledRestart.cfg", "SCHEDULEDRESTART.CFG"])
    def test_finds_the_schedule_on_windows(self, name: str) -> None:
        """Whatever the case of its name."""
        server = Tree("C:\\Adobe\\Server", {f"Components/{name}": b"component = ScheduledRestart:\r\n"}).observe()

        assert [(finding.rule, finding.where) for finding in server.findings] == [
            ("scheduled-restart", f"C:\\Adobe\\Server\\Components\\{name}")]

    def test_names_every_second_commserver(self) -> None:
        """Two copies are two findings."""
        server = Tree(files={"Components/Copy.cfg": CRLF, "Components/Old.cfg": CRLF}).observe()

        assert [finding.where.rpartition("/")[2] for finding in server.findings] == ["Copy.cfg", "Old.cfg"]

    def test_leaves_a_broken_file_of_another_component_alone(self) -> None:
        """What is no matter of certificates does not keep a rollout from starting."""
        assert Tree(files={"Components/Other.cfg": b"\tbroken"}).observe().findings == ()

    def test_names_the_line_of_a_broken_cut_bundle(self) -> None:
        """The error of the parser has the file's own path."""
        (finding,) = Tree(files={"Certificates/trust_ca_cert.pem": licensor().pem[:-30]}).observe().findings

        assert finding.where.startswith("/srv/dwb/Certificates/trust_ca_cert.pem: line ")

    def test_finds_everything_at_once(self) -> None:
        """Four faults, four findings."""
        files = {"Certificates/trust_ca_cert.pem": None, "Certificates/server_cert.pem": None, "Components/Copy.cfg": CRLF,
                 "Components/ScheduledRestart.cfg": b"component = ScheduledRestart:\r\n"}
        server = Tree(files=files).observe()

        assert sorted(rules(server)) == ["bundle", "communications", "licence", "scheduled-restart"]

    def test_finds_a_link_where_a_file_should_be(self) -> None:
        """Links are not followed, neither for the bundle nor for the certificate."""
        tree = Tree(files={"Certificates/custom_communications_cert.pem": b"x"})
        host = tree.host()
        for name in ("custom_communications_cert.pem", "trust_ca_cert.pem"):
            host.kinds[tree.path(f"Certificates/{name}")] = "link"

        found = {finding.where.rpartition("/")[2]: finding.problem for finding in tree.observe(host).findings
                 if finding.rule in {"bundle", "certificate"}}

        assert found == {"trust_ca_cert.pem": "is a link", "custom_communications_cert.pem": "is a link, not a file"}

    @pytest.mark.parametrize(("kind", "told"), [("directory", "a folder"), ("other", "no plain file"), ("link", "a link")])
    def test_tells_what_stands_where_a_file_should_be(self, kind: str, told: str) -> None:
        """In plain words, for every kind that a node knows."""
        tree = Tree()
        host = tree.host()
        host.kinds[tree.path("Certificates/trust_ca_cert.pem")] = kind

        assert [finding.problem for finding in tree.observe(host).findings] == [f"is {told}"]

    def test_tells_what_stands_where_the_root_should_be(self) -> None:
        """A link is no install folder."""
        tree = Tree()
        host = tree.host()
        host.kinds["/srv/dwb"] = "link"
        (finding,) = tree.observe(host).findings
        host.kinds, host.files["/srv/dwb"] = {}, b""
        assert tree.observe(host).findings[0].problem == "is a file, not the install folder of a server"

        assert (finding.where, finding.problem) == ("/srv/dwb", "is a link, not the install folder of a server")
        assert finding.remedy == "name the install root of a server, the folder that holds Components and Certificates"

    @pytest.mark.parametrize("seconds", [-601, 601])
    def test_finds_a_clock_that_is_off(self, seconds: int) -> None:
        """Validity is judged by the node's clock when it starts."""
        tree = Tree()
        host = tree.host()
        host.clock += seconds
        (finding,) = tree.observe(host).findings

        assert (finding.rule, finding.where) == ("clock", "clock")
        assert finding.problem == f"the node is 601 s {'ahead of' if seconds > 0 else 'behind'} the controller"

    @pytest.mark.parametrize("seconds", [-600, 600])
    def test_bears_a_clock_that_is_a_little_off(self, seconds: int) -> None:
        """Ten minutes do not matter to certificates."""
        tree = Tree()
        host = tree.host()
        host.clock += seconds

        assert tree.observe(host).findings == ()

    def test_keeps_what_could_be_read(self) -> None:
        """A fault in one parameter hides no other: the port is known though Certificate is there twice."""
        files = {COMMUNICATIONS: CRLF.replace(b"\r\n", b"\r\n" + LINE + LINE, 1).replace(b"443", b"444")}
        server = Tree(files=files).observe()

        assert (server.port, server.ciphers, rules(server)) == (444, "AES256-SHA256", ["CfgError"])

    def test_knows_the_product_s_defaults(self) -> None:
        """Without SSL Port it is 443; without SSL Ciphers, or with an empty one, there is no list."""
        bare = CRLF.replace(b"  SSL Port = int: 443\r\n", b"").replace(b"  SSL Ciphers = string: AES256-SHA256\r\n", b"")
        empty = CRLF.replace(b"AES256-SHA256", b"")

        assert [(server.port, server.ciphers) for server in (Tree(files={COMMUNICATIONS: each}).observe() for each in (bare, empty))] == [
            (443, None), (443, None)]

    def test_reads_the_installed_certificate(self) -> None:
        """It is known whether it is presented or not; a broken one is a finding."""
        name = "Certificates/custom_communications_cert.pem"
        server, broken = (Tree(files={name: content}).observe() for content in (leaf().pem, leaf().cert_pem[:-20]))

        assert server.installed is not None
        assert (server.installed.fingerprint, server.presents) == (leaf().fingerprint, server.licence)
        assert (broken.installed, [finding.where.rpartition("/")[2] for finding in broken.findings]) == (
            None, ["custom_communications_cert.pem"])

    @pytest.mark.parametrize(("content", "follows"), [
        (synchronize("Components\\\\", "/Components for Processing Servers/"), "processing"),
        (synchronize("components/", "/Components/"), "communications"),
        (synchronize("Lookups\\\\", "/Lookups/"), "processing"),
        (b"component = SynchronizeComponent:\r\n", "processing"),
        (b"component = Other:\r\n", ""),
        (synchronize("Profiles\\\\", "/Profiles/").replace(b"Local Path = string: Profiles", b"Local Path = string: Components", 1),
         "processing"),
        (synchronize("Logs", "/Logs/").replace(b"Profiles", b"Components"), "communications"),
        (synchronize("\\\\Components\\\\", "\\\\COMPONENTS\\\\"), "communications"),
    ])
    def test_tells_whose_configuration_it_follows(self, content: bytes, follows: str) -> None:
        """A server with a synchronisation file has its master's configuration, whatever the file is called."""
        server = Tree(files={"Components/FSU_Synchronize.cfg": content}).observe()

        assert (server.follows, server.findings) == (follows, ())

    @pytest.mark.parametrize(("old", "new"), [
        (b"    1 = ", b"\t1 = "), (b"  Directories = ", b"  Directories = vector: 0 items\r\n  Directories = ")])
    def test_refuses_a_synchronisation_that_is_not_understood(self, old: bytes, new: bytes) -> None:
        """Whose bytes a server will get is never guessed; the file and its line are named."""
        broken = synchronize("Components", "/Components/").replace(old, new)
        server = Tree(files={"Components/Synchronize.cfg": broken}).observe()

        assert (server.follows, rules(server)) == ("", ["CfgError"])
        assert server.findings[0].where.startswith("/srv/dwb/Components/Synchronize.cfg:")
