"""Access rules and their inheritance."""

from __future__ import annotations

import pytest
from windows.dacl import INHERITED, read_dacl


class TestDacl:
    @pytest.mark.parametrize(
        ("folder", "file", "below"),
        [
            ("D:PAI(A;OICI;FA;;;SY)", "D:AI(A;ID;FA;;;SY)", "D:AI(A;OICIID;FA;;;SY)"),
            ("D:AI(A;OI;FR;;;BU)", "D:AI(A;ID;FR;;;BU)", "D:AI(A;OIIOID;FR;;;BU)"),
            ("D:AI(A;CI;FR;;;BU)", "D:AI", "D:AI(A;CIID;FR;;;BU)"),
            ("D:AI(A;OICINP;FR;;;S-1-5-80-1-2)", "D:AI(A;ID;FR;;;S-1-5-80-1-2)", "D:AI(A;ID;FR;;;S-1-5-80-1-2)"),
            ("D:AI(A;;FA;;;BA)", "D:AI", "D:AI"),
        ],
    )
    def test_is_handed_down(self, folder: str, file: str, below: str) -> None:
        """Files take what is for objects, folders what is for containers and hand on the rest."""
        rules = read_dacl(folder)

        assert rules
        assert (str(INHERITED.below(rules, is_folder=False)), str(INHERITED.below(rules, is_folder=True))) == (file, below)

    def test_that_is_protected_takes_nothing(self) -> None:
        """P keeps the rules of the folder out; without it they follow the own ones."""
        folder = read_dacl("D:AI(A;OICI;FR;;;BU)")
        closed, opened = read_dacl("D:PAI(A;;FA;;;SY)"), read_dacl("D:(A;;FA;;;SY)")

        assert folder
        assert closed
        assert opened
        assert str(closed.below(folder, is_folder=False)) == "D:PAI(A;;FA;;;SY)"
        assert str(opened.below(folder, is_folder=False)) == "D:AI(A;;FA;;;SY)(A;ID;FR;;;BU)"

    @pytest.mark.parametrize("text", ["", "O:BAD:PAI", "D:(A;;FA;;SY)", "D:(A;;FA;;;S-1-5)", "D:PAI(A;;FA;;;SY)x"])
    def test_is_read_as_a_whole_or_not_at_all(self, text: str) -> None:
        """Half a list would protect from nobody."""
        assert read_dacl(text) is None
