# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of the machines: Debian's own packages, with the stand-in server as a systemd service."""

from __future__ import annotations

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from .podman import HOME, podman

PLATFORMS = ("debian", "no-python", "dash", "busybox")
_TESTS = Path(__file__).resolve().parents[1]
_RECIPE = _TESTS.parent / "molecule" / "image"
_PACKAGES = ("systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "python3", "procps", "busybox", "libfaketime")
# Nobody reads them on these machines.
_LEFT_OUT = ("doc", "info", "locale", "man")


def build() -> None:
    """Build the images that are not there yet; several processes may call at once."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        content = _content(_key())
        made_of = _sha256(path for folder in (content, _RECIPE) for path in sorted(folder.rglob("*")))
        if all(_is_made_of(made_of, name) for name in PLATFORMS):
            return
        base = _base()
        for name in PLATFORMS:
            podman("build", "--quiet", "--pull=never", "--network=none", "--target", name, "--build-arg", f"BASE={base}",
                   "--label", f"made-of={made_of}", "--tag", tag(name), "--file", str(_RECIPE / "Containerfile"), str(content))
        # All machines have one host key, which is made with their image.
        host_key = podman("run", "--rm", "--network=none", tag("debian"), "cat", "/etc/ssh/ssh_host_ed25519_key.pub").decode("ascii")
        (HOME / "known_hosts").write_text(f"10.213.* {host_key}", encoding="ascii")


def tag(name: str) -> str:
    """Return the name of the image of one platform."""
    return f"localhost/certops-machine:{name}"


def _is_made_of(made_of: str, name: str) -> bool:
    command = ["podman", "image", "inspect", "--format", '{{index .Labels "made-of"}}', tag(name)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() == made_of


def _sha256(files: Iterable[Path]) -> str:
    known = hashlib.sha256()
    for path in files:
        known.update(path.read_bytes() if path.is_file() else b"")
    return known.hexdigest()


def _key() -> Path:
    """Return the private key that opens all machines; the first call makes it."""
    key = HOME / "id_ed25519"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "deploy", "-f", str(key)], check=True)
    return key


def _base() -> str:
    """Return the image of Debian as this machine has it, from the same package sources; it is made once for each release and selection."""
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    chosen = hashlib.sha256(" ".join(_PACKAGES).encode()).hexdigest()[:12]
    name = f"localhost/certops-debian:{release}-{chosen}"
    if subprocess.run(["podman", "image", "exists", name], check=False).returncode == 0:
        return name
    tar = HOME / "debian.tar"
    command = ["mmdebstrap", "--quiet", "--variant=essential", "--format=tar", f"--include={','.join(_PACKAGES)}",
               *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _LEFT_OUT), release, str(tar), "-"]
    subprocess.run(command, input=_sources(), check=True)
    podman("import", str(tar), name)
    tar.unlink()
    return name


def _sources() -> bytes:
    """Return the package sources of this machine, one kind of file: Debian 12 and newer have .sources, older ones .list."""
    folder = Path("/etc/apt")
    new = sorted(folder.glob("sources.list.d/*.sources"))
    old = [path for path in (folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))) if path.exists()]
    return b"\n".join(path.read_bytes() for path in new or old)


def _content(key: Path) -> Path:
    """Return the folder that the images are built from, laid out anew."""
    folder = HOME / "content"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for unit in _RECIPE.glob("*.service"):
        shutil.copy(unit, folder)
    shutil.copy(key.with_suffix(".pub"), folder / "authorized_keys")
    shutil.copytree(_wheels(), folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(_TESTS / "simulator", folder / "app" / "simulator", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _wheels() -> Path:
    """Return the folder with what the stand-in needs beside Python's own library, for the Python that Debian has."""
    folder = HOME / "wheels"
    if not folder.exists():
        version = _debian_python()
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:",
                        "--python-version", version, "--platform", f"manylinux2014_{platform.machine()}",
                        "--target", str(folder), "cryptography"], check=True)
    return folder


def _debian_python() -> str:
    told = subprocess.run(["apt-cache", "show", "--no-all-versions", "python3"], capture_output=True, text=True, check=True).stdout
    version = next(line.split()[1] for line in told.splitlines() if line.startswith("Version: "))
    return ".".join(version.split(".")[:2])
