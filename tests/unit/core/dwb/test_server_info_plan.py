"""Promises of what plans which certificate a client presents to which server."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg_edit import get_parameter
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server_info import server_infos
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server_info_plan import (
    ClientFiles,
    Named,
    ServerInfoPlan,
    plan_client_certificates,
    unknown_servers,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError, CoreError, OptionError
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.core.cfg_cases import VARIANTS, lines_of, variant
from unit.core.client_cases import WHERE, broken_files, case_id, client_file, client_files, product_name
from unit.core.dwb.insight import CERTIFICATE, CUSTOM, SERVER, USER, insight

FOLDER = "Certificates\\"
DATASET = ("Log Processing", "Cluster")
WRITTEN = [path for path in client_files(".cfg") if not path.name.startswith((*DATASET, "FTP"))]
SERVERS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", ""]),
        st.sampled_from([None, "", " ", CUSTOM, USER, USER.upper(), f"Certificates\\\\{USER}", "Other.pem", f"{USER} "]),
        st.sampled_from([None, "true", "false"]),
    ),
    max_size=4,
)
CHOICES = st.none() | st.lists(st.sampled_from(["a", "b", "d"]), unique=True)


def plan(content: bytes, file: str, chosen: list[str] | None = None, licence: str = USER) -> ServerInfoPlan:
    """Plan the certificates of one file."""
    return plan_client_certificates(content, ClientFiles(CUSTOM, licence, chosen), file=file, where=WHERE)


def names(content: bytes, file: str) -> dict[str, str]:
    """Return the certificate that every TLS server gets to see, by its common name."""
    return {info.common_name: info.certificate for info in server_infos(content, file=file, where=WHERE) if info.tls}


def edited(content: bytes, named: tuple[Named, ...]) -> list[bytes]:
    """Return the lines that *content* must have after it: each parameter replaced where it stands, or new below its parent."""
    lines = lines_of(content)
    for edit in reversed(named):
        present = get_parameter(content, edit.path, where=WHERE)
        value = edit.after.replace("\\", "\\\\").encode()
        if present:
            head, colon, rest = lines[present.line - 1].partition(b"string:")
            lines[present.line - 1] = head + colon + (b" " if rest[:1] == b" " or not rest else b"") + value
        else:
            below = lines[edit.line]
            indent = below[: len(below) - len(below.lstrip(b" "))]
            lines.insert(edit.line, indent + f"{edit.path[-1]} = string: ".encode() + value)
    return lines


class TestClientCertificates:
    @pytest.mark.parametrize("form", VARIANTS)
    @pytest.mark.parametrize("path", WRITTEN, ids=case_id)
    def test_changes_only_the_lines_it_names(self, path: Path, form: str) -> None:
        """In every carrier, in every form, a certificate is replaced where it stands or is new below its server; all else stays."""
        content, file = variant(path.read_bytes(), form), product_name(path)

        result = plan(content, file)

        assert lines_of(result.content) == edited(content, result.named)
        assert plan(result.content, file) == ServerInfoPlan(result.content, left=result.left)
        assert not result.findings

    @pytest.mark.parametrize("path", WRITTEN, ids=case_id)
    def test_names_one_in_every_server_that_uses_tls(self, path: Path) -> None:
        """In the form of the file; one that uses no TLS is left alone."""
        content, file = path.read_bytes(), product_name(path)
        value = CUSTOM if file in ("Insight.cfg", "Workstation.cfg", "ReportServer.cfg", "Report Server.cfg") else FOLDER + CUSTOM
        third = {"Workstation.cfg": "Other.pem", "ReportServer.cfg": "ReportCertFileName.pem"}

        licence = SERVER if value != CUSTOM else USER
        result = plan(content, file, licence=licence)

        assert set(names(result.content, file).values()) <= {third.get(file, value)}

    def test_gives_the_others_the_licence(self) -> None:
        """A blank one would be ambiguous, so it is named too; one that is right stays."""
        content = client_file("Insight.cfg")

        result = plan(content, "Insight.cfg", ["archive"])

        assert names(result.content, "Insight.cfg") == {"master": USER, "report": USER, "archive": CUSTOM}
        assert [(edit.server, edit.line, edit.before, edit.after) for edit in result.named] == [
            ("master", 13, None, USER), ("archive", 37, None, CUSTOM)]

    @pytest.mark.parametrize(("chosen", "expected"), [(None, CUSTOM), (["a"], CUSTOM), (["b"], USER), ([], USER)])
    @pytest.mark.parametrize("present", [None, "", "  ", CUSTOM, USER, f"{USER} ", f"Certificates\\\\{USER}"])
    def test_goes_by_choice(self, present: str | None, chosen: list[str] | None, expected: str) -> None:
        """Whichever of the two it names, or none: the chosen ones get the custom one, the others Adobe's."""
        result = plan(insight(("a", present, None)), "Insight.cfg", chosen)

        assert names(result.content, "Insight.cfg")["a"].removeprefix(FOLDER) == expected
        assert not result.left

    @pytest.mark.parametrize("present", [CUSTOM, CUSTOM.upper(), f"Certificates\\\\{CUSTOM}", f"Certificates/{CUSTOM}"])
    def test_leaves_alone_what_is_right(self, present: str) -> None:
        """The same file in another form of the manual, or another case, is the same file."""
        content = insight(("a", present, "true"))

        assert plan(content, "Insight.cfg") == ServerInfoPlan(content)

    def test_leaves_and_reports_a_third_file(self) -> None:
        """Whoever named it had a reason; it is said which one and where."""
        content = insight(("a", "Other.pem", None), ("b", "", None))

        result = plan(content, "Insight.cfg")

        assert names(result.content, "Insight.cfg") == {"a": "Other.pem", "b": CUSTOM}
        assert [(finding.where, finding.rule) for finding in result.left] == [(f"{WHERE}:2", "other-certificate")]
        assert "for 'a' stays 'Other.pem'" in result.left[0].problem

    def test_replaces_a_third_file_that_was_chosen_by_name(self) -> None:
        """A list of servers is an order, for those that are on it."""
        result = plan(insight(("a", "Old.pem", None), ("b", "Old.pem", None)), "Insight.cfg", ["a"])

        assert names(result.content, "Insight.cfg") == {"a": CUSTOM, "b": "Old.pem"}
        assert [finding.where for finding in result.left] == [f"{WHERE}:5"]

    def test_reports_one_that_uses_the_windows_store(self) -> None:
        """The file is named, and it is said that it is not the one that is presented."""
        result = plan(client_file("Insight (Windows store).cfg"), "Insight.cfg")

        assert set(names(result.content, "Insight.cfg").values()) == {CUSTOM}
        assert [(finding.where, finding.rule) for finding in result.left] == [(f"{WHERE}:2", "windows-store")]
        assert not plan(client_file("Insight (Windows store).cfg"), "Insight.cfg", ["report"]).left

    def test_leaves_the_licensing_proxy_alone(self) -> None:
        """It is no server of the cluster."""
        content = client_file("Report Server (CRLF).cfg")

        after = plan(content, "ReportServer.cfg").content

        assert after.split(b"Servers = ")[0] == content.split(b"Servers = ")[0]

    @pytest.mark.parametrize(("path", "line"), broken_files("server-info"), ids=case_id)
    def test_refuses_with_the_line(self, path: Path, line: int) -> None:
        """Each file of the broken corpus is refused, and the line named."""
        with pytest.raises(CoreError) as refusal:
            plan(path.read_bytes(), "Insight.cfg")

        assert refusal.value.findings[0].where == f"{WHERE}:{line}"

    def test_refuses_a_certificate_of_another_type(self) -> None:
        """What is no string is not rewritten."""
        content = insight(("a", "", None)).replace(b"Certificate = string", b"Certificate = Path")

        with pytest.raises(CfgError, match=f"{WHERE}:4: '{CERTIFICATE}' is of type 'Path'"):
            plan(content, "Insight.cfg")

    @pytest.mark.parametrize("files", [
        ClientFiles("", USER), ClientFiles(" ", USER), ClientFiles(FOLDER + "a.pem", USER), ClientFiles("a/b.pem", USER),
        ClientFiles("C:a.pem", USER), ClientFiles(CUSTOM, ""), ClientFiles(USER.upper(), USER),
    ])
    def test_refuses_a_name_that_is_none(self, files: ClientFiles) -> None:
        """Both are bare names of files, and not of the same one."""
        with pytest.raises(OptionError):
            plan_client_certificates(insight(), files, file="Insight.cfg", where=WHERE)

    @settings(deadline=None)   # a plan reads its file many times, and other tests may keep the machine busy
    @given(SERVERS, CHOICES, st.sampled_from(["Insight.cfg", "Replicate.cfg", "Cluster.cfg"]))
    def test_holds_for_any_file(self, servers: list[tuple[str, str | None, str | None]], chosen: list[str] | None, file: str) -> None:
        """Afterwards nothing that uses TLS is blank unless that is a finding, a second run does nothing, and no line is lost."""
        content = insight(*servers)

        result = plan(content, file, chosen)

        blank = [info for info in server_infos(result.content, file=file, where=WHERE) if info.tls and not info.certificate.strip()]
        assert {f"{WHERE}:{info.line}" for info in blank} <= {finding.where for finding in result.findings}
        again = plan(result.content, file, chosen)
        assert again.content == result.content
        assert not again.named
        kept = [line for line in lines_of(content) if CERTIFICATE.encode() not in line]
        assert [line for line in lines_of(result.content) if CERTIFICATE.encode() not in line] == kept
        assert file != "Cluster.cfg" or result.content == content


class TestNeverWritten:
    @pytest.mark.parametrize("name", ["Log Processing (TLS, blank).cfg", "Cluster (TLS).cfg"])
    @pytest.mark.parametrize("chosen", [None, ["fsu"], []])
    def test_is_a_finding_when_it_would_be_ambiguous(self, name: str, chosen: list[str] | None) -> None:
        """A blank certificate in a file of the dataset: the file stays, and the consequence is named."""
        content = client_file(name)

        result = plan(content, product_name(Path(name)), chosen, SERVER)

        assert result.content == content
        assert not result.named
        (finding,) = result.findings
        assert finding.rule == "never-written"
        assert "process the whole dataset anew" in finding.problem
        assert "'fsu' is blank" in finding.problem

    def test_is_a_finding_when_it_was_chosen(self) -> None:
        """One that is wanted by name cannot be had; without that, an explicit licence certificate is only reported."""
        content = client_file("Log Processing (TLS).cfg")

        chosen, all_of_them, other = (plan(content, "Log Processing.cfg", names, SERVER) for names in (["fsu"], None, ["master"]))

        assert [finding.where for finding in chosen.findings] == [f"{WHERE}:6"]
        assert not all_of_them.findings
        assert [finding.rule for finding in all_of_them.left] == ["other-certificate"]
        assert other == ServerInfoPlan(content)
        assert {result.content for result in (chosen, all_of_them, other)} == {content}

    @pytest.mark.parametrize("name", ["Log Processing.cfg", "Cluster.cfg"])
    def test_is_nothing_without_tls(self, name: str) -> None:
        """As shipped, these files concern no certificate."""
        content = client_file(name)

        assert plan(content, name, None, SERVER) == ServerInfoPlan(content)

    def test_is_any_file_of_unknown_kind(self) -> None:
        """What the manual does not name may set off anything."""
        content = b"A = B:\n  Server = serverInfo:\n    Use SSL = bool: true\n"

        result = plan(content, "Other.cfg")

        assert result.content == content
        assert "the manual does not name this file" in result.findings[0].problem

    def test_is_a_copy_under_another_name(self) -> None:
        """The key of the serverInfo tells that it belongs to a dataset."""
        content = client_file("Log Processing (TLS, blank).cfg")

        result = plan(content, "Insight.cfg")

        assert result.content == content
        assert len(result.findings) == 1


class TestUnknownServers:
    def test_names_who_is_in_no_file(self) -> None:
        """A misspelt name chooses nobody, and one that uses no TLS cannot be chosen."""
        infos = server_infos(insight(("a", "", None), ("b", "", "false")), file="Insight.cfg", where=WHERE)

        assert unknown_servers(["c", "b", "a", "A"], infos) == ("A", "b", "c")
        assert unknown_servers([], infos) == ()
