# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action of the module tls_probe: live TLS handshakes from the controller."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..plugin_utils._core.errors import Finding, Refused
from ..plugin_utils._host.tls import Target, await_answer, probe_all
from ..plugin_utils._task.base import RolloutAction
from ..plugin_utils._task.sources import wanted_identity


class ActionModule(RolloutAction):
    """Ask TLS servers what they present."""

    _requires_connection = False

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Return one answer per target, in their order; fail when one does not present what is expected in time."""
        now = datetime.now(UTC)
        client = wanted_identity(self._loader, options["client_certificate"], host=str(task_vars.get("inventory_hostname", "")))
        targets = [_target(target, options, client.pem if client else b"") for target in options["targets"]]
        answers = probe_all(targets, now=now)
        for at, target in enumerate(options["targets"]):
            if options["expect"] and not _as_expected(target, answers[at]):
                answers[at] = await_answer(targets[at], partial(_as_expected, target), now=now, seconds=float(options["wait"]))
        served = [{"address": target.address, "port": target.port, **answer} for target, answer in zip(targets, answers, strict=True)]
        findings = [_finding(target, answer) for target, answer in zip(options["targets"], served, strict=True)
                    if options["expect"] and not _as_expected(target, answer)]
        if findings:
            raise Refused(findings)
        return {"changed": False, "served": served}


def _target(target: Mapping[str, Any], options: Mapping[str, Any], identity: bytes) -> Target:
    name, page = str(target["server_name"] or ""), str(target["page"] or "")
    return Target(str(target["address"]), int(target["port"]), name, float(options["timeout"]), identity, page)


def _as_expected(target: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    return not answer["error"] and _is_wanted(target, answer) and _is_served(target, answer)


def _is_wanted(target: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    return target["fingerprint"] in (None, "", answer.get("fingerprint"))


def _is_served(target: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    return not target["page"] or answer.get("status") in target["status"]


def _finding(target: Mapping[str, Any], answer: Mapping[str, Any]) -> Finding:
    where = f"{answer['address']}:{answer['port']}"
    if answer["error"]:
        return Finding(where, f"does not answer TLS: {answer['error']}", "look into the server's own log", "down")
    if _is_wanted(target, answer):
        problem = f"answers {target['page']} with {answer['status']}, expected is {' or '.join(map(str, target['status']))}"
        return Finding(where, problem, "look into the server's own log, and into its access control", "page")
    problem = f"presents the certificate {answer['fingerprint']}, {target['fingerprint']} is expected"
    return Finding(where, problem, "restart the server, or look for another process on that port", "served")
