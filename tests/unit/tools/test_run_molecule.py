# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The runner of the scenarios never takes for passed what did not run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.run_molecule import problem_of
from unit.source import ROOT


def run(*names: str, path: str) -> subprocess.CompletedProcess[str]:
    """Return what came of the runner in an environment whose only programs are those in *path*."""
    command = [sys.executable, str(ROOT / "tools" / "run_molecule.py"), *names]
    return subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)


class TestProblemOf:
    def test_scenario_that_passed_is_empty(self) -> None:
        """Molecule was content, and its tests passed."""
        assert problem_of(0, "INFO\n====== 50 passed in 54.17s ======\nINFO\n") == ""

    @pytest.mark.parametrize(("code", "text", "said"), [
        (1, "====== 50 passed in 54.17s ======\n", "exit status 1"),
        (0, "WARNING Skipping, no tests found.\n", "did not run"),
        (0, "====== 49 passed, 1 skipped in 54.17s ======\n", "skipped"),
        (0, "====== 3 skipped in 0.1s ======\n", "skipped"),
    ])
    def test_scenario_that_did_not_is_told(self, code: int, text: str, said: str) -> None:
        """Also where Molecule is content: without tests, or with skipped ones."""
        assert said in problem_of(code, text)


class TestRunner:
    def test_says_what_is_missing(self, tmp_path: Path) -> None:
        """Without podman it names the packages and fails; nothing is taken for played."""
        told = run(path=str(tmp_path))

        assert told.returncode == 69
        assert "podman" in told.stderr
        assert "apt-get install" in told.stderr
        assert "passed" not in told.stdout

    def test_refuses_a_scenario_that_is_not_there(self, tmp_path: Path) -> None:
        """It names those that are."""
        told = run("drfit", path=str(tmp_path))

        assert told.returncode == 2
        assert "there is no scenario drfit" in told.stdout
        assert "drift" in told.stdout.partition("there are")[2]
