"""What the script tells of folders, of the node, and in which words it may be asked."""

from __future__ import annotations

import base64
import time
from pathlib import Path

from contract.host import Host, b64, folder, look


class TestObserveFolder:
    def test_globs_a_folder(self, host: Host) -> None:
        """Every plain file with the suffix is given once, sorted by bytes; names may hold anything."""
        names = ["b.CFG", "a.cfg", "ü x.cfg", "c.cfg.bak", "-n.cfg", "d'$.cfg" if host.shell == "model" else "d'\"$.cfg"]
        for name in names:
            (host.root / name).write_bytes(name.encode())
        (host.root / "dir.cfg").mkdir()

        answer = host.observe(f"glob text {b64(str(host.root))} .cfg")

        found = [Path(base64.b64decode(r["path"]).decode()).name for r in answer.records if r.get("type") == "file"]
        assert found == sorted((n for n in names if n.lower().endswith(".cfg")), key=str.encode)

    def test_says_when_a_globbed_folder_is_absent(self, host: Host) -> None:
        """An absent folder is not an empty one."""
        answer = host.observe(f"glob text {b64(str(host.root / 'none'))} .cfg")

        assert next(r for r in answer.records if "glob" in r)["type"] == "absent"
        assert answer.code == 0

    def test_globs_many_files(self, host: Host) -> None:
        """300 files are one answer, each with its own content and guard."""
        names = [f"Component {number}.cfg" for number in range(300)]
        for name in names:
            (host.root / name).write_bytes(name.encode())

        answer = host.observe(folder(host.root))

        assert answer.files == sorted(names)
        assert all(answer.content(host.root / name) == name.encode() for name in names)

    def test_gives_hidden_files_in_their_place(self, host: Host) -> None:
        """Sorted by bytes means that a blank comes before a dot, and a dot before a letter."""
        names = [" a.cfg", ".b.cfg", ".cfg", "c.cfg"]
        for name in names:
            (host.root / name).write_bytes(b"x")

        assert host.observe(folder(host.root)).files == names

    def test_passes_over_what_no_list_can_name(self, posix_host: Host) -> None:
        """A newline in a name, which no product file has, spoils neither the list nor its neighbours."""
        (posix_host.root / "two\nlines.cfg").write_bytes(b"x")
        (posix_host.root / "one.cfg").write_bytes(b"y")

        answer = posix_host.observe(folder(posix_host.root))

        assert (answer.code, answer.files) == (0, ["one.cfg"])

    def test_takes_a_suffix_as_it_is(self, posix_host: Host) -> None:
        """No character of a suffix is a pattern."""
        for name in ("a*b", "axb", "a[x]", "a.x"):
            (posix_host.root / name).write_bytes(b"x")

        assert posix_host.observe(folder(posix_host.root, "*B")).files == ["a*b"]
        assert posix_host.observe(folder(posix_host.root, "[x]")).files == ["a[x]"]
        assert posix_host.observe(folder(posix_host.root, "?x")).files == []


class TestObserveNode:
    def test_tells_system_clock_and_state(self, host: Host) -> None:
        """The first record identifies the node's system and clock; a fresh node is clean and gets no state folder."""
        answer = host.observe()

        first = answer.records[0]
        assert (first["certops"], first["verb"], answer.state["state"]) == (1, "observe", "clean")
        assert first["system"] in {"posix", "windows"}
        assert abs(first["clock"] - time.time()) < 30
        assert not host.state.exists()

    def test_understands_carriage_returns(self, host: Host) -> None:
        """A request with CRLF asks for the same."""
        path = host.root / "file"
        path.write_bytes(b"x")

        answer = host.send([line + "\r" for line in [*host.head("observe"), look(path), "end"]])

        assert (answer.code, answer.content(path)) == (0, b"x")

    def test_does_not_care_for_the_locale(self, host: Host) -> None:
        """An odd LC_ALL, and variables that change what tools print, change no answer."""
        path = host.root / "größe ü.cfg"
        path.write_bytes("größe".encode("latin-1"))
        plain = host.observe(folder(host.root), look(path)).records[1:]

        host.env = {"LC_ALL": "tr_TR.UTF-8", "LANG": "xx", "TIME_STYLE": "full-iso", "QUOTING_STYLE": "shell", "BLOCK_SIZE": "1M"}

        assert host.observe(folder(host.root), look(path)).records[1:] == plain

    def test_tells_guards(self, posix_host: Host) -> None:
        """Mode and owner are told as chmod and chown take them, special bits included."""
        modes = [0o600, 0o644, 0o751, 0o4755, 0o2640, 0o1666]
        for mode in modes:
            (posix_host.root / f"{mode:04o}.cfg").write_bytes(b"")
            (posix_host.root / f"{mode:04o}.cfg").chmod(mode)

        answer = posix_host.observe(folder(posix_host.root))

        guards = [record["guard"].split(",owner=") for record in answer.records if "guard" in record]
        assert [guard for guard, _ignored in guards] == [f"mode={mode:04o}" for mode in sorted(modes)]
        assert {base64.b64decode(owner).decode() for _ignored, owner in guards} == {f"{posix_host.root.owner()}:{posix_host.root.group()}"}
