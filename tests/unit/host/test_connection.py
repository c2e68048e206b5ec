"""One verb is one call of the connection, and only its standard input carries what was asked for."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.shell.powershell import ShellModule as PowerShell
from ansible.plugins.shell.powershell import _common_args
from ansible.plugins.shell.sh import ShellModule as PosixShell
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change
from ansible_collections.certops.rollout.plugins.plugin_utils._host import connection, wire
from ansible_collections.certops.rollout.plugins.plugin_utils._host.connection import ConnectionHost
from ansible_collections.certops.rollout.plugins.plugin_utils._host.record import Reply

from unit.host.answers import OK, STATE, b64, head, reply

SCRIPTS = Path(connection.__file__).with_name("scripts")
CHANGES = [Change("/srv/dwb/key.pem", "absent", b"U0VDUkVUU0VDUkVUU0VDUkVU", "write")]
DONE = reply(head("commit"), {"done": b64(CHANGES[0].path)}, OK, verb="commit")


class PretendedConnection:
    """The part of a connection that is looked at before a call."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self.transport = "pretended"
        self.has_pipelining = True
        self.become: object = None
        self.options: dict[str, object] = {}

    def get_option(self, name: str) -> object:
        """Return an option; KeyError when this connection has none of that name."""
        return self.options[name]

    def set_option(self, name: str, value: object) -> None:
        """Change an option."""
        self.options[name] = value


class PretendedAction:
    """Keeps what it was called with, and answers as it was told."""

    def __init__(self, shell: Any, answer: Mapping[str, Any] | Exception | None = None) -> None:
        self._connection = PretendedConnection(shell)
        self.calls: list[tuple[str, bytes, dict[str, object]]] = []
        self._answer = answer or {"rc": 0, "stdout": DONE.output, "stderr": ""}

    def _low_level_execute_command(self, cmd: str, *, in_data: bytes) -> Mapping[str, Any]:
        self.calls.append((cmd, in_data, dict(self._connection.options)))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def commit(self) -> tuple[str, ...]:
        """Commit CHANGES through this action."""
        return ConnectionHost(self, STATE, name="dpu-3").commit("r1", CHANGES)


class TestCall:
    def test_sends_script_and_request_as_input(self) -> None:
        """The command of a POSIX shell is short and always the same; script, mark and request follow on standard input."""
        action = PretendedAction(PosixShell())

        assert action.commit() == (CHANGES[0].path,)
        [(command, sent, _options)] = action.calls
        script, request = sent.split(b"\n#certops-request\n")
        assert script == (SCRIPTS / "host_files.sh").read_bytes().rstrip()
        assert request.startswith(b"certops 1 commit\n")
        assert request.endswith(b"\nend\n")
        assert len(command) < 400
        assert "!" not in command
        assert "\n" not in command

    def test_starts_powershell_in_the_form_all_connections_know(self) -> None:
        """The bootstrap is the encoded command that winrm passes on, psrp runs in its runspace and ssh hands to the shell."""
        shell = PowerShell()
        action = PretendedAction(shell)

        action.commit()
        [(command, sent, _options)] = action.calls
        start = " ".join([*_common_args, "-EncodedCommand "])
        bootstrap = base64.b64decode(command.removeprefix(start)).decode("utf-16-le")
        assert command.startswith(start)
        assert bootstrap == (SCRIPTS / "bootstrap.ps1").read_text().strip()
        assert sent.startswith((SCRIPTS / "host_files.ps1").read_bytes().rstrip() + b"\n#certops-request\ncertops 1 commit\n")
        assert not sent.startswith(b"#!")  # psrp would look for an interpreter
        assert sent.decode("ascii").splitlines() == sent.decode("ascii").removesuffix("\n").split("\n")  # as psrp cuts it
        assert len(command) < 8000  # cmd.exe takes 8191, and whoever starts it may add a few

    def test_uses_pipes_and_puts_the_option_back(self) -> None:
        """Also when the operator switched pipelining off, and when the call fails."""
        for answer in (None, AnsibleConnectionFailure("gone")):
            action = PretendedAction(PosixShell(), answer)
            action._connection.options["pipelining"] = False
            try:
                action.commit()
            except AnsibleConnectionFailure:
                assert answer

            assert action.calls[0][2] == {"pipelining": True}
            assert action._connection.options == {"pipelining": False}

    def test_leaves_a_lost_connection_to_ansible(self) -> None:
        """Ansible reports the node as unreachable, not as failed."""
        with pytest.raises(AnsibleConnectionFailure, match="gone"):
            PretendedAction(PosixShell(), AnsibleConnectionFailure("gone")).commit()

    @pytest.mark.parametrize("noise", ["sh: not found", "sh: {line}: not found"])
    def test_shows_no_complaint_that_repeats_the_request(self, noise: str) -> None:
        """A login shell that reads the request as commands cannot bring a key into an error."""
        line = b64(CHANGES[0].content or b"")
        action = PretendedAction(PosixShell(), {"rc": 127, "stdout": "", "stderr": noise.format(line=line)})

        with pytest.raises(HostError, match="dpu-3: gave no answer, exit status 127") as caught:
            action.commit()
        assert line not in str(caught.value)
        assert ("sh: not found" in str(caught.value)) == (noise == "sh: not found")


class TestBootstrap:
    def test_answers_before_it_calls_anything_that_a_language_mode_may_forbid(self) -> None:
        """The first statement looks, and its answer is a refusal in the words of the contract."""
        statement = next(line for line in (SCRIPTS / "bootstrap.ps1").read_text().splitlines() if not line.startswith("#"))
        answer = re.fullmatch(r"if \(\$ExecutionContext\.SessionState\.LanguageMode -ne 'FullLanguage'\) \{ '(.*)'; exit 69 \}", statement)

        assert answer
        with pytest.raises(HostError, match="dpu-3: the language mode of PowerShell is not FullLanguage; install or allow it"):
            wire.recovered(Reply("dpu-3", "recover", 69, answer[1] + "\r\n"))


def _no_input(way: PretendedConnection) -> None:
    way.has_pipelining = False


def _terminal(way: PretendedConnection) -> None:
    way._is_tty_requested = lambda: True  # type: ignore[attr-defined]


def _runas(way: PretendedConnection) -> None:
    way._shell, way.become = PowerShell(), object()


class TestCheck:
    @pytest.mark.parametrize(
        ("broken", "problem"),
        [(_no_input, "carries no standard input"), (_terminal, "use a terminal"), (_runas, "become does not work")],
    )
    def test_refuses_a_way_that_would_fail_or_leak(self, broken: Callable[[PretendedConnection], None], problem: str) -> None:
        """Nothing is sent over a connection that drops its input, echoes it, or runs it as somebody else."""
        action = PretendedAction(PosixShell())
        broken(action._connection)

        with pytest.raises(HostError, match=f"dpu-3: .*{problem}"):
            action.commit()
        assert action.calls == []
