"""
Access rules as text, and how a new file or folder gets those of its folder.

Source: "Security Descriptor String Format", "ACE Strings" and "ACE Inheritance Rules" of the Win32 documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_RULE = re.compile(r"\((A|D);((?:OI|CI|NP|IO|ID)*);([A-Z0-9xa-f]*);;;([A-Z]{2}|S-1(?:-\d+){2,15})\)")
_DACL = re.compile(rf"D:((?:P|AI|AR)*)((?:{_RULE.pattern})*)")

# What the top of a volume has: SYSTEM and Administrators everything, Users read.
TOP = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"


@dataclass(frozen=True)
class Rule:
    """One access rule: kind, flags of two letters each, rights and whom it is for."""

    kind: str
    flags: tuple[str, ...]
    rights: str
    whom: str

    def __str__(self) -> str:
        return f"({self.kind};{''.join(self.flags)};{self.rights};;;{self.whom})"

    def handed_down(self, *, to_folder: bool) -> Rule | None:
        """Return the rule as a new child gets it, None if it does not."""
        if "OI" not in self.flags and not (to_folder and "CI" in self.flags):
            return None
        onward = tuple(flag for flag in self.flags if flag in {"OI", "CI"}) if to_folder and "NP" not in self.flags else ()
        only = ("IO",) if onward and "CI" not in self.flags else ()
        return replace(self, flags=(*onward, *only, "ID"))


@dataclass(frozen=True)
class Dacl:
    """A list of rules; a protected one takes nothing from the folder above."""

    protected: bool
    rules: tuple[Rule, ...]

    def __str__(self) -> str:
        return f"D:{'PAI' if self.protected else 'AI'}{''.join(map(str, self.rules))}"

    def own(self) -> Dacl:
        """Return the list without what it has from the folder above."""
        return replace(self, rules=tuple(rule for rule in self.rules if "ID" not in rule.flags))

    def below(self, folder: Dacl, *, is_folder: bool) -> Dacl:
        """Return the list as it is in force in a *folder* with those rules: its own first, then what is handed down."""
        if self.protected:
            return self
        handed = (rule.handed_down(to_folder=is_folder) for rule in folder.rules)
        return replace(self, rules=(*self.own().rules, *(rule for rule in handed if rule)))


def read_dacl(sddl: str) -> Dacl | None:
    """Return the list that *sddl* spells, None if it is no list."""
    whole = _DACL.fullmatch(sddl)
    if not whole:
        return None
    rules = (Rule(kind, tuple(re.findall("..", flags)), rights, whom) for kind, flags, rights, whom in _RULE.findall(whole[2]))
    return Dacl("P" in whole[1], tuple(rules))


INHERITED = Dacl(protected=False, rules=())
