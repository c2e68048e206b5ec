"""Settings of the property tests: those that always hold, and those that a run asks for by name."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# For mutation testing: the same few examples every time, in a process that runs each test many times over.
settings.register_profile(
    "mutation", max_examples=15, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))

# How long an example takes says how busy the machine is: what must not take long has tests of its own.
settings.register_profile("default", settings.get_profile("default"), deadline=None)
