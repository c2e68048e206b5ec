"""The pretended node of every contract test, once for each shell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contract.host import SHELLS, WINDOWS, Host, interpreter


def _case(shell: str) -> object:
    present = shutil.which(interpreter(shell)[0]) is not None
    return pytest.param(shell, marks=[] if present else pytest.mark.skip(reason=f"{shell} is not installed"))


@pytest.fixture(params=[_case(shell) for shell in SHELLS])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    """Return a node whose paths need quoting."""
    root = tmp_path / "Program Files" / "Sér ver's $(x) `y`"
    root.mkdir(parents=True)
    return Host(request.param, root, root.parent / (root.name + ".certops"))


@pytest.fixture
def posix_host(host: Host) -> Host:
    """Return the same, unless its script is the one for Windows."""
    if host.shell in WINDOWS:
        pytest.skip("modes, owners and tools of POSIX")
    return host
