# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module rehearsal: every certificate before every bundle, on the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..plugin_utils._core.dwb.cluster import Member
from ..plugin_utils._core.dwb.moments import is_retiring, rehearse_cluster
from ..plugin_utils._core.errors import Finding, OptionError, Refused
from ..plugin_utils._core.rehearsal import Party, rehearse
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.clients import surveyed_clients
from ..plugin_utils._task.cluster import members
from ..plugin_utils._task.sources import read_file, read_text


class ActionModule(RolloutAction):
    """Judge every pair of certificate and bundle, for both purposes, for each step of a rollout."""

    _requires_connection = False

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return how many pairs were judged in each step; fail with every pair that would not get along."""
        if options["parties"]:
            steps = [rehearse("rehearsal", [self._party(party) for party in options["parties"]])]
        else:
            every = _surveyed(members(task_vars, str(options["result"])))
            steps = rehearse_cluster(every, self._clients(every) if is_retiring(every) else (), known=surveyed_clients(options, task_vars))
        findings = [finding for step in steps for finding in step.findings]
        if findings:
            raise Refused(findings)
        return {"changed": False, "steps": [{"step": step.step, "pairs": step.pairs} for step in steps]}

    def _party(self, party: Mapping[str, Any]) -> Party:
        certificate, bundle = (read_text(self._loader, party, name) for name in ("certificate", "bundle"))
        return Party(str(party["name"]), certificate or b"", bundle or b"")

    def _clients(self, every: Sequence[Member]) -> list[Party]:
        """Return the certificates of the clients that any host of the cluster names, each once."""
        paths = dict.fromkeys(str(path) for member in every for path in member.survey.get("clients", ()))
        clients: list[Party] = []
        findings: list[Finding] = []
        for path in paths:
            try:
                clients.append(Party(path, read_file(self._loader, path, option="clients")))
            except OptionError as error:
                findings += error.findings
        if findings:
            raise Refused(findings)
        return clients


def _surveyed(every: Sequence[Member]) -> Sequence[Member]:
    """Return *every*, unless nobody was surveyed: to judge nothing is no success."""
    if not any(member.survey for member in every):
        raise OptionError(where="result", problem="no host of the cluster has registered a survey under that name",
                          remedy="name the variable that node_info is registered in, or give parties")
    return every
