# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every action of the collection does the same way: options in, errors out, one result."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import filter_loader, test_loader

from .._core.errors import CoreError, Finding, OptionError, Refused
from .._core.x509 import AVAILABLE
from .._host.connection import ConnectionHost
from .._host.port import StateFolder
from .options import argument_spec, from_variables, role_options, unknown_options

ROLE = "dwb_cluster"

# Findings of one result: some for each of a thousand nodes, and not half a million for one file that somebody has made up.
_TOLD = 5000


class RolloutAction(ActionBase):  # type: ignore[misc]
    """An action whose options are declared in the YAML of its module, and whose errors are findings."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_diff = True
    _requires_connection = True

    def __init_subclass__(cls, **more: Any) -> None:
        """Read the options of the module when the plugin is loaded: in the process that forks a worker for every task of every host."""
        super().__init_subclass__(**more)
        argument_spec(cls.__module__.rpartition(".")[2])
        role_options(ROLE)
        # So are the filters and tests of templates, which every worker would find for itself.
        for loader, name in ((filter_loader, "default"), (test_loader, "defined")):
            loader.get(name)

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of ``execute``, or a failed one that lists every finding."""
        result = super().run(tmp, task_vars)
        del tmp
        _leave_no_core()
        try:
            if not AVAILABLE:
                raise OptionError(where="controller", problem="the Python package cryptography cannot be imported",
                                  remedy="install it for the Python that runs ansible: pip install cryptography")
            return {**result, **self.execute(self._read_options(task_vars or {}), task_vars or {})}
        except CoreError as error:
            return {**result, **failed(error.findings)}

    def execute(self, options: Mapping[str, Any], task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """
        Do the work of the action.

        Args:
            options: Complete, typed, with defaults.
            task_vars: All variables of the host.

        Raises:
            CoreError: Something an operator can cause and mend.
        """
        raise NotImplementedError

    @property
    def check_mode(self) -> bool:
        """Tell whether nothing may be changed."""
        return bool(self._task.check_mode)

    @property
    def wants_diff(self) -> bool:
        """Tell whether the result should show contents before and after."""
        return bool(self._task.diff)

    def files(self, state: str, *, host: str, keep: int = 20) -> ConnectionHost:
        """
        Return the node's files.

        Args:
            state: Its state folder.
            host: Its name in the inventory.
            keep: How many backups stay.
        """
        return ConnectionHost(self, StateFolder(state, keep=keep), name=host)

    def _read_options(self, task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
        name = self._task.action.rpartition(".")[2]
        spec = argument_spec(name)
        unknown = unknown_options(self._task.args, spec, where=f"module {name}")
        if unknown:
            raise Refused(unknown)
        if self._task.args.get("variables"):
            self._task.args = {**from_variables(self._role_variables(task_vars), spec), **self._task.args}
        validated: Mapping[str, Any] = self.validate_argument_spec(argument_spec=spec)[1]
        return validated

    def _role_variables(self, task_vars: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the host's variables of the role, templated, when they are what the role says that they are."""
        spec = role_options(ROLE)
        given: dict[str, Any] = self._templar.template({name: task_vars[name] for name in spec if name in task_vars})
        errors = ArgumentSpecValidator(spec).validate(given).error_messages
        if errors:
            raise Refused([Finding("variables", message, f"see the page of the role {ROLE}", "variables") for message in errors])
        return given


def failed(findings: Sequence[Finding]) -> dict[str, Any]:
    """
    Return the failed result that lists *findings*, each on a line.

    Args:
        findings: At least one.
    """
    told = list(findings[:_TOLD])
    if len(findings) > _TOLD:
        told.append(Finding("findings", f"there are {len(findings) - _TOLD} more", "mend these first, then run again", "more"))
    return {"failed": True, "msg": "\n".join(map(str, told)), "findings": [asdict(finding) for finding in told]}


def _leave_no_core() -> None:
    """Keep this process, which Ansible makes for each task, and its children from leaving a key in a core dump (getrlimit(2))."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def holder() -> str:
    """Return who runs this play, as HOST-PID: the controller and the process that all its workers share."""
    parent = multiprocessing.parent_process()   # known even after it was killed, unlike os.getppid()
    return f"{_controller()}-{parent.pid if parent else os.getpid()}"


def _controller() -> str:
    """Return the controller's name as the id of a run may hold it; 12 characters keep such an id below 64."""
    return re.sub(r"[^A-Za-z0-9]", "-", socket.gethostname())[:12] or "controller"


def is_at_work(other: str) -> bool | None:
    """
    Tell whether the controller process *other* still runs; None when it ran on another machine and cannot be asked.

    Args:
        other: As ``holder`` returned it then.
    """
    name, _ignored, pid = other.rpartition("-")
    if name != _controller() or not pid.isdecimal():
        return None
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def new_run(now: datetime) -> str:
    """
    Return the identifier of a new rollout; identifiers sort by their time.

    Args:
        now: Aware, UTC.
    """
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
