# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The generated part of a role's README."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.role_docs import BEGIN, END, main

SPECS = """
argument_specs:
  main:
    short_description: Do it
    options:
      dwb_days:
        description: [Days of V(cert) | key., Second sentence.]
        type: int
        default: 30
      dwb_leaf:
        description: The leaf.
        type: dict
        required: true
        options:
          src: {description: File., type: path}
"""


@pytest.fixture
def readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the README of the one role of a project, its two marker lines in place and nothing between them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "roles/one/meta").mkdir(parents=True)
    (tmp_path / "roles/one/meta/argument_specs.yml").write_text(SPECS)
    path = tmp_path / "roles/one/README.md"
    path.write_text(f"# one\n{BEGIN}\n{END}\nlast words\n")
    return path


class TestRoleDocs:
    def test_describe_every_option(self, readme: Path) -> None:
        """Each option is one row, sub-options too; what stands around the markers is kept."""
        assert main(["--write"]) == 0

        text = readme.read_text()
        assert text.startswith("# one\n")
        assert text.endswith("last words\n")
        assert "| `dwb_days` | int | `30` | Days of `cert` \\| key. Second sentence. |" in text
        assert "| `dwb_leaf` | dict | **required** | The leaf. |\n| `dwb_leaf.src` | path |  | File. |" in text

    def test_that_are_current_pass(self, readme: Path) -> None:
        """A README that was just written is not written again."""
        main(["--write"])
        before = readme.read_text()

        assert main([]) == 0
        assert readme.read_text() == before

    def test_that_drifted_fail(self, readme: Path) -> None:
        """A changed default is reported, and nothing is written."""
        main(["--write"])
        before = readme.read_text().replace("`30`", "`31`")
        readme.write_text(before)

        assert main([]) == 1
        assert readme.read_text() == before

    def test_without_markers_are_refused(self, readme: Path) -> None:
        """A README that has no place for the variables is named."""
        readme.write_text("# one\n")

        with pytest.raises(SystemExit, match=r"roles/one/README\.md"):
            main([])
