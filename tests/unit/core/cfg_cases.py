"""The .cfg files of the tests: one per construct of the product manual, whole files, and broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.certops.rollout.plugins.plugin_utils._core.cfg import parse
from ansible_collections.certops.rollout.plugins.plugin_utils._core.errors import CfgError

FIXTURES = Path(__file__).parent.parent / "fixtures"
# What tools take for text and would not bear, CRLF and single bytes, ends in ".bin".
_CFG = "*.cfg*"
CFG_FILES = sorted((FIXTURES / "cfg").glob(_CFG))
BOM = b"\xef\xbb\xbf"
WHERE = "dpu-01: Communications.cfg"
VARIANTS = ("lf", "crlf", "bom", "no final newline")
EVERY_FORM = pytest.mark.parametrize("form", VARIANTS)


def fixture(name: str) -> bytes:
    """Return the content of one good file."""
    (path,) = (path for path in CFG_FILES if path.name.removesuffix(".bin") == f"{name}.cfg")
    return path.read_bytes()


def construct(number: int) -> bytes:
    """Return the file of one construct, numbered as in the manual's list."""
    (path,) = (FIXTURES / "cfg").glob(f"construct-{number:02}-*.cfg")
    return path.read_bytes()


def variant(content: bytes, form: str) -> bytes:
    """Return *content* in another *form*: line ends, BOM or final newline changed, nothing else."""
    text = content.removeprefix(BOM).replace(b"\r\n", b"\n")
    match form:
        case "crlf":
            return text.replace(b"\n", b"\r\n")
        case "bom":
            return text if _single_byte(text) else BOM + text
        case "no final newline":
            return text.rstrip(b"\n")
        case _:
            return text


def broken(folder: str) -> list[tuple[Path, int]]:
    """Return the files of a broken corpus, each with the line its name says is at fault."""
    paths = sorted((FIXTURES / "broken" / folder).glob(_CFG))
    return [(path, int(path.name.split("-")[0])) for path in paths]


def lines_of(content: bytes) -> list[bytes]:
    """Return the lines of *content* without their ends."""
    file = parse(content, where=WHERE)
    return [line.raw for line in file.lines]


def refused_at(line: int | None, refusal: pytest.ExceptionInfo[CfgError]) -> bool:
    """Say whether a refusal names *line*, or the file alone for None."""
    return refusal.value.findings[0].where == (WHERE if line is None else f"{WHERE}:{line}")


def _single_byte(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
