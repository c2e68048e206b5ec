"""Single Ansible tasks as a user of their own would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.certops.rollout.plugins.plugin_utils._host import connection

COLLECTIONS = Path(connection.__file__).parents[6]
PLUGINS = Path(__file__).parents[1] / "plugins"


def adhoc(
    module: str, arguments: Sequence[str], *, home: Path, wrapper: Sequence[str] = (), env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """
    Run one task on the host ``node`` of an inventory of one.

    Args:
        module: Of the task; the plugins of the tests are found.
        arguments: More of the command line: ``-a``, ``-e``, ``-v``.
        home: Home and working folder of the run.
        wrapper: A command that runs it as somebody else.
        env: More environment.
    """
    settings = {
        "ANSIBLE_ACTION_PLUGINS": str(PLUGINS / "action"),
        "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS / "connection"),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        **(env or {}),
    }
    command = [*wrapper, sys.executable, "-m", "ansible", "adhoc", "node", "-i", "node,", "-m", module, *arguments]
    return subprocess.run(
        command, cwd=home, env=settings, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )
