"""Windows paths on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from windows.faults import FaultError
from windows.names import Names, is_absolute


@pytest.fixture
def names(tmp_path: Path) -> Names:
    """Return a machine with a drive, a folder of its own on it, and a share."""
    for folder in ("c/Adobe/Sérver 1", "data", "share/dwb"):
        (tmp_path / folder).mkdir(parents=True)
    return Names({"C:\\": str(tmp_path / "c"), "C:\\Data": str(tmp_path / "data"), "\\\\Files\\Plant$": str(tmp_path / "share")})


class TestFind:
    @pytest.mark.parametrize(
        ("path", "place"),
        [
            ("C:\\Adobe\\Sérver 1", "c/Adobe/Sérver 1"),
            ("c:/adobe/SÉRVER 1", "c/Adobe/Sérver 1"),
            ("C:\\Adobe\\new.cfg", "c/Adobe/new.cfg"),
            ("C:\\ADOBE\\.\\x\\..\\New.Cfg", "c/Adobe/New.Cfg"),
            ("C:\\Adobe\\dots. .", "c/Adobe/dots"),
            ("c:\\data\\file", "data/file"),
            ("C:\\Database", "c/Database"),
            ("\\\\files\\plant$\\DWB", "share/dwb"),
            ("\\\\?\\C:\\adobe", "c/Adobe"),
            ("\\\\?\\UNC\\Files\\Plant$\\dwb", "share/dwb"),
        ],
    )
    def test_compares_no_case_and_keeps_it(self, names: Names, tmp_path: Path, path: str, place: str) -> None:
        """Drives, shares and folders are found in any case, with either slash; a new name is made as it was given."""
        assert names.find(path) == tmp_path / place

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("C:\\a*b", "syntax is incorrect"),
            ("C:\\a:stream", "syntax is incorrect"),
            ("C:\\Adobe\\nul", "syntax is incorrect"),
            ("C:\\com1.pem", "syntax is incorrect"),
            ("C:\\a\tb", "syntax is incorrect"),
            ("E:\\x", "could not find a part"),
            ("\\\\files\\other\\x", "could not find a part"),
            ("C:\\" + "x" * 257, "too long"),
        ],
    )
    def test_refuses_what_can_be_no_name(self, names: Names, path: str, words: str) -> None:
        """In the words of the system."""
        with pytest.raises(FaultError, match=f"(?i){words}"):
            names.find(path)

    def test_takes_long_paths_with_their_prefix(self, names: Names, tmp_path: Path) -> None:
        """260 characters and more need the prefix that switches the limit off."""
        assert names.find("\\\\?\\C:\\" + "x" * 250 + "\\y") == tmp_path / "c" / ("x" * 250) / "y"


class TestAbsolute:
    @pytest.mark.parametrize(("path", "absolute"), [("C:\\x", True), ("c:/x", True), ("\\\\s\\x", True), ("C:x", False), ("\\x", False)])
    def test_begins_with_a_drive_and_a_slash_or_a_server(self, path: str, absolute: bool) -> None:
        """A drive alone means its current folder, a slash alone the current drive: both depend on who asks."""
        assert is_absolute(path) == absolute
