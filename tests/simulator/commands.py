"""The commands of the stand-in, as an operator or a service manager gives them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import process
from .clients import commands as clients
from .refusal import Refusal
from .state import FAULTS, State

RUNNING, FAILED, STOPPED = 0, 1, 3  # the exit codes of a service's status


def main(arguments: Sequence[str]) -> int:
    """Carry out one command; return the exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (Refusal, ValueError, FileNotFoundError) as problem:
        print(problem, file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A strict stand-in for a Data Workbench server.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    def verb(name: str, command: Callable[[argparse.Namespace], int], *, text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.add_argument("--root", type=Path, required=True, help="the install root")
        added.set_defaults(command=command)
        return added

    clients.add_options(verb("install-client", clients.install, text="make the tree of a client as the product ships it"))
    _install_options(verb("install", _install, text="make the tree as the product ships it"))
    for name, command, text in (
        ("start", _start, "start in the background, wait until it listens"),
        ("restart", _restart, "stop if running, then start"),
        ("run", _run, "serve in the foreground"),
    ):
        starter = verb(name, command, text=text)
        starter.add_argument("--lifetime", type=float, default=3600, help="seconds after which it ends by itself")
        starter.add_argument("--revalidate", action="store_true", help="re-validate the licence first, which rewrites server_cert.pem")
    verb("stop", _stop, text="shut down, wait until it is gone")
    verb("status", _status, text="print process id and served fingerprint; exit 0 when running, 3 when stopped")
    verb("revalidate", _revalidate, text="rewrite server_cert.pem as the product does about every 30 days")
    verb("behave", _behave, text="end all faults")
    faults = FAULTS | clients.FAULTS
    fault = verb("misbehave", _misbehave, text="ask for a fault: " + "; ".join(f"{name}: {text}" for name, text in faults.items()))
    fault.add_argument("--fault", choices=sorted(faults), required=True)
    fault.add_argument("--after", type=int, default=0, metavar="N", help="only after N more starts")
    fault.add_argument("--times", type=int, default=0, metavar="N", help="for N starts only; until told to behave when left out")
    fault.add_argument("--custom", action="store_true", help="only at starts with Certificate set")
    fault.add_argument("--seconds", type=float, default=3.0, help="for the fault slow")
    return parser


def _install_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", choices=("master", "dpu", "fsu", "repeater"), required=True)
    parser.add_argument("--name", required=True, help="the common name of the licence certificate")
    parser.add_argument("--address", required=True, help="the machine's address, like 127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="HTTP; 0 is off")
    parser.add_argument("--ssl-port", type=int, required=True, help="HTTPS; 0 is off; the same on all servers of a cluster")
    parser.add_argument("--licensor", type=Path, required=True, help="the folder of the cluster's licensing CA, made on first use")
    parser.add_argument("--master-address", help="of a DPU's master; makes an FSU a backup FSU")
    parser.add_argument("--master-name", help="the common name of the master")
    parser.add_argument("--master-port", type=int, help="the HTTPS port of the master; the own one when left out")
    parser.add_argument("--admit", action="append", default=[], metavar="GROUP=CN", help="a client that an administrator has entered")
    parser.add_argument("--member", action="append", metavar="ADDRESS", help="on a master: an address of the cluster; * is a wildcard")


def _install(options: argparse.Namespace) -> int:
    from .licensor import Licensor  # noqa: PLC0415  # the commands that need no cryptography are quicker without
    from .tree import Master, Node, admit, install  # noqa: PLC0415

    master = None
    if options.master_address:
        if not options.master_name:
            raise Refusal("--master-address needs --master-name, the common name to expect there")
        master = Master(options.master_address, options.master_name, options.master_port or options.ssl_port)
    node = Node(options.root, options.role, options.name, options.address, options.port, options.ssl_port, master,
                tuple(options.member or Node.members))
    install(node, Licensor.open(options.licensor))
    admit(node, [(group, name) for group, _ignored, name in (given.partition("=") for given in options.admit)])
    return 0


def _start(options: argparse.Namespace) -> int:
    if options.revalidate:
        _revalidate(options)
    process.start(options.root, lifetime=options.lifetime)
    _status(options)  # what it prints, not its code: a fault may have ended the process by now
    return 0


def _restart(options: argparse.Namespace) -> int:
    process.stop(options.root)
    return _start(options)


def _run(options: argparse.Namespace) -> int:
    if options.revalidate:
        _revalidate(options)
    process.run(options.root.resolve(), lifetime=options.lifetime, ready=lambda: print("running", flush=True))
    return 0


def _stop(options: argparse.Namespace) -> int:
    print("stopped" if process.stop(options.root) else "was not running")
    return 0


def _status(options: argparse.Namespace) -> int:
    status = process.status(options.root)
    if not status.pid:
        print("stopped")
        return STOPPED
    verb = "presenting" if State(options.root).client() else "serving"
    print(f"running, pid {status.pid}, {verb} {status.fingerprint or 'nothing' + (status.problem and ': ' + status.problem)}")
    return RUNNING


def _revalidate(options: argparse.Namespace) -> int:
    from .licence import revalidate  # noqa: PLC0415  # as in _install

    revalidate(options.root)
    return 0


def _misbehave(options: argparse.Namespace) -> int:
    asked = {name: getattr(options, name) for name in ("after", "times", "custom", "seconds")}
    State(options.root).misbehave(options.fault, **asked)
    return 0


def _behave(options: argparse.Namespace) -> int:
    State(options.root).behave()
    return 0
