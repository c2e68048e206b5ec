"""The command that installs a client; it is started, stopped and asked like a server."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..refusal import Refusal
from .client import KINDS, Client, Peer

FAULTS = {"holds-bundle": "of a client: it ends when its trust bundle is replaced while it runs; asked for at its start"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `install-client` beside `--root`."""
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--name", required=True, help="the common name of its certificate; of a Sensor, its SensorID")
    parser.add_argument("--address", default="", help="where its connections come from")
    parser.add_argument("--server", action="append", required=True, metavar="CN=ADDRESS:PORT", help="a server in its configuration")
    parser.add_argument("--brokered", action="append", default=[], metavar="CN=ADDRESS:PORT", help="a server it is brokered to")
    parser.add_argument("--layout", default="", help="of a Workstation: 6.3 or 6.4; of a Sensor: posix or windows")
    parser.add_argument("--sensor-version", default="5.0")
    parser.add_argument("--licensor", type=Path, required=True, help="the folder of the cluster's licensing CA, made on first use")
    parser.add_argument("--stands-at", type=Path, help="where the tree is going to be moved to")


def install(options: argparse.Namespace) -> int:
    """Make the tree of a client; return the exit code."""
    from ..licensor import Licensor  # noqa: PLC0415  # the commands that need no cryptography are quicker without
    from .install import install as make  # noqa: PLC0415

    servers, brokered = (tuple(map(_peer, given)) for given in (options.server, options.brokered))
    client = Client(options.root, options.kind, options.name, options.address, servers, brokered, options.layout, options.sensor_version)
    make(client, Licensor.open(options.licensor), stands_at=options.stands_at)
    return 0


def _peer(given: str) -> Peer:
    name, sign, place = given.rpartition("=")
    address, colon, port = place.rpartition(":")
    if not sign or not colon:
        raise Refusal(f"{given}: no CN=ADDRESS:PORT")
    return Peer(name, address, int(port))
