"""Every attempt of a client to connect, written down, and which failures no restart of a server explains."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

# How far a client's clock reading and a server's log line may be apart on a busy machine. A client that lacks trust fails for longer.
TOLERANCE = timedelta(seconds=1)
_FILE = "State/attempts.txt"


@dataclass(frozen=True)
class Attempt:
    """
    One attempt.

    Attributes:
        time: When it began; local time, ISO 8601.
        server: Address of the server.
        seconds: How long it took.
        error: Why it failed; empty when it went well.
    """

    time: str
    server: str
    seconds: float
    error: str

    @property
    def began(self) -> datetime:
        """Return when it began."""
        return datetime.fromisoformat(self.time)

    @property
    def ended(self) -> datetime:
        """Return when it ended."""
        return self.began + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Count:
    """
    What became of the attempts of some clients.

    Attributes:
        attempts: How many there were, by the name of the client.
        failed: How many of all failed.
        unexplained: The failed ones outside of the restarts of the servers they went to, by client.
    """

    attempts: Mapping[str, int]
    failed: int
    unexplained: tuple[tuple[str, Attempt], ...]

    def __str__(self) -> str:
        """Return it as one line to show."""
        outside = len(self.unexplained)
        return (f"{sum(self.attempts.values())} connections of {len(self.attempts)} clients: {self.failed - outside} failed during a "
                f"server's own restart, {outside} outside of one")


def note(root: Path, attempt: Attempt) -> None:
    """Write down an attempt of the client at *root*."""
    with (root / _FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(attempt)) + "\n")


def noted(root: Path) -> list[Attempt]:
    """Return the attempts of the client at *root*, the oldest first; a line that is just being written is left out."""
    try:
        lines = (root / _FILE).read_text(encoding="utf-8").split("\n")[:-1]
    except FileNotFoundError:
        return []
    return [Attempt(**json.loads(line)) for line in lines]


def count(clients: Mapping[str, Path], servers: Mapping[str, Path], *, since: datetime | None = None) -> Count:
    """
    Count what clients tried, and the failures that no restart explains.

    A restart lasts from `shutting down.` to `started up.` in the event log of the server (§8.1), and TOLERANCE more on both sides.

    Args:
        clients: Root by name.
        servers: Root by address.
        since: Leave out what began before.
    """
    tried = {name: [attempt for attempt in noted(root) if since is None or attempt.began >= since] for name, root in clients.items()}
    failed = [(name, attempt) for name, attempts in tried.items() for attempt in attempts if attempt.error]
    pauses = {address: restarts(_events(root)) for address, root in servers.items()}
    unexplained = tuple((name, attempt) for name, attempt in failed if not _is_within(attempt, pauses.get(attempt.server, [])))
    return Count({name: len(attempts) for name, attempts in tried.items()}, len(failed), unexplained)


def restarts(lines: Iterable[str]) -> list[tuple[datetime, datetime]]:
    """Return when a server was away on purpose; a last one without end goes on."""
    pauses: list[tuple[datetime, datetime]] = []
    down: datetime | None = None
    for line in lines:
        if line.endswith("shutting down."):
            down = _time(line)
        elif line.endswith("started up.") and down is not None:
            pauses.append((down, _time(line)))
            down = None
    return [*pauses, (down, datetime.max - TOLERANCE)] if down is not None else pauses


def _events(root: Path) -> list[str]:
    return [line for file in sorted((root / "Events").glob("*-event.txt")) for line in file.read_text(encoding="utf-8").splitlines()]


def _time(line: str) -> datetime:
    return datetime.fromisoformat(line[:23])


def _is_within(attempt: Attempt, pauses: Iterable[tuple[datetime, datetime]]) -> bool:
    return any(attempt.ended >= begin - TOLERANCE and attempt.began <= end + TOLERANCE for begin, end in pauses)
