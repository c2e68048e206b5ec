"""Settings that a run asks for by name."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# For mutation testing: the same few examples every time, in a process that runs each test many times over.
settings.register_profile(
    "mutation", max_examples=15, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
