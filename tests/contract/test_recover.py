"""What becomes of a run that was killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time

from contract.host import KILLS, WINDOWS, Host, hold_lock, leftovers, put, read


class TestRecover:
    def test_finds_nothing_to_do(self, host: Host) -> None:
        """A clean node stays as it is."""
        answer = host.recover()

        assert answer.code == 0
        assert {"recovered": "nothing"} in answer.records

    def test_leaves_a_young_lock(self, host: Host) -> None:
        """A lock that may belong to a living run is not taken over; an old one is."""
        hold_lock(host, time.time() - 100)

        assert host.recover("stale 3600").code == 4
        assert host.recover("stale 60").code == 0
        assert host.observe().state["state"] == "clean"
        assert leftovers(host) == []

    def test_takes_over_an_empty_lock(self, posix_host: Host) -> None:
        """A lock that names nobody, as a full disk may leave it, is no riddle for ever."""
        hold_lock(posix_host, 0)
        (posix_host.state / "lock").write_bytes(b"")

        assert posix_host.observe().state["state"] == "interrupted"
        assert posix_host.recover("stale 60").code == 0
        assert posix_host.observe().state["state"] == "clean"

    def test_sees_a_journal_whose_lock_somebody_removed(self, posix_host: Host) -> None:
        """What a run had begun is not forgotten with its lock; a journal that is cut off is not guessed at."""
        posix_host.state.mkdir(mode=0o700)
        (posix_host.state / "journal").write_text("other 1000\n")

        assert posix_host.commit("r1", put(posix_host.root / "file", None, b"x")).outcome == (5, "interrupted")
        assert posix_host.recover().outcome == (5, "interrupted")
        assert (posix_host.state / "journal").exists()

    def test_clears_the_stage_of_a_run_that_lost_its_lock(self, host: Host) -> None:
        """Staged keys of an old run go with the next one."""
        stage = host.state / ("stage" if host.shell in WINDOWS else "stage.other")
        stage.mkdir(parents=True)
        (stage / "1").write_bytes(b"key")

        assert host.commit("r1", put(host.root / "file", None, b"x")).code == 0
        assert leftovers(host) == []


class TestKill:
    PATHS = 6
    OLD = [*(b"old %d\n" % number * 200 for number in range(5)), None]
    NEW = [b"new %d\n" % number * 300 for number in range(6)]

    def test_ends_all_old_or_all_new_wherever_a_commit_was_killed(self, host: Host) -> None:
        """SIGKILL at many moments: never a torn file before, and never a mixture after recover."""
        rng, killed = random.Random(7), 0
        self.prepare(host)
        duration = self.commit(host, 60)
        for _ignored in range(KILLS):
            self.prepare(host)
            if self.commit(host, duration * rng.uniform(0.3, 1.05)) < 0:
                killed += 1

            assert all(found in pair for found, *pair in zip(self.found(host), self.OLD, self.NEW, strict=True)), "torn or missing file"
            assert host.recover("stale 0").code == 0
            assert self.found(host) in (self.OLD, self.NEW), "mixture after recover"
            assert host.observe().state["state"] == "clean"
            assert leftovers(host) == []
        assert killed > 0 or KILLS == 0

    def prepare(self, host: Host) -> None:
        """Make the files old again, and the node one that has never seen a run."""
        shutil.rmtree(host.state, ignore_errors=True)
        for number, content in enumerate(self.OLD):
            path = host.root / f"file{number}"
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)

    def found(self, host: Host) -> list[bytes | None]:
        """Return the content of each file."""
        return [read(host.root / f"file{number}") for number in range(self.PATHS)]

    def commit(self, host: Host, seconds: float) -> float:
        """Commit and kill after *seconds*; return how long it took, -1 if it was killed."""
        puts = (put(host.root / f"file{n}", old, new) for n, (old, new) in enumerate(zip(self.OLD, self.NEW, strict=True)))
        process, request = host.start([*host.head("commit", "run r1"), *puts, "end"])
        begin = time.monotonic()
        with process:
            assert process.stdin
            process.stdin.write(request)
            process.stdin.close()
            try:
                process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return -1
        return time.monotonic() - begin
