# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""
Parse PowerShell scripts, where no PowerShell can be run: ``check_powershell.py FILE…``; exit status 1 on a fault.

A fault is a syntax error, or what Windows PowerShell 5.1 does not know. The grammar itself knows no ``??``, ``?.`` and no ternary operator.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

# "What's new" and "Differences from Windows PowerShell" of PowerShell 6 and 7, by the kind of node that shows it; small letters.
_NEWER = {
    "pipeline_chain_tail": re.compile(".*"),   # && and ||
    "command_parameter": re.compile("-(asbytestream|parallel|throttlelimit|ashashtable|skipcertificatecheck|skiphttperrorcheck)"),
    "variable": re.compile(r"\$(\w+:)?(iswindows|islinux|ismacos|iscoreclr|psstyle|enabledexperimentalfeatures)"),
    "braced_variable": re.compile(r"\$\{(\w+:)?(iswindows|islinux|ismacos|iscoreclr|psstyle)\}"),
    "command_name": re.compile("join-string|get-error|test-json|remove-service|get-uptime|convertfrom-markdown"),
    # A function cannot begin with a command of this name and a block; it can in PowerShell 7.3.
    "command": re.compile(r"clean\s*\{.*", re.DOTALL),
    "invokation_expression": re.compile(r"\[(system\.)?convert\]::(to|from)hexstring\(.*", re.DOTALL),
}


def faults(node: Node) -> Iterator[Node]:
    """Yield the innermost nodes that the parser could not read or had to make up, in file order."""
    below = [fault for child in node.children if child.has_error for fault in faults(child)]
    if below:
        yield from below
    elif node.has_error:
        yield node


def newer(node: Node) -> Iterator[Node]:
    """Yield the outermost nodes that PowerShell 5.1 does not know, in file order."""
    pattern = _NEWER.get(node.type)
    if (pattern and pattern.fullmatch(_text(node).lower())) or _moves_over(node):
        yield node
        return
    for child in node.children:
        yield from newer(child)


def _moves_over(node: Node) -> bool:
    """Tell whether *node* is a File.Move that may overwrite: its third argument is of .NET Core."""
    if node.type != "argument_expression_list" or node.named_child_count < 3:
        return False
    call = node.parent.parent if node.parent else None
    return call is not None and bool(re.match(r"\[(system\.)?io\.file\]::move\b", _text(call), re.IGNORECASE))


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace").strip()


def main(paths: list[str]) -> int:
    """Print ``file:line: text`` for each fault in *paths*; return 1 when there is one, or no file at all."""
    parser = Parser(Language(tree_sitter_powershell.language()))
    found = 0
    for path in paths:
        root = parser.parse(Path(path).read_bytes()).root_node
        told = [("not PowerShell", fault) for fault in faults(root)] + [("not in PowerShell 5.1", node) for node in newer(root)]
        for problem, node in told:
            found += 1
            print(f"{path}:{node.start_point.row + 1}: {problem}: {_text(node)[:60] or 'missing ' + node.type}")
    print(f"{len(paths)} PowerShell files, {found} faults")
    return int(bool(found) or not paths)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
