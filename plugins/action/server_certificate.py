# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module server_certificate: key and leaf in one PEM file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..plugin_utils._core.errors import OptionError, Refused
from ..plugin_utils._core.key_file import plan_key_file
from ..plugin_utils._core.observation import Look
from ..plugin_utils._core.requirements import Expectation, check_identity
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.key_file import common_name_of, guard_of, target
from ..plugin_utils._task.single_file import absolute, editable, make_job
from ..plugin_utils._task.sources import wanted_identity


class ActionModule(RolloutAction):
    """Install a private key and its certificate."""

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the file in one transaction, or not at all."""
        job = make_job(self, options, task_vars)
        identity = wanted_identity(self._loader, options["certificate"], host=job.host)
        if identity is None:
            raise OptionError(where="certificate", problem="is empty", remedy="give pem_src, pkcs12_src, pem_content or pkcs12_content")
        bundle, licence = (absolute(job.layout, str(options[name])) for name in ("bundle_path", "licence_path"))
        seen = job.observe(Look(job.path, "public"), Look(bundle, "text"), Look(licence, "public"))
        name = common_name_of(options, seen[0].file(licence))
        expected = Expectation(job.host, name, options["ciphers"] or None, int(options["min_days"]), job.now)
        judgement = check_identity(identity, editable(seen[0].file(bundle)), expected)
        if judgement.findings:
            raise Refused(judgement.findings)
        state = target(seen[0].file(job.path))
        change = plan_key_file(state, identity, guard=guard_of(job, options, state), one_more=not options["sddl"])
        warnings = [str(warning) for warning in judgement.warnings]
        return {**job.settle(change, seen), "fingerprint": identity.leaf.fingerprint, "warnings": warnings}
