"""What holds for all tests: how properties are searched."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# The same examples on every machine, and no clock: a busy one is no failure. TAGRECON_EXPLORE=1 looks for new ones.
settings.register_profile(
    "tagrecon",
    deadline=None,
    derandomize=not os.environ.get("TAGRECON_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tagrecon")
