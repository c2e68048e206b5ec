# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers for the tests, stopped whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator.cluster import Cluster, Shape
from simulator.licensor import Licensor
from simulator.tree import Node


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Licensor:
    """Return the company's CA: made like the licensing one, and no server knows it."""
    return Licensor.open(tmp_path_factory.mktemp("company"))


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Cluster]:
    """Return a cluster of a master and nothing else, not started."""
    with Cluster(tmp_path, Shape(dpus=0), lifetime=60) as cluster:
        yield cluster


@pytest.fixture
def node(alone: Cluster) -> Node:
    """Return the one server of `alone`."""
    return alone.master


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Cluster]:
    """Return a master and one DPU, not started."""
    with Cluster(tmp_path, Shape(dpus=1), lifetime=60) as cluster:
        yield cluster
