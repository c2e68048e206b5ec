# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does every server accept every other one? Asked by handshakes among all that are up, as they would do it themselves."""

from __future__ import annotations

import socket
import ssl
from itertools import permutations
from pathlib import Path

from simulator.refusal import Refusal
from simulator.tls import Identity, client_context, identity, words
from simulator.tree import Node

from integration.sampler import Sampler
from integration.world import CUSTOM, Stage

_PAUSE = 0.25   # seconds between two looks


class Camps:
    """
    The servers of one cluster, and what each of them has presented so far.

    Attributes:
        looks: How often all of them were asked.
    """

    def __init__(self, stage: Stage) -> None:
        """Begin to look at *stage*."""
        self.looks = 0
        self._stage = stage
        self._known: dict[str, Identity] = {}

    def refusals(self) -> list[str]:
        """
        Return who refuses whom, among the servers that are up now.

        Every server connects to every other one, presenting what it presents: the other one judges by the bundle that it has loaded, and
        is judged by the bundle on the caller's disk. Only what holds while both present the same counts.
        """
        self.looks += 1
        self._learn()
        before = self._stage.served()
        pairs = [(caller, called) for caller, called in permutations(self._stage.names, 2) if before[caller] and before[called]]
        refused = {pair: why for pair in pairs if (why := self._refusal(*pair, served=before[pair[0]]))}
        if not refused:
            return []
        after = self._stage.served()
        return [f"{caller} and {called}: {why}" for (caller, called), why in refused.items()
                if before[caller] == after[caller] and before[called] == after[called]]

    def _learn(self) -> None:
        """Read every identity that is on a disk; what is presented may be gone from there soon."""
        for name in self._stage.names:
            for path in (self._stage.file(name, "Certificates", file) for file in ("server_cert.pem", CUSTOM)):
                found = _read(path)
                if found:
                    self._known[found.fingerprint] = found

    def _refusal(self, caller: str, called: str, *, served: str) -> str:
        """Return why one of the two refuses the other, empty when it does not, or is gone."""
        if served not in self._known:
            return f"{caller} presents {served[:16]}, which was on no disk"
        node = self._stage.node
        return connect(self._known[served], self._stage.bundle(caller).read_bytes(), node(caller), called=node(called))


def _read(path: Path) -> Identity | None:
    try:
        return identity(path.name, path.read_bytes())
    except (OSError, Refusal):
        return None


def connect(mine: Identity, bundle: bytes, caller: Node, *, called: Node) -> str:
    """
    Connect to a server as another one would.

    Args:
        mine: What the caller presents.
        bundle: What the caller trusts.
        caller: From whose address.
        called: To whom.

    Returns:
        Why one of the two refuses the other; empty when it does not, or when nobody answers.
    """
    try:
        context = client_context(mine, bundle)
        with socket.create_connection((called.address, called.ssl_port), 5, (caller.address, 0)) as plain, context.wrap_socket(plain):
            return ""
    except ssl.SSLCertVerificationError as error:
        return f"not trusted by the caller's bundle: {error.verify_message}"
    except ssl.SSLError as error:
        return f"refused with {words(error)}" if "ALERT" in str(error.reason) else ""
    except Refusal as problem:
        return str(problem)
    except OSError:
        return ""   # it is down, or goes down


class Watch(Sampler):
    """Looks all the time while it is entered; ``refusals`` has every one once."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(pause=_PAUSE)
        self.refusals: dict[str, None] = {}
        self.camps = Camps(stage)

    def look(self) -> None:
        """Ask all of them."""
        self.refusals |= dict.fromkeys(self.camps.refusals())
