"""What others do to files and clocks while a run is at work, and disks that fail: each test is named after what befell an operator."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from chaos.faulty import KINDS, FaultyDisk

from contract.host import Answer, Host, hold_lock, leftovers, look, put, remove

STANDIN = '#!/bin/sh\n{script}\nPATH={path}; export PATH\nexec {name} "$@"\n'


def replace_tool(host: Host, folder: Path, name: str, script: str) -> None:
    """Let the tool *name* of *host* run *script*, in sh, before it does its work."""
    path = host.env.get("PATH") or host.path or os.environ["PATH"]
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(STANDIN.format(script=script, path=path, name=name))
    (folder / name).chmod(0o755)
    host.env = {"PATH": f"{folder}:{path}"}


def quoted(path: Path) -> str:
    """Return *path* as a word of sh."""
    return "'" + str(path).replace("'", "'\\''") + "'"


class TestClock:
    def test_that_was_put_back_locks_nobody_out(self, host: Host) -> None:
        """A lock from the future is a young one, and whoever knows that its run is dead ends it with `stale 0`."""
        hold_lock(host, time.time() + 100_000)
        path = host.root / "file"

        assert host.commit("r1", put(path, None, b"x")).outcome == (4, "locked")
        assert " for 0 s" in host.commit("r1", put(path, None, b"x")).message
        assert host.recover().outcome == (4, "locked")
        assert host.recover("stale 0").outcome == (0, "")
        assert host.commit("r1", put(path, None, b"x")).outcome == (0, "")


class TestSavedMeanwhile:
    """The script flushes the state folder after its last look at all files, and before it replaces the first."""

    @pytest.mark.parametrize("wanted", [b"new", None])
    def test_is_not_written_over_although_the_commit_said_ok(self, posix_host: Host, tmp_path: Path, wanted: bytes | None) -> None:
        """What somebody saved between the last look and the replacement stays, and the commit is stale."""
        first, path = posix_host.root / "first", posix_host.root / "file"
        first.write_bytes(b"old")
        path.write_bytes(b"old")
        self.save(posix_host, tmp_path, f"echo newer > '{tmp_path}/newer' && mv '{tmp_path}/newer' {quoted(path)}")

        change = remove(path, b"old") if wanted is None else put(path, b"old", wanted)
        answer = posix_host.commit("r1", put(first, b"old", b"new"), change)

        assert (answer.outcome, answer.fault) == ((3, "stale"), str(path))
        assert (path.read_bytes(), first.read_bytes()) == (b"newer\n", b"old")
        assert leftovers(posix_host) == []

    def test_is_not_written_over_where_no_file_was(self, posix_host: Host, tmp_path: Path) -> None:
        """A file that came into being meanwhile is somebody's."""
        path = posix_host.root / "file"
        self.save(posix_host, tmp_path, f"echo newer > {quoted(path)}")

        assert posix_host.commit("r1", put(path, None, b"new")).outcome == (3, "stale")
        assert path.read_bytes() == b"newer\n"

    def test_does_not_come_back_when_somebody_deleted_it(self, posix_host: Host, tmp_path: Path) -> None:
        """Nor is a file made anew that is gone on purpose."""
        path = posix_host.root / "file"
        path.write_bytes(b"old")
        self.save(posix_host, tmp_path, f"rm -f {quoted(path)}")

        assert posix_host.commit("r1", put(path, b"old", b"new")).outcome == (3, "stale")
        assert not path.exists()

    def test_is_not_lost_to_the_old_content_when_a_commit_fails(self, posix_host: Host, tmp_path: Path) -> None:
        """A run that takes itself back leaves a file as somebody saved it in the meantime, and says so."""
        first, path = posix_host.root / "first", posix_host.root / "file"
        first.write_bytes(b"old")
        path.write_bytes(b"old")
        fail = f'case "$*" in */stage.r1/2*) echo newer > {quoted(first)}; echo "no space" >&2; exit 1 ;; esac'
        replace_tool(posix_host, tmp_path / "standins", "mv", fail)

        answer = posix_host.commit("r1", put(first, b"old", b"new"), put(path, b"old", b"new"))

        assert answer.outcome == (6, "io")
        assert f"{first} was saved by somebody meanwhile" in answer.message
        assert (first.read_bytes(), path.read_bytes()) == (b"newer\n", b"old")
        assert leftovers(posix_host) == []

    @pytest.mark.parametrize("wanted", [b"new", None])
    def test_is_not_lost_when_it_went_into_the_file_itself(self, posix_host: Host, tmp_path: Path, wanted: bytes | None) -> None:
        """What was written into the old file after the last look, as it was replaced or deleted, comes back, and the commit is stale."""
        path = posix_host.root / "file"
        path.write_bytes(b"old")
        save = f'case "$*" in "-f "*/stage.r1/1" "*|"-f /"*/file) [ ! -e {quoted(path)} ] || echo newer > {quoted(path)} ;; esac'
        replace_tool(posix_host, tmp_path / "standins", "rm" if wanted is None else "mv", save)

        answer = posix_host.commit("r1", remove(path, b"old") if wanted is None else put(path, b"old", wanted))

        assert (answer.outcome, answer.fault) == ((3, "stale"), str(path))
        assert path.read_bytes() == b"newer\n"
        assert leftovers(posix_host) == []

    @pytest.mark.parametrize("wanted", [b"new", None])
    def test_is_not_lost_while_the_last_look_is_at_work(self, posix_host: Host, tmp_path: Path, wanted: bytes | None) -> None:
        """A file that takes the place of the old one while that is hashed for the last time stays."""
        path, newer = posix_host.root / "file", tmp_path / "newer"
        path.write_bytes(b"old")
        newer.write_bytes(b"newer")
        if not shutil.which("sha256sum", path=posix_host.path):
            pytest.skip("sha256sum is not installed")
        save = f"[ ! -e {quoted(posix_host.state / 'journal')} ] || [ ! -e {newer} ] || mv {newer} {quoted(path)}"
        replace_tool(posix_host, tmp_path / "standins", "sha256sum", save)

        answer = posix_host.commit("r1", remove(path, b"old") if wanted is None else put(path, b"old", wanted))

        assert (answer.outcome, answer.fault) == ((3, "stale"), str(path))
        assert path.read_bytes() == b"newer"
        assert leftovers(posix_host) == []

    def test_is_not_lost_to_an_interrupted_run(self, posix_host: Host, tmp_path: Path) -> None:
        """To recover is to go on, but not over what was saved since."""
        path = posix_host.root / "file"
        path.write_bytes(b"old")
        replace_tool(posix_host, tmp_path / "standins", "mv", 'case "$*" in */stage.r1/1*) kill -9 0 ;; esac')
        process, request = posix_host.start([*posix_host.head("commit", "run r1"), put(path, b"old", b"new"), "end"])
        process.communicate(request)
        path.write_bytes(b"newer")
        posix_host.env = {}

        assert (posix_host.state / "journal").exists()
        assert posix_host.recover("stale 0").outcome == (3, "stale")
        assert path.read_bytes() == b"newer"
        assert posix_host.observe().state["state"] == "clean"

    def save(self, host: Host, tmp_path: Path, command: str) -> None:
        """Let somebody run *command* when all files have been looked at for the last time, once."""
        done = f"[ ! -e '{host.state}/journal' ] || [ -e {tmp_path}/saved ] || {{ : > {tmp_path}/saved; {command}; }}"
        replace_tool(host, tmp_path / "standins", "sync", done.replace(f"'{host.state}/journal'", quoted(host.state / "journal")))


class TestFailingDisk:
    def test_does_not_pass_for_an_absent_file(self, posix_host: Host) -> None:
        """A name that cannot be looked up is an error; a chain of links without end fails as a bad disk does."""
        (posix_host.root / "loop").symlink_to("loop")
        path = posix_host.root / "loop" / "file"

        answer = posix_host.observe(look(path))

        assert (answer.outcome, answer.fault) == ((6, "io"), str(path))
        assert posix_host.commit("r1", put(path, None, b"x")).outcome == (6, "io")

    def test_does_not_pass_for_an_absent_file_while_it_fails(self, posix_host: Host, tmp_path: Path) -> None:
        """A file that cannot be looked at for a moment, and then is there, is not told as absent."""
        for answer in self.failing_for_a_moment(posix_host, tmp_path, range(1, 9)):
            assert answer.code == 6 or answer.path(posix_host.root / "file")["type"] != "absent"

    def test_that_is_made_while_it_is_looked_for_is_no_failing_disk(self, posix_host: Host, tmp_path: Path) -> None:
        """Another run makes its lock between a look and an opening: of a thousand pairs of runs some were told of a bad disk."""
        for answer in self.failing_for_a_moment(posix_host, tmp_path, range(4, 9)):
            assert answer.code == 0 or "can be opened" not in answer.message

    @staticmethod
    def failing_for_a_moment(host: Host, folder: Path, moments: Iterable[int]) -> Iterator[Answer]:
        """Yield what is told of a file whose first looks fail, for each number of looks."""
        disk, path = FaultyDisk(folder / "library", host.root), host.root / "file"
        path.write_bytes(b"x")
        if not disk.works:
            pytest.skip("no compiler, or programs that no library can be put before")
        for last in moments:
            host.env = disk.armed(kind=KINDS.index("look"), from_=1, to=last, errno=5)
            yield host.observe(look(path))

    def test_is_not_seen_where_a_folder_is_a_file(self, posix_host: Host) -> None:
        """Below a file and below what does not exist there is nothing, which is no error."""
        (posix_host.root / "file").write_bytes(b"x")
        (posix_host.root / "dangling").symlink_to("nowhere")

        answer = posix_host.observe(*(look(posix_host.root / name / "below" / "it") for name in ("file", "none", "dangling")))

        assert [record["type"] for record in answer.records if "path" in record] == ["absent"] * 3

    def test_does_not_pass_for_a_mode_that_was_kept(self, posix_host: Host, tmp_path: Path) -> None:
        """Where owner and mode of the new file cannot be read, it does not replace the old one."""
        path = posix_host.root / "file"
        path.write_bytes(b"old")
        if not shutil.which("ls"):
            pytest.skip("ls is not installed")
        replace_tool(posix_host, tmp_path / "standins", "ls", 'case "$*" in */stage.r1/1) echo "I/O error" >&2; exit 2 ;; esac')

        answer = posix_host.commit("r1", put(path, b"old", b"new"))

        assert answer.outcome == (6, "io")
        assert path.read_bytes() == b"old"
        assert leftovers(posix_host) == []

    def test_loses_nothing_that_was_said_to_be_done(self, posix_host: Host, tmp_path: Path) -> None:
        """A disk that says only when it is flushed that it could not keep what was written makes the commit fail, and all is as before."""
        path = posix_host.root / "file"
        path.write_bytes(b"old")
        if not shutil.which("sync", path=posix_host.path):
            pytest.skip("sync is not installed")
        failed = "case \"$*\" in *stage.r1/1*) echo \"sync: error syncing '$1': Input/output error\" >&2; exit 1 ;; esac"
        replace_tool(posix_host, tmp_path / "standins", "sync", failed)

        answer = posix_host.commit("r1", put(path, b"old", b"new"))

        assert answer.outcome == (6, "io")
        assert "Input/output error" in answer.message
        assert path.read_bytes() == b"old"
        assert leftovers(posix_host) == []

    def test_is_not_one_whose_sync_knows_no_files(self, posix_host: Host, tmp_path: Path) -> None:
        """Where sync takes no operands, or not a folder, it is nobody's fault, and the commit is done."""
        path = posix_host.root / "file"
        replace_tool(posix_host, tmp_path / "standins", "sync", "echo 'sync: Invalid argument' >&2; exit 1")

        assert posix_host.commit("r1", put(path, None, b"new")).outcome == (0, "")

    def test_does_not_end_the_script_without_a_word(self, posix_host: Host, tmp_path: Path) -> None:
        """A file that nobody needs any more, and that could not be deleted, keeps no commit from its work."""
        path = posix_host.root / "file"
        fail = 'case "$*" in "-f "*/stage.lock.*) echo "I/O error" >&2; exit 1 ;; esac'
        replace_tool(posix_host, tmp_path / "standins", "rm", fail)

        answer = posix_host.commit("r1", put(path, None, b"new"))

        assert answer.outcome == (0, "")
        assert path.read_bytes() == b"new"
        assert leftovers(posix_host) == []

    def test_does_not_pass_for_another_run_without_a_word(self, posix_host: Host, tmp_path: Path) -> None:
        """Who lost the lock says so, also where the stage cannot be deleted."""
        path = posix_host.root / "file"
        if not shutil.which("sync", path=posix_host.path):
            pytest.skip("sync is not installed")
        steal = f'case "$*" in *stage.r1/1*) echo other 1 > {quoted(posix_host.state / "lock")} ;; esac'
        replace_tool(posix_host, tmp_path / "standins", "sync", steal)
        replace_tool(posix_host, tmp_path / "others", "rm", 'case "$*" in *stage.r1) echo "I/O error" >&2; exit 1 ;; esac')

        answer = posix_host.commit("r1", put(path, None, b"new"))

        assert answer.outcome == (5, "interrupted")
        assert not path.exists()
