# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules that change one file share."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.layout import Layout
from ansible_collections.certops.rollout.plugins.plugin_utils._core.dwb.marker import Turn
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import InterruptedRunError, LockedError, NodeError, OptionError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.key_file import PRIVATE_DACL
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState, Look
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import replacing
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder
from ansible_collections.certops.rollout.plugins.plugin_utils._task.key_file import common_name_of, guard_of, target
from ansible_collections.certops.rollout.plugins.plugin_utils._task.single_file import Job, absolute, editable

from unit.builders import make_root
from unit.fakes import MemoryHost

PATH = "/srv/product/a.pem"
RUN = "20260101T000000Z-abcdef"
POSIX, WINDOWS = Layout("/srv/product"), Layout("C:\\Adobe\\Server")
GUARD: dict[str, Any] = {"mode": None, "owner": None, "sddl": None}


def job(files: MemoryHost, layout: Layout = POSIX, **how: Any) -> Job:
    """Return a job on *files*."""
    return Job("node", layout, PATH, files, Turn("20260314T091500Z-3f9a1c", "here-1"), how.get("take_over", ""), datetime.now(UTC),
               how.get("check_mode", False), False)


@pytest.fixture
def files() -> MemoryHost:
    """Return a host with one file."""
    return MemoryHost({PATH: b"old\n"}, folder=StateFolder(POSIX.state))


class TestAbsolute:
    @pytest.mark.parametrize(("layout", "path", "expected"), [
        (POSIX, "Certificates/a.pem", "/srv/product/Certificates/a.pem"),
        (POSIX, "/etc/a.pem", "/etc/a.pem"),
        (POSIX, "back\\slash.pem", "/srv/product/back\\slash.pem"),
        (WINDOWS, "Certificates/a.pem", "C:\\Adobe\\Server\\Certificates\\a.pem"),
        (WINDOWS, "Certificates\\a.pem", "C:\\Adobe\\Server\\Certificates\\a.pem"),
        (WINDOWS, "D:\\a.pem", "D:\\a.pem"),
        (WINDOWS, "\\\\server\\share\\a.pem", "\\\\server\\share\\a.pem"),
    ])
    def test_begins_at_the_root_unless_it_is_absolute(self, layout: Layout, path: str, expected: str) -> None:
        """A relative path is joined in the node's own notation, an absolute one is left alone."""
        assert absolute(layout, path) == expected


class TestEditable:
    def test_is_the_content_of_a_plain_file(self) -> None:
        """What was read as a whole can be edited."""
        assert editable(FileState("a", "file", 3, content=b"abc")) == b"abc"

    @pytest.mark.parametrize(("state", "problem"), [
        (FileState("a"), "is absent"),
        (FileState("a", "link"), "is no plain file"),
        (FileState("a", "file", 9, withheld=1, content=b""), "holds a private key"),
        (FileState("a", "file", 2_000_000), "more than 1 MiB"),
    ])
    def test_is_refused_when_a_part_is_not_known(self, state: FileState, problem: str) -> None:
        """Writing back what was only half read would lose the other half."""
        with pytest.raises(NodeError, match=problem):
            editable(state)


class TestJob:
    def test_costs_one_call_when_nothing_is_to_be_done(self, files: MemoryHost) -> None:
        """A file that is as it should be is observed, no more."""
        work = job(files)

        result = work.settle(None, work.observe(Look(PATH)))

        assert files.verbs == ["observe"]
        assert result == {"changed": False, "changes": [], "path": PATH, "backup": ""}

    def test_commits_once(self, files: MemoryHost) -> None:
        """A change costs one more call, and its backup is named by the run."""
        work = job(files)
        seen = work.observe(Look(PATH))

        result = work.settle(replacing(seen[0].file(PATH), b"new\n", "write"), seen)

        assert (files.verbs, files.files[PATH]) == (["observe", "commit"], b"new\n")
        assert result["backup"] == f"/srv/product.certops/backup/20260314T091500Z-3f9a1c.1-{seen[0].clock:x}-here-1"

    def test_writes_nothing_in_check_mode(self, files: MemoryHost) -> None:
        """The change is told and not made."""
        work = job(files, check_mode=True)
        seen = work.observe(Look(PATH))

        result = work.settle(replacing(seen[0].file(PATH), b"new\n", "write"), seen)

        assert (files.verbs, files.files[PATH]) == (["observe"], b"old\n")
        assert (result["changed"], result["backup"]) == (True, "")

    @pytest.mark.parametrize(("age", "error"), [(5, LockedError), (5000, InterruptedRunError)])
    @pytest.mark.parametrize("how", [{}, {"take_over": "another"}, {"take_over": RUN, "check_mode": True}], ids=["no", "another", "check"])
    def test_leaves_the_run_of_somebody_else_alone(
        self, files: MemoryHost, age: int, error: type[Exception], how: dict[str, Any]
    ) -> None:
        """Only the run that was named is ended, and never in check mode."""
        files.hold(f"{RUN}.1-1-elsewhere-1", age)

        with pytest.raises(error, match=f"take_over: {RUN}"):
            job(files, **how).observe(Look(PATH))
        assert files.verbs == ["observe"]

    def test_ends_the_run_that_it_was_told_to(self, files: MemoryHost) -> None:
        """It recovers, looks again, and reports a change."""
        files.hold(f"{RUN}.1-1-elsewhere-1", 5000)
        work = job(files, take_over=RUN)

        result = work.settle(None, work.observe(Look(PATH)))

        assert files.verbs == ["observe", "recover", "observe"]
        assert result["changed"]


class TestCommonName:
    def test_is_that_of_the_licence_certificate(self) -> None:
        """Without an option the first certificate of the licence file tells, whatever text is around it."""
        licence = make_root("Plant Root").issue("dpu-01")
        state = FileState("server_cert.pem", "file", content=b"Product = Premium\n" + licence.cert_pem)

        assert common_name_of({"common_name": None}, state) == b"dpu-01"
        assert common_name_of({"common_name": "other"}, state) == "other"
        assert common_name_of({"common_name": ""}, state) is None

    def test_is_asked_for_when_nothing_tells(self) -> None:
        """An absent licence certificate is no reason to take any name."""
        with pytest.raises(OptionError, match="common_name"):
            common_name_of({"common_name": None}, FileState("server_cert.pem"))


class TestGuard:
    def test_is_for_the_owner_only_by_default(self, files: MemoryHost) -> None:
        """POSIX: 0600 and the present owner; Windows: SYSTEM and Administrators."""
        state = FileState(PATH, "file", guard="mode=0644,owner=cm9vdDpyb290")

        assert guard_of(job(files), GUARD, state) == "mode=0600,owner=cm9vdDpyb290"
        assert guard_of(job(files, WINDOWS), GUARD, state) == "sddl=" + base64.b64encode(PRIVATE_DACL.encode()).decode()

    def test_is_what_was_asked_for(self, files: MemoryHost) -> None:
        """Mode, owner and DACL go to the node in the words of the contract."""
        asked = {**GUARD, "mode": "0640", "owner": "insight:insight"}

        assert guard_of(job(files), asked, FileState(PATH)) == "mode=0640,owner=" + base64.b64encode(b"insight:insight").decode()
        assert guard_of(job(files, WINDOWS), {**GUARD, "sddl": "D:P"}, FileState(PATH)) == "sddl=RDpQ"

    @pytest.mark.parametrize(("layout", "option", "value"), [
        (POSIX, "mode", "0644"), (POSIX, "mode", "640"), (POSIX, "owner", "insight"), (POSIX, "sddl", "D:P"),
        (WINDOWS, "mode", "0600"), (WINDOWS, "owner", "a:b"),
    ])
    def test_refuses_what_would_not_protect(self, files: MemoryHost, layout: Layout, option: str, value: str) -> None:
        """A mode for everybody, half an owner, and the words of the other system are refused by name."""
        with pytest.raises(OptionError, match=f"^{option}: "):
            guard_of(job(files, layout), {**GUARD, option: value}, FileState(PATH))


class TestTarget:
    @pytest.mark.parametrize("kind", ["link", "directory", "other"])
    def test_is_a_file_or_absent(self, kind: str) -> None:
        """Anything else is never replaced."""
        state = FileState(PATH, "file")

        assert (target(state), target(replace(state, kind="absent")).kind) == (state, "absent")
        with pytest.raises(NodeError, match="no plain file"):
            target(replace(state, kind=kind))
