# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module rehearsal: every certificate before every bundle, on the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..plugin_utils._core.dwb.cluster import Member
from ..plugin_utils._core.errors import OptionError, Refused
from ..plugin_utils._core.rehearsal import Party, Rehearsed, rehearse
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.cluster import members
from ..plugin_utils._task.sources import read_text


class ActionModule(RolloutAction):
    """Judge every pair of certificate and bundle, for both purposes, for each step of a rollout."""

    _requires_connection = False

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return how many pairs were judged in each step; fail with every pair that would not get along."""
        if options["parties"]:
            steps = [rehearse("rehearsal", [self._party(party) for party in options["parties"]])]
        else:
            steps = _steps(_surveyed(members(task_vars, str(options["result"]))))
        findings = [finding for step in steps for finding in step.findings]
        if findings:
            raise Refused(findings)
        return {"changed": False, "steps": [{"step": step.step, "pairs": step.pairs} for step in steps]}

    def _party(self, party: Mapping[str, Any]) -> Party:
        certificate, bundle = (read_text(self._loader, party, name) for name in ("certificate", "bundle"))
        return Party(str(party["name"]), certificate or b"", bundle or b"")


def _surveyed(every: Sequence[Member]) -> Sequence[Member]:
    """Return *every*, unless nobody was surveyed: to judge nothing is no success."""
    if not any(member.survey for member in every):
        raise OptionError(where="result", problem="no host of the cluster has registered a survey under that name",
                          remedy="name the variable that node_info is registered in, or give parties")
    return every


def _steps(every: Sequence[Member]) -> list[Rehearsed]:
    """
    Return the two moments in which something custom is presented.

    Licence certificates are not judged: bundles only grow, so who accepts them now goes on to.
    """
    return [rehearse("trust extended", [_as_surveyed(member, "leaf_now") for member in every]),
            rehearse("servers activated", [_as_surveyed(member, "leaf_after") for member in every])]


def _as_surveyed(member: Member, leaf: str) -> Party:
    certificate, bundle = (str(member.survey.get(key, "")).encode("latin-1") for key in (leaf, "bundle_after"))
    return Party(member.host, certificate, bundle)
