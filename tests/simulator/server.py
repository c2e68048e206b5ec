"""The running server: start sequence, watch and stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import access, components, licence
from .journal import Journal
from .listener import Listener
from .places import inside
from .refusal import Refusal
from .shares import Shares
from .state import State
from .synchronize import Puller
from .tls import checked_bundle, identity, server_context

LICENCE = "server_cert.pem"
BUNDLE = "trust_ca_cert.pem"
CUSTOM = "custom_communications_cert.pem"
GLANCE = 0.25  # seconds between two looks at the watched files
PULL = 1.0  # seconds between two questions to the master

Signature = dict[str, tuple[int, int, int]]


@dataclass
class Server:
    """
    One server on one root.

    Attributes:
        root: The install root.
        lifetime: Seconds after which it stops by itself.
    """

    root: Path
    lifetime: float
    stopping: threading.Event = field(default_factory=threading.Event)
    _listeners: list[Listener] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._journal = Journal(self.root)
        self._state = State(self.root)
        self._faults: dict[str, float] = {}
        self._signature: Signature = {}

    def run(self, ready: Callable[[], None]) -> None:
        """
        Start, call *ready*, then serve until `stopping` is set, the root is gone or the lifetime is over.

        Raises:
            Refusal: The server does not start; why is in Server.log and in the event log too.
        """
        end = time.monotonic() + self.lifetime
        try:
            self._start()
        except (Refusal, OSError) as problem:
            self._close()
            self._journal.trace(f"ERROR {problem}")
            self._journal.event(f"ERROR not started: {problem}")
            raise Refusal(str(problem)) from None
        self._journal.event("Event logging begins.")
        self._journal.marker("started up.")
        ready()
        if "dies" in self._faults:
            end = time.monotonic() + GLANCE
        self._serve(end)
        self._close()
        if "dies" not in self._faults:
            self._journal.marker("shutting down.")

    def _start(self) -> None:
        """Licence, trust, components, files of the master, listeners: in this order."""
        self._faults = self._state.count_start(custom=self._is_custom())
        self.stopping.wait(self._faults.get("slow", 0))
        if "not-come-back" in self._faults:
            raise Refusal("a fault was asked for")
        self._licence = self._licensed()
        # 10.1: read now and never again while running.
        self._puller = Puller(self.root, self._journal, checked_bundle((self.root / "Certificates" / BUNDLE).read_bytes()))
        self._read()
        self._pull()
        self._signature = self._watched()
        self._load()

    def _is_custom(self) -> bool:
        """Tell whether Certificate is set, in a folder Components that can be loaded."""
        try:
            return components.load(self.root).communications.certificate is not None
        except Refusal:
            return False

    def _licensed(self) -> licence.Licence:
        """Refuse to start without a current licence, log what the product logs (§4.1, §8.1)."""
        if "lose-licence" in self._faults:
            raise Refusal("no current licence certificate in Certificates: a fault was asked for")
        machine = self._state.machine()
        found = licence.scan(self.root / "Certificates", machine.licensor.encode(), expected=(LICENCE, CUSTOM),
                             machine=machine.identifier, log=self._journal.trace)
        enabled = "Query API" in found.products
        self._journal.trace(f"{'Enabling' if enabled else 'Not enabling'} Query API ({'' if enabled else 'not '}licensed)",
                            file="InsightServer64.log")
        return found

    def _serve(self, end: float) -> None:
        pull = time.monotonic() + PULL
        while not self.stopping.wait(GLANCE) and time.monotonic() < end and self._state.folder.is_dir():
            try:
                self._glance()
                if time.monotonic() >= pull:
                    pull = time.monotonic() + PULL
                    self._pull()
            except OSError as problem:  # a file went away under our eyes; the next look tells
                self._journal.trace(f"ERROR {problem}")

    def _glance(self) -> None:
        """Load the components again when a file of theirs was written (§6.3, 10.17); a bad file costs the listeners."""
        signature = self._watched()
        if signature == self._signature:
            return
        self._signature = signature
        try:
            self._load()
        except (Refusal, OSError) as problem:
            self._close()
            self._journal.trace(f"ERROR {problem}")
            self._journal.event(f"ERROR components not loaded: {problem}")
            self._state.keep_served({"problem": str(problem)})

    def _watched(self) -> Signature:
        """Return what betrays a change: of the components, or of access control, which drops all connections (§3.5)."""
        files = [file for folder in ("Components", "Access Control") for file in (self.root / folder).glob("*.cfg")]
        stats = ((str(file), file.stat()) for file in files)
        return {file: (stat.st_mtime_ns, stat.st_size, stat.st_ino) for file, stat in stats}

    def _read(self) -> None:
        """Read Components and the certificate to present: Certificate, else server_cert.pem (10.4)."""
        self._loaded = components.load(self.root)
        named = self._loaded.communications.certificate
        if named is None or "old-certificate" in self._faults:
            named = f"Certificates\\{LICENCE}"
        file = inside(self.root, named)
        if not file.is_file():
            raise Refusal(f"{named}: no such file")  # 10.3
        mine = identity(file.name, file.read_bytes())
        if mine.name != self._licence.name:
            raise Refusal(f"{named}: its common name is '{mine.name}', the licence has '{self._licence.name}'")  # §4.3
        self._identity = mine

    def _load(self) -> None:
        """Read the components, drop every connection and open the listeners anew (§3.3: a save restarts components)."""
        self._read()
        settings, mine = self._loaded.communications, self._identity
        shares = Shares(self.root, mine.name, self._loaded.names, settings, access.load(settings.access))
        context = server_context(mine, self._puller.bundle, ciphers=settings.ciphers)
        address = settings.interface or self._state.machine().address
        self._close()
        for port, how in ((settings.ssl_port, context), (settings.port, None)):
            if port:  # §1.4: 0 is off
                self._listeners.append(Listener((address, port), shares.respond, journal=self._journal, context=how))
        self._journal.trace(f"Components loaded; presenting {mine.file}, {mine.name}, {mine.fingerprint}")
        served = {"fingerprint": mine.fingerprint, "name": mine.name, "file": mine.file}
        self._state.keep_served({**served, "address": address, "ssl_port": str(settings.ssl_port)})

    def _pull(self) -> None:
        """Ask the master, when there is one, whether a file has changed there."""
        for source in self._loaded.sources:
            self._puller.pull(source, self._identity)

    def _close(self) -> None:
        while self._listeners:
            self._listeners.pop().close()
