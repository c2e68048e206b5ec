# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parse PowerShell scripts, where no PowerShell can be run: ``check_powershell.py FILE…``; exit status 1 on a syntax error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser


def faults(node: Node) -> Iterator[Node]:
    """Yield the innermost nodes that the parser could not read or had to make up, in file order."""
    below = [fault for child in node.children if child.has_error for fault in faults(child)]
    if below:
        yield from below
    elif node.has_error:
        yield node


def main(paths: list[str]) -> int:
    """Print ``file:line: text`` for each fault in *paths*; return 1 when there is one, or no file at all."""
    parser = Parser(Language(tree_sitter_powershell.language()))
    found = 0
    for path in paths:
        for fault in faults(parser.parse(Path(path).read_bytes()).root_node):
            found += 1
            text = (fault.text or b"").decode(errors="replace").strip()[:60]
            print(f"{path}:{fault.start_point.row + 1}: not PowerShell: {text or 'missing ' + fault.type}")
    print(f"{len(paths)} PowerShell files, {found} syntax errors")
    return int(bool(found) or not paths)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
