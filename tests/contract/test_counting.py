"""The connection that counts round trips counts all of them."""

from __future__ import annotations

from pathlib import Path

from plugins.connection.counting import round_trips

from contract.adhoc import adhoc


class TestCounting:
    def test_counts_one_command(self, tmp_path: Path) -> None:
        """A raw command is one round trip, and is done."""
        count_file = tmp_path / "count"
        env = {"CERTOPS_COUNT_FILE": str(count_file)}

        run = adhoc("raw", ["-c", "counting", "-a", "echo done"], home=tmp_path, env=env)

        assert "done" in run.stdout.splitlines(), run.stderr
        assert round_trips(count_file) == [("node", "exec_command")]

    def test_counts_one_for_each_verb_of_the_adapter(self, tmp_path: Path) -> None:
        """Observe, commit, observe: three commands, no file copied, no temporary folder made."""
        count_file, source = tmp_path / "count", tmp_path / "source"
        source.write_text("content")
        arguments = f"path={tmp_path}/file source={source} state={tmp_path}/state run=r1"
        variables = f"ansible_connection=counting certops_count_file={count_file}"

        run = adhoc("host_probe", ["-e", variables, "-a", arguments], home=tmp_path)

        assert "CHANGED" in run.stdout, run.stdout + run.stderr
        assert round_trips(count_file) == [("node", "exec_command")] * 3
        assert not (tmp_path / ".ansible" / "tmp").exists() or not list((tmp_path / ".ansible" / "tmp").iterdir())

    def test_knows_a_run_that_never_got_there(self, tmp_path: Path) -> None:
        """No file means no round trip."""
        assert round_trips(tmp_path / "count") == []
