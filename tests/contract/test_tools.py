"""Hosts that lack tools or permissions."""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path

import pytest

from contract.host import CERT, KEY, SECRET, Host, folder, leftovers, look, put, sha256
from contract.systems import OLD_AIX, lay_out

PLAIN = ["awk", "cat", "chmod", "chown", "cp", "date", "dd", "find", "ln", "ls", "mkdir", "mv", "rm", "sed", "sleep", "sort", "sync"]
ENCODERS = {"base64": ["base64"], "openssl": ["openssl"], "od": ["od"]}
DIGESTS = {"sha256sum": ["sha256sum"], "openssl": ["openssl"], "shasum": ["shasum", "perl"], "od": ["od"]}


def toolbox(at: Path, names: list[str]) -> dict[str, str]:
    """Return an environment whose PATH has nothing but *names*; skip if the machine lacks one of them."""
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    at.mkdir()
    for name in dict.fromkeys(names):
        (at / name).symlink_to(shutil.which(name) or "")
    return {"PATH": str(at)}


class TestTools:
    @pytest.mark.parametrize("encoder", ENCODERS)
    @pytest.mark.parametrize("digest", DIGESTS)
    def test_makes_do_with_what_there_is(self, posix_host: Host, tmp_path: Path, encoder: str, digest: str) -> None:
        """Any encoder with any digest gives the same answers and writes the same bytes."""
        posix_host.env = toolbox(tmp_path / "bin", [*PLAIN, *ENCODERS[encoder], *DIGESTS[digest]])
        path, content = posix_host.root / "mixed.cfg", bytes(range(256)) * 9 + KEY + CERT

        assert posix_host.commit("r1", put(path, None, content)).outcome == (0, "")
        assert path.read_bytes() == content
        assert posix_host.observe(folder(posix_host.root)).content(path) == content.replace(KEY, b"")
        assert posix_host.restore("r1").outcome == (0, "")
        assert not path.exists()

    def test_works_with_the_tools_of_busybox(self, posix_host: Host, tmp_path: Path) -> None:
        """No option is GNU's."""
        box = shutil.which("busybox")
        if not box:
            pytest.skip("busybox not installed")
        posix_host.env = toolbox(tmp_path / "bin", [])
        for name in (*PLAIN, "base64", "sha256sum"):
            (tmp_path / "bin" / name).symlink_to(box)
        path, content = posix_host.root / "ü.cfg", KEY + CERT + b"\x00\xff tail"
        path.write_bytes(b"old")

        assert posix_host.commit("r1", put(path, b"old", content)).outcome == (0, "")
        assert posix_host.observe(folder(posix_host.root)).content(path) == CERT + b"\x00\xff tail"
        assert posix_host.restore("r1").outcome == (0, "")
        assert path.read_bytes() == b"old"

    def test_works_with_the_tools_of_an_old_aix(self, posix_host: Host, tmp_path: Path) -> None:
        """Where no tool knows SHA-256 or base64, the script does."""
        posix_host.path = lay_out(OLD_AIX, tmp_path / "aix")
        path, content = posix_host.root / "d'$.cfg", KEY + CERT + bytes(range(256))
        path.write_bytes(b"")

        assert posix_host.commit("r1", put(path, b"", content)).outcome == (0, "")
        assert path.read_bytes() == content
        answer = posix_host.observe(look(path), look(path, "log"), folder(posix_host.root))
        assert [base64.b64decode(record["content"]) for record in answer.records if "size" in record] == [CERT + bytes(range(256))] * 3
        assert [record["sha256"] for record in answer.records if "size" in record][1] == sha256(CERT + bytes(range(256)))
        assert posix_host.restore("r1").outcome == (0, "")
        assert path.read_bytes() == b""

    def test_hashes_as_others_do_without_a_tool_for_it(self, posix_host: Host, tmp_path: Path) -> None:
        """SHA-256 of any length is SHA-256."""
        posix_host.path = lay_out(OLD_AIX, tmp_path / "aix")
        files = {posix_host.root / f"{size}": os.urandom(size) for size in (0, 1, *range(54, 66), 119, 120, 20_000)}
        for path, content in files.items():
            path.write_bytes(content)

        answer = posix_host.observe(*(look(path, "meta") for path in files))

        assert {path: answer.path(path)["sha256"] for path in files} == {path: sha256(content) for path, content in files.items()}

    @pytest.mark.parametrize("lacking", ["awk", "ls", "base64"])
    def test_names_what_is_missing(self, posix_host: Host, tmp_path: Path, lacking: str) -> None:
        """A host that cannot be served says what it lacks and is left alone."""
        posix_host.env = toolbox(tmp_path / "bin", [name for name in (*PLAIN, "base64", "sha256sum") if name != lacking])
        path = posix_host.root / "file"

        answer = posix_host.commit("r1", put(path, None, b"x" * 100_000))

        assert answer.outcome == (69, "missing")
        assert lacking in answer.message
        assert not posix_host.state.exists()

    def test_keeps_secrets_out_of_command_lines(self, posix_host: Host, tmp_path: Path) -> None:
        """No tool is ever started with a part of what is written, and none leaves a file elsewhere."""
        names = [*PLAIN, "base64", "sha256sum"]
        posix_host.env = toolbox(tmp_path / "real", names) | {"TMPDIR": str(tmp_path / "tmp"), "LOG": str(tmp_path / "log")}
        (tmp_path / "tmp").mkdir()
        (tmp_path / "bin").mkdir()
        for name in names:
            shim = tmp_path / "bin" / name
            shim.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >> "$LOG"\nexec {tmp_path}/real/{name} "$@"\n')
            shim.chmod(0o755)
        posix_host.env["PATH"] = str(tmp_path / "bin")

        assert posix_host.commit("r1", put(posix_host.root / "key.pem", None, KEY)).code == 0
        log = (tmp_path / "log").read_text(errors="replace")
        assert "mv " in log
        assert SECRET not in log
        assert "LS0tLS1CRUdJTiBQUklWQVRF" not in log  # base64 of the first line
        assert list((tmp_path / "tmp").iterdir()) == []


class TestPermissions:
    @pytest.fixture
    def nobody(self, posix_host: Host) -> Host:
        """Return the node, entered as a user who is not root."""
        setpriv = shutil.which("setpriv")
        if os.geteuid() != 0 or not setpriv:
            pytest.skip("needs root and setpriv, to become somebody else")
        for path in (posix_host.root, *posix_host.root.parents[:-2]):
            path.chmod(0o755)
        os.chown(posix_host.root, 65534, 65534)
        os.chown(posix_host.root.parent, 65534, 65534)
        posix_host.prefix = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
        return posix_host

    def test_works_without_being_root(self, nobody: Host) -> None:
        """The owner of the files needs no more rights than these."""
        path = nobody.root / "file"
        path.write_bytes(b"x")
        os.chown(path, 65534, 65534)

        assert nobody.commit("r1", put(path, b"x", b"y")).outcome == (0, "")
        assert nobody.restore("r1").outcome == (0, "")
        assert path.read_bytes() == b"x"

    def test_names_a_file_it_may_not_read(self, nobody: Host) -> None:
        """A file without permission is an error with its path, not an empty file."""
        path = nobody.root / "closed"
        path.write_bytes(b"x")
        path.chmod(0o600)

        answer = nobody.observe(look(path))

        assert (answer.outcome, answer.fault) == ((6, "io"), str(path))

    def test_names_a_folder_it_may_not_read(self, nobody: Host) -> None:
        """A folder without permission is an error with its path, not an empty or absent one."""
        closed = nobody.root / "closed"
        closed.mkdir(mode=0o700)

        listed, inside = nobody.observe(folder(closed)), nobody.observe(look(closed / "file"))

        assert (listed.outcome, listed.fault) == ((6, "io"), str(closed))
        assert (inside.outcome, inside.fault) == ((6, "io"), str(closed / "file"))

    def test_names_a_folder_it_may_not_write(self, nobody: Host) -> None:
        """Nothing is begun in a folder that is read-only."""
        fixed, free = nobody.root / "fixed", nobody.root / "free"
        fixed.mkdir(mode=0o755)

        answer = nobody.commit("r1", put(free, None, b"x"), put(fixed / "file", None, b"x"))

        assert (answer.outcome, answer.fault) == ((6, "io"), str(fixed / "file"))
        assert not free.exists()
        assert leftovers(nobody) == []

    def test_makes_its_state_folder_private_at_once(self, posix_host: Host) -> None:
        """What the umask of the login allows does not matter."""
        posix_host.prefix = [shutil.which("sh") or "sh", "-c", 'umask 0; exec "$@"', "sh"]

        posix_host.commit("r1", put(posix_host.root / "file", None, KEY))

        assert all(path.stat().st_mode & 0o077 == 0 for path in (posix_host.state, *posix_host.state.rglob("*")))
