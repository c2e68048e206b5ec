# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module trust_bundle: anchors present in a bundle, or absent from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plugin_utils._core.bundle import read_anchors
from ..plugin_utils._core.errors import OptionError, Refused
from ..plugin_utils._core.observation import FileState, Look
from ..plugin_utils._core.plan import Change
from ..plugin_utils._core.trust import plan_added, plan_removed, read_fingerprints
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.single_file import Job, editable, make_job
from ..plugin_utils._task.sources import check_trust, trust_sources


class ActionModule(RolloutAction):
    """Add trusted CA certificates to a bundle, or remove them."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Change the bundle in one transaction, or not at all."""
        job = make_job(self, options, task_vars)
        sources = trust_sources(self._loader, options)
        plan = _present if options["state"] == "present" else _absent
        seen = job.observe(Look(job.path, "text"))
        return job.settle(plan(job, options, state=seen[0].file(job.path), sources=sources), seen)


def _present(job: Job, options: Mapping[str, Any], *, state: FileState, sources: Mapping[str, bytes]) -> Change | None:
    if not sources or options["fingerprints"]:
        raise OptionError(where="state", problem="present needs trust_src or trust_content, and no fingerprints",
                          remedy="name the PEM files of every level of the CA")
    findings = check_trust(sources, bundle=editable(state), now=job.now)
    if findings:
        raise Refused(findings)
    return plan_added(state, [anchor for where, content in sources.items() for anchor in read_anchors(content, where=where)])


def _absent(_job: Job, options: Mapping[str, Any], *, state: FileState, sources: Mapping[str, bytes]) -> Change | None:
    if sources or not options["fingerprints"]:
        raise OptionError(where="state", problem="absent needs fingerprints, and neither trust_src nor trust_content",
                          remedy="give the SHA-256 of each certificate that is to go")
    editable(state)
    wanted, kept = (read_fingerprints(options[name] or (), option=name) for name in ("fingerprints", "protected"))
    return plan_removed(state, wanted, protected=kept)
