# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One machine, looked at from outside: whatever tools it lacks, the view is the same."""

from __future__ import annotations

import hashlib
import os
import pwd
import socket
import ssl
import stat
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from .podman import podman

SSL_PORT = 1443
SERVER = "/srv/insight/server"
CLIENT = "/srv/insight/client"
# What the running server or client writes, and the running system: its network, its journal, sudo's greeting, modules, folders of services.
THEIRS = (*(f"{SERVER}/{folder}" for folder in ("Audit", "Events", "Logs", "State", "Temp", "Trace")),
          *(f"{CLIENT}/{folder}" for folder in ("State", "Trace", "var")),
          "/etc/hosts", "/etc/machine-id", "/etc/resolv.conf", "/home/deploy", "/run", "/tmp/systemd-private", "/var/lib/sudo",
          "/var/lib/systemd", "/var/log", "/var/tmp/systemd-private")
# File systems that are no files.
_KERNEL = ("proc", "sys", "dev")


@dataclass(frozen=True)
class Facts:
    """
    What there is to know of one file without its content.

    Attributes:
        mode: As ls shows it, like -rw-r--r--.
        owner: User and group, numeric.
        sha256: Of the content; of the target for a link; empty for a folder.
    """

    mode: str
    owner: str
    sha256: str


@dataclass(frozen=True)
class Served:
    """
    What a server presented.

    Attributes:
        fingerprint: SHA-256 of the leaf.
        leaf: The leaf as PEM.
        status: HTTP status of the answer.
    """

    fingerprint: str
    leaf: str
    status: int


class Machine:
    """
    A running container.

    Attributes:
        name: In the inventory, which is also the common name of its server.
        container: What podman calls it.
        address: Its network address.
    """

    def __init__(self, name: str, container: str, address: str) -> None:
        self.name = name
        self.container = container
        self.address = address

    @property
    def root(self) -> Path:
        """Return where its file system, with all that is mounted there, is seen on this machine."""
        pid = int(podman("inspect", "--format", "{{.State.Pid}}", self.container))
        return Path(f"/proc/{pid}/root")

    def run(self, *command: str, content: bytes | None = None, user: str = "root") -> bytes:
        """Return what *command* prints there. Raises RuntimeError when it fails."""
        return podman("exec", "--interactive", "--user", user, self.container, *command, content=content)

    def stand_in(self, verb: str, *arguments: str) -> None:
        """Give the stand-in server a command, like ``misbehave``."""
        self.run("env", "PYTHONPATH=/opt/stand-in/app", "/opt/stand-in/bin/insight-server", "-m", "simulator", verb, "--root", SERVER,
                 *arguments, user="insight")

    def read(self, path: str) -> bytes:
        """Return the content of a file."""
        return (self.root / path.lstrip("/")).read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Give a file another content; its mode and owner stay."""
        with (self.root / path.lstrip("/")).open("r+b") as file:
            file.truncate()
            file.write(content)

    def files(self, *below: str) -> dict[str, Facts]:
        """
        Return the facts of all files and folders, by path.

        Args:
            below: Only those in these folders; all when none is given.
        """
        root = self.root
        places = [root / folder.lstrip("/") for folder in below or ("",)]
        found = (path for place in places for path in (place, *_walk(place)) if path != root)
        return {f"/{path.relative_to(root)}": _facts(path) for path in found if path.exists() or path.is_symlink()}

    def readable_by(self, user: str, *, known: Collection[str] = ()) -> dict[str, bytes]:
        """
        Return the regular files that *user* can open anywhere on the machine, with their content.

        Args:
            user: An account of the machine.
            known: SHA-256 of contents that need not be returned again.
        """
        with get_context("fork").Pool(1) as pool:
            return pool.apply(_read_as, (str(self.root), user, frozenset(known)))

    def journal(self) -> bytes:
        """Return all that the machine has logged."""
        return self.run("journalctl", "--no-pager", "--all", "--output=export")

    def served(self, *, trusted: bytes = b"", client: Path | None = None) -> Served:
        """
        Return what a client gets that asks for ``/Status/``.

        Args:
            trusted: PEM of what it trusts; it takes everything when empty.
            client: PEM with the key and certificate it presents.

        Raises:
            OSError: No connection; ssl.SSLError tells who refused whom.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_REQUIRED if trusted else ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        if trusted:
            context.load_verify_locations(cadata=trusted.decode("ascii"))
        if client:
            context.load_cert_chain(client)
        with socket.create_connection((self.address, SSL_PORT), 5) as plain, context.wrap_socket(plain) as tls:
            tls.sendall(b"GET /Status/ HTTP/1.0\r\n\r\n")
            status = tls.makefile("rb").readline().split()[1:2]
            leaf = tls.getpeercert(binary_form=True) or b""
        return Served(hashlib.sha256(leaf).hexdigest(), ssl.DER_cert_to_PEM_cert(leaf), int(status[0]) if status else 0)

    def wait_until_served(self, *, patience: float = 30) -> None:
        """Wait until the server answers. Raises OSError when it does not, *patience* seconds long."""
        end = time.monotonic() + patience
        while True:
            try:
                self.served()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                return


def _walk(place: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(place):
        # Those of the kernel are at the top, beside etc.
        folders[:] = [name for name in folders if name not in _KERNEL or "etc" not in folders]
        yield from (Path(folder, name) for name in (*folders, *files))


def _facts(path: Path) -> Facts:
    status = path.lstat()
    content = path.read_bytes() if stat.S_ISREG(status.st_mode) else os.readlink(path).encode() if path.is_symlink() else None
    sha256 = hashlib.sha256(content).hexdigest() if content is not None else ""
    return Facts(stat.filemode(status.st_mode), f"{status.st_uid}:{status.st_gid}", sha256)


def _read_as(root: str, user: str, known: frozenset[str]) -> dict[str, bytes]:
    """Become *user* of the machine, seeing nothing but its files; this process is thrown away afterwards."""
    os.chroot(root)
    os.chdir("/")
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    opened = ((str(path), _open(path)) for path in _walk(Path("/")))
    return {path: content for path, content in opened if content is not None and hashlib.sha256(content).hexdigest() not in known}


def _open(path: Path) -> bytes | None:
    """Return the content of a regular file, None where it must not be read."""
    try:
        return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None
    except OSError:
        return None


def as_json(facts: Mapping[str, Facts]) -> dict[str, dict[str, str]]:
    """Return *facts* as plain values."""
    return {path: asdict(fact) for path, fact in facts.items()}


def from_json(values: Mapping[str, Mapping[str, str]]) -> dict[str, Facts]:
    """Return what ``as_json`` was given."""
    return {path: Facts(**fact) for path, fact in values.items()}
