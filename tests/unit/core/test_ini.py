"""Promises of what reads Insight.ini."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core import ini
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError

from unit.core.client_cases import WHERE, client_file


def folder(content: bytes) -> str | None:
    """Return what *content* says of the data folder."""
    return ini.value(content, "InitialSettings", "AppDataFolder", where=WHERE)


class TestValue:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Insight.ini", "C:\\Users\\User\\AppData\\Local\\Adobe\\Adobe Analytics\\Data Workbench\\"),
            ("Insight (CRLF).ini", "D:\\Daten\\Data Workbench"),
            ("Insight (single byte).ini", "C:\\Users\\Jörg\\AppData\\Adobe\\Analytics\\DataWorkbench\\"),
            ("Insight (BOM).ini", "C:\\Data"),
        ],
    )
    def test_finds_the_data_folder(self, name: str, expected: str) -> None:
        """The folder of the section that is asked for, not that of another one."""
        assert folder(client_file(name)) == expected

    @pytest.mark.parametrize(
        "content", [b"", b"AppDataFolder=C:\\Data\n", b"[Other]\nAppDataFolder=C:\\Data\n", b"[InitialSettings]\n;AppDataFolder=C:\\Data\n"]
    )
    def test_finds_nothing_elsewhere(self, content: bytes) -> None:
        """Above the sections, in another one and in a comment it does not count."""
        assert folder(content) is None

    @pytest.mark.parametrize(
        ("value", "expected"), [(b"", ""), (b"a=b", "a=b"), (b'"C:\\a b"', '"C:\\a b"'), (b" %APPDATA%\\x ; y ", "%APPDATA%\\x ; y")]
    )
    def test_keeps_the_spelling(self, value: bytes, expected: str) -> None:
        """Nothing is unquoted, expanded or cut off but the blanks around."""
        assert folder(b"[InitialSettings]\nAppDataFolder=" + value) == expected

    @pytest.mark.parametrize(
        ("content", "lines"),
        [
            (b"[InitialSettings]\nAppDataFolder=a\nAPPDATAFOLDER=a\n", "2 and 3"),
            (b"[InitialSettings]\nAppDataFolder=a\n[x]\n[initialsettings]\nAppDataFolder=b\n", "2 and 5"),
        ],
    )
    def test_refuses_a_name_that_stands_twice(self, content: bytes, lines: str) -> None:
        """Also in a section that begins twice; both lines are named."""
        with pytest.raises(CfgError, match=f"'AppDataFolder' stands in lines {lines}"):
            folder(content)
