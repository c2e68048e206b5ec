"""One server as it was observed, and what is wrong with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .servers import CFG, CN, NOW, Tree, leaf, licensor, rules

COMMUNICATIONS = "Components/Communications.cfg"
CRLF = (CFG / "Communications (CRLF).cfg.bin").read_bytes()
LINE = b"  Certificate = string: Certificates\\\\custom_communications_cert.pem\r\n"
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
        ({"Certificates/trust_ca_cert.pem": None}, "bundle"),
        ({"Certificates/trust_ca_cert.pem": licensor().pem + leaf().pem}, "bundle"),
        ({"Certificates/trust_ca_cert.pem": licensor().pem.strip() + leaf().cert_pem}, "PemError"),
        ({"Components/ScheduledRestart.cfg": b"component = ScheduledRestart:\r\n"}, "scheduled-restart"),
        ({"../marker": b"nonsense"}, "NodeError"),
    ])
    def test_finds_what_is_broken(self, files: dict[str, bytes | None], rule: str) -> None:
        """One thing is broken, one finding names the file."""
        server = Tree(files=files).observe()

        assert rules(server) == [rule]
        assert all(finding.remedy for finding in server.findings)

    def test_finds_everything_at_once(self) -> None:
        """Three faults, three findings."""
        files = {"Certificates/trust_ca_cert.pem": None, "Certificates/server_cert.pem": None, "Components/Copy.cfg": CRLF}
        server = Tree(files=files).observe()

        assert sorted(rules(server)) == ["bundle", "communications", "licence"]

    def test_finds_a_link_where_a_file_should_be(self) -> None:
        """Links are not followed, neither for the bundle nor for the certificate."""
        tree = Tree(files={"Certificates/custom_communications_cert.pem": b"x"})
        host = tree.host()
        for name in ("custom_communications_cert.pem", "trust_ca_cert.pem"):
            host.kinds[tree.path(f"Certificates/{name}")] = "link"

        assert {"bundle", "certificate"} <= set(rules(tree.observe(host)))

    @pytest.mark.parametrize("seconds", [-700, 700])
    def test_finds_a_clock_that_is_off(self, seconds: int) -> None:
        """Validity is judged by the node's clock when it starts."""
        tree = Tree()
        host = tree.host()
        host.clock += seconds

        assert rules(tree.observe(host)) == ["clock"]

    @pytest.mark.parametrize(("content", "follows"), [
        (synchronize("Components\\\\", "/Components for Processing Servers/"), "processing"),
        (synchronize("components/", "/Components/"), "communications"),
        (synchronize("Lookups\\\\", "/Lookups/"), "processing"),
        (b"component = SynchronizeComponent:\r\n", "processing"),
        (b"component = Other:\r\n", ""),
    ])
    def test_tells_whose_configuration_it_follows(self, content: bytes, follows: str) -> None:
        """A server with a synchronisation file has its master's configuration, whatever the file is called."""
        assert Tree(files={"Components/FSU_Synchronize.cfg": content}).observe().follows == follows
