# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who may do what with a file, read from its DACL."""

from __future__ import annotations

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.key_file import PRIVATE_DACL
from ansible_collections.certops.rollout.plugins.plugin_utils._core.sddl import (
    ADMINISTRATORS,
    FILE_READ,
    SYSTEM,
    canonical,
    is_kept,
    read_dacl,
)
from hypothesis import given
from hypothesis import strategies as st

SERVICE = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
ACCOUNT = "S-1-5-21-1004336348-1177238915-682003330-1107"
FULL = 0x1F01FF
WANTED = f"{PRIVATE_DACL}(A;;FR;;;{SERVICE})"

full = st.sampled_from(["FA", "fa", "GA", "0x1f01ff", "0x1F01FF", "0x10000000", "2032127", "FAFR", "FRFWFXDTSDWDWO"])
read = st.sampled_from(["FR", "GR", "0x120089", "0x80000000", "1179785"])
system = st.sampled_from(["SY", "sy", SYSTEM])
administrators = st.sampled_from(["BA", ADMINISTRATORS])
flags = st.sampled_from(["P", "PAI", "PARAI", "pai"])
outsiders = st.sampled_from(["WD", "AU", "BU", "S-1-5-32-545", "S-1-1-0", "IU", "DU", "S-1-5-21-1-2-3-513", "LA", "BO", "NS", "S-1-15-2-1"])
# Whatever lets the content out, changes it, or lets somebody else give that right.
harmful = st.sampled_from(["FA", "FR", "FW", "GR", "GA", "CC", "DC", "WD", "WO", "SD", "KR", "0x1", "0x40000", "0x2000000", "FX"])


class TestReadDacl:
    def test_tells_who_may_do_what(self) -> None:
        """The DACL that key files get."""
        dacl = read_dacl(WANTED)

        assert dacl is not None
        assert (dacl.protected, dict(dacl.allowed)) == (True, {SYSTEM: FULL, ADMINISTRATORS: FULL, SERVICE: FILE_READ})

    def test_adds_up_what_one_account_is_allowed(self) -> None:
        """Two entries of one account, in two spellings, are one."""
        dacl = read_dacl(f"D:AI(A;ID;0x1;;;BA)(A;;WD;;;{ADMINISTRATORS})")

        assert dacl is not None
        assert (dacl.protected, dict(dacl.allowed)) == (False, {ADMINISTRATORS: 0x40001})

    @pytest.mark.parametrize("entry", [
        "(A;IO;FA;;;CO)", "(A;OICIIO;GA;;;WD)", "(A;;RC;;;WD)", "(A;;0x120088;;;BU)", "(A;;;;;BU)", "(A;;0;;;BU)",
    ])
    def test_leaves_out_what_lets_nobody_in(self, entry: str) -> None:
        """An entry for files below, or one that shows no more than that the file is there."""
        assert read_dacl(f"D:P{entry}") == read_dacl("D:P")

    @pytest.mark.parametrize("sddl", [
        "", "D:NO_ACCESS_CONTROL", "O:BAD:P", "D:P(A;;FA;;;SY)S:(AU;SA;FA;;;WD)", "D:P(D;;FA;;;BU)", "D:P(XA;;FA;;;SY;(a==1))",
        "D:P(OA;;FA;;;SY)", "D:P(A;;FA;00000000-0000-0000-0000-000000000000;;SY)", "D:P(A;;ZZ;;;SY)", "D:P(A;;F;;;SY)", "D:P(A;;017;;;SY)",
        "D:P(A;;FA;;;XX)", "D:P(A;;FA;;;)", "D:P(A;ZZ;FA;;;SY)", "D:P(A;;FA;;;SY", "D:X(A;;FA;;;SY)", "D:P(A;;0x123456789;;;SY)",
        "D:P(A;;FA;;;S-1)",
    ])
    def test_understands_nothing_else(self, sddl: str) -> None:
        """A denial, a condition, an unknown word: the whole DACL counts as not understood."""
        assert read_dacl(sddl) is None
        assert not is_kept(sddl, WANTED, one_more=True)

    @given(st.text(alphabet="DOAPIFRSYBW10-:;()x \u00e9", max_size=40))
    def test_never_fails(self, sddl: str) -> None:
        """Any text is a DACL or none; in no case is what cannot be read private."""
        assert read_dacl(sddl) is not None or not is_kept(sddl, WANTED, one_more=True)


class TestCanonical:
    @pytest.mark.parametrize(("account", "sid"), [
        ("SY", SYSTEM), ("sy", SYSTEM), ("s-1-5-18", SYSTEM), ("LA", "*-500"), ("S-1-5-21-1-2-3-500", "*-500"), ("DU", "*-513"),
        (ACCOUNT, ACCOUNT), ("S-1-5-21-1-2-3-5000", "S-1-5-21-1-2-3-5000"), ("", ""), ("QQ", ""), ("S-1", ""), ("BUILTIN", ""),
    ])
    def test_is_one_spelling(self, account: str, sid: str) -> None:
        """Windows writes an account of a fixed number with its domain, or without."""
        assert canonical(account) == sid


class TestIsKept:
    @given(flags, st.permutations([0, 1, 2]), st.tuples(full, full, read), st.tuples(system, administrators))
    def test_whatever_the_spelling(self, flag: str, order: list[int], rights: tuple[str, str, str], names: tuple[str, str]) -> None:
        """Aliases or SIDs, words or numbers, in any order: the same DACL is the same."""
        accounts = (*names, SERVICE)
        entries = "".join(f"(A;;{rights[at]};;;{accounts[at]})" for at in order)

        assert is_kept(f"D:{flag}{entries}", WANTED, one_more=False)
        assert not is_kept(f"D:AI{entries}", WANTED, one_more=True)

    @given(outsiders, harmful, st.integers(0, 3))
    def test_but_for_nobody_else(self, who: str, right: str, at: int) -> None:
        """One more entry that lets somebody in is seen, wherever it stands."""
        entries = ["(A;;FA;;;SY)", "(A;;FA;;;BA)", f"(A;;FR;;;{SERVICE})"]
        assert is_kept("D:P" + "".join(entries), WANTED, one_more=False)
        entries.insert(at, f"(A;;{right};;;{who})")

        assert not is_kept("D:P" + "".join(entries), WANTED, one_more=False)

    @given(st.integers(0, 2))
    def test_nor_for_one_less(self, at: int) -> None:
        """A server that may not read its key does not start."""
        entries = ["(A;;FA;;;SY)", "(A;;FA;;;BA)", f"(A;;FR;;;{SERVICE})"]
        del entries[at]

        assert not is_kept("D:P" + "".join(entries), WANTED, one_more=True)

    @pytest.mark.parametrize("reader", [ACCOUNT, SERVICE, "LS", "NS", "S-1-5-20"])
    def test_with_one_reader_when_nobody_said_which(self, reader: str) -> None:
        """It is the account that the service runs under; when that is known, it is a stranger."""
        observed = f"{PRIVATE_DACL}(A;;FR;;;{reader})"

        assert is_kept(observed, PRIVATE_DACL, one_more=True)
        assert not is_kept(observed, PRIVATE_DACL, one_more=False)
        assert not is_kept(f"{observed}(A;;FR;;;S-1-5-21-1-2-3-1108)", PRIVATE_DACL, one_more=True)
        assert not is_kept(f"{PRIVATE_DACL}(A;;FA;;;{reader})", PRIVATE_DACL, one_more=True)

    @pytest.mark.parametrize("reader", ["BU", "WD", "AU", "DU", "LA", "S-1-5-21-1-2-3-513", "S-1-5-32-545", "S-1-5-80-0"])
    def test_but_not_with_a_group_of_them(self, reader: str) -> None:
        """What is built in is no service's account, but for two."""
        assert not is_kept(f"{PRIVATE_DACL}(A;;FR;;;{reader})", PRIVATE_DACL, one_more=True)

    @pytest.mark.parametrize("wanted", ["D:(A;;FA;;;SY)", "D:P(D;;FA;;;BU)(A;;FA;;;SY)", "nonsense"])
    def test_when_there_is_nothing_to_compare_with(self, wanted: str) -> None:
        """A DACL of the operator's own that inherits, denies or is no SDDL is written with new bytes only."""
        assert is_kept("D:P(A;;FA;;;WD)", wanted, one_more=False)
