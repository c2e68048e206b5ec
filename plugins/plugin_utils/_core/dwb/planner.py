# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a server as observed and what is wanted to the list of changes: nothing is decided anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..cfg_edit import set_parameter
from ..identity import Identity
from ..key_file import PRIVATE_DACL, dacl_guard, mode_guard, owner_of, plan_key_file
from ..observation import FileState
from ..pem import PemBlock
from ..plan import Change, replacing
from ..sddl import ADMINISTRATORS, SYSTEM
from ..trust import plan_swapped, swap_anchors
from .layout import CERTIFICATE_VALUE, LICENCE, Place
from .marker import Marker, Noted, Turn, commit_id, is_run, write_marker
from .server import Server


@dataclass(frozen=True)
class Wanted:
    """
    What a server should be like.

    Attributes:
        anchors: Certificates its trust bundle has to hold.
        identity: Its key and leaf, None to leave the file as it is.
        phases: Which of trust, certificate and configuration are asked for.
        master: For a server that pulls its configuration: the bytes its master holds,
            by ``communications`` and ``processing``; empty while they are not known.
        reader: SID of the account that the service runs under (Windows), empty when nobody told.
        retired: SHA-256 of certificates that its trust bundle must not hold.
    """

    anchors: Sequence[PemBlock] = ()
    identity: Identity | None = None
    phases: Sequence[str] = ()
    master: Mapping[str, bytes] = field(default_factory=dict)
    reader: str = ""
    retired: Sequence[str] = ()


def plan_phases(server: Server, wanted: Wanted) -> dict[str, list[Change]]:
    """
    Return the changes of each phase that is asked for, in the order they are to be made.

    Args:
        server: Without findings; what it lacks is not made up.
        wanted: What it should be like.

    Returns:
        By phase; a phase with nothing to do has an empty list.

    Raises:
        CfgError: The Certificate line cannot be set without guessing.
        Refused: Nobody would be trusted any more.
    """
    planned: dict[str, list[Change]] = {}
    if "trust" in wanted.phases:
        planned["trust"] = plan_trust(server, wanted)
    if "certificate" in wanted.phases and wanted.identity is not None:
        planned["certificate"] = plan_certificate(server, wanted.identity, reader=wanted.reader)
    if "configuration" in wanted.phases:
        planned["configuration"] = plan_configuration(server, wanted.master)
    return planned


def plan_trust(server: Server, wanted: Wanted) -> list[Change]:
    """Return the one change that gives the trust bundle the anchors it lacks, and takes the retired ones out."""
    change = plan_swapped(server.bundle, wanted.anchors, wanted.retired)
    return [change] if change else []


def bundle_after(server: Server, wanted: Wanted) -> bytes:
    """Return the trust bundle as it will be."""
    return swap_anchors(server.bundle.content or b"", wanted.anchors, wanted.retired)


def plan_certificate(server: Server, identity: Identity, *, reader: str) -> list[Change]:
    """
    Return the change that installs key and leaf, private to the account that reads server_cert.pem.

    Args:
        server: As observed; the present file is compared by the SHA-256 of its bytes, its key is never read.
        identity: Key and leaf.
        reader: SID of the service's account, Windows only. Empty when nobody told: then a new file is for SYSTEM and Administrators,
            and a present one for one account more at the most.
    """
    licence = server.observation.file(server.layout.certificates(LICENCE))
    change = plan_key_file(server.certificate, identity, guard=key_guard(server.layout, licence, reader=reader), one_more=not reader)
    return [change] if change else []


def key_guard(place: Place, beside: FileState, *, reader: str) -> str:
    """
    Return the protection of a new key file, in the words of the host contract.

    Args:
        place: Tells the system.
        beside: Whose owner it gets on POSIX: the licence certificate that is beside it.
        reader: SID of the account that reads it, Windows only; empty when nobody told.
    """
    if place.windows:
        return dacl_guard(PRIVATE_DACL + (f"(A;;FR;;;{reader})" if reader not in {"", SYSTEM, ADMINISTRATORS} else ""))
    return mode_guard("0600", owner_of(beside))


def plan_configuration(server: Server, master: Mapping[str, bytes]) -> list[Change]:
    """
    Return the changes that make the server present the custom certificate.

    A file that the server pulls from its master gets the master's bytes, so that the next
    synchronisation changes nothing; any other gets the Certificate line and keeps the rest.

    Args:
        server: As observed.
        master: The master's files as they will be; empty while they are not known.
    """
    changes = []
    for name, state in (("communications", server.communications), ("processing", server.processing)):
        if state.kind != "file":
            continue
        source = server.follows if name == "communications" else name
        after = master.get(source) if server.follows else None
        if after is None:
            after = with_certificate_line(state)
        if after != state.content:
            action = "take over the master's file" if server.follows and source in master else "set Certificate"
            changes.append(replacing(state, after, action, value=CERTIFICATE_VALUE))
    return changes


def with_certificate_line(state: FileState) -> bytes:
    """Return the content of a Communications.cfg with the documented Certificate line directly below its first line."""
    return set_parameter(state.content or b"", ("component", "Certificate"),
                         kind="string", value=CERTIFICATE_VALUE, where=state.path)


def planned_files(server: Server) -> dict[str, bytes]:
    """Return both Communications.cfg of a master as they will be, for the servers that pull them."""
    states = (("communications", server.communications), ("processing", server.processing))
    return {name: with_certificate_line(state) for name, state in states if state.kind == "file"}


@dataclass(frozen=True)
class Commit:
    """
    One transaction on one node.

    Attributes:
        run: Its id: the rollout's, a dot, and the number of the commit.
        changes: With the marker as the last one.
    """

    run: str
    changes: tuple[Change, ...]


def make_commit(node: Noted, planned: Mapping[str, Sequence[Change]], turn: Turn) -> Commit | None:
    """
    Return the one transaction that makes all of *planned*, with the marker; None when nothing is to be done.

    Changes of one file in two phases cannot happen: each phase has files of its own.
    """
    changes = [change for phase in planned.values() for change in phase]
    if not changes:
        return None
    phases = [phase for phase, of_phase in planned.items() if of_phase]
    return _commit(node, node.marker.next(turn, phases=phases, clock=node.observation.clock), changes)


def restart_commit(node: Noted, turn: Turn) -> Commit | None:
    """Return the transaction that notes that the restart has happened, None when the rollout has noted it."""
    if node.marker.run == turn.run and not node.marker.restart_pending:
        return None
    return _commit(node, node.marker.next(turn, phases=(), clock=node.observation.clock, restart_pending=False), [])


def taken_back(node: Noted) -> str:
    """Return the last rollout that was taken back on the node, empty if none was or the note is none."""
    content = node.observation.file(node.layout.taken_back).content or b""
    run = content.decode("ascii", "replace").strip()
    return run if is_run(run) else ""


def taken_back_commit(node: Noted, turn: Turn) -> Commit:
    """Return the transaction that notes that the rollout was taken back; the marker is by then what it was before it."""
    state = node.observation.file(node.layout.taken_back)
    note = replacing(state, turn.run.encode() + b"\n", f"note that rollout {turn.run} was taken back")
    return Commit(commit_id(turn, 0, clock=node.observation.clock), (note,))


def _commit(node: Noted, marker: Marker, changes: Sequence[Change]) -> Commit:
    files = {**marker.files, **{change.path: change.sha256 for change in changes}}
    note = write_marker(node.observation.file(node.layout.marker), replace(marker, files=files))
    return Commit(marker.commits[-1], (*changes, note))
