"""What every finding owes its reader."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import Finding


def rules(findings: Iterable[Finding]) -> list[str]:
    """Return the rules that are broken, after each finding was seen to say where, what is wrong and what to do."""
    every = list(findings)
    assert all(isinstance(text, str) and text for one in every for text in (one.where, one.problem, one.remedy)), every

    return [finding.rule for finding in every]
