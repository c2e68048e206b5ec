"""Promises of what makes a Workstation present a certificate of the Windows store."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server_info import StoreEntry, server_infos
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.server_info_plan import ServerInfoPlan, plan_crypto_api
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError, OptionError, Refused

from unit.core.cfg_cases import EVERY_FORM, lines_of, variant
from unit.core.client_cases import WHERE, client_file
from unit.core.dwb.insight import USER, insight

STORE_KEYS = ("SSL Use CryptoAPI", "SSL CryptoAPI Cert Name", "SSL CryptoAPI Cert Issuer Name", "SSL CryptoAPI Cert Store Name")
ENTRY = StoreEntry("Named User", "Plant CA")


class TestCryptoApi:
    @EVERY_FORM
    def test_sets_the_four_in_every_server(self, form: str) -> None:
        """In the manual's order, right below the server; all other lines stay."""
        content = variant(client_file("Insight.cfg"), form)
        new = [b"    SSL Use CryptoAPI = bool: true", b"    SSL CryptoAPI Cert Name = string: Named User",
               b"    SSL CryptoAPI Cert Issuer Name = string: Plant CA", b"    SSL CryptoAPI Cert Store Name = string: My"]
        expected = [
            added for line in lines_of(content)
            for added in ([line, *new] if line.startswith(b"  ") and line.endswith(b" = serverInfo:") else [line])
        ]

        result = plan_crypto_api(content, ENTRY, file="Insight.cfg", where=WHERE)

        assert lines_of(result.content) == expected
        assert [edit.path[-1] for edit in result.named] == [*STORE_KEYS] * 3
        assert plan_crypto_api(result.content, ENTRY, file="Insight.cfg", where=WHERE) == ServerInfoPlan(result.content)

    def test_replaces_what_is_there(self) -> None:
        """After a change of the issuer only its name is new; the second server gets all four."""
        content = client_file("Insight (Windows store).cfg")

        result = plan_crypto_api(content, ENTRY, file="Insight.cfg", where=WHERE)

        assert [(edit.line, edit.path[-1], edit.before) for edit in result.named] == [
            (2, STORE_KEYS[2], "Visual Sciences,LLC"), *((18, key, None) for key in STORE_KEYS)]
        assert {info.store for info in server_infos(result.content, file="Insight.cfg", where=WHERE)} == {ENTRY}

    def test_sets_only_what_is_not_as_it_should_be(self) -> None:
        """Names that are right already stay; blanks behind one are cut off."""
        names = "    SSL CryptoAPI Cert Name = string: Named User \n    SSL CryptoAPI Cert Issuer Name = string: Plant CA\n"
        more = "    SSL CryptoAPI Cert Store Name = string: My\n    SSL Use CryptoAPI = bool: false\n"
        content = insight(("a", USER, "true")) + (names + more).encode()

        result = plan_crypto_api(content, ENTRY, file="Insight.cfg", where=WHERE)

        assert [(edit.path[-1], edit.before) for edit in result.named] == [(STORE_KEYS[0], "false"), (STORE_KEYS[1], "Named User ")]

    def test_leaves_the_others_as_they_are(self) -> None:
        """Only the chosen ones that use TLS are concerned."""
        content = insight(("a", USER, "true"), ("b", USER, "true"), ("c", USER, "false"))

        result = plan_crypto_api(content, ENTRY, file="Insight.cfg", where=WHERE, chosen=["b", "c"])

        assert [info.store for info in server_infos(result.content, file="Insight.cfg", where=WHERE)] == [None, ENTRY, None]

    @pytest.mark.parametrize("file", ["ReportServer.cfg", "Replicate.cfg", "Cluster.cfg", "Other.cfg"])
    def test_is_for_a_workstation_only(self, file: str) -> None:
        """Whether another client can use the store is not documented."""
        with pytest.raises(CfgError, match="only a Workstation"):
            plan_crypto_api(insight(("a", USER, None)), ENTRY, file=file, where=WHERE)

    @pytest.mark.parametrize("entry", [
        StoreEntry("", "CA"), StoreEntry("a", " "), StoreEntry("a", "CA", ""),
        StoreEntry("a", "CA", "Personal"), StoreEntry("a", "CA", "personal"),
    ])
    def test_refuses_what_would_find_nothing(self, entry: StoreEntry) -> None:
        """A wrong value is an error state of the Workstation; Personal is only how Windows shows My."""
        with pytest.raises(OptionError):
            plan_crypto_api(insight(("a", USER, None)), entry, file="Insight.cfg", where=WHERE)

    def test_refuses_a_file_it_does_not_understand(self) -> None:
        """A line that is none may hide a server."""
        with pytest.raises(Refused):
            plan_crypto_api(insight(("a", USER, None)) + b"# ours\n", ENTRY, file="Insight.cfg", where=WHERE)

    def test_never_writes_a_server_of_a_dataset(self) -> None:
        """Not even where the file is called Insight.cfg."""
        content = b"A = B:\n  Log Server = serverInfo:\n    Use SSL = bool: true\n"

        result = plan_crypto_api(content, ENTRY, file="Insight.cfg", where=WHERE)

        assert result.content == content
        assert [finding.rule for finding in result.findings] == ["never-written"]

    def test_has_no_need_to_write_what_is_as_it_should_be(self) -> None:
        """A server of a dataset that asks for this certificate already is no finding."""
        content = plan_crypto_api(insight(("a", USER, None)), ENTRY, file="Insight.cfg", where=WHERE).content
        content = content.replace(b"Servers = vector: 1 items", b"A = B:").replace(b"0 = ", b"Log Server = ")

        assert plan_crypto_api(content, ENTRY, file="Insight.cfg", where=WHERE) == ServerInfoPlan(content)
