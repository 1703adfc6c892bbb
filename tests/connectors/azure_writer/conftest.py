"""Azure on this machine, and a writer that is led to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.azure.inventory.clients import Tries
from connectors.azure.writer.writer import AzureWriter, open_writer
from recon.config.live import AzureScope
from recon.fix.writing import Done, Edit, Failed, Seen, Target
from tests.clouds.azure import Azure
from tests.clouds.waits import Waits

OWN = "10000000-0000-4000-8000-000000000001"
SUBSCRIPTION = f"/subscriptions/{OWN}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/Shop (prod)"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/d1"
ZONE = f"{GROUP}/providers/Microsoft.Network/dnsZones/shop.example"
ALL = (SUBSCRIPTION, GROUP, DISK, ZONE)
Open = Callable[..., AzureWriter]


@pytest.fixture(scope="session")
def one_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    cloud = Azure(tmp_path_factory.mktemp("azure"))
    cloud.start()
    yield cloud
    cloud.stop()


@pytest.fixture
def cloud(one_azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """A subscription, a group, a disk that was never tagged, and a DNS zone."""
    one_azure.clear()
    for name, value in one_azure.environment().items():
        monkeypatch.setenv(name, value)
    one_azure.add_subscription(OWN, tags={"team": "shop"})
    one_azure.add_group(OWN, "Shop (prod)", tags={"CostCenter": "7", "hidden-title": "x"})
    one_azure.add(DISK, "Microsoft.Compute/disks", "d1")
    one_azure.add(ZONE, "Microsoft.Network/dnsZones", "shop.example", tags={"a": "b"})
    return one_azure


@pytest.fixture
def clock() -> Waits:
    return Waits()


@pytest.fixture
def opened(cloud: Azure, clock: Waits) -> Iterator[Open]:
    made: list[AzureWriter] = []

    def open_here(patience: float = 60, read: float = 5) -> AzureWriter:
        tries = Tries(connect=5, read=read, again=2, first=0.01)
        made.append(open_writer(AzureScope(), clock.pace(patience=patience), tries))
        return made[-1]

    yield open_here
    for one in made:
        one.close()


@pytest.fixture
def writer(opened: Open) -> AzureWriter:
    return opened()


def target(resource_id: str) -> Target:
    return Target("azure", OWN, "", "", resource_id)


def read(writer: AzureWriter, resource_id: str) -> Seen:
    seen = writer.read([target(resource_id)])[target(resource_id)]
    assert isinstance(seen, Seen), seen
    return seen


def edit(resource_id: str, *drop: str, **put: str) -> Edit:
    return Edit(target(resource_id), put, drop)


def write(writer: AzureWriter, change: Edit, seen: Seen) -> Done | Failed:
    (told,) = writer.write([(change, seen)]).items()
    assert told[0] == change.target
    return told[1]


def change(writer: AzureWriter, resource_id: str, *drop: str, **put: str) -> Done | Failed:
    """Read, then write at once."""
    return write(writer, edit(resource_id, *drop, **put), read(writer, resource_id))
