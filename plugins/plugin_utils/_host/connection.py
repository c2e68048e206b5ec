# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a node through an Ansible connection: one call for each verb, and nothing stored there to run it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from .._core.errors import HostError
from .._core.observation import Look, Observation
from .._core.plan import Change
from . import wire
from .port import StateFolder
from .record import Reply

_SCRIPTS = Path(__file__).with_name("scripts")
_NOISE_LIMIT = 64 * 1024   # characters of standard error that are looked at; far more than is ever shown
_MARK = b"#certops-request\n"

# Reads all there is, and runs what comes before the mark with what follows as its standard input. As an argument the
# script would fill sudo's log and the -vvv output, and pass the 24 KiB that old AIX allows a command line. A shell that reads
# a script itself does so byte by byte, which costs more than all that the script then does.
# One line without "!": login shells of the csh family cannot carry the other kind. Solaris has its POSIX shell in /usr/xpg4/bin.
# What was sent may hold a key: it goes through builtins only, and printf is none in the ksh of AIX and Solaris.
_POSIX_COMMAND = (
    "PATH=/usr/xpg4/bin:${PATH:-/usr/bin:/bin}; export PATH; sh -c '"
    "case $(command -v print) in "
    'print) say() { print -r -- "$sent"; } ;; '
    '*) say() { printf "%s\\n" "$sent"; } ;; '
    "esac; sent=$(cat); "
    'code=$(say | awk "/^#certops-request\\$/ { found = 1 } found == 0; END { exit 1 - found }") || '
    '{ echo "no request arrived" >&2; exit 64; }; '
    'say | sed "1,/^#certops-request\\$/d" | eval "$code"'
    "'"
)

_POWERSHELL = "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "


class Action(Protocol):
    """What is used of an Ansible action plugin (``ansible.plugins.action.ActionBase``)."""

    _connection: Any

    def _low_level_execute_command(self, cmd: str, *, in_data: bytes) -> Mapping[str, Any]: ...


class ConnectionHost:
    """
    HostFiles over the connection, the shell and the become method of an Ansible action plugin.

    A connection that fails raises Ansible's own AnsibleConnectionFailure, which reports the node as unreachable.
    """

    def __init__(self, action: Action, folder: StateFolder, *, name: str) -> None:
        """
        Bind one node; nothing is sent yet.

        Args:
            action: The plugin at work, whose task says how to connect.
            folder: Where the node keeps lock and backups.
            name: The node, as errors call it: its name in the inventory.
        """
        self._action = action
        self._folder = folder
        self._name = name

    def observe(self, looks: Sequence[Look]) -> Observation:
        """Return the files as they are; see HostFiles."""
        return wire.observation(self._send("observe", wire.observe_request(looks, self._folder)), looks)

    def commit(self, run: str, changes: Sequence[Change]) -> tuple[str, ...]:
        """Make all *changes* or none of them; see HostFiles."""
        reply = self._send("commit", wire.commit_request(run, changes, folder=self._folder))
        return wire.done(reply, [change.path for change in changes])

    def restore(self, run: str, *, force: bool = False) -> tuple[str, ...]:
        """Bring the files back as they were before *run*; see HostFiles."""
        return wire.done(self._send("restore", wire.restore_request(run, folder=self._folder, force=force)))

    def recover(self, *, stale: int | None = None) -> str:
        """End what an interrupted run left behind; see HostFiles."""
        folder = self._folder if stale is None else replace(self._folder, stale=stale)
        return wire.recovered(self._send("recover", wire.recover_request(folder)))

    def _send(self, verb: str, request: bytes) -> Reply:
        connection = self._action._connection
        _check(connection, self._name)
        windows = getattr(connection._shell, "_IS_WINDOWS", False)
        command = _encoded_bootstrap() if windows else _POSIX_COMMAND
        script = _script("host_files.ps1" if windows else "host_files.sh")
        with _pipes(connection):
            answer = self._action._low_level_execute_command(command, in_data=script + _MARK + request)
        return Reply(self._name, verb, answer["rc"], answer["stdout"], _without(request, answer["stderr"]))


def _check(connection: Any, name: str) -> None:
    if not connection.has_pipelining:
        problem = f"the connection {connection.transport!r} carries no standard input"
        raise HostError(where=name, problem=problem, remedy="use ssh, local, winrm or psrp for this host")
    # Only ssh has this one. A terminal echoes what is typed, here keys, into the output.
    if getattr(connection, "_is_tty_requested", bool)():
        raise HostError(where=name, problem="ssh is told to use a terminal", remedy="remove -t and RequestTTY from its arguments")
    # Ansible's runas is at work in modules only, so it would be skipped without a word.
    if getattr(connection._shell, "_IS_WINDOWS", False) and connection.become:
        problem = "become does not work for this on Windows"
        raise HostError(where=name, problem=problem, remedy="connect as an administrator and set ansible_become to false")


@contextmanager
def _pipes(connection: Any) -> Iterator[None]:
    # For a become password, `local` makes standard input a terminal, and loses in_data, unless it believes that
    # modules are piped (ansible-core 2.19, plugins/connection/local.py, exec_command). Others do as they are told anyway.
    try:
        before = connection.get_option("pipelining")
    except KeyError:
        yield
        return
    connection.set_option("pipelining", True)
    try:
        yield
    finally:
        connection.set_option("pipelining", before)


def _without(request: bytes, noise: str) -> str:
    # A login shell that ignores its command reads the request as commands and complains about each line.
    noise = noise[:_NOISE_LIMIT]
    secret = any(len(row) > 16 and row in noise for row in request.decode("ascii").splitlines())
    return "it repeats what was sent to it" if secret else noise


def _encoded_bootstrap() -> str:
    # The one form that ssh hands on, winrm does not encode again, and psrp decodes and runs in its runspace
    # (ansible-core 2.19 to 2.21, exec_command of each).
    return _POWERSHELL + base64.b64encode(_script("bootstrap.ps1").rstrip().decode("ascii").encode("utf-16-le")).decode("ascii")


@cache
def _script(name: str) -> bytes:
    return (_SCRIPTS / name).read_bytes().rstrip() + b"\n"
