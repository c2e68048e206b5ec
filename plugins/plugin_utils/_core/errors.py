# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one error tree: nothing is raised that does not say where, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .printable import printable


@dataclass(frozen=True)
class Finding:
    """
    One broken requirement; what a node or a file put into it is made safe to print, and each part is one line.

    Attributes:
        where: The file, line, host or option at fault, as an operator would name it.
        problem: What is wrong, in the words of OpenSSL, RFC 5280 or the product.
        remedy: What to do about it, in the imperative.
        rule: A stable short name of the requirement, for tests and filters.
    """

    where: str
    problem: str
    remedy: str
    rule: str = "error"

    def __post_init__(self) -> None:
        for name in ("where", "problem", "remedy"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    def __str__(self) -> str:
        """Return the finding as one line for people."""
        return f"{self.where}: {self.problem}; {self.remedy}"


class CoreError(Exception):
    """Something an operator can cause and mend; translated into a failed result in one place."""

    findings: tuple[Finding, ...]

    def __init__(self, *, where: str, problem: str, remedy: str) -> None:
        self._tell((Finding(where, problem, remedy, type(self).__name__),))

    def _tell(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


class OptionError(CoreError):
    """An option or a variable cannot be used as it was given."""


class PemError(CoreError):
    """A file is not the PEM it should be."""


class CertificateError(CoreError):
    """A certificate or key cannot be read."""


class CfgError(CoreError):
    """A configuration file is not understood, or an edit of it would be a guess."""


class NodeError(CoreError):
    """A node is not what the inventory says it is."""


class HostError(CoreError):
    """The files of a node could not be read or written."""


class StaleFileError(HostError):
    """A file was changed since it was read."""


class LockedError(HostError):
    """Another run is at work on the node."""


class InterruptedRunError(HostError):
    """A run was interrupted on the node; it has to be recovered first."""


class Refused(CoreError):
    """Requirements are broken: all of them, one finding each."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._tell(tuple(findings))
