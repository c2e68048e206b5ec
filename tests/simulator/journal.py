"""The logs of the product (§8.1, §8.2), written as it writes them."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

PRODUCT = "Adobe Insight Server"
VERSION = "6.74"
BUILD = "stand-in"


class Journal:
    """Events, audit and trace files of one server; every line ends in CRLF."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()

    def event(self, text: str) -> None:
        """Add a line to the event log of the day."""
        self._append(f"Events/{datetime.now():%Y%m%d}-event.txt", f"{_stamp()} {text}")

    def marker(self, what: str) -> None:
        """Log that the server started up or is shutting down."""
        self.event(f"{PRODUCT} {VERSION} ({BUILD}) {what}")

    def trace(self, text: str, *, file: str = "Server.log") -> None:
        """Add a line to a diagnostic log; two pages name two files for the server's own (§8.2)."""
        self._append(f"Trace/{file}", f"{_stamp()} {text}")

    def audit(self, peer: str, text: str) -> None:
        """Add a line to the connection log of the day; *peer* is "IP:port"."""
        self._append(f"Audit/{datetime.now():%Y%m%d}-access.txt", f"{peer}  {_stamp()}  {text}")

    def _append(self, name: str, line: str) -> None:
        try:
            with self._lock, (self.root / name).open("a", encoding="utf-8", newline="") as log:
                log.write(line + "\r\n")
        except FileNotFoundError:  # the tree was taken away; the server is about to notice
            pass


def _stamp() -> str:
    return datetime.now().isoformat(sep=" ", timespec="milliseconds")
