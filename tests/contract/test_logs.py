"""What the script tells of the end of a log, to which others may write all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.host import CERT, KEY, SECRET, Answer, Host, b64, look, sha256
from contract.systems import SYSTEMS

MIB = 1024 * 1024


def rows(size: int) -> bytes:
    """Return *size* bytes of a log, no row of which is like another."""
    return b"".join(b"10.0.0.7:%05d  access\r\n" % number for number in range(size // 24 + 1))[:size]


def told(answer: Answer, path: Path) -> bytes:
    """Return what was told of the log at *path*, after a look at whether its hash is that of just this."""
    content = answer.content(path)

    assert (answer.code, answer.path(path)["sha256"]) == (0, sha256(content))
    assert "too_large" not in answer.path(path)
    return content


@contextmanager
def appending(path: Path) -> Iterator[None]:
    """Write to the end of *path* all the time."""
    done = threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as log:
            number = 0
            while not done.is_set():
                number += 1
                log.write(b"%060d\n" % number)
                time.sleep(0.0005)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


class TestObserveLog:
    @pytest.mark.parametrize("size", [0, 1, 2, 3, 65535, 65536, MIB - 1, MIB])
    def test_gives_a_short_log_as_a_whole(self, host: Host, size: int) -> None:
        """Up to 1 MiB nothing is left out."""
        path = host.root / "20260922-access.txt"
        path.write_bytes(rows(size))

        answer = host.observe(look(path, "log"))

        assert told(answer, path) == rows(size)
        assert (answer.path(path)["size"], answer.path(path)["withheld"]) == (size, 0)

    @pytest.mark.parametrize("more", [1, 65535, 65536, 65537, 2 * MIB + 77])
    def test_gives_exactly_the_end_of_a_long_log(self, host: Host, more: int) -> None:
        """The last 1 MiB, to the byte, and the size of the whole."""
        path = host.root / "20260922-access.txt"
        path.write_bytes(rows(MIB + more))

        answer = host.observe(look(path, "log"))

        assert told(answer, path) == rows(MIB + more)[more:]
        assert answer.path(path)["size"] == MIB + more

    def test_gives_any_bytes(self, host: Host) -> None:
        """What is no text arrives unchanged too."""
        path = host.root / "log"
        path.write_bytes(bytes(range(256)) * 5000)

        assert told(host.observe(look(path, "log")), path) == path.read_bytes()[-MIB:]

    @pytest.mark.parametrize(("size", "looks"), [(1000, 50), (MIB - 20_000, 10)])
    def test_reads_a_log_that_grows_all_the_time(self, host: Host, size: int, looks: int) -> None:
        """Look after look tells a piece of the log, up to the size that it tells."""
        path, seen = host.root / "log", []
        path.write_bytes(rows(size))

        with appending(path):
            for _number in range(3 if host.shell in SYSTEMS else looks):   # the models take their time
                answer = host.observe(look(path, "log"))
                seen.append((answer.path(path)["size"], told(answer, path)))

        whole, sizes = path.read_bytes(), [length for length, _content in seen]
        assert all(content == whole[max(0, length - MIB):length] for length, content in seen)
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1]

    def test_tells_absent_folder_and_link_apart(self, host: Host) -> None:
        """A log that was not begun yet is no error; only a plain file is read."""
        (host.root / "folder").mkdir()
        (host.root / "link").symlink_to(host.root / "folder")

        answer = host.observe(*(look(host.root / name, "log") for name in ("none", "folder", "link")))

        assert [record["type"] for record in answer.records if "path" in record] == ["absent", "directory", "link"]

    def test_tells_logs_beside_other_files(self, host: Host) -> None:
        """Records come in the order of the looks, whatever their kinds."""
        names = ["a.txt", "b.cfg", "c.txt", "d.cfg"]
        for name in names:
            (host.root / name).write_bytes(name.encode() * 100_000)

        answer = host.observe(*(look(host.root / name, "log" if name.endswith("txt") else "text") for name in names))

        assert answer.files == names
        assert all(answer.content(host.root / name) == name.encode() * 100_000 for name in names)

    def test_reads_no_folder_of_logs(self, host: Host) -> None:
        """Each log is asked for by its name."""
        assert host.observe(f"glob log {b64(str(host.root))} .txt").outcome == (64, "request")


class TestKeysInLogs:
    @pytest.mark.parametrize("before", [0, 1, 2, 50, 3000, MIB - 400])
    def test_withholds_a_key(self, host: Host, before: int) -> None:
        """A key in a log stays on the node, wherever it lies; the hash is that of the rest."""
        path = host.root / "log"
        path.write_bytes(rows(before) + KEY + CERT + b"tail")

        answer = host.observe(look(path, "log"))

        assert told(answer, path) == rows(before) + CERT + b"tail"
        assert (answer.path(path)["withheld"], answer.path(path)["size"]) == (1, path.stat().st_size)

    def test_withholds_what_is_left_of_a_key_that_began_before(self, host: Host) -> None:
        """1 MiB may begin in the middle of a key, the first line of which is not there to tell."""
        path, after = host.root / "log", KEY + rows(MIB - 2 * len(KEY))
        path.write_bytes(KEY + KEY + after)
        cut = path.read_bytes()[:-MIB]

        answer = host.observe(look(path, "log"))

        assert len(KEY) < len(cut + b"-----BEGIN") < 2 * len(KEY)
        assert SECRET not in answer.stdout
        assert told(answer, path) == rows(MIB - 2 * len(KEY))
        assert answer.path(path)["withheld"] == 2

    def test_withholds_everything_behind_a_key_without_end(self, host: Host) -> None:
        """A key that is just being written is a key."""
        path = host.root / "log"
        path.write_bytes(rows(100) + KEY[:60])

        answer = host.observe(look(path, "log"))

        assert told(answer, path) == rows(100)
        assert answer.path(path)["withheld"] == 1

    def test_gives_text_about_keys(self, host: Host) -> None:
        """Only a marker is a key."""
        path = host.root / "log"
        path.write_bytes(b"no PRIVATE KEY here -----END CERTIFICATE-----\n" * 9)

        answer = host.observe(look(path, "log"))

        assert (told(answer, path), answer.path(path)["withheld"]) == (path.read_bytes(), 0)
