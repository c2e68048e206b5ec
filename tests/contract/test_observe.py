"""What the script tells of one file, and what it keeps to itself."""

from __future__ import annotations

import os

import pytest

from contract.host import CERT, KEY, SECRET, Host, b64, look, sha256

MIB = 1024 * 1024


class TestObserveFile:
    def test_gives_the_bytes_of_a_file(self, host: Host) -> None:
        """CRLF, BOM, NUL, bytes above 127 and a missing final newline arrive unchanged."""
        path, content = host.root / "Communications.cfg", b"\xef\xbb\xbfa = string: \xe9\r\n\x00\tb\r\n  c"
        path.write_bytes(content)
        path.chmod(0o640)

        answer = host.observe(look(path))

        assert (answer.code, answer.verdict) == (0, {"ok": True})
        assert answer.content(path) == content
        record = answer.path(path)
        assert (record["type"], record["size"], record["sha256"]) == ("file", len(content), sha256(content))
        assert record["withheld"] == 0
        assert record["guard"].startswith(("mode=0640", "sddl="))

    def test_gives_an_empty_file(self, host: Host) -> None:
        """An empty file is a file with no content, not an absent one."""
        path = host.root / "empty"
        path.write_bytes(b"")

        answer = host.observe(look(path))

        assert answer.content(path) == b""
        assert answer.path(path)["sha256"] == sha256(b"")

    def test_tells_absent_folder_and_link_apart(self, host: Host) -> None:
        """Only a plain file has content."""
        (host.root / "folder").mkdir()
        (host.root / "link").symlink_to(host.root / "folder")
        (host.root / "dangling").symlink_to(host.root / "nowhere")

        answer = host.observe(*(look(host.root / name) for name in ("none", "folder", "link", "dangling")))

        assert [r["type"] for r in answer.records if "path" in r] == ["absent", "directory", "link", "link"]

    def test_gives_no_content_of_meta_and_of_large_files(self, host: Host) -> None:
        """1 MiB is the most that is sent."""
        small, large = host.root / "small", host.root / "large"
        small.write_bytes(b"x")
        large.write_bytes(b"x" * (1024 * 1024 + 1))

        answer = host.observe(look(small, "meta"), look(large))

        assert answer.path(small)["content"] is None
        assert (answer.path(large)["content"], answer.path(large)["too_large"]) == (None, True)
        assert answer.path(large)["sha256"] == sha256(large.read_bytes())

    @pytest.mark.parametrize("fill", [b"A", b"\x00", b"line of text\r\n"])
    def test_gives_a_file_of_exactly_the_limit(self, host: Host, fill: bytes) -> None:
        """1 MiB is sent, whatever it is made of."""
        path, content = host.root / "full.cfg", (fill * MIB)[:MIB]
        path.write_bytes(content)

        answer = host.observe(look(path))

        assert answer.content(path) == content
        assert "too_large" not in answer.path(path)

    def test_gives_files_of_every_length(self, host: Host) -> None:
        """No byte of a file is mixed up with those of its neighbours."""
        files = {host.root / f"{size:02}.bin": os.urandom(size) for size in (*range(8), 56, 57, 58, 171, 172, 4096)}
        for path, content in files.items():
            path.write_bytes(content)

        answer = host.observe(*(look(path) for path in files), *(look(path) for path in files))

        assert {path: answer.content(path) for path in files} == files
        assert all(answer.path(path)["sha256"] == sha256(content) for path, content in files.items())


class TestObserveKeys:
    def test_withholds_private_keys(self, host: Host) -> None:
        """Nothing between the markers of a private key leaves the node, whatever its label and line ends."""
        path = host.root / "mixed.pem"
        rsa = KEY.replace(b"PRIVATE", b"RSA PRIVATE").replace(b"\n", b"\r\n")
        path.write_bytes(KEY + CERT + rsa + b"tail")

        answer = host.observe(look(path))

        assert SECRET not in answer.stdout
        assert answer.content(path) == CERT + b"tail"
        assert answer.path(path)["withheld"] == 2
        assert answer.path(path)["sha256"] == sha256(path.read_bytes())

    def test_withholds_everything_behind_a_key_without_end(self, host: Host) -> None:
        """A cut key block hides the rest of the file."""
        path = host.root / "cut.pem"
        path.write_bytes(CERT + KEY[:40] + b"\n" + CERT)

        answer = host.observe(look(path))

        assert answer.content(path) == CERT
        assert answer.path(path)["withheld"] == 1

    def test_gives_only_certificates_of_a_public_view(self, host: Host) -> None:
        """In a file that holds a key, everything but CERTIFICATE blocks stays on the node."""
        path = host.root / "custom.pem"
        path.write_bytes(b"Bag Attributes secret\n" + KEY + CERT + b"trailing secret")

        answer = host.observe(look(path, "public"))

        assert answer.content(path) == CERT
        assert b64("secret").rstrip("=") not in answer.stdout

    @pytest.mark.parametrize("shift", range(6))
    def test_withholds_a_key_wherever_it_lies(self, host: Host, shift: int) -> None:
        """Neither the offset of a key nor the size of the file before it lets it slip through."""
        files = {host.root / f"{size}.pem": b"x" * size + b"\n" + KEY + b"tail" for size in (shift, 50 + shift, 1000 + shift, 3000 + shift)}
        for path, content in files.items():
            path.write_bytes(content)

        answer = host.observe(*(look(path) for path in files))

        assert {path: answer.content(path) for path in files} == {path: content.replace(KEY, b"") for path, content in files.items()}
        assert [answer.path(path)["withheld"] for path in files] == [1] * len(files)

    def test_withholds_a_key_in_a_file_of_one_line(self, host: Host) -> None:
        """A key is found without any line end before it."""
        path = host.root / "line.bin"
        path.write_bytes(b"A" * 5000 + KEY + b"B" * 5000)

        answer = host.observe(look(path))

        assert answer.content(path) == b"A" * 5000 + b"B" * 5000

    def test_gives_the_text_about_private_keys(self, host: Host) -> None:
        """Only a marker is a key: a file that speaks of one arrives unchanged."""
        path, content = host.root / "notes.cfg", b"PRIVATE KEY\r\n-----BEGIN PUBLIC KEY-----\r\nx PRIVATE KEY x\xff\r\n"
        path.write_bytes(content)

        answer = host.observe(look(path))

        assert (answer.content(path), answer.path(path)["withheld"]) == (content, 0)

    def test_drops_a_certificate_without_end(self, host: Host) -> None:
        """A cut block is not glued to the next one."""
        path = host.root / "cut.pem"
        path.write_bytes(CERT[:40] + CERT + CERT[:-5])

        answer = host.observe(look(path, "public"))

        assert answer.content(path) == CERT
