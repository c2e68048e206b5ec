# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets: what the script of a node prints, calls, and leaves behind while it fails in every way, searched for pieces of a key."""

from __future__ import annotations

import random

from contract.host import Host, put
from integration.leaks import Secrets, is_open
from unit.builders import make_root

from .nodes import begin_anew, make_node, shims
from .outcome import Effort, Outcome


def script(effort: Effort) -> Outcome:
    """Commit a key, killed at every command; search outputs, command lines and all files but those that are the key's."""
    promise = "no 16 bytes of it in what is printed, in the arguments of any command, in a file that others may read, in a core dump"
    outcome = Outcome("a key on its way to a node whose script is killed at its n-th command", promise, effort.seed)
    leaf = make_root("Secret CA").issue("insight-01")
    secrets, at = Secrets([leaf.key]), effort.folder / "shims"
    env = shims(at)
    numbers = random.Random(effort.seed).sample(range(1, 60), effort.times(1, otherwise=59))
    for number in [0, *numbers]:
        host = make_node(effort.folder)
        begin_anew(at)
        (at / "trace").write_text("")
        host.env = {**env, "CHAOS_AT": str(number)}
        process, content = host.start([*host.head("commit", "run r1"), put(host.root / "key.pem", None, leaf.pem), "end"])
        printed = b"".join(process.communicate(content, timeout=60))
        places = {"printed": printed, "called": (at / "trace").read_bytes(), **_readable(host)}
        leaks = [place for place, text in places.items() if secrets.found(text)]
        outcome.count("leaked" if leaks else "killed, nothing found" if process.returncode < 0 else "ended, nothing found")
        outcome.expect(not leaks, f"killed at {number}: {leaks}")
    outcome.expect(bool(secrets.found(leaf.pem)), "the search finds nothing at all")
    return outcome


def _readable(host: Host) -> dict[str, bytes]:
    """Return every file that somebody else may read, or that is a core dump, by its path."""
    folder = host.root.parent
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and (is_open(path, folder) or path.name.startswith("core"))}
