"""How a run is taken back."""

from __future__ import annotations

import os

from contract.host import KEY, Host, leftovers, put, remove


class TestRestore:
    def test_brings_a_run_back(self, host: Host) -> None:
        """Changed files get their old bytes, created ones go, deleted ones return."""
        changed, created, deleted = (host.root / n for n in ("changed", "created", "deleted"))
        changed.write_bytes(b"old\r\n")
        deleted.write_bytes(KEY)
        host.commit("r1", put(changed, b"old\r\n", b"new"), put(created, None, b"x"), remove(deleted, KEY))

        answer = host.restore("r1")

        assert answer.code == 0
        assert (changed.read_bytes(), deleted.read_bytes(), created.exists()) == (b"old\r\n", KEY, False)
        assert leftovers(host) == []

    def test_refuses_when_somebody_changed_a_file_since(self, host: Host) -> None:
        """What was written by another hand is not thrown away, unless forced."""
        path = host.root / "file"
        path.write_bytes(b"old")
        host.commit("r1", put(path, b"old", b"new"))
        path.write_bytes(b"by hand")

        assert host.restore("r1").code == 3
        assert path.read_bytes() == b"by hand"
        assert host.restore("r1", "force").code == 0
        assert path.read_bytes() == b"old"

    def test_knows_no_unknown_run(self, host: Host) -> None:
        """A run without backup cannot be restored."""
        answer = host.restore("never")

        assert answer.outcome == (8, "unknown-run")

    def test_brings_the_guard_back(self, posix_host: Host) -> None:
        """Mode and owner are those from before the run, whether it kept or changed them, with the bytes or alone."""
        kept, changed, same, gone = paths = [posix_host.root / name for name in ("kept", "changed", "same", "gone")]
        for path in paths:
            path.write_bytes(b"old")
            if os.geteuid() == 0:
                os.chown(path, 1234, 4321)
            path.chmod(0o664)
        before = [(p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in paths]
        guarded = (put(path, b"old", content, guard="mode=0600") for path, content in ((changed, b"new"), (same, b"old")))
        posix_host.commit("r1", put(kept, b"old", b"new"), *guarded, remove(gone, b"old"))

        assert posix_host.restore("r1").code == 0
        assert [(p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in paths] == before

    def test_takes_an_older_run_back_only_when_forced(self, host: Host) -> None:
        """Each run has its own backup; the later one is not lost with the earlier."""
        path = host.root / "file"
        path.write_bytes(b"0")
        host.commit("r1", put(path, b"0", b"1"))
        host.commit("r2", put(path, b"1", b"2"))

        assert host.restore("r1").outcome == (3, "stale")
        assert host.restore("r2").code == 0
        assert path.read_bytes() == b"1"
        assert host.restore("r1").code == 0
        assert path.read_bytes() == b"0"

    def test_does_nothing_twice(self, host: Host) -> None:
        """A run that is taken back already is not an error."""
        path = host.root / "file"
        host.commit("r1", put(path, None, b"1"))
        host.restore("r1")

        answer = host.restore("r1")

        assert answer.code == 0
        assert not [record for record in answer.records if "done" in record]
