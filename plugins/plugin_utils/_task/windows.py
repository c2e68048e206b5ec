# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Windows service of a node: asked for once, and what it means for the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from .._core.dwb.windows_service import account_sid, choose_service
from .._core.errors import CoreError, Finding, Refused
from .node import Request

SERVICES = "ansible.windows.win_service_info"


def with_service(request: Request, options: Mapping[str, Any], run: Callable[..., Mapping[str, Any]]) -> tuple[Request, dict[str, str]]:
    """
    Return the request with the service's account as a reader of the key, and what is told of the service.

    Args:
        request: What is asked of the node.
        options: With find_service, service_name and service.
        run: ``_execute_module`` of the action; called once, on a Windows node that was not asked before.

    Returns:
        The request, with a finding when there is not one such service, or when nobody knows the SID of its account; and the service,
        empty when it was not looked for or not found.
    """
    if not request.layout.windows:
        return request, {}
    known = {key: str(value) for key, value in (options["service"] or {}).items()}
    if not known and not options["find_service"]:
        return request, {}
    try:
        service = known or _find(request, str(options["service_name"] or ""), run)
    except CoreError as error:
        return replace(request, findings=(*request.findings, *error.findings)), {}
    reader = request.wanted.reader or service.get("sid", "")
    return replace(request, wanted=replace(request.wanted, reader=reader)), service


def _find(request: Request, name: str, run: Callable[..., Mapping[str, Any]]) -> dict[str, str]:
    service = choose_service(_services(run), request.layout.root, name=name)
    return service.as_result(request.wanted.reader or account_sid(service.account, service.name))


def _services(run: Callable[..., Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    try:
        answer = run(module_name=SERVICES, module_args={})
    except AnsibleConnectionFailure:
        raise
    except AnsibleError as error:
        raise _unanswered(str(error)) from error
    if answer.get("unreachable"):
        raise AnsibleConnectionFailure(str(answer.get("msg", "")))
    if answer.get("failed") or not isinstance(answer.get("services"), list):
        raise _unanswered(str(answer.get("msg") or "it told no services"))
    return [service for service in answer["services"] if isinstance(service, Mapping)]


def _unanswered(problem: str) -> Refused:
    remedy = "see that the collection ansible.windows is installed on the controller and that the account may query services"
    return Refused([Finding("service", f"{SERVICES}: {problem.strip()}", remedy, "service")])
