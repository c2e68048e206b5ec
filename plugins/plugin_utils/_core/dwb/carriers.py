# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files that hold ``serverInfo`` objects: what each takes for granted, and whether it is ever written (dossier 5.2)."""

from __future__ import annotations

from typing import NamedTuple

from ..cfg import CfgFile

FOLDER = "Certificates\\"
_REPROCESSING = "editing this file makes the servers process the whole dataset anew"
_UNKNOWN = "the manual does not name this file, nor what editing it sets off"


class Carrier(NamedTuple):
    """
    One kind of file.

    Attributes:
        tls: Whether a serverInfo without ``Use SSL`` uses TLS; None when that is not documented.
        folder: What stands before the name of a certificate.
        untouchable: Why the file is never written; empty when it may be.
        store: Whether its client can use the Windows certificate store.
    """

    tls: bool | None
    folder: str
    untouchable: str = ""
    store: bool = False

    def named(self, file_name: str) -> str:
        """Return the plain value by which this kind of file names the certificate *file_name*."""
        return self.folder + file_name


_WORKSTATION = Carrier(True, "", store=True)
_REPORT_SERVER = Carrier(True, "")
_COMPONENT = Carrier(None, FOLDER)
_DATASET = Carrier(None, FOLDER, _REPROCESSING)
# The base names, spelled in all the ways of the manual.
_CARRIERS = {
    "insight.cfg": _WORKSTATION,
    "workstation.cfg": _WORKSTATION,
    "reportserver.cfg": _REPORT_SERVER,
    "report server.cfg": _REPORT_SERVER,
    "replicate.cfg": Carrier(False, FOLDER),
    "synchronize.cfg": _COMPONENT,
    "paserver.cfg": _COMPONENT,
    "segment export.cfg": _COMPONENT,
    "log processing.cfg": _DATASET,
    "cluster.cfg": _DATASET,
}
# A log processing dataset include may have any name; what it reads from has not.
_OF_A_DATASET = {"log server", "normalize server", "list server"}


def carrier_of(name: str, file: CfgFile) -> Carrier:
    """
    Return what kind of file *file* is.

    Args:
        name: Its base name; upper and lower case are the same.
        file: A file of another name is a component when it says so itself: the server loads it all the same.
    """
    known = _CARRIERS.get(name.casefold())
    if known:
        return known
    if any(entry.line.key.casefold() == "component" for entry in file.entries):
        return _COMPONENT
    return Carrier(None, FOLDER, _UNKNOWN)


def untouchable(carrier: Carrier, key: str) -> str:
    """
    Return why a serverInfo is never written, empty when it may be.

    Args:
        carrier: Of the file it is in.
        key: Of the serverInfo: that of a dataset belongs to one, whatever the file is called.
    """
    return carrier.untouchable or (_REPROCESSING if key.casefold() in _OF_A_DATASET else "")


def file_named(value: str) -> str:
    """
    Return the file name that *value* stands for, in one spelling, to be compared with another.

    Args:
        value: In plain form, in either form of the manual: bare, or below Certificates.

    Returns:
        In lower case, since Windows tells no cases apart; with its folder when that is another one, and with blanks behind it.
    """
    folded = value.replace("/", "\\").casefold()
    return folded.removeprefix(FOLDER.casefold())
