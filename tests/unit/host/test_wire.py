"""Requests say exactly what was wanted; answers are believed only as far as they can be checked."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import HostError
from ansible_collections.certops.rollout.plugins.plugin_utils._core.observation import FileState, Folder, Look, Observation
from ansible_collections.certops.rollout.plugins.plugin_utils._core.plan import Change
from ansible_collections.certops.rollout.plugins.plugin_utils._host import wire

from unit.fakes import sha256
from unit.host.answers import BUNDLE, CLEAN, FOLDER, LOG, OK, STATE, Fields, b64, file_of, folder_answer, head, reply


class TestRequests:
    def test_ask_for_files_before_folders(self) -> None:
        """Each look is one row, once; folders come last, because their files follow them in the answer."""
        rows = wire.observe_request([FOLDER, BUNDLE, BUNDLE], STATE).decode().splitlines()

        assert rows == [
            "certops 1 observe",
            f"state {b64(STATE.path)}",
            "stale 900",
            f"file text {b64(BUNDLE.path)}",
            f"glob meta {b64(FOLDER.path)} .cfg",
            "end",
        ]

    def test_refuse_one_path_in_two_views(self) -> None:
        """Two answers for one path could not be told apart."""
        with pytest.raises(HostError, match="looked at in two ways"):
            wire.observe_request([BUNDLE, Look(BUNDLE.path, "public")], STATE)

    def test_carry_content_in_lines_of_76_characters(self) -> None:
        """A new file, its guard and a file to delete are rows; content ends in a dot."""
        changes = [Change("/a", "absent", b"x" * 60, "add", guard="mode=0640"), Change("/b", sha256(b"y"), None, "remove")]

        rows = wire.commit_request("r1", changes, folder=STATE).decode().splitlines()

        assert rows[3:5] == ["run r1", "keep 5"]
        assert rows[5] == f"put {b64('/a')} absent mode=0640"
        assert (len(rows[6]), base64.b64decode(rows[6] + rows[7])) == (76, b"x" * 60)
        assert rows[8:] == [".", f"del {b64('/b')} {sha256(b'y')}", "end"]

    def test_carry_an_empty_file(self) -> None:
        """No content is no line, not a file to delete."""
        assert b" absent keep\n.\nend\n" in wire.commit_request("r1", [Change("/a", "absent", b"", "add")], folder=STATE)

    @pytest.mark.parametrize("run", ["", ".hidden", "a b", "r1\nforce", "x" * 65])
    def test_refuse_a_run_id_that_could_bring_in_a_row(self, run: str) -> None:
        """Nothing an operator chooses can add words to a request."""
        with pytest.raises(HostError, match="run id"):
            wire.restore_request(run, folder=STATE, force=False)

    @pytest.mark.parametrize(
        "change",
        [
            Change("/a", "ABSENT", b"", "add"),
            Change("/a", "absent", b"", "add", guard="mode=0644\nend"),
            Change("/\ud800", "absent", b"", "add"),
        ],
    )
    def test_refuse_a_change_without_words_for_it(self, change: Change) -> None:
        """Expected hash, guard and path are checked before anything is sent."""
        with pytest.raises(HostError):
            wire.commit_request("r1", [change], folder=STATE)

    @pytest.mark.parametrize(
        "look",
        [Look("/a", "all"), Look("/a", "text", ".cfg\nend"), Look("/a", "text", ""), Look("/a", "log", ".txt"), Look("/a", "log\nend")],
    )
    def test_refuse_a_look_without_words_for_it(self, look: Look) -> None:
        """View and suffix are checked before anything is sent."""
        with pytest.raises(HostError):
            wire.observe_request([look], STATE)


class TestObservation:
    def test_says_what_the_node_said(self) -> None:
        """Files, folders, clock and state come out as values; unknown fields are ignored."""
        inside = Look(f"{FOLDER.path}/b.CFG", "meta")
        glob: Fields = {"glob": b64(FOLDER.path), "suffix": ".cfg", "type": "directory"}
        state: Fields = {"state": "locked", "run": "r1", "since": 7}

        seen = wire.observation(reply(head(), file_of(BUNDLE, news=1), glob, file_of(inside), state, OK), [FOLDER, BUNDLE])

        bundle = FileState(BUNDLE.path, "file", 3, sha256(b"abc"), "mode=0644,owner=cm9vdDpyb290", 0, b"abc")
        component = FileState(inside.path, "file", 3, sha256(b"abc"), bundle.guard)
        folders = {FOLDER.path: Folder("directory", (component,))}
        assert seen == Observation("posix", 1_790_000_000, {BUNDLE.path: bundle}, folders, "locked", "r1", 7)

    @pytest.mark.parametrize(
        "changed",
        [
            {"path": b64("/etc/shadow")},
            {"path": "no base64"},
            {"type": "socket"},
            {"size": "3"},
            {"size": True},
            {"size": -1},
            {"size": 2**53},
            {"size": 4},
            {"sha256": sha256(b"abc").upper()},
            {"sha256": sha256(b"abd")},
            {"guard": "mode=0644\n"},
            {"withheld": None},
            {"content": "YWJ"},
            {"content": None},
            {"content": b64(b"-----BEGIN RSA PRIVATE KEY-----"), "withheld": 1, "size": 99},
        ],
    )
    def test_refuses_a_file_that_does_not_fit(self, changed: Fields) -> None:
        """Each field is checked by itself, and content against size, hash and view."""
        with pytest.raises(HostError, match="cannot be used"):
            wire.observation(reply(head(), file_of(BUNDLE, **changed), CLEAN, OK), [BUNDLE])

    @pytest.mark.parametrize("name", ["size", "sha256", "guard", "withheld", "content", "type", "path"])
    def test_refuses_a_file_without_one_of_its_fields(self, name: str) -> None:
        """A field that is missing is not the same as one that is null."""
        fields = {key: value for key, value in file_of(BUNDLE).items() if key != name}

        with pytest.raises(HostError, match="cannot be used"):
            wire.observation(reply(head(), fields, CLEAN, OK), [BUNDLE])

    @pytest.mark.parametrize(
        "records",
        [
            [],
            [head()],
            [head(), CLEAN],
            [head("commit"), file_of(BUNDLE), CLEAN],
            [{**head(), "certops": 2}, file_of(BUNDLE), CLEAN],
            [{**head(), "system": "vms"}, file_of(BUNDLE), CLEAN],
            [head(), CLEAN, file_of(BUNDLE)],
            [head(), file_of(BUNDLE), file_of(BUNDLE), CLEAN],
            [head(), file_of(BUNDLE), {"state": "locked"}],
            [head(), file_of(BUNDLE), CLEAN, CLEAN],
        ],
    )
    def test_refuses_records_that_are_missing_or_too_many(self, records: list[Fields]) -> None:
        """The answer has exactly the records that were asked for, in their order."""
        with pytest.raises(HostError, match="cannot be used"):
            wire.observation(reply(*records, OK), [BUNDLE])

    @pytest.mark.parametrize(
        "changed",
        [
            {},
            {"size": 0, "content": "", "sha256": sha256(b"")},
            {"size": 9, "withheld": 1},
            {"size": 2**40, "withheld": 2},
            {"size": 2**40, "content": b64(b"x" * 2**20), "sha256": sha256(b"x" * 2**20)},
        ],
    )
    def test_says_what_the_end_of_a_log_is(self, changed: Fields) -> None:
        """As much as there is up to 1 MiB, less what was withheld, with its own hash."""
        fields = file_of(LOG, **changed)

        seen = wire.observation(reply(head(), fields, CLEAN, OK), [LOG]).file(LOG.path)

        assert (seen.size, seen.withheld) == (fields["size"], fields["withheld"])
        assert (seen.content, seen.sha256) == (base64.b64decode(str(fields["content"])), fields["sha256"])

    @pytest.mark.parametrize(
        "changed",
        [
            {"content": None},
            {"sha256": sha256(b"abd")},
            {"size": 2},
            {"size": 4},
            {"size": 2**21},
            {"withheld": 1},
            {"size": 2**40, "content": b64(b"x" * (2**20 + 1)), "sha256": sha256(b"x" * (2**20 + 1))},
            {"size": 99, "withheld": 1, "content": b64(b"-----BEGIN PRIVATE KEY-----"), "sha256": sha256(b"-----BEGIN PRIVATE KEY-----")},
        ],
    )
    def test_refuses_a_log_that_does_not_fit(self, changed: Fields) -> None:
        """Less than the last 1 MiB, more than it, other bytes than were hashed, or a key: nothing of it is believed."""
        with pytest.raises(HostError, match="do not fit each other"):
            wire.observation(reply(head(), file_of(LOG, **changed), CLEAN, OK), [LOG])

    @pytest.mark.parametrize("name", ["../x.cfg", "sub/x.cfg", "x.pem", "", "a.cfg", "\n.cfg/../y.cfg"])
    def test_refuses_files_outside_the_folder(self, name: str) -> None:
        """A folder holds files directly below it, with the suffix, each once and in order."""
        with pytest.raises(HostError, match="cannot be used"):
            wire.observation(folder_answer(f"{FOLDER.path}/a.cfg", f"{FOLDER.path}/{name}"), [FOLDER])

    def test_refuses_files_of_a_folder_that_is_absent(self) -> None:
        """Only a directory holds files."""
        assert wire.observation(folder_answer(kind="absent"), [FOLDER]).folders == {FOLDER.path: Folder("absent")}
        with pytest.raises(HostError, match="not in the folder"):
            wire.observation(folder_answer(f"{FOLDER.path}/a.cfg", kind="absent"), [FOLDER])

    def test_names_the_file_whose_name_is_not_utf8(self) -> None:
        """What could not be shown or written back is refused, and the operator told which file it is."""
        fields = file_of(FOLDER, path=b64(FOLDER.path.encode() + b"/\xe9.cfg"))
        glob: Fields = {"glob": b64(FOLDER.path), "suffix": ".cfg", "type": "directory"}

        with pytest.raises(HostError, match=r"\\xe9.cfg: its name is not UTF-8; rename it"):
            wire.observation(reply(head(), glob, fields, CLEAN, OK), [FOLDER])


class TestDone:
    def test_gives_the_paths_in_the_nodes_order(self) -> None:
        """Every path that was asked for is reported, once."""
        answer = reply(head("commit"), {"done": b64("/b")}, {"done": b64("/a")}, OK, verb="commit")

        assert wire.done(answer, ["/a", "/b"]) == ("/b", "/a")
        assert wire.done(answer) == ("/b", "/a")

    @pytest.mark.parametrize("paths", [[], ["/a"], ["/a", "/b", "/c"], ["/a", "/a", "/b"]])
    def test_refuses_other_paths(self, paths: list[str]) -> None:
        """A node that did less, more or the same twice is not believed."""
        with pytest.raises(HostError, match="names other files"):
            wire.done(reply(head("commit"), *({"done": b64(path)} for path in paths), OK, verb="commit"), ["/a", "/b"])


class TestRecovered:
    def test_gives_the_way(self) -> None:
        """The way is told behind the files that were finished."""
        answer = reply(head("recover"), {"done": b64("/a")}, {"recovered": "forward"}, OK, verb="recover")

        assert wire.recovered(answer) == "forward"

    @pytest.mark.parametrize("records", [[], [{"recovered": "up"}], [{"recovered": "back"}, {"recovered": "back"}]])
    def test_refuses_no_way_or_two(self, records: list[Fields]) -> None:
        """Anything but one known way is refused."""
        with pytest.raises(HostError, match="cannot be used"):
            wire.recovered(reply(head("recover"), *records, OK, verb="recover"))
