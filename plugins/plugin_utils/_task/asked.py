# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What tasks of servers and clients ask for in the same words, and what can be wrong with that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from .._core.bundle import read_anchors
from .._core.dwb.layout import PHASES
from .._core.dwb.marker import Noted, split_commit
from .._core.errors import CoreError, Finding, OptionError
from .._core.identity import Identity
from .._core.pem import PemBlock
from .base import holder, is_at_work

_T = TypeVar("_T")
_SID = re.compile(r"S-1(-\d{1,10}){2,15}")


def of_group(option: str, groups: Mapping[str, str], options: Mapping[str, Any], *, member_of: Iterable[str]) -> str:
    """
    Return what a host is: what the option says, else what its inventory groups say.

    Args:
        option: Its name.
        groups: What the members of each group are.
        options: Of the task.
        member_of: The groups of the host.

    Raises:
        OptionError: Neither tells, or the groups tell two.
    """
    if options.get(option):
        return str(options[option])
    kinds = [kind for group, kind in groups.items() if group in member_of]
    if len(kinds) != 1:
        raise OptionError(where=option, problem=f"the host is in {len(kinds)} of the groups {', '.join(groups)}",
                          remedy=f"put it into one of them, or give the option {option}")
    return kinds[0]


def phases_of(asked: Iterable[str] | None, *, default: Sequence[str] = PHASES) -> list[str]:
    """
    Return the phases that are asked for, in their order.

    Args:
        asked: As given, None for *default*.
        default: What it means to ask for nothing in particular.
    """
    return [phase for phase in PHASES if phase in (default if asked is None else asked)]


def check_sid(sid: str | None) -> list[Finding]:
    """Return that *sid* is given and is none."""
    if not sid or _SID.fullmatch(sid):
        return []
    return [Finding("service_sid", f"{sid!r} is no SID", "give it as S-1-5-…; 'sc.exe showsid SERVICE' shows that of a service", "sid")]


def readable_anchors(trust: Mapping[str, bytes]) -> list[PemBlock]:
    """Return the certificates of all sources that can be read; what is wrong with the others is found when they are judged."""
    ignored: list[Finding] = []
    return [anchor for where, content in trust.items()
            for anchor in collect(ignored, partial(read_anchors, content, where=where)) or ()]


def collect(findings: list[Finding], read: Callable[[], _T]) -> _T | None:
    """
    Return what *read* returns; None, and its findings with the others, when it raises.

    Args:
        findings: What was found so far.
        read: Raises CoreError.
    """
    try:
        return read()
    except CoreError as error:
        findings += error.findings
        return None


def missing_inputs(phases: Sequence[str], *, given: Sequence[str], identity: Identity | None, findings: Sequence[Finding]) -> list[Finding]:
    """
    Return the phases whose input was not given; an input that was given and is broken has its own finding.

    Args:
        phases: Those asked for.
        given: All that the trust bundle is to be changed by.
        identity: Key and leaf, None for none.
        findings: What was found so far.
    """
    missing = []
    if "trust" in phases and not given and not findings:
        missing.append(Finding("trust_src", "is empty, and the phase trust was asked for",
                               "name the PEM files of every level of the company's CA", "trust"))
    if "certificate" in phases and identity is None and not findings:
        missing.append(Finding("certificate", "is empty, and the phase certificate was asked for",
                               "give pem_src, pkcs12_src, pem_content or pkcs12_content", "certificate"))
    return missing


def check_rollout(node: Noted, take_over: str, *, by_itself: bool = False) -> list[Finding]:
    """
    Return that another rollout is at work on a node: its lock, or its marker with a restart pending.

    Args:
        node: As observed.
        take_over: A rollout to be finished though its controller cannot be asked whether it still runs.
        by_itself: Whether nobody restarts the node but its user, so that a pending restart says nothing about the rollout.
    """
    commit = node.observation.run if node.observation.state != "clean" else ""
    run, by = split_commit(commit) if commit else (node.marker.run, node.marker.holder)
    since = node.observation.since if commit else node.marker.since
    if not (commit or (node.marker.restart_pending and not by_itself)) or by == holder() or run == take_over:
        return []
    if is_at_work(by) is False:
        return []   # interrupted on this controller: to be finished
    return [Finding("rollout", f"rollout {run} by {by or 'somebody'} has been at work here for {node.observation.clock - since} s",
                    f"wait for it; if you know that it was interrupted, finish it with -e dwb_take_over={run}", "rollout")]
