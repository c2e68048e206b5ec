"""What HostFiles promises, kept by the fake of the unit tests, by the adapter with the real script and by the model of Windows alike."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import (
    HostError,
    InterruptedRunError,
    LockedError,
    StaleFileError,
)
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import Folder, Look
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change
from ansible_collections.certops.rollout.plugins.plugin_utils._host import connection
from ansible_collections.certops.rollout.plugins.plugin_utils._host.port import StateFolder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.fakes import sha256

from contract.nodes import LocalNode, MemoryNode, Node, WindowsNode, write

CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nQ0VSVA==\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nU0VDUkVUU0VDUkVUU0VDUkVU\n-----END PRIVATE KEY-----\n"


@pytest.fixture(params=[MemoryNode, LocalNode, WindowsNode])
def node(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """Return a node with an empty root folder."""
    kind: Callable[[Path, StateFolder], Node] = request.param
    made = kind(tmp_path / "root", StateFolder(str(tmp_path / "root.certops"), keep=2))
    if isinstance(made, WindowsNode):
        for name, value in made.settings.environment().items():
            monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def posix_node(node: Node) -> Node:
    """Return the same, unless it is a Windows machine."""
    if node.system == "windows":
        pytest.skip("modes and names of POSIX; those of Windows are tested in tests/windows")
    return node


class TestObserve:
    def test_tells_kinds_apart(self, node: Node) -> None:
        """Files have content and hash; whatever is no plain file has neither."""
        node.write("a.cfg", b"a\r\n")
        node.link("link")
        looks = [Look(node.path(name)) for name in ("a.cfg", "none", "link")] + [Look(node.root)]

        seen = node.host.observe(looks)

        assert [seen.file(look.path).kind for look in looks] == ["file", "absent", "link", "directory"]
        assert (seen.file(looks[0].path).content, seen.file(looks[0].path).sha256) == (b"a\r\n", sha256(b"a\r\n"))
        assert (seen.system, seen.state, seen.run) == (node.system, "clean", "")

    @pytest.mark.parametrize(
        ("view", "content", "withheld"), [("text", b"note\n" + CERTIFICATE, 1), ("public", CERTIFICATE, 1), ("meta", None, 0)]
    )
    def test_withholds_keys(self, node: Node, view: str, content: bytes | None, withheld: int) -> None:
        """No view has a private key; the hash is that of the whole file."""
        node.write("server.pem", b"note\n" + KEY + CERTIFICATE)

        state = node.host.observe([Look(node.path("server.pem"), view)]).file(node.path("server.pem"))

        assert (state.content, state.withheld) == (content, withheld)
        assert state.sha256 == sha256(b"note\n" + KEY + CERTIFICATE)

    def test_keeps_large_files_where_they_are(self, node: Node) -> None:
        """1 MiB is the most that travels."""
        node.write("large", b"x" * (1024 * 1024 + 1))

        state = node.host.observe([Look(node.path("large"))]).file(node.path("large"))

        assert (state.content, state.size) == (None, 1024 * 1024 + 1)

    def test_gives_the_end_of_logs(self, node: Node) -> None:
        """The last 1 MiB of each, without keys and with a hash of its own; a folder of logs is not asked for."""
        long, end = node.path("20260921-access.txt"), b"1.2.3.4:5 x\r\n" * 90_000
        node.write("20260921-access.txt", b"begin" + KEY + end)
        node.write("20260922-access.txt", KEY + b"tail")

        seen = node.host.observe([Look(node.path(f"2026092{day}-access.txt"), "log") for day in (1, 2, 3)])

        log = seen.file(long)
        assert (log.content, log.size, log.sha256) == (end[-(2**20):], len(b"begin" + KEY + end), sha256(end[-(2**20):]))
        assert [file.withheld for file in seen.files.values()] == [0, 1, 0]
        assert [file.kind for file in seen.files.values()] == ["file", "file", "absent"]
        with pytest.raises(HostError, match="view of a folder 'log'"):
            node.host.observe([Look(node.root, "log", ".txt")])

    def test_lists_a_folder(self, node: Node) -> None:
        """Plain files with the suffix, in the order of their bytes; an absent folder is not an empty one."""
        for name in ("b.CFG", "a.cfg", "a.cfg.old", "ü.cfg"):
            node.write(name, name.encode())

        seen = node.host.observe([Look(node.root, "text", ".cfg"), Look(node.path("a.cfg")), Look(node.path("no"), "meta", ".cfg")])

        assert [file.content for file in seen.folders[node.root].files] == [b"a.cfg", b"b.CFG", "ü.cfg".encode()]
        assert seen.folders[node.path("no")] == Folder("absent")
        assert seen.file(node.path("a.cfg")).content == b"a.cfg"


class TestCommit:
    def test_does_all_changes(self, node: Node) -> None:
        """A file is replaced, one created, one deleted; each is reported."""
        node.write("old", b"1")
        node.write("gone", b"1")
        changes = [write(node, "old", b"2", before=b"1"), write(node, "new", KEY), write(node, "gone", None, before=b"1")]

        assert node.host.commit("r1", changes) == tuple(change.path for change in changes)
        assert [node.read(name) for name in ("old", "new", "gone")] == [b"2", KEY, None]

    def test_sets_a_guard(self, posix_node: Node) -> None:
        """A new file is private; a wanted mode is there afterwards, and kept by the next change."""
        node = posix_node
        node.host.commit("r0", [write(node, "new", KEY)])
        node.host.commit("r1", [write(node, "a", b"1", guard="mode=0640")])
        node.host.commit("r2", [write(node, "a", b"2", before=b"1")])

        seen = node.host.observe([Look(node.path("a")), Look(node.path("new"))])
        assert [seen.file(node.path(name)).guard.partition(",")[0] for name in ("a", "new")] == ["mode=0640", "mode=0600"]

    @pytest.mark.parametrize("expected", [b"then", None])
    def test_refuses_what_was_changed_meanwhile(self, node: Node, expected: bytes | None) -> None:
        """One stale file, and nothing is written."""
        node.write("stale", b"now")

        with pytest.raises(StaleFileError, match=f"node: {re.escape(node.path('stale'))}: .*; find out who changed it"):
            node.host.commit("r1", [write(node, "other", b"x"), write(node, "stale", b"x", before=expected)])
        assert (node.read("stale"), node.read("other")) == (b"now", None)

    @pytest.mark.parametrize(("name", "problem"), [("link", "is a link"), ("none/file", "folder does not exist")])
    def test_refuses_links_and_missing_folders(self, node: Node, name: str, problem: str) -> None:
        """Links are not followed, folders not made up."""
        node.link("link")

        with pytest.raises(HostError, match=f"{re.escape(node.path(name))}: .*{problem}"):
            node.host.commit("r1", [write(node, name, b"x")])

    def test_refuses_a_path_twice(self, node: Node) -> None:
        """Two changes of one path cannot both be made."""
        with pytest.raises(HostError, match="a path twice"):
            node.host.commit("r1", [write(node, "a", b"1"), write(node, "a", b"2")])
        assert node.read("a") is None

    def test_uses_a_run_id_once(self, node: Node) -> None:
        """The backup of a run is never written over."""
        node.host.commit("r1", [write(node, "a", b"1")])

        with pytest.raises(HostError, match=r"'r1' was used before.*new run id"):
            node.host.commit("r1", [write(node, "a", b"2", before=b"1")])
        assert node.read("a") == b"1"

    def test_keeps_the_newest_backups(self, node: Node) -> None:
        """As many runs as the state folder is told to keep can be restored."""
        for number in range(3):
            node.host.commit(f"r{number}", [write(node, f"file{number}", b"x")])

        with pytest.raises(HostError, match="'r0'; name a run"):
            node.host.restore("r0")
        assert node.host.restore("r1") == (node.path("file1"),)


class TestLock:
    def test_of_a_young_run_is_respected(self, node: Node) -> None:
        """A second run is told which one holds the node, and for how long; it waits or fails, it never takes over."""
        node.hold("other", 30)

        seen = node.host.observe([])
        with pytest.raises(LockedError, match=r"'other' has held this node for 3\d s; wait"):
            node.host.commit("r1", [write(node, "a", b"1")])
        with pytest.raises(LockedError, match="'other'"):
            node.host.recover()
        assert (seen.state, seen.run) == ("locked", "other")
        assert 30 <= seen.clock - seen.since < 60
        assert node.read("a") is None

    def test_of_an_old_run_is_recovered_first(self, node: Node) -> None:
        """A run that was killed before it began leaves everything as it was."""
        node.hold("other", 1000)

        with pytest.raises(InterruptedRunError, match=r"'other' has held .*; recover the node"):
            node.host.commit("r1", [write(node, "a", b"1")])
        assert node.host.observe([]).state == "interrupted"
        assert node.host.recover() == "back"
        assert node.host.recover() == "nothing"
        assert node.host.commit("r1", [write(node, "a", b"1")]) == (node.path("a"),)

    def test_of_a_known_dead_run_is_recovered_at_once(self, node: Node) -> None:
        """Who knows that the run is dead need not wait."""
        node.hold("other", 30)

        assert node.host.recover(stale=0) == "back"


class TestRestore:
    def test_brings_a_run_back(self, node: Node) -> None:
        """Old bytes return, created files go, deleted ones come back; a second time there is nothing to do."""
        node.write("old", b"1")
        node.write("gone", KEY)
        node.host.commit("r1", [write(node, "old", b"2", before=b"1"), write(node, "new", b"x"), write(node, "gone", None, before=KEY)])

        assert set(node.host.restore("r1")) == {node.path(name) for name in ("old", "new", "gone")}
        assert [node.read(name) for name in ("old", "new", "gone")] == [b"1", None, KEY]
        assert node.host.restore("r1") == ()

    def test_refuses_to_undo_the_work_of_others(self, node: Node) -> None:
        """A file that was changed by another hand since is left alone, unless forced."""
        node.write("a", b"1")
        node.host.commit("r1", [write(node, "a", b"2", before=b"1")])
        node.write("a", b"by hand")

        with pytest.raises(StaleFileError, match="was changed after that run"):
            node.host.restore("r1")
        assert node.host.restore("r1", force=True) == (node.path("a"),)
        assert node.read("a") == b"1"


NAMES = st.text(st.characters(exclude_characters="/\0\n", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 200
)


class TestAnyContent:
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(files=st.dictionaries(NAMES, st.binary(max_size=300), max_size=4))
    def test_arrives_and_returns(self, posix_node: Node, files: dict[str, bytes]) -> None:
        """Any bytes under any name are written as they are and read as they are, and go away again."""
        node = posix_node
        changes = [write(node, name, content) for name, content in files.items()]
        run = uuid4().hex
        node.host.commit(run, changes)

        seen = node.host.observe([Look(change.path) for change in changes])
        assert {name: seen.file(node.path(name)).content for name in files} == files
        assert set(node.host.restore(run)) == set(seen.files)


@pytest.mark.parametrize("shell", [name for name in ("dash", "bash", "busybox", "ksh", "mksh") if shutil.which(name)])
class TestShells:
    @staticmethod
    def run(shell: str, folder: Path, sent: bytes) -> subprocess.CompletedProcess[bytes]:
        """Run the adapter's command where ``sh`` is *shell*."""
        (folder / "sh").symlink_to(shutil.which(shell) or "")
        env = {"PATH": f"{folder}:{os.environ['PATH']}"}
        return subprocess.run(["/bin/sh", "-c", connection._POSIX_COMMAND], input=sent, env=env, capture_output=True, check=False)

    def test_read_the_script_and_leave_the_request(self, tmp_path: Path, shell: str) -> None:
        """Backslashes and blanks of the script survive, and the script reads on behind the mark."""
        script = b'main() {\n  IFS= read -r row\n  printf "%s." "$row"\n  exit 7\n}\nmain\n'

        run = self.run(shell, tmp_path, script + b"#certops-request\n  first \\x row\nsecond row\n")

        assert (run.returncode, run.stdout, run.stderr) == (7, b"  first \\x row.", b"")

    def test_run_nothing_of_a_script_that_was_cut_off(self, tmp_path: Path, shell: str) -> None:
        """Without the mark nothing is run."""
        run = self.run(shell, tmp_path, b"echo here\n#certops-req")

        assert (run.returncode, run.stdout, run.stderr) == (64, b"", b"no request arrived\n")


class TestMemoryHost:
    @pytest.mark.parametrize(("written", "way", "content"), [(None, "back", b"1"), (0, "forward", b"2"), (1, "forward", b"2")])
    def test_can_be_left_interrupted(self, tmp_path: Path, written: int | None, way: str, content: bytes) -> None:
        """A test can kill a run at any moment; recover ends it as the contract says."""
        node = MemoryNode(tmp_path, StateFolder("/state"))
        node.write("a", b"1")
        changes: list[Change] = [write(node, "a", b"2", before=b"1"), write(node, "b", b"2")]
        node.memory.interrupt("r1", changes, age=1000, written=written)

        assert node.host.observe([]).state == "interrupted"
        assert node.host.recover() == way
        assert (node.read("a"), node.read("b")) == (content, b"2" if way == "forward" else None)

    def test_fails_as_told_and_counts(self, tmp_path: Path) -> None:
        """An error waits for the next call, and every call is on the list."""
        node = MemoryNode(tmp_path, StateFolder("/state"))
        node.memory.fail_next(HostError(where="node", problem="gone", remedy="look"))

        with pytest.raises(HostError, match="gone"):
            node.host.observe([])
        assert node.host.recover() == "nothing"
        assert node.memory.verbs == ["observe", "recover"]
