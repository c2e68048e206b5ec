# Copyright (c) 2026 certops
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests of all scenarios share."""

from __future__ import annotations

import pytest
import testinfra
from machines.machine import Machine
from machines.scenario import Scenario
from testinfra.host import Host


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Return the scenario that Molecule has under way."""
    return Scenario.here()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a machine once for each server, one that asks for a client once for each client."""
    if "machine" in metafunc.fixturenames:
        metafunc.parametrize("machine", Scenario.here().machines.values(), ids=lambda machine: machine.name, scope="session")
    if "client" in metafunc.fixturenames:
        metafunc.parametrize("client", Scenario.here().clients.values(), ids=lambda client: client.name, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what must hold after every scenario to the end: the scenario's own tests may play more."""
    items.sort(key=lambda item: "resources" in item.path.parts)


@pytest.fixture
def inside(machine: Machine) -> Host:
    """Return the machine as testinfra sees it from inside."""
    host: Host = testinfra.get_host(f"podman://{machine.container}")
    return host
