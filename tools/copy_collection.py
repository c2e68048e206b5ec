# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Lay out a real copy of the collection, for tools that follow no links: ansible-test, ansible-lint, ansible-galaxy.

Only what git tracks, or would track, is copied.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from pathlib import Path

TREE = Path("build/tree").resolve()
HOME = TREE / "home"
# ansible-test makes bare environments and would fetch a script that brings pip into them; Python carries pip with it.
_GET_PIP = "import ensurepip\nensurepip.bootstrap()\n"


def git(*arguments: str, cwd: str | Path = ".") -> str:
    """Return what git prints."""
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout


def tracked() -> list[str]:
    """Return the files that a fresh clone has, or would have once what is new is committed."""
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return [name for name in names if Path(name).is_file()]


def copy(target: Path) -> None:
    """Copy the tracked files to *target* and make that a repository, because ansible-test asks git for files."""
    shutil.rmtree(target, ignore_errors=True)
    for name in tracked():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(name, target / name)
    git("init", "--quiet", cwd=target)
    git("add", "--all", cwd=target)


def make_home() -> None:
    """Make a home folder for ansible-test: it keeps its environments there, and hides pip's variables from pip."""
    script = HOME / ".ansible/test/cache/get_pip_24_2.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(_GET_PIP, encoding="utf-8")
    settings = configparser.ConfigParser(interpolation=None)
    settings.read([Path.home() / ".pip/pip.conf", Path.home() / ".config/pip/pip.conf"])
    variables = {name[4:].lower().replace("_", "-"): value for name, value in os.environ.items() if name.startswith("PIP_")}
    settings.read_dict({"global": variables})
    (HOME / ".config/pip").mkdir(parents=True, exist_ok=True)
    with (HOME / ".config/pip/pip.conf").open("w", encoding="utf-8") as file:
        settings.write(file)


def lay_out(collections: Path) -> Path:
    """
    Lay out the copy, beside it the collections it depends on.

    Args:
        collections: The folder that holds ``ansible_collections/ansible``.

    Returns:
        The copy's root, ``…/ansible_collections/certops/rollout``.
    """
    target = TREE / "ansible_collections/certops/rollout"
    copy(target)
    make_home()
    others = TREE / "ansible_collections/ansible"
    if not others.is_symlink():
        others.symlink_to(collections / "ansible_collections/ansible")
    return target
