"""Google Cloud on this machine, and a lister that is led to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.gcp.inventory.clients import Tries
from connectors.gcp.inventory.lister import GcpLister, open_lister
from recon.config.live import GcpScope
from tests.clouds.gcp import GoogleCloud
from tests.clouds.waits import Waits

Open = Callable[..., GcpLister]


@pytest.fixture(scope="session")
def one_cloud() -> Iterator[GoogleCloud]:
    cloud = GoogleCloud()
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(one_cloud: GoogleCloud, monkeypatch: pytest.MonkeyPatch) -> GoogleCloud:
    one_cloud.clear()
    for name, value in one_cloud.environment().items():
        monkeypatch.setenv(name, value)
    return one_cloud


@pytest.fixture
def lister(cloud: GoogleCloud) -> Iterator[Open]:
    opened: list[GcpLister] = []

    def open_here(
        *scopes: str,
        types: tuple[str, ...] = (),
        timeout: float = 5,
        within: float = 5,
        patience: float = 0.4,
    ) -> GcpLister:
        scope = GcpScope(scopes=scopes or ("organizations/1",), asset_types=types)
        pace = Waits().pace(patience=patience, first=0.01, most=0.05)
        opened.append(open_lister(scope, pace, Tries(timeout=timeout, first=0.01, within=within)))
        return opened[-1]

    yield open_here
    for one in opened:
        one.close()
