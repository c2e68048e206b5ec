# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The project's own Python, read for the tests of the house: what a file imports, calls and defines."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
CORE = PLUGINS / "plugin_utils/_core"

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Import(NamedTuple):
    """
    One import statement.

    Attributes:
        line: 1-based.
        module: Dotted name; a relative one is resolved from ``plugins``, as in ``plugin_utils._core.pem``.
    """

    line: int
    module: str


def python_files(*folders: Path) -> list[Path]:
    """Return all Python files below *folders*, sorted."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def imports(source: str, *, package: str = "") -> list[Import]:
    """
    Return what *source* imports, in file order.

    Args:
        source: The text of a Python file.
        package: The dotted package of that file, which relative imports start from.
    """
    return sorted(found for node in ast.walk(ast.parse(source)) for found in _imported(node, package))


def _imported(node: ast.AST, package: str) -> Iterator[Import]:
    """Yield the modules that one statement imports; ``from . import pem`` is an import of ``pem``."""
    if isinstance(node, ast.Import):
        yield from (Import(node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = [*parents, *([node.module] if node.module else [])]
        names = [""] if node.module else [alias.name for alias in node.names]
        yield from (Import(node.lineno, ".".join([*base, *filter(None, [name])])) for name in names)


def package_of(path: Path) -> str:
    """Return the dotted package of a file below ``plugins``, ``plugin_utils._core`` for ``_core/pem.py``."""
    return ".".join(path.relative_to(PLUGINS).parent.parts)


def calls(source: str) -> list[Import]:
    """Return each name that *source* calls or reads with a dot, as written: ``open``, ``dt.datetime.now``, ``os.environ``."""
    nodes = ast.walk(ast.parse(source))
    dotted = [node for node in nodes if isinstance(node, ast.Attribute)]
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return sorted(Import(node.lineno, ast.unparse(node)) for node in [*dotted, *called])


def functions(source: str) -> list[Function]:
    """Return every function and method of *source*, nested ones too."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def length(function: Function) -> int:
    """Return the lines of *function* below its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """Return how many parameters a caller of *function* sees; ``self`` and ``cls`` are not seen."""
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))
