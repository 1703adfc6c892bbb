"""A believable company with known tagging defects, for the demonstration and the tests."""

from __future__ import annotations

from configs.sample.truth import Truth
from configs.sample.write import write_estate

__all__ = ["Truth", "write_estate"]
