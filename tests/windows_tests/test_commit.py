"""The model keeps the promises that only a Windows machine can break."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from windows.faults import StoppedError
from windows.pretended import ROOT, STATE, Machine, b64, delete, put

PRIVATE = "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;S-1-5-80-1-2)"
INHERITED = "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine with one file."""
    made = Machine(tmp_path)
    (made.root / "old.cfg").write_bytes(b"old")
    return made


def path(name: str) -> str:
    """Return the path of a file of the server."""
    return f"{ROOT}\\{name}"


class TestGuards:
    def test_of_a_new_file_are_those_of_its_folder_or_the_wanted_ones(self, machine: Machine) -> None:
        """Nothing of the state folder's rules stays with a file that came from it."""
        machine.commit("r1", *put(path("plain.cfg"), None, b"x"), *put(path("key.pem"), None, b"x", PRIVATE))

        assert (machine.guard("plain.cfg"), machine.guard("key.pem")) == (INHERITED, PRIVATE)

    def test_of_a_present_file_stay_unless_others_are_wanted(self, machine: Machine) -> None:
        """ReplaceFile keeps the target's rules; a wanted DACL is set, and a restore brings the first one back."""
        machine.volume.protect(path("old.cfg"), PRIVATE)
        machine.commit("r1", *put(path("old.cfg"), b"old", b"new"))
        kept = machine.guard("old.cfg")
        machine.commit("r2", *put(path("old.cfg"), b"new", b"newer", "D:PAI(A;;FA;;;SY)"))
        wanted = machine.guard("old.cfg")
        machine.send("restore", "run r2")

        assert (kept, wanted, machine.guard("old.cfg")) == (PRIVATE, "D:PAI(A;;FA;;;SY)", PRIVATE)

    @pytest.mark.parametrize(("wanted", "after"), [(PRIVATE, PRIVATE), ("keep", INHERITED)])
    def test_are_set_where_the_bytes_are_right_already(self, machine: Machine, wanted: str, after: str) -> None:
        """To protect a file is a change of its own; without a wanted DACL nothing is set."""
        code, records = machine.commit("r1", *put(path("old.cfg"), b"old", b"old", wanted))

        assert (code, [record["done"] for record in records if "done" in record]) == (0, [path("old.cfg")])
        assert (machine.guard("old.cfg"), (machine.root / "old.cfg").read_bytes()) == (after, b"old")

    def test_that_are_all_a_run_changed_are_brought_back(self, machine: Machine) -> None:
        """A restore is a commit of the old DACL, which can be taken back too; a second one finds nothing to do."""
        machine.commit("r1", *put(path("old.cfg"), b"old", b"old", PRIVATE))
        restores = [machine.send("restore", "run r1") for _ignored in range(2)]
        restored = machine.guard("old.cfg")
        machine.send("restore", "run r1.restore")

        assert [[record["done"] for record in records if "done" in record] for _code, records in restores] == [[path("old.cfg")], []]
        assert (restored, machine.guard("old.cfg")) == (INHERITED, PRIVATE)

    def test_that_somebody_changed_are_not_looked_at_where_the_old_bytes_are_back(self, machine: Machine) -> None:
        """What a restore brought back is nobody's business afterwards; a DACL tells only where the run changed nothing else."""
        machine.commit("r1", *put(path("old.cfg"), b"old", b"new"))
        machine.send("restore", "run r1")
        machine.volume.protect(path("old.cfg"), PRIVATE)
        _code, records = machine.send("restore", "run r1")

        assert not [record for record in records if "done" in record]
        assert machine.guard("old.cfg") == PRIVATE

    @pytest.mark.parametrize("same", [True, False])
    def test_go_back_when_a_file_cannot_be_replaced(self, machine: Machine, *, same: bool) -> None:
        """They are narrowed before the new bytes come, so they are widened when these do not come, here or with a later file."""
        last = machine.root / "last.cfg"
        last.write_bytes(b"last")
        machine.volume.hold(path("last.cfg"), 60)
        first = put(path("old.cfg"), b"old", b"old" if same else b"new", PRIVATE)

        code, records = machine.commit("r1", *first, *put(path("last.cfg"), b"last", b"x", PRIVATE))

        assert (code, records[-1]["path"]) == (6, path("last.cfg"))
        assert [machine.guard(name) for name in ("old.cfg", "last.cfg")] == [INHERITED, INHERITED]
        assert ((machine.root / "old.cfg").read_bytes(), last.read_bytes()) == (b"old", b"last")

    def test_of_state_stage_and_backup_are_private(self, machine: Machine) -> None:
        """SYSTEM and Administrators, from the protected folder down to every copy."""
        machine.commit("r1", *put(path("old.cfg"), b"old", b"new"))

        assert machine.volume.sddl(STATE) == "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
        assert machine.volume.sddl(f"{STATE}\\backup\\r1\\0") == "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)"

    def test_that_are_none_are_refused_and_everything_is_as_it_was(self, machine: Machine) -> None:
        """A text that is no DACL is found out by the system, after the first file was written already."""
        code, records = machine.commit("r1", *put(path("old.cfg"), b"old", b"new"), *put(path("key.pem"), None, b"x", "D:nonsense"))

        assert (code, records[-1]["message"]) == (6, "The SDDL form of a security descriptor object is invalid.")
        assert [entry.name for entry in machine.root.iterdir()] == ["old.cfg"]
        assert (machine.root / "old.cfg").read_bytes() == b"old"


class TestSharing:
    def test_violations_that_end_are_waited_for(self, machine: Machine) -> None:
        """A scanner that lets go in time is not noticed."""
        machine.volume.hold(path("old.cfg"), 0.2)
        machine.volume.patience = 5

        assert machine.commit("r1", *put(path("old.cfg"), b"old", b"new"))[0] == 0
        assert (machine.root / "old.cfg").read_bytes() == b"new"

    def test_violations_that_last_are_told_in_the_system_s_words(self, machine: Machine) -> None:
        """What was written before is taken back, and the node is clean."""
        machine.volume.hold(path("old.cfg"), 60)

        code, records = machine.commit("r1", *put(path("first"), None, b"x"), *put(path("old.cfg"), b"old", b"new"))

        assert (code, records[-1]["code"], records[-1]["path"]) == (6, "io", path("old.cfg"))
        assert "because it is being used by another process" in records[-1]["message"]
        assert [entry.name for entry in machine.root.iterdir()] == ["old.cfg"]
        assert machine.send("observe")[1][1] == {"state": "clean"}

    def test_does_not_keep_anybody_from_reading_what_the_server_has_open(self, machine: Machine) -> None:
        """Only who wants a file alone hinders an observation, and is waited for."""
        look = f"file text {b64(path('old.cfg'))}"
        machine.volume.hold(path("old.cfg"), 60)
        opened = machine.send("observe", look)[0]
        machine.volume.hold(path("old.cfg"), 60, alone=True)

        assert (opened, machine.send("observe", look)[0]) == (0, 6)

    def test_is_tried_for_ten_seconds(self, machine: Machine) -> None:
        """Unless a test has less patience."""
        assert type(machine.volume)({}, machine.folder / "other").patience == 10


class TestAttributes:
    def test_keep_a_read_only_file(self, machine: Machine) -> None:
        """It is neither replaced nor deleted; the words are the system's."""
        (machine.root / "old.cfg").chmod(0o444)

        code, records = machine.commit("r1", *put(path("old.cfg"), b"old", b"new"))

        assert (code, records[-1]["message"]) == (6, f"Access to the path '{path('old.cfg')}' is denied.")
        assert (machine.root / "old.cfg").read_bytes() == b"old"


class TestNames:
    def test_are_the_same_in_any_case(self, machine: Machine) -> None:
        """One file under two names is named twice; a file is found, and keeps its name."""
        twice = machine.commit("r1", *put(path("OLD.cfg"), b"old", b"1"), *put(path("old.CFG"), b"old", b"2"))
        once = machine.commit("r2", *put(path("OLD.CFG"), b"old", b"new"))

        assert (twice[0], twice[1][-1]["message"]) == (64, "a path twice")
        assert once[0] == 0
        assert [entry.name for entry in machine.root.iterdir()] == ["old.cfg"]


class TestKill:
    OLD, NEW = [b"old", None, b"gone"], [b"new", b"created", None]

    @staticmethod
    def prepare(folder: Path) -> Machine:
        """Return a machine with three files."""
        machine = Machine(folder)
        (machine.root / "a").write_bytes(b"old")
        (machine.root / "open").write_bytes(b"same")
        (machine.root / "c").write_bytes(b"gone")
        return machine

    @staticmethod
    def found(machine: Machine) -> list[bytes | None]:
        """Return the content of the files, None for none."""
        return [file.read_bytes() if file.exists() else None for file in (machine.root / name for name in "abc")]

    @staticmethod
    def commit(machine: Machine) -> int:
        """Replace one file, make one with a DACL, delete one, protect one."""
        lines = [*put(path("open"), b"same", b"same", PRIVATE), *put(path("a"), b"old", b"new"), *put(path("b"), None, b"created", PRIVATE)]
        return machine.commit("r1", *lines, delete(path("c"), b"gone"))[0]

    def stopped(self, folder: Path) -> Iterator[tuple[int, Machine]]:
        """Yield a machine for every step that a commit has, each stopped at its own."""
        whole = self.prepare(folder / "whole")
        assert self.commit(whole) == 0
        for step in range(whole.volume.writes):
            machine = self.prepare(folder / str(step))
            machine.volume.stop_at = step
            with pytest.raises(StoppedError):
                self.commit(machine)
            yield step, machine

    def test_at_any_step_leaves_all_old_or_all_new_after_recover(self, tmp_path: Path) -> None:
        """No target is torn, no key is seen by others, and what is left is ended by the next one, itself killed once at every step."""
        for step, machine in self.stopped(tmp_path):
            assert all(found in pair for found, *pair in zip(self.found(machine), self.OLD, self.NEW, strict=True))
            assert not (machine.root / "b").exists() or machine.guard("b") == PRIVATE
            self.recover(machine)
            assert (self.found(machine), machine.guard("open")) in ((self.OLD, INHERITED), (self.NEW, PRIVATE)), step
            assert machine.send("observe")[1][1] == {"state": "clean"}

    def test_never_loses_what_somebody_saved_since_then(self, tmp_path: Path) -> None:
        """A run that is recovered goes neither forward nor back over a file that is newer than both."""
        for _ignored, machine in self.stopped(tmp_path):
            (machine.root / "a").write_bytes(b"theirs")
            machine.volume = machine.opened()

            assert machine.send("recover", "stale 0")[0] in (0, 3)
            assert (machine.root / "a").read_bytes() == b"theirs"
            assert machine.send("observe")[1][1] == {"state": "clean"}

    @staticmethod
    def recover(machine: Machine) -> None:
        """Recover until it is not killed any more, one step later each time."""
        for step in range(100):
            machine.volume = machine.opened()
            machine.volume.stop_at = step
            try:
                assert machine.send("recover", "stale 0")[0] == 0
            except StoppedError:
                continue
            return
        raise AssertionError("it never ends")


class TestPatience:
    def test_is_over_when_the_other_lets_go(self, machine: Machine) -> None:
        """A file that is let go while it is waited for is replaced at once."""
        machine.volume.hold(path("old.cfg"), 60)
        machine.volume.patience = 20
        timer = threading.Timer(0.3, lambda: machine.opened().hold(path("old.cfg"), 0))
        begin = time.monotonic()
        timer.start()

        assert machine.commit("r1", *put(path("old.cfg"), b"old", b"new"))[0] == 0
        assert time.monotonic() - begin < 10
