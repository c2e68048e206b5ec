"""A short sample of every experiment, so that none of them rots; ``make chaos`` is the real thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos import EXPERIMENTS
from chaos.mutate import Mutator
from chaos.outcome import Effort, Outcome, keep, page, recall


class TestExperiments:
    @pytest.mark.parametrize("name", EXPERIMENTS)
    def test_keeps_what_was_promised(self, name: str, tmp_path: Path) -> None:
        """A few trials, with a seed of their own."""
        outcome = EXPERIMENTS[name](Effort(1, long=False, folder=tmp_path))

        assert outcome.broken == []
        assert outcome.trials > 0


class TestMutator:
    def test_gives_the_same_inputs_for_the_same_seed(self) -> None:
        """What broke once can be repeated."""
        first, second = Mutator([b"abc", b"def"], seed=3), Mutator([b"abc", b"def"], seed=3)

        assert [first.next() for _ignored in range(50)] == [second.next() for _ignored in range(50)]

    def test_keeps_what_behaved_in_a_new_way(self) -> None:
        """Once for each behaviour."""
        mutator = Mutator([b"abc"], seed=3)
        for content, behaved in ((b"x", 1), (b"y", 1), (b"z", 2)):
            mutator.learn(content, behaved)

        assert mutator.corpus == [b"abc", b"x", b"z"]


class TestPage:
    def test_is_written_of_what_was_counted(self, tmp_path: Path) -> None:
        """A row an experiment; one that is run anew replaces its row only."""
        good, bad = Outcome("a | b", "c", 7), Outcome("d", "e", 8)
        good.count("refused")
        bad.expect(False, "it broke")
        keep(tmp_path / "deep/results.json", {"one": bad, "two": bad})
        keep(tmp_path / "deep/results.json", {"one": good})

        rows = page(recall(tmp_path / "deep/results.json")).splitlines()[-2:]

        assert rows == ["| `one` | a \\| b | 1 | 1 refused | c | yes | 7 | 0 |", "| `two` | d | 0 |  | e | no: 1 times | 8 | 0 |"]
