# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the playbooks of the scenarios call: ``python -m machines build | issue | photograph``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .podman import lacking


def main(arguments: list[str]) -> int:
    """Carry out one command; return the exit status, 69 when something is missing on this machine."""
    options = _parser().parse_args(arguments)
    problems = lacking()
    if problems:
        print("the machines of the scenarios cannot be made here:", *problems, sep="\n  ", file=sys.stderr)
        return 69
    status: int = options.command(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m machines", description="The machines that the scenarios are played on.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    verbs.add_parser("build", help="build the images that are not there yet").set_defaults(command=_build)
    issue = verbs.add_parser("issue", help="have a company's CA issue certificates; the CA is founded on first use")
    issue.add_argument("company", type=Path, help="the folder of its CA, beside which the certificates are written")
    issue.add_argument("names", nargs="+", help="common names")
    issue.set_defaults(command=_issue)
    photograph = verbs.add_parser("photograph", help="note every file of the machines of the scenario that is under way")
    photograph.add_argument("name", help="of the picture")
    photograph.set_defaults(command=_photograph)
    return parser


# The commands that need little are quicker without the imports of the others.
def _build(_options: argparse.Namespace) -> int:
    from .image import build  # noqa: PLC0415

    build()
    return 0


def _issue(options: argparse.Namespace) -> int:
    from .company import Company  # noqa: PLC0415

    company = Company(options.company)
    for name in options.names:
        company.issue(name, options.company.parent / f"{name}.pem")
    return 0


def _photograph(options: argparse.Namespace) -> int:
    from .scenario import Scenario  # noqa: PLC0415

    Scenario.here().photograph(options.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
