"""Azure on this machine, and a lister that is led to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.azure.inventory.clients import Tries
from connectors.azure.inventory.lister import AzureLister, open_lister
from recon.config.live import AzureScope
from tests.clouds.azure import Azure
from tests.clouds.waits import Waits

Open = Callable[..., AzureLister]


@pytest.fixture(scope="session")
def one_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    cloud = Azure(tmp_path_factory.mktemp("azure"))
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(one_azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    one_azure.clear()
    for name, value in one_azure.environment().items():
        monkeypatch.setenv(name, value)
    return one_azure


@pytest.fixture
def clock() -> Waits:
    return Waits()


@pytest.fixture
def lister(cloud: Azure, clock: Waits) -> Iterator[Open]:
    opened: list[AzureLister] = []

    def open_here(scope: AzureScope | None = None, read: float = 5, again: int = 1) -> AzureLister:
        pace = clock.pace(patience=60)
        opened.append(open_lister(scope, pace, Tries(connect=5, read=read, again=again, first=0.01)))
        return opened[-1]

    yield open_here
    for one in opened:
        one.close()
