# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module node_info: one observation, one handshake, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from ..plugin_utils._core.dwb.survey import CONTENTS, make_survey, shows_another_issuer
from ..plugin_utils._host.tls import Target, await_answer
from ..plugin_utils._task.audit import as_survey, look_for_callers
from ..plugin_utils._task.base import RolloutAction, new_run
from ..plugin_utils._task.cluster import cluster_name
from ..plugin_utils._task.node import as_a_whole, judge, observe, read_request
from ..plugin_utils._task.windows import with_service


class ActionModule(RolloutAction):
    """Survey one Data Workbench node."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the node is like, what would be changed, and what stands against it."""
        asked = as_a_whole(read_request(options, task_vars, self._loader))
        request, service = with_service(asked, options, partial(self._execute_module, task_vars=dict(task_vars)))
        files = self.files(request.layout.state, host=request.host)
        server = observe(files, request)
        judged = judge(server, request)
        survey = make_survey(server, request.wanted, judged, role=request.role, now=request.now)
        known = self._templar.template({name: task_vars[name] for name in ("ansible_host", "dwb_cluster_name") if name in task_vars})
        address = str(options["address"] or known.get("ansible_host") or request.host)
        target = Target(address, server.port, survey["common_name"] or "", float(options["timeout"]))
        clients = [str(path) for path in options["clients"] or ()]
        served = await_answer(target, _answers, now=request.now, seconds=float(options["wait"])) if options["probe"] else {}
        strange = shows_another_issuer(server, request.wanted, judged, served=served)
        audit = look_for_callers(files, server, days=int(options["audit_days"]) if strange else 0)
        survey["findings"] += [asdict(finding) for finding in audit.findings]
        about = {**as_survey(audit), "address": address, "served": served, "clients": clients, "service": service,
                 "cluster": cluster_name(known), "another_issuer": strange}
        told = survey if options["contents"] else {name: value for name, value in survey.items() if name not in CONTENTS}
        return {"changed": False, **told, **about, "proposed_run": new_run(request.now)}


def _answers(answer: Mapping[str, Any]) -> bool:
    return not answer["error"]
