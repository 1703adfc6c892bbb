"""The judged sample estate, a fresh copy of its store for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from judged_estate import SEEDS, Judged, judged_estate

from recon.checks import Context


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed {seed}")
def planted(request: pytest.FixtureRequest) -> Judged:
    return judged_estate(request.param)


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    """The first estate, to be changed at will."""
    context = judged_estate(SEEDS[0]).context(tmp_path)
    yield context
    context.con.close()
