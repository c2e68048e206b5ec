"""What a commit refuses, so that nothing is changed."""

from __future__ import annotations

import time

import pytest

from contract.host import Host, b64, hold_lock, leftovers, put


class TestRefuseTargets:
    @pytest.mark.parametrize(("before", "claimed"), [(b"now", b"then"), (b"now", None), (None, b"then")])
    def test_refuses_what_has_changed(self, host: Host, before: bytes | None, claimed: bytes | None) -> None:
        """One stale file, and no file is written."""
        stale, other = host.root / "stale", host.root / "other"
        if before is not None:
            stale.write_bytes(before)

        answer = host.commit("r1", put(other, None, b"y"), put(stale, claimed, b"new"))

        assert answer.outcome == (3, "stale")
        assert answer.fault == str(stale)
        assert not other.exists()
        assert (stale.read_bytes() if stale.exists() else None) == before
        assert leftovers(host) == []

    @pytest.mark.parametrize("kind", ["folder", "link"])
    def test_refuses_what_is_no_file(self, host: Host, kind: str) -> None:
        """Links are not followed and folders not replaced."""
        target, aim = host.root / "target", host.root / "aim"
        aim.write_bytes(b"x")
        target.mkdir() if kind == "folder" else target.symlink_to(aim)

        answer = host.commit("r1", put(target, b"x", b"y"))

        assert answer.outcome == (7, "not-a-file")
        assert aim.read_bytes() == b"x"

    def test_refuses_a_missing_folder(self, host: Host) -> None:
        """Folders of the product are never made up."""
        answer = host.commit("r1", put(host.root / "none" / "file", None, b"x"))

        assert answer.outcome == (6, "io")
        assert not (host.root / "none").exists()
        assert leftovers(host) == []


class TestRefuseRequests:
    @pytest.mark.parametrize(
        "broken",
        [
            ["certops 2 commit"],
            ["certops 1 destroy"],
            ["hello"],
            [],
            ["certops 1 commit", "run ../up"],
            ["certops 1 commit", "run r1"],
            ["certops 1 observe", "certops 1 commit"],
        ],
    )
    def test_refuses_a_malformed_head(self, host: Host, broken: list[str]) -> None:
        """Version, verb, run id and state folder are checked before anything is touched."""
        answer = host.send([*broken, "end"])

        assert answer.outcome == (64, "request")
        assert not host.state.exists()

    def test_refuses_malformed_bodies(self, host: Host) -> None:
        """A relative path, a path twice, bad base64, an unknown word: nothing is written."""
        path = host.root / "file"
        good = put(path, None, b"x")
        bodies = [
            [f"put {b64('relative')} absent keep", "eA==", "."],
            [good, good],
            [f"put {b64(str(path))} absent keep", "e(==", "."],
            [f"put {b64(str(path))} ABSENT keep", "eA==", "."],
            [f"put {b64(str(path))} absent mode=9", "eA==", "."],
            [good, "whatever"],
            [f"put {b64(str(path))} absent keep", "eA=="],
        ]
        for body in bodies:
            answer = host.commit("r1", *body)

            assert answer.outcome == (64, "request"), body
            assert not path.exists()
            assert leftovers(host) == []

    def test_refuses_a_request_that_was_cut_off(self, host: Host) -> None:
        """Without its last line a request does nothing, wherever it was cut."""
        path = host.root / "file"
        whole = [*host.head("commit", "run r1"), put(path, None, b"x" * 200), "end"]
        text = "".join(line + "\n" for line in whole)
        for length in range(len(text) - 4, 0, -max(1, len(text) // 9)):
            answer = host.send(text[:length].split("\n"))

            assert answer.code == 64
            assert not path.exists()

    @pytest.mark.parametrize("owner", ["root", "-x:root", "root:", ":root", "a:b:c", "a\nb:c"])
    def test_refuses_what_is_no_owner(self, posix_host: Host, owner: str) -> None:
        """An owner is "user:group" and can be no option of a tool."""
        path = posix_host.root / "file"

        answer = posix_host.commit("r1", put(path, None, b"x", guard=f"mode=0640,owner={b64(owner)}"))

        assert answer.outcome == (64, "request")
        assert not path.exists()

    def test_names_the_line(self, host: Host) -> None:
        """Whoever wrote the request learns where it is wrong."""
        answer = host.send([*host.head("commit", "run r1"), "nonsense", "end"])

        assert "line 4" in answer.message


class TestLock:
    def test_is_refused_while_another_run_holds_the_lock(self, host: Host) -> None:
        """Two runs on one node: one of them does everything, the other nothing."""
        hold_lock(host, time.time() - 30)
        path = host.root / "file"

        answer = host.commit("r2", put(path, None, b"x"))

        assert answer.outcome == (4, "locked")
        assert "other" in answer.message
        assert not path.exists()
        state = host.observe().state
        assert (state["state"], state["run"]) == ("locked", "other")

    def test_calls_an_old_lock_interrupted(self, host: Host) -> None:
        """A run that has held the lock for too long needs to be recovered, not waited for."""
        hold_lock(host, time.time() - 1000)
        path = host.root / "file"

        assert host.commit("r2", put(path, None, b"x")).verdict["code"] == "interrupted"
        assert host.commit("r2", "stale 2000", put(path, None, b"x")).verdict["code"] == "locked"
        assert host.observe().state["state"] == "interrupted"
        assert not path.exists()
