# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clusters that the tests of the playbooks share; each test gets one as it was shipped, or as a rollout left it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from simulator.cluster import Shape

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
