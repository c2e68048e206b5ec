"""Promises of what finds the servers that a client connects to."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg import parse, render
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.carriers import carrier_of, file_named, untouchable
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server_info import ServerInfo, StoreEntry, server_infos
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError, CoreError, Refused
from hypothesis import given
from hypothesis import strategies as st

from unit.core.cfg_cases import EVERY_FORM, VARIANTS, variant
from unit.core.client_cases import WHERE, broken_files, case_id, client_file, client_files, product_name

CFG_FILES = client_files(".cfg")
PIECES = [
    b"Servers = vector: 1 items\n", b"  0 = serverInfo:\n", b"  1 = serverInfo:\n", b"    Name = string: a\n",
    b"    Use SSL = bool: true\n", b"    Use SSL = bool: no\n", b"A = serverInfo:\n",
    b"  SSL Client Certificate = string: x\n", b"\n", b"# x\n", b"\xff = int: 1\n",
]
FOLDERS = st.sampled_from(["", "Certificates\\", "certificates/", "CERTIFICATES\\"])


def infos(content: bytes, file: str = "Insight.cfg") -> tuple[ServerInfo, ...]:
    """Return the servers of *content*."""
    return server_infos(content, file=file, where=WHERE)


def one(text: str, file: str = "Insight.cfg") -> ServerInfo:
    """Return the one server that has the lines *text*."""
    (info,) = infos(b"Servers = vector: 1 items\n  0 = serverInfo:\n" + text.encode(), file)
    return info


class TestRoundTrip:
    @pytest.mark.parametrize("form", VARIANTS)
    @pytest.mark.parametrize("path", CFG_FILES, ids=case_id)
    def test_gives_back_every_byte(self, path: Path, form: str) -> None:
        """Every kind of a client's file, in every form, is rendered as it was read, and understood to the last line."""
        content = variant(path.read_bytes(), form)
        file = parse(content, where=WHERE)

        assert render(file) == content
        assert render(parse(path.read_bytes(), where=WHERE)) == path.read_bytes()
        assert not file.faults

    def test_covers_twenty_kinds(self) -> None:
        """There is a fixture for every carrier of the manual, and for many ways to write it."""
        carriers = {
            "Insight.cfg", "ReportServer.cfg", "Report Server.cfg", "Replicate.cfg", "Log Processing.cfg", "Cluster.cfg",
            "Synchronize.cfg", "FSU_Synchronize.cfg", "PAServer.cfg", "Segment Export.cfg", "Workstation.cfg",
        }

        assert carriers <= {product_name(path) for path in CFG_FILES}
        assert len(CFG_FILES) >= 20


class TestServerInfos:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Insight.cfg", [("Servers > 0", "master", True, ""), ("Servers > 1", "report", True, "Named User.pem"),
                             ("Servers > 2", "archive", True, "")]),
            ("Insight (label gap).cfg", [(f"Servers > {n}", f"cluster-{n}", True, "") for n in "013"]),
            ("Insight (one space).cfg", [("Servers > 0", "master", True, ""), ("Servers > 1", "report", True, "")]),
            ("Insight (blank lines).cfg", [("Servers > 0", "master", True, ""), ("Servers > 1", "report", True, "")]),
            ("Insight (defaults).cfg", [("Servers > 0", "master", True, ""), ("Servers > 1", "plain", False, "")]),
            ("Insight (no space after colon).cfg", [("Servers > 0", "master", True, "Named User.pem")]),
            ("Insight (sign-in).cfg", [("Servers > 0", "master", True, "")]),
            ("Workstation.cfg", [("Servers > 0", "master", True, "Other.pem")]),
            ("ReportServer.cfg", [("Servers > 0", "master", True, "ReportCertFileName.pem")]),
            ("Report Server (CRLF).cfg", [("Servers > 0", "master", True, "")]),
            ("Replicate.cfg", [("component > Server", "repeater", True, "Certificates\\server_cert.pem")]),
            ("Replicate (plain).cfg", [("component > Server", "repeater", False, "")]),
            ("Log Processing.cfg", [("Log Sources > 0 > Log Server", "", False, "Certificates\\server_cert.pem")]),
            ("Log Processing (TLS).cfg", [("Log Sources > 0 > Log Server", "fsu", True, "Certificates\\server_cert.pem")]),
            ("Cluster.cfg", [("Cluster > Normalize Server", "fsu", False, ""), ("Cluster > List Server", "", False, "")]),
            ("Synchronize.cfg", [("component > Server", "master", True, "")]),
            ("FSU_Synchronize (CRLF).cfg", [("component > Server", "master", True, "")]),
            ("PAServer.cfg", [("PAServer > Master Server", "master", False, "")]),
            ("Segment Export.cfg", [("Segment Export > Segment Export Server", "fsu", True, "")]),
            ("FTPServerInfo (none).cfg", []),
        ],
    )
    def test_finds_every_one(self, name: str, expected: list[tuple[str, str, bool, str]]) -> None:
        """At any depth, whatever it is called; the proxy to the License Server is none."""
        found = infos(client_file(name), product_name(Path(name)))

        assert [(" > ".join(info.path), info.common_name, info.tls, info.certificate) for info in found] == expected

    def test_finds_them_in_file_order(self) -> None:
        """Labels that are out of numeric order stay where they are, each with its own line."""
        content = client_file("Insight (unordered labels).cfg")
        found = infos(content)
        lines = content.split(b"\n")

        assert [info.path[1] for info in found] == sorted(str(n) for n in range(12))
        assert all(lines[info.line - 1] == f"  {info.path[1]} = serverInfo:".encode() for info in found)

    @EVERY_FORM
    def test_is_not_misled_by_the_form(self, form: str) -> None:
        """Line ends, BOM and a missing final newline change nothing."""
        content = client_file("Insight.cfg")

        assert infos(variant(content, form)) == infos(content)

    def test_finds_a_licensing_that_is_none(self) -> None:
        """Only at the top it is the proxy to the License Server."""
        content = b"Licensing = serverInfo:\n  Port = int: 80\nA = B:\n  Licensing = serverInfo:\n    Port = int: 80\n"

        assert [info.path for info in infos(content)] == [("A", "Licensing")]

    def test_finds_one_inside_another(self) -> None:
        """A serverInfo may have children of any type."""
        content = b"A = serverInfo:\n  B = serverInfo:\n    Name = string: b\n  Name = string: a\n"

        assert [(info.path, info.name) for info in infos(content)] == [(("A",), "a"), (("A", "B"), "b")]

    @pytest.mark.parametrize(
        ("file", "tls"),
        [("Insight.cfg", True), ("insight.CFG", True), ("ReportServer.cfg", True), ("Report Server.cfg", True), ("Replicate.cfg", False),
         ("Log Processing.cfg", True), ("Cluster.cfg", True), ("Synchronize.cfg", True), ("PAServer.cfg", True), ("Other.cfg", True)],
    )
    def test_knows_what_an_absent_use_ssl_means(self, file: str, tls: bool) -> None:
        """As the manual says for the file; TLS where it says nothing, since a certificate may be at stake."""
        assert one("    Name = string: a\n", file).tls is tls
        assert one("    Use SSL = bool: true\n", file).tls
        assert not one("    Use SSL = bool: false\n", file).tls

    def test_reads_what_the_windows_store_is_asked_for(self) -> None:
        """Only where it is used; the names alone are nothing."""
        first, second = infos(client_file("Insight (Windows store).cfg"))

        assert first.store == StoreEntry("Named User", "Visual Sciences,LLC", "My")
        assert second.store is None
        assert one("    SSL CryptoAPI Cert Name = string: x\n").store is None
        assert one("    SSL Use CryptoAPI = bool: false\n").store is None
        assert one("    SSL Use CryptoAPI = bool: true\n").store == StoreEntry("", "", "")

    def test_keeps_the_blanks_behind_a_certificate(self) -> None:
        """The product may take them for part of the name; around other names they are cut off."""
        info = one("    Name = string: a \n    SSL Server Common Name = string:  b \n    SSL Client Certificate = string: c.pem \n")

        assert (info.name, info.common_name, info.certificate) == ("a", "b", "c.pem ")

    @pytest.mark.parametrize(("path", "line"), broken_files("server-info"), ids=case_id)
    def test_refuses_with_the_line(self, path: Path, line: int) -> None:
        """Each file of the broken corpus is refused, and the line named."""
        with pytest.raises(CoreError) as refusal:
            infos(path.read_bytes())

        assert [finding.where for finding in refusal.value.findings] == [f"{WHERE}:{line}"]

    def test_names_both_that_cannot_be_told_apart(self) -> None:
        """An edit could not tell them apart either."""
        with pytest.raises(CfgError, match="lines 2 and 4 both are '0'"):
            infos(b"Servers = vector: 2 items\n  0 = serverInfo:\n    Name = string: a\n  0 = serverInfo:\n    Name = string: b\n")

    def test_names_every_line_that_is_not_understood(self) -> None:
        """All at once, each as a finding of its own."""
        with pytest.raises(Refused) as refusal:
            infos(b"# ours\nServers = vector: 0 items\nServers\n")

        assert [finding.where for finding in refusal.value.findings] == [f"{WHERE}:1", f"{WHERE}:3"]

    def test_is_not_stopped_by_depth(self) -> None:
        """A file that is nested deeper than Python calls functions is read."""
        content = b"".join(b" " * depth + b"a = b:\n" for depth in range(2000)) + b" " * 2000 + b"s = serverInfo:\n"

        assert [info.line for info in infos(content)] == [2001]

    def test_shows_no_password(self) -> None:
        """What else stands in a serverInfo is in no representation of it."""
        assert "s3cret" not in repr(one("    Proxy Password = string: s3cret\n"))

    @given(st.lists(st.sampled_from(PIECES), max_size=12))
    def test_any_file_is_read_or_refused(self, parts: list[bytes]) -> None:
        """Whatever a file looks like, every serverInfo of it is found, or the file is refused."""
        content = b"".join(parts)
        try:
            found = infos(content)
        except CoreError:
            return

        assert len(found) == content.count(b"serverInfo")


class TestCarrier:
    @pytest.mark.parametrize("file", ["Log Processing.cfg", "Cluster.cfg", "log processing.CFG", "CLUSTER.CFG"])
    def test_of_a_dataset_is_never_written(self, file: str) -> None:
        """The reason is the consequence."""
        carrier = carrier_of(file, parse(b"", where=WHERE))

        assert "process the whole dataset anew" in untouchable(carrier, "Server")

    @pytest.mark.parametrize("key", ["Log Server", "Normalize Server", "List Server", "log server"])
    def test_of_a_dataset_is_known_by_its_key(self, key: str) -> None:
        """A file that was renamed is not written either."""
        carrier = carrier_of("Insight.cfg", parse(b"", where=WHERE))

        assert "process the whole dataset anew" in untouchable(carrier, key)
        assert untouchable(carrier, "Server") == ""

    @pytest.mark.parametrize(("content", "known"), [
        (b"component = SynchronizeComponent:\n  Port = int: 80\n", True), (b"A = B:\n  component = C:\n", False), (b"", False),
    ])
    def test_of_any_name_is_a_component_when_it_says_so(self, content: bytes, known: bool) -> None:
        """The server loads it whatever it is called; nobody knows what another file sets off."""
        carrier = carrier_of("FSU_Synchronize.cfg", parse(content, where=WHERE))

        assert carrier.named("a.pem") == "Certificates\\a.pem"
        assert (untouchable(carrier, "Server") == "") is known

    @pytest.mark.parametrize(("file", "value", "store"), [
        ("Insight.cfg", "a.pem", True), ("Workstation.cfg", "a.pem", True), ("ReportServer.cfg", "a.pem", False),
        ("Report Server.cfg", "a.pem", False), ("Replicate.cfg", "Certificates\\a.pem", False),
        ("PAServer.cfg", "Certificates\\a.pem", False),
    ])
    def test_says_how_a_certificate_is_named(self, file: str, value: str, store: bool) -> None:
        """Bare by an interactive or unattended client, with its folder by a server; only a Workstation knows the store."""
        carrier = carrier_of(file, parse(b"", where=WHERE))

        assert carrier.named("a.pem") == value
        assert carrier.store is store

    @given(FOLDERS, st.sampled_from(["a.pem", "A.PEM"]))
    def test_takes_both_forms_for_one_file(self, folder: str, name: str) -> None:
        """Bare or below Certificates, in any case."""
        assert file_named(folder + name) == "a.pem"

    @pytest.mark.parametrize("value", ["Other\\a.pem", "C:\\Certificates\\a.pem", "Certificates\\x\\a.pem", "a.pem ", ""])
    def test_takes_no_other_file_for_it(self, value: str) -> None:
        """Another folder is another file, and blanks may be part of a name."""
        assert file_named(value) != "a.pem"
