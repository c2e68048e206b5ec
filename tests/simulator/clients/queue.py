"""The disk queue of a Sensor (§6.5): events wait in it while no server takes them, and are lost for good when it is full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


class Queue:
    """
    One event per line of a file.

    Attributes:
        file: Where it is.
        waiting: How many events are in it.
        delivered: How many a server has taken since this process started.
        lost: How many were thrown away since then.
    """

    def __init__(self, file: Path, *, capacity: int, log: Callable[[str], None]) -> None:
        """Take up what an earlier process has left in *file*."""
        self.file, self._capacity, self._log = file, capacity, log
        file.parent.mkdir(parents=True, exist_ok=True)
        self.waiting = file.read_bytes().count(b"\n") if file.exists() else 0
        self.delivered = self.lost = 0

    def add(self, event: str) -> None:
        """Keep one event, or lose it."""
        if self.waiting >= self._capacity:
            if not self.lost:
                self._log("Sensor Error 4021: Queue is full")
            self.lost += 1
            return
        with self.file.open("a", encoding="ascii") as file:
            file.write(event + "\n")
        self.waiting += 1
        tenth, before = self.waiting * 10 // self._capacity, (self.waiting - 1) * 10 // self._capacity
        if tenth > before:
            self._log(f"Sensor Info 1012: Adobe disk queue is {tenth * 10}% full")

    def empty(self) -> None:
        """Forget all events: a server has them."""
        self.delivered += self.waiting
        self.waiting = 0
        self.file.write_bytes(b"")
