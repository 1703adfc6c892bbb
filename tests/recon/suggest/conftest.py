"""The registry of the small estate, as it is in force today."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_estate import rules_of

from recon.registry import Rules


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    return rules_of(tmp_path)
