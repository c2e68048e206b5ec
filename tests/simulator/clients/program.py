"""A running client: start, one beat every second, stop."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..journal import Journal
from ..refusal import Refusal
from ..state import State
from ..tls import CERTIFICATE, Identity, checked_bundle, client_context
from .attempts import Attempt, note
from .client import Client
from .connect import Line, told
from .identities import Identities
from .queue import Queue
from .reading import Read, Target, read

BEAT = 1.0  # seconds between two rounds of connections
# What a Sensor delivers to, and what the others read (§3.5).
_URIS = {"sensor": "/Submit.vsp"}
_URI = "/Profiles/Example/profile.cfg"
# §8.2; stunnel and syslog are not the product's.
_LOGS = {"sensor": "syslog", "workstation": "insight.log", "report_server": "ReportServer.log", "query_api": "stunnel.log"}


@dataclass
class Program:
    """
    One client on one root.

    Attributes:
        root: The folder that stands for its machine.
        lifetime: Seconds after which it stops by itself.
    """

    root: Path
    lifetime: float
    stopping: threading.Event = field(default_factory=threading.Event)
    _lines: list[Line] = field(default_factory=list)
    _queue: Queue | None = None
    _signature: bytes = b""

    def __post_init__(self) -> None:
        self._state = State(self.root)
        self._client = Client.from_json(self.root, self._state.client())
        self._journal = Journal(self.root)

    def run(self, ready: Callable[[], None]) -> None:
        """
        Start, call *ready*, then connect every second until `stopping` is set, the root is gone or the lifetime is over.

        Raises:
            Refusal: The client does not start; why is in its log too.
        """
        end = time.monotonic() + self.lifetime
        try:
            self._start()
        except (Refusal, OSError, ValueError) as problem:
            self._log(f"ERROR not started: {problem}")
            raise Refusal(str(problem)) from None
        ready()
        if "dies" in self._faults:
            end = time.monotonic() + BEAT / 4
        self._work(end)
        self._close()

    def _start(self) -> None:
        """Read configuration, trust, licence and certificates, in this order, and never again while running (10.1, 10.2, 10.27)."""
        self._faults = self._state.count_start(custom=False)
        self.stopping.wait(self._faults.get("slow", 0))
        if "not-come-back" in self._faults:
            raise Refusal("a fault was asked for")
        found = read(self._client)
        self._bundle = b""
        if any(target.tls for target in found.targets):
            self._bundle = self._trusted(found)
        self._held = _inode(found.bundle)
        self._identities = Identities(self._client, found, self._log)
        self._connect(found)
        if self._client.kind == "sensor":
            self._signature = self._client.config.read_bytes()
            self._log(f"Sensor Info 1016: Config file {self._client.config.name} loaded")

    def _trusted(self, found: Read) -> bytes:
        """Return the trust bundle, every block of which loads; a Sensor before 5.0 knows neither long keys nor SHA-256 (10.28)."""
        content = checked_bundle(found.bundle.read_bytes())
        if self._client.kind == "sensor" and int(self._client.version.partition(".")[0]) < 5:
            licensor = x509.load_pem_x509_certificate(self._state.machine().licensor.encode())
            for block in CERTIFICATE.findall(content):
                anchor = x509.load_pem_x509_certificate(block)
                if anchor != licensor and _is_modern(anchor):
                    raise Refusal(f"trust_ca_cert.pem: {anchor.subject.rfc4514_string()} is beyond a Sensor {self._client.version}")
        return content

    def _connect(self, found: Read) -> None:
        """Prepare the way to every server: those of the configuration, then those that the first of them brokers (§1.3)."""
        self._close()
        first = found.targets[0] if found.targets else None
        brokered = [Target(peer.address, peer.port, peer.name if first.expects else "", first.tls, first.certificate, first.store)
                    for peer in self._client.brokered] if first else []
        mine = {target: self._identities.of(target) for target in (*found.targets, *brokered)}
        self._lines = [Line(target, client_context(leaf, self._bundle) if target.tls else None, self._client.address,
                            keeps=self._client.kind == "sensor") for target, leaf in mine.items()]
        if found.queue and (self._queue is None or self._queue.file != found.queue):
            self._queue = Queue(found.queue, capacity=self._client.capacity, log=self._log)
        self._presents = next((leaf for leaf in mine.values() if leaf), None)
        self._keep(self._presents)

    def _work(self, end: float) -> None:
        """Beat, until it is over."""
        beat = time.monotonic()
        while not self.stopping.wait(max(0.0, min(beat, end) - time.monotonic())):
            if time.monotonic() >= end or not self._state.folder.is_dir():
                return
            beat = max(beat + BEAT, time.monotonic())
            with suppress(FileNotFoundError):  # the tree was taken away; the next look tells
                if not self._beat():
                    return

    def _beat(self) -> bool:
        """Connect to every server once; tell whether to go on."""
        if "holds-bundle" in self._faults and _inode(read(self._client).bundle) != self._held:
            self._log("ERROR trust_ca_cert.pem was replaced while it was in use")
            return False
        if self._client.kind == "sensor" and not self._is_reloaded():
            return False
        if self._queue is not None:
            self._queue.add(datetime.now().isoformat())
        for line in self._lines:
            self._try(line)
        self._keep(self._presents)
        return True

    def _is_reloaded(self) -> bool:
        """Follow a changed txlogd.conf (§8.1: 1013), trust stays what it was at the start (10.27); tell whether it is understood."""
        content = self._client.config.read_bytes()
        if content == self._signature:
            return True
        self._signature = content
        self._log("Sensor Info 1013: Sensor configuration changed")
        try:
            self._connect(read(self._client))
            self._log(f"Sensor Info 1016: Config file {self._client.config.name} loaded")
        except (Refusal, ValueError) as problem:
            self._log(f"ERROR {problem}")
            return False
        return True

    def _try(self, line: Line) -> None:
        """Make one attempt and write it down, with a line in the log when it fails."""
        began, clock, error = datetime.now(), time.monotonic(), ""
        try:
            line.ask(_URIS.get(self._client.kind, _URI))
            if self._queue is not None:
                self._queue.empty()
        except (OSError, http.client.HTTPException, Refusal) as problem:
            error = told(problem)
            self._log(f"ERROR {line.target.address}:{line.target.port}: {error}")
        note(self.root, Attempt(began.isoformat(timespec="milliseconds"), line.target.address, round(time.monotonic() - clock, 3), error))

    def _keep(self, presents: Identity | None) -> None:
        counted = {name: str(getattr(self._queue, name)) for name in ("waiting", "delivered", "lost")} if self._queue else {}
        self._state.keep_served({"fingerprint": presents.fingerprint if presents else "", **counted})

    def _log(self, text: str) -> None:
        self._journal.trace(text, file=_LOGS[self._client.kind])

    def _close(self) -> None:
        while self._lines:
            self._lines.pop().close()


def _is_modern(anchor: x509.Certificate) -> bool:
    key, algorithm = anchor.public_key(), anchor.signature_hash_algorithm
    return (isinstance(key, RSAPublicKey) and key.key_size >= 2048) or (algorithm is not None and algorithm.name == "sha256")


def _inode(file: Path) -> int:
    return file.stat().st_ino if file.exists() else 0
