"""Servers for the tests, stopped whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator.cluster import Cluster, Shape
from simulator.tree import Node
from unit.builders import Authority, make_root


@pytest.fixture(scope="session")
def company() -> Authority:
    """Return the company's CA, which no server knows as shipped."""
    return make_root()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Cluster]:
    """Return a cluster of a master and nothing else, not started."""
    with Cluster(tmp_path / "alone", Shape(dpus=0), lifetime=60) as cluster:
        yield cluster


@pytest.fixture
def node(alone: Cluster) -> Node:
    """Return the one server of `alone`."""
    return alone.master


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Cluster]:
    """Return a master and one DPU, not started."""
    with Cluster(tmp_path / "pair", Shape(dpus=1), lifetime=60) as cluster:
        yield cluster
