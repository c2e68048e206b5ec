"""What a commit writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.host import CERT, KEY, SECRET, WINDOWS, Host, b64, leftovers, look, put, remove

# For the script of POSIX, for the model of Windows.
PRIVATE = "mode=0600", "sddl=" + b64("D:PAI(A;;FA;;;SY)(A;;FA;;;BA)")


@pytest.fixture
def far(host: Host) -> Iterator[Path]:
    """Return a file on another file system, which no run can replace."""
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == host.root.stat().st_dev:
        pytest.skip("there is no second file system")
    path = other / f"certops-{os.getpid()}"
    path.write_bytes(b"far")
    yield path
    path.unlink()


def open_file(host: Host) -> Path:
    """Return a file that more may read than should."""
    if host.shell == "pwsh":
        pytest.skip("guards of this script are DACLs, which only Windows has")
    path = host.root / "open.pem"
    path.write_bytes(KEY)
    path.chmod(0o644)
    return path


def guard_of(host: Host, path: Path) -> str:
    """Return how *path* is observed to be guarded, without its owner."""
    guard: str = host.observe(look(path, "meta")).path(path)["guard"]
    return guard.partition(",")[0]


class TestCommit:
    def test_writes_files_exactly(self, host: Host) -> None:
        """New and present files get the bytes they should have, in one call."""
        old, new = host.root / "old.cfg", host.root / "new.pem"
        old.write_bytes(b"before\r\n")
        content = bytes(range(256)) * 40

        answer = host.commit("r1", put(old, b"before\r\n", content), put(new, None, KEY + CERT))

        assert (answer.code, answer.verdict) == (0, {"ok": True})
        assert (old.read_bytes(), new.read_bytes()) == (content, KEY + CERT)
        assert {r["done"] for r in answer.records if "done" in r} == {b64(str(old)), b64(str(new))}
        assert leftovers(host) == []
        assert SECRET not in answer.stdout + answer.stderr

    def test_writes_an_empty_file(self, host: Host) -> None:
        """No content line means an empty file."""
        path = host.root / "empty"

        assert host.commit("r1", put(path, None, b"")).code == 0
        assert path.read_bytes() == b""

    @pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
    def test_guards_files(self, host: Host) -> None:
        """A new file is private, a present one keeps its mode, a wanted mode is set; state and backups are private."""
        if host.shell in WINDOWS:
            pytest.skip("guards of this script are DACLs, which only Windows has")
        kept, wanted, new = host.root / "kept", host.root / "wanted", host.root / "new"
        for path in (kept, wanted):
            path.write_bytes(b"x")
            path.chmod(0o664)

        host.commit("r1", put(kept, b"x", b"y"), put(wanted, b"x", b"y", guard="mode=0640"), put(new, None, b"y"))

        assert [p.stat().st_mode & 0o777 for p in (kept, wanted, new)] == [0o664, 0o640, 0o600]
        assert host.state.stat().st_mode & 0o777 == 0o700
        assert all(p.stat().st_mode & 0o077 == 0 for p in host.state.rglob("*"))

    @pytest.mark.parametrize("wanted", [True, False])
    def test_guards_a_file_whose_bytes_are_right(self, host: Host, *, wanted: bool) -> None:
        """A key that others may read is protected though nothing of it changes; without a wanted guard it stays as it is."""
        path = open_file(host)
        guard = PRIVATE[host.shell == "model"] if wanted else "keep"
        before = guard_of(host, path)

        answer = host.commit("r1", put(path, KEY, KEY, guard=guard))

        assert (answer.code, [r["done"] for r in answer.records if "done" in r]) == (0, [b64(str(path))])
        assert (guard_of(host, path), path.read_bytes()) == (guard if wanted else before, KEY)
        assert leftovers(host) == []

    def test_takes_a_guard_back_when_a_later_file_fails(self, host: Host, far: Path) -> None:
        """Who could read the file before can read it again."""
        path = open_file(host)
        before = guard_of(host, path)

        answer = host.commit("r1", put(path, KEY, KEY, guard=PRIVATE[host.shell == "model"]), put(far, b"far", b"x"))

        assert answer.outcome == (6, "io")
        assert (guard_of(host, path), path.read_bytes()) == (before, KEY)

    def test_deletes(self, host: Host) -> None:
        """A file that is as expected goes away."""
        path = host.root / "gone"
        path.write_bytes(b"x")

        assert host.commit("r1", remove(path, b"x")).code == 0
        assert not path.exists()

    def test_takes_back_what_it_replaced_when_a_later_file_fails(self, host: Host, far: Path) -> None:
        """A target on another file system cannot be replaced atomically: no file is new afterwards."""
        changed, created = host.root / "changed", host.root / "created"
        changed.write_bytes(b"old")

        answer = host.commit("r1", put(changed, b"old", b"new"), put(created, None, KEY), put(far, b"far", b"x"))

        assert answer.outcome == (6, "io")
        assert not [r for r in answer.records if "done" in r]
        assert (changed.read_bytes(), created.exists(), far.read_bytes()) == (b"old", False, b"far")
        assert leftovers(host) == []
        assert host.observe().state["state"] == "clean"

    def test_lets_one_of_many_win(self, host: Host) -> None:
        """Runs at the same moment from the same state: exactly one is done."""
        path = host.root / "file"
        path.write_bytes(b"0")
        started = []
        for n in range(6):
            lines = [*host.head("commit", f"run r{n}"), put(path, b"0", str(n + 1).encode()), "end"]
            started.append(host.start(lines))
        for process, request in started:
            assert process.stdin
            process.stdin.write(request)
            process.stdin.flush()
        for process, _ignored in started:
            process.communicate(timeout=60)
        codes = sorted(process.returncode for process, _ignored in started)

        assert codes[0] == 0
        assert all(code in (3, 4) for code in codes[1:])
        assert path.read_bytes() in {b"1", b"2", b"3", b"4", b"5", b"6"}
        assert leftovers(host) == []

    def test_uses_a_run_id_once(self, host: Host) -> None:
        """The backup of a run is never written over."""
        path = host.root / "file"
        path.write_bytes(b"1")
        host.commit("r1", put(path, b"1", b"2"))

        assert host.commit("r1", put(path, b"2", b"3")).verdict["code"] == "request"
        assert path.read_bytes() == b"2"
        assert host.restore("r1").code == 0
        assert path.read_bytes() == b"1"

    def test_keeps_the_newest_backups(self, host: Host) -> None:
        """Only the last runs asked for stay."""
        path = host.root / "file"
        before: bytes | None = None
        for n in range(5):
            after = str(n).encode()
            host.commit(f"run-{n}", "keep 2", put(path, before, after))
            before = after

        assert len(list((host.state / "backup").iterdir())) == 2

    def test_writes_a_large_file(self, host: Host) -> None:
        """1 MiB arrives as it was sent, and soon."""
        path, content = host.root / "large", os.urandom(1024 * 1024)

        assert host.commit("r1", put(path, None, content)).code == 0
        assert path.read_bytes() == content

    def test_understands_carriage_returns(self, host: Host) -> None:
        """A request with CRLF writes the same bytes."""
        path = host.root / "file"
        lines = "\n".join([*host.head("commit", "run r1"), put(path, None, b"x" * 100), "end"]).splitlines()

        assert host.send([line + "\r" for line in lines]).code == 0
        assert path.read_bytes() == b"x" * 100

    def test_sets_the_owner_that_is_wanted(self, posix_host: Host) -> None:
        """Mode and owner are set together, on a new and on a present file."""
        if os.geteuid() != 0:
            pytest.skip("only root gives files away")
        present, new = posix_host.root / "present", posix_host.root / "new"
        present.write_bytes(b"x")
        guard = f"mode=0640,owner={b64('1234:4321')}"

        answer = posix_host.commit("r1", put(present, b"x", b"y", guard=guard), put(new, None, b"y", guard=guard))

        assert answer.code == 0
        assert [(p.stat().st_mode & 0o7777, p.stat().st_uid, p.stat().st_gid) for p in (present, new)] == [(0o640, 1234, 4321)] * 2

    def test_keeps_the_owner_that_is_there(self, posix_host: Host) -> None:
        """A file of the product's user stays his."""
        path = posix_host.root / "theirs"
        path.write_bytes(b"x")
        if os.geteuid() == 0:
            os.chown(path, 1234, 4321)
        path.chmod(0o2750)
        before = path.stat()

        posix_host.commit("r1", put(path, b"x", b"y"))

        assert path.read_bytes() == b"y"
        assert [(s.st_mode, s.st_uid, s.st_gid) for s in (path.stat(), before)] == [(before.st_mode, before.st_uid, before.st_gid)] * 2

    def test_keeps_the_run_itself(self, host: Host) -> None:
        """The newest run is the one that prunes, even when both fall into one second."""
        path = host.root / "file"
        host.commit("r1", put(path, None, b"1"))
        host.commit("r2", "keep 1", put(path, b"1", b"2"))

        assert [backup.name for backup in (host.state / "backup").iterdir()] == ["r2"]
