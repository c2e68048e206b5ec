"""The configuration files of clients: one per carrier, layout and encoding, and broken ones."""

from __future__ import annotations

from pathlib import Path

from unit.core.cfg_cases import FIXTURES

CLIENT_FILES = sorted((FIXTURES / "clients").iterdir())
WHERE = "ws-01"


def client_files(suffix: str) -> list[Path]:
    """Return the good files of one kind, ``.cfg``, ``.conf`` or ``.ini``."""
    return [path for path in CLIENT_FILES if path.name.removesuffix(".bin").endswith(suffix)]


def client_file(name: str) -> bytes:
    """Return the content of one good file."""
    (path,) = (path for path in CLIENT_FILES if path.name.removesuffix(".bin") == name)
    return path.read_bytes()


def product_name(path: Path) -> str:
    """Return what a fixture is called on its host: without what is said of it in brackets."""
    stem, _ignored, suffix = path.name.removesuffix(".bin").rpartition(".")
    return f"{stem.partition(' (')[0]}.{suffix}"


def broken_files(folder: str) -> list[tuple[Path, int]]:
    """Return the files of a broken corpus, each with the line its name says is at fault."""
    paths = sorted((FIXTURES / "broken" / folder).iterdir())
    return [(path, int(path.name.split("-")[0])) for path in paths]


def case_id(case: object) -> str:
    """Return the name of a file among the parameters of a test."""
    return case.name if isinstance(case, Path) else ""


def split_lines(content: bytes) -> list[bytes]:
    """Return the lines of any file with their ends."""
    return content.splitlines(keepends=True)
