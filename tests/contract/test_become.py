"""The adapter behind real become methods: sudo and su, with a password and without, over local and ssh."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.adhoc import adhoc

SECRET = "U0VDUkVUU0VDUkVUU0VDUkVU"
KEY = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"
OPERATOR, SERVICE, PASSWORD = "certops-test-op", "certops-test-svc", secrets.token_hex(16)
SUDOERS = Path("/etc/sudoers.d/certops-test")
# An operator without rights, but one who may read the Python of the tests wherever it is.
AS_OPERATOR = f"setpriv --reuid {OPERATOR} --regid {OPERATOR} --clear-groups --inh-caps +dac_read_search --ambient-caps +dac_read_search"
# The last two arguments are the host and its command; the command is run as sshd would have a login shell do it.
SSH = '#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\nexec sh -c "$2"\n'

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0
    or not all(map(shutil.which, ("sudo", "su", "useradd", "userdel", "chpasswd", "setpriv")))
    or not SUDOERS.parent.is_dir(),
    reason="users and rules for sudo are made by root only",
)


@dataclass(frozen=True)
class Place:
    """A folder of OPERATOR's; below it, one folder for each user who may write files."""

    folder: Path

    def run(self, user: str, way: dict[str, object], *, password: str | None = None) -> subprocess.CompletedProcess[str]:
        """Write KEY as *user*, who is become by OPERATOR over the connection and method of *way*."""
        variables = {"ansible_become": True, "ansible_become_user": user, **way}
        variables["ansible_ssh_executable"] = str(self.folder / "ssh")
        if password is not None:
            variables["ansible_become_password"] = password
        vars_file = self.folder / "vars.json"
        vars_file.write_text(json.dumps(variables))
        home = self.folder / user
        arguments = f"path={home}/key.pem source={self.folder}/source.pem state={home}.certops/state run=r1"
        env = {"ANSIBLE_DEBUG": "1"}
        return adhoc(
            "host_probe", ["-vvvvv", "-e", f"@{vars_file}", "-a", arguments], home=self.folder, wrapper=AS_OPERATOR.split(), env=env
        )


def system(*command: str, text: str = "") -> None:
    """Run an administrator's command."""
    subprocess.run(command, input=text, text=True, check=True, capture_output=True)


def remove_users() -> None:
    """Remove users and rule, also those of a run that was killed."""
    SUDOERS.unlink(missing_ok=True)
    for name in (OPERATOR, SERVICE):
        subprocess.run(["userdel", name], check=False, capture_output=True)


@pytest.fixture(scope="module")
def users() -> Iterator[None]:
    """Make OPERATOR, who may use sudo for SERVICE with a password and for root without, and SERVICE; both go away again."""
    remove_users()
    try:
        for name in (OPERATOR, SERVICE):
            system("useradd", "--no-create-home", "--user-group", "--shell", "/bin/sh", name)
        system("chpasswd", text=f"{OPERATOR}:{PASSWORD}\n{SERVICE}:{PASSWORD}\n")
        SUDOERS.write_text(f"{OPERATOR} ALL=({SERVICE}) PASSWD: ALL\n{OPERATOR} ALL=(root) NOPASSWD: ALL\n")
        SUDOERS.chmod(0o440)
        yield
    finally:
        remove_users()


@pytest.fixture
def place(users: None) -> Iterator[Place]:
    """Return a place of its own for one test."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ssh").write_text(SSH)
        (folder / "source.pem").write_text(KEY)
        for owned in (SERVICE, "root", f"{SERVICE}.certops", "root.certops"):
            (folder / owned).mkdir()
            shutil.chown(folder / owned, *(owned.removesuffix(".certops"),) * 2)
        (folder / "ssh").chmod(0o755)
        folder.chmod(0o755)
        shutil.chown(folder, OPERATOR, OPERATOR)
        yield Place(folder)


WAYS = [
    pytest.param("root", "sudo", None, id="sudo"),
    pytest.param(SERVICE, "sudo", PASSWORD, id="sudo-with-password"),
    pytest.param(SERVICE, "su", PASSWORD, id="su-with-password"),
]


@pytest.mark.parametrize("connection", ["local", "ssh"])
class TestBecome:
    @pytest.mark.parametrize(("user", "method", "password"), WAYS)
    def test_writes_as_that_user_and_shows_no_key(
        self, place: Place, connection: str, user: str, method: str, password: str | None
    ) -> None:
        """The file is that user's, whole and private; the most talkative output has neither key nor password."""
        way: dict[str, object] = {"ansible_connection": connection, "ansible_become_method": method}

        run = place.run(user, way, password=password)

        target = place.folder / user / "key.pem"
        assert run.returncode == 0, run.stdout[-3000:]
        assert '"withheld": 1' in run.stdout
        assert (target.owner(), target.read_text(), target.stat().st_mode & 0o777) == (user, KEY, 0o600)
        assert "certops-request" in run.stdout
        sent = base64.encodebytes(KEY.encode()).decode().splitlines()
        assert not [word for word in (SECRET, "BEGIN PRIVATE", PASSWORD, *sent) if word in run.stdout + run.stderr]

    @pytest.mark.parametrize(("method", "password"), [("sudo", "wrong"), ("sudo", None), ("su", "wrong")])
    def test_writes_nothing_without_the_password(self, place: Place, connection: str, method: str, password: str | None) -> None:
        """A wrong or missing password fails the task, and the request goes nowhere."""
        way: dict[str, object] = {"ansible_connection": connection, "ansible_become_method": method}
        way["ansible_local_become_success_timeout"] = 4

        run = place.run(SERVICE, way, password=password)

        assert run.returncode != 0
        assert not list((place.folder / SERVICE).iterdir())
        assert SECRET not in run.stdout + run.stderr
