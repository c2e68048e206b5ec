"""The Windows service of a server, told by where its program lies, and the SID of its account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.windows_service import (
    Service,
    account_sid,
    choose_service,
    is_below,
    service_sid,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Refused
from hypothesis import given
from hypothesis import strategies as st

from unit.core.findings import rules
from unit.windows import services

ROOT = "C:\\Adobe\\Server"
TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
names = st.text(st.characters(codec="utf-8", exclude_characters='\\/:*?"<>|%\0', exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
plain_names = names.filter(lambda name: name.strip(". ") == name and ".exe" not in name.lower())


def refused(listed: list[dict[str, Any]], root: str = ROOT, name: str = "") -> str:
    """Return the problem of the one finding that *listed* is refused with."""
    with pytest.raises(Refused) as error:
        choose_service(listed, root, name=name)
    assert rules(error.value.findings) == ["service"]
    assert "dwb_service_name" in error.value.findings[0].remedy
    return error.value.findings[0].problem


class TestChooseService:
    def test_finds_the_one_below_the_root(self) -> None:
        """Of all services of a node, without a look at what is displayed."""
        found = Service("InsightServer", "started", "auto", "NT AUTHORITY\\SYSTEM")

        assert choose_service(services(display_name="Anything"), ROOT) == found
        assert found.as_result("S-1-5-18") == {
            "name": "InsightServer", "state": "started", "start_mode": "auto", "account": "NT AUTHORITY\\SYSTEM", "sid": "S-1-5-18"}

    def test_finds_each_of_several_instances(self) -> None:
        """A path with a blank in it and no quotes, on another drive, with arguments."""
        assert choose_service(services(), "D:\\Adobe\\Data Repeater").name == "InsightRepeater"
        assert choose_service(services(), "E:\\ReportServer").name == "ReportServer"

    def test_names_what_it_saw_when_there_is_none(self) -> None:
        """What looks like a server is told; what does not is only counted."""
        problem = refused(services(), "F:\\Adobe\\Server")

        assert problem == (
            "none of 6 services has its program below F:\\Adobe\\Server; seen: "
            "InsightServer (\"C:\\Adobe\\Server\\bin\\InsightServer64.exe\"), "
            "InsightRepeater (d:\\adobe\\Data Repeater\\bin\\InsightServer64.exe -Service InsightRepeater)")
        assert refused([]) == "none of 0 services has its program below C:\\Adobe\\Server; seen: none that looks like it"

    def test_refuses_to_choose_between_two(self) -> None:
        """Two instances below one root are for the operator to tell apart."""
        twin = services(name="Insight2")[1:2]

        assert refused(services() + twin).startswith("2 services have their program below C:\\Adobe\\Server: InsightServer (")
        assert refused(services() + twin * 9).endswith(" and 5 more")

    def test_takes_the_name_that_was_given(self) -> None:
        """Wherever its program lies, in small letters or capitals; a name that does not exist is a mistake."""
        assert choose_service(services(), ROOT, name="winrm").name == "WinRM"
        assert refused(services(), name="Adobe Insight Server") == "there is no service 'Adobe Insight Server' among 6"

    def test_reads_what_is_not_told_as_empty(self) -> None:
        """A service without a path is nobody's, one without an account has none."""
        assert choose_service([{"name": "a", "path": None}, *services(username=None)], ROOT).account == ""


class TestIsBelow:
    @pytest.mark.parametrize("path", [
        '"C:\\Adobe\\Server\\bin\\a.exe"', '"C:\\Adobe\\Server\\bin\\a.exe" -Service x', "C:\\Adobe\\Server\\bin\\a.exe",
        "c:\\ADOBE\\server\\bin\\A.EXE -x", "C:/Adobe/Server/bin/a.exe /x", "\\\\?\\C:\\Adobe\\Server\\bin\\a.exe",
        "\\??\\C:\\Adobe\\Server\\a.exe",
        " C:\\Adobe\\Server\\a", "C:\\Adobe\\Server\\bin\\..\\a.exe", '"C:\\Adobe\\Server\\bin\\a.exe',
        "C:\\Adobe\\Server\\a.exe ..\\..\\..\\b",
    ])
    def test_takes_every_spelling(self, path: str) -> None:
        """Quotes or none, arguments, slashes, the prefix for long paths."""
        assert is_below(path, ROOT)
        assert is_below(path, ROOT + "\\")
        assert not is_below(path, "C:\\Adobe\\Serv")

    @pytest.mark.parametrize("path", [
        "", '""', " ", "C:\\Adobe\\Server", "C:\\Adobe\\Server2\\a.exe", "C:\\Adobe\\Server 2\\a.exe", "D:\\Adobe\\Server\\a.exe",
        "C:\\ADOBE~1\\Server\\a.exe", "%ProgramFiles%\\Server\\a.exe", "C:\\Adobe\\Server\\..\\a.exe", "Adobe\\Server\\a.exe",
        "C:\\tools\\nssm.exe C:\\Adobe\\Server\\a.exe", '"C:\\tools\\nssm.exe" "C:\\Adobe\\Server\\a.exe"', "\\\\C:\\Adobe\\Server\\a.exe",
    ])
    def test_takes_nothing_else(self, path: str) -> None:
        """A neighbour, an argument, and what only the node could resolve."""
        assert not is_below(path, ROOT)

    def test_knows_shares(self) -> None:
        """A root on a share, with and without the prefix."""
        assert is_below('"\\\\?\\UNC\\files\\d$\\Data Workbench\\a.exe"', "\\\\FILES\\d$\\Data Workbench")
        assert not is_below("C:\\files\\d$\\Data Workbench\\a.exe", "\\\\FILES\\d$\\Data Workbench")

    @given(plain_names, plain_names)
    def test_holds_for_any_name(self, folder: str, program: str) -> None:
        """Whatever a folder is called, its program lies in it, and not in its neighbour."""
        assert is_below(f'"C:\\{folder}\\{program}.exe" -x', f"C:\\{folder}")
        assert not is_below(f'"C:\\{folder}\\{program}.exe" -x', f"C:\\{folder}x")

    @given(st.text(max_size=40))
    def test_never_fails(self, path: str) -> None:
        """Any text is below or not."""
        assert is_below(path, ROOT) in {True, False}


class TestAccountSid:
    @pytest.mark.parametrize(("account", "sid"), [
        ("LocalSystem", "S-1-5-18"), ("NT AUTHORITY\\SYSTEM", "S-1-5-18"), ("nt authority\\LocalService", "S-1-5-19"),
        ("NT AUTHORITY\\LOCAL SERVICE", "S-1-5-19"), ("NT AUTHORITY\\NetworkService", "S-1-5-20"),
        ("NT SERVICE\\TrustedInstaller", TRUSTED_INSTALLER), ("NT Service\\trustedinstaller", TRUSTED_INSTALLER),
    ])
    def test_knows_what_is_the_same_everywhere(self, account: str, sid: str) -> None:
        """The built-in accounts and the virtual ones."""
        assert account_sid(account, "InsightServer") == sid

    @pytest.mark.parametrize("account", [
        "EXAMPLE\\svc-insight", "EXAMPLE\\gmsa$", ".\\insight", "svc@example.com", "NT-AUTORITÄT\\SYSTEM", "NT SERVICE\\", "",
        "Administrator",
    ])
    def test_asks_for_every_other(self, account: str) -> None:
        """Only the node or its domain knows; the finding says how to ask it."""
        with pytest.raises(Refused, match=re.escape(account or "not told")) as error:
            account_sid(account, "InsightServer")

        assert rules(error.value.findings) == ["service-account"]
        assert re.search(r"dwb_service_sid.*S-1-5-18.*Translate\(", error.value.findings[0].remedy)

    @pytest.mark.parametrize(("account", "told"), [
        (".\\insight", '([Security.Principal.NTAccount]"$env:COMPUTERNAME\\insight")'),
        ("EXAMPLE\\o'neill", "([Security.Principal.NTAccount]'EXAMPLE\\o''neill')"),
    ])
    def test_says_how_to_ask_in_words_that_powershell_takes(self, account: str, told: str) -> None:
        """A dot is no name of a machine there, and an apostrophe ends a text."""
        with pytest.raises(Refused) as error:
            account_sid(account, "InsightServer")

        assert told in error.value.findings[0].remedy


class TestServiceSid:
    def test_is_what_windows_computes(self) -> None:
        """The published SID of TrustedInstaller."""
        assert service_sid("TrustedInstaller") == service_sid("TRUSTEDINSTALLER") == TRUSTED_INSTALLER

    @given(names)
    def test_is_a_service_sid_for_any_name(self, name: str) -> None:
        """Five numbers after the authority of services."""
        assert re.fullmatch(r"S-1-5-80(-\d{1,10}){5}", service_sid(name))
