# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clusters that the tests of the playbooks share; each test gets one as it was shipped, or as a rollout left it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo.world import Company
from simulator.cluster import Shape
from unit.builders import Leaf, make_root

from integration.office import Office, open_office
from integration.playbook import Result
from integration.world import Moment, Stage

PASSPHRASE = "Rollout-of-2026-is-no-secret"


@dataclass(frozen=True)
class First:
    """
    The first rollout of a cluster, told once.

    Attributes:
        stage: The cluster.
        before: The files as shipped.
        checked: The run in check mode, with diff.
        after_check: The files after it, with the state beside them.
        done: The rollout.
        after: The files that it left.
        served: What was presented then.
        history: What each server logged during the rollout.
        times: When each file was written, nanoseconds.
    """

    stage: Stage
    before: dict[str, bytes]
    checked: Result
    after_check: dict[str, bytes]
    done: Result
    after: dict[str, bytes]
    served: dict[str, str]
    history: dict[str, list[Moment]]
    times: dict[str, int]


@dataclass(frozen=True)
class Rotation:
    """
    A cluster whose servers present certificates of a new CA and still trust the old one, too.

    Attributes:
        stage: A master and a DPU.
        old: The CA that is to be retired.
        new: The one that took its place.
        old_leaves: What each server presented before.
        new_anchors: Paths of the new CA's certificates.
        clients: A workstation's certificate of each CA, by ``old`` and ``new``, and the file it is in.
        before: The files.
    """

    stage: Stage
    old: Company
    new: Company
    old_leaves: dict[str, Leaf]
    new_anchors: list[str]
    clients: dict[str, tuple[Leaf, Path]]
    before: dict[str, bytes]

    @property
    def retired(self) -> list[str]:
        """Return the fingerprints of the old CA."""
        return [self.old.root.fingerprint, self.old.policy.fingerprint, self.old.issuing.fingerprint]

    def again(self, *clients: str) -> Stage:
        """Return the cluster as the rotation left it, and ask for the retirement; *clients* are known."""
        stage = self.stage.back_to("rotated")
        stage.common = {"dwb_trust_src": self.new_anchors, "dwb_retired_ca": self.retired,
                        "dwb_client_certificates": [str(self.clients[name][1]) for name in clients]}
        return stage

    def bundle_after(self, name: str) -> bytes:
        """Return what the trust bundle of a server has to be: as it was, without the old CA's blocks."""
        content = self.before[str(self.stage.bundle(name))]
        for authority in (self.old.root, self.old.policy, self.old.issuing):
            assert content.count(crlf(authority.pem)) == 1
            content = content.replace(crlf(authority.pem), b"")
        return content


def crlf(pem: bytes) -> bytes:
    """Return *pem* as a shipped bundle has it."""
    return pem.replace(b"\n", b"\r\n")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return a master and two DPUs whose certificates come from four kinds of sources."""
    stage = Stage(tmp_path_factory.mktemp("cluster"), Shape(dpus=2))
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def first(cluster: Stage) -> First:
    """Return how the first rollout went: check mode, then in earnest; the cluster is kept as ``rolled out``."""
    use_every_source(cluster.back_to("shipped"))
    before = cluster.files()
    checked = cluster.play("rollout", "--check", "--diff")
    after_check = cluster.everything()
    cluster.forget_history()
    done = cluster.play("rollout")
    history = {name: cluster.history(name) for name in cluster.names}
    after = cluster.files()
    cluster.keep("rolled out")
    return First(cluster, before, checked, after_check, done, after, cluster.served(), history,
                 {path: Path(path).stat().st_mtime_ns for path in after})


@pytest.fixture
def shipped(cluster: Stage) -> Stage:
    """Return the cluster as the product ships it."""
    return cluster.back_to("shipped")


@pytest.fixture
def rolled_out(first: First) -> Stage:
    """Return the cluster as its first rollout left it."""
    first.stage.back_to("rolled out")
    use_every_source(first.stage)
    return first.stage


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return the smallest cluster, a master and a DPU, as the product ships it."""
    stage = Stage(tmp_path_factory.mktemp("pair"), Shape())
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Return clients of all kinds."""
    return open_office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(place: Office) -> Office:
    """Return them as they are shipped."""
    place.reset()
    return place


@pytest.fixture(scope="module")
def rotation(pair: Stage) -> Rotation:
    """Return a cluster that was rolled out from one CA and then from another."""
    old = pair.world.company
    assert pair.play("rollout").rc == 0
    old_leaves = {name: pair.leaf(name) for name in pair.names}
    root = make_root("New Root CA")
    policy = root.intermediate("New Policy CA")
    new = Company(root, policy, policy.intermediate("New Issuing CA"))
    folder = pair.folder / "new"
    folder.mkdir()
    anchors = new.write(folder)
    for name in pair.names:
        pair.pem(name).write_bytes(new.issuing.issue(name, key=f"rsa2048/{name}").pem)
    clients = {}
    for which, company in {"old": old, "new": new}.items():
        clients[which] = (company.issuing.issue("workstation", key="rsa2048/workstation"), folder / f"{which} workstation.pem")
        clients[which][1].write_bytes(clients[which][0].pem)
    pair.common = {"dwb_trust_src": anchors}
    assert pair.play("rollout").rc == 0
    pair.keep("rotated")
    return Rotation(pair, old, new, old_leaves, anchors, clients, pair.files())


def use_every_source(stage: Stage) -> None:
    """Let the certificates come from a variable, from an encrypted key apart from its leaf, and from PKCS#12."""
    master, first, second = stage.names
    leaf = stage.leaf(first)
    (stage.folder / "first.key").write_bytes(leaf.encrypted_key_pem(PASSPHRASE))
    (stage.folder / "first.crt").write_bytes(leaf.cert_pem)
    (stage.folder / "second.p12").write_bytes(stage.leaf(second).p12(PASSPHRASE))
    stage.of_host |= {
        master: {"dwb_certificate": {"pem_content": stage.leaf(master).pem.decode()}},
        first: {"dwb_certificate": {"pem_src": str(stage.folder / "first.crt"), "key_src": str(stage.folder / "first.key"),
                                    "passphrase": PASSPHRASE}},
        second: {"dwb_certificate": {"pkcs12_src": str(stage.folder / "second.p12"), "passphrase": PASSPHRASE}},
    }
