"""The pretended node of every contract test, once for each shell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contract.host import SHELLS, WINDOWS, Host, interpreter
from contract.systems import SYSTEMS, lay_out


def _case(shell: str) -> object:
    words = [interpreter(shell)[0], *(SYSTEMS[shell].programs() if shell in SYSTEMS else ())]
    missing = [word for word in words if not shutil.which(word)]
    return pytest.param(shell, marks=[pytest.mark.skip(reason=f"{word} is not installed") for word in missing[:1]])


@pytest.fixture(params=[_case(shell) for shell in SHELLS])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    """Return a node whose paths need quoting."""
    root = tmp_path / "Program Files" / "Sér ver's $(x) `y`"
    root.mkdir(parents=True)
    made = Host(request.param, root, root.parent / (root.name + ".certops"))
    if made.shell in SYSTEMS:
        made.path = lay_out(SYSTEMS[made.shell], tmp_path / "tools")
    return made


@pytest.fixture
def posix_host(host: Host) -> Host:
    """Return the same, unless its script is the one for Windows."""
    if host.shell in WINDOWS:
        pytest.skip("modes, owners and tools of POSIX")
    return host
