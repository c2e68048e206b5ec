# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files and folders that are not as they should be, for root and for somebody who is nobody special."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from contract.host import Host

from .nodes import make_node, request
from .outcome import Effort, Outcome

_NOBODY = 65534
Harm = Callable[[Host], bool]   # tells whether this machine could do it


def broken(effort: Effort) -> Outcome:
    """Commit where a folder or a file is not as it should be, as root and as somebody else."""
    fault = ("a folder in place of a file, a link, a pipe, files and folders that are immutable, missing, of somebody else, not writable,"
             " not readable, a state folder that is a file, a link or of somebody else")
    outcome = Outcome(fault, "all old to the last file, its owner and its mode, and said so", effort.seed)
    for name, harm in _FOR_ALL.items():
        _try(outcome, make_node(effort.folder / name), name, harm=harm)
    setpriv = shutil.which("setpriv")
    for name, harm in _FOR_NOBODY.items():
        if os.geteuid() or not setpriv:
            outcome.count("not tried: only root can become somebody else")
            continue
        with _open_folder() as folder:
            host = make_node(folder)
            host.prefix = [setpriv, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
            for path in (host.root, *host.root.iterdir()):
                os.chown(path, _NOBODY, _NOBODY)
            _try(outcome, host, name, harm=harm)
    return outcome


@contextmanager
def _open_folder() -> Iterator[Path]:
    """Make a folder that everybody can reach, whoever may reach that of the experiment."""
    with tempfile.TemporaryDirectory(prefix="certops-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def _try(outcome: Outcome, host: Host, name: str, *, harm: Harm) -> None:
    rows = request(host)
    if not harm(host):
        outcome.count("not tried: this machine cannot")
        return
    before = _everything(host.root)
    answer = host.send(rows)
    after = _everything(host.root)
    outcome.count(f"refused, exit status {answer.code}" if answer.code else "done")
    outcome.expect(answer.code in {3, 6, 7} and bool(answer.verdict.get("message")), f"{name}: {answer.outcome}, {answer.stderr[:300]}")
    outcome.expect(after == before, f"{name}: changed are {[path for path in {*before, *after} if before.get(path) != after.get(path)]}")
    for path in (host.root, *host.root.glob("*")):
        if not path.is_symlink():
            subprocess.run(["chattr", "-i", str(path)], check=False, capture_output=True)


def _everything(root: Path) -> Mapping[str, object]:
    """Return kind, mode, owner and content of all there is in *root*, and of itself."""
    return {str(path): (path.lstat().st_mode, path.lstat().st_uid, path.lstat().st_gid, path.lstat().st_ino,
                        path.read_bytes() if path.is_file() else path.is_symlink() and os.readlink(path))
            for path in (root, *sorted(root.rglob("*"))) if path.is_symlink() or path.exists()}


def _folder(host: Host) -> bool:
    (host.root / "key.pem").mkdir()
    return True


def _link(host: Host) -> bool:
    (host.root / "key.pem").symlink_to("/nowhere")
    return True


def _linked(host: Host) -> bool:
    (host.root / "trust.pem").rename(host.root / "elsewhere")
    (host.root / "trust.pem").symlink_to("elsewhere")
    return True


def _pipe(host: Host) -> bool:
    os.mkfifo(host.root / "key.pem")
    return True


def _missing_file(host: Host) -> bool:
    (host.root / "gone.cfg").unlink()
    return True


def _missing_folder(host: Host) -> bool:
    shutil.rmtree(host.root)
    return True


def _folder_that_is_a_file(host: Host) -> bool:
    shutil.rmtree(host.root)
    host.root.write_bytes(b"no folder")
    return True


def _state_file(host: Host) -> bool:
    host.state.write_bytes(b"")
    return True


def _state_link(host: Host) -> bool:
    host.state.symlink_to("/nowhere")
    return True


def _immutable(name: str) -> Harm:
    return lambda host: subprocess.run(["chattr", "+i", str(host.root / name)], check=False, capture_output=True).returncode == 0


def _owned(name: str, mode: int) -> Harm:
    """Give *name* in the product's folder to root, with that *mode*."""
    def harm(host: Host) -> bool:
        os.chown(host.root / name, 0, 0)
        (host.root / name).chmod(mode)
        return True
    return harm


def _closed(name: str, mode: int) -> Harm:
    """Give *name* in the product's folder that *mode*; its owner stays."""
    def harm(host: Host) -> bool:
        (host.root / name).chmod(mode)
        return True
    return harm


def _state_of_root(host: Host) -> bool:
    host.state.mkdir(mode=0o700)
    return True


def _no_room_beside(host: Host) -> bool:
    host.root.parent.chmod(0o755)   # of root: no state folder can be made
    return True


_FOR_ALL: Mapping[str, Harm] = {
    "a folder": _folder, "a link to nothing": _link, "a link to a file": _linked, "a pipe": _pipe, "a missing file": _missing_file,
    "a missing folder": _missing_folder, "a file in place of the folder": _folder_that_is_a_file,
    "a state folder that is a file": _state_file, "a state folder that is a link": _state_link,
    "an immutable file to delete": _immutable("gone.cfg"),
    "an immutable file to replace": _immutable("trust.pem"), "an immutable folder": _immutable("."),
}
_FOR_NOBODY: Mapping[str, Harm] = {
    "a file of somebody else to replace": _owned("trust.pem", 0o644), "a secret file of somebody else": _owned("trust.pem", 0o600),
    "a file that is not readable": _closed("trust.pem", 0), "a folder of somebody else": _owned(".", 0o755),
    "a folder that is not writable": _closed(".", 0o555), "a folder that is not to be entered": _closed(".", 0o600),
    "a state folder of somebody else": _state_of_root, "a parent folder of somebody else": _no_room_beside,
}
