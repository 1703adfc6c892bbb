"""A small sample estate, run once and published: what explain, export, doctor and commands are tested on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from configs.sample import write_estate
from recon.config import RunConfig, load_config
from recon.run import Result, run

NOW = datetime(2026, 11, 3, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Published:
    """An estate on the disk, its configuration, and the result of its run."""

    folder: Path
    config: Path
    cfg: RunConfig
    result: Result


@pytest.fixture(scope="session")
def published_estate(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published") / "estate"
    write_estate(folder, seed=7, scale=0.02)
    config = folder / "tagrecon.yaml"
    cfg = load_config(config)
    return Published(folder, config, cfg, run(cfg, NOW))


@pytest.fixture
def estate_copy(published_estate: Published, tmp_path: Path) -> Path:
    """The published estate's folder, copied, for a test that changes something."""
    return Path(shutil.copytree(published_estate.folder, tmp_path / "estate", symlinks=True))
