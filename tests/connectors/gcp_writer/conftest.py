"""Google Cloud on this machine, and a writer that is led to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.gcp.inventory.clients import Tries
from connectors.gcp.writer.writer import GcpWriter, open_writer
from recon.config.live import GcpScope
from recon.fix.writing import Done, Edit, Failed, Seen, Target
from tests.clouds.gcp import GoogleCloud
from tests.clouds.waits import Waits

_IN = "projects/shop-prod"
VM = f"//compute.googleapis.com/{_IN}/zones/us-b/instances/web"
IMAGE = f"//compute.googleapis.com/{_IN}/global/images/base"
CLUSTER = f"//container.googleapis.com/{_IN}/zones/us-b/clusters/main"
BUCKET = "//storage.googleapis.com/bills.shop.example"
DATASET = f"//bigquery.googleapis.com/{_IN}/datasets/sales"
TABLE = f"{DATASET}/tables/orders"
DATABASE = f"//cloudsql.googleapis.com/{_IN}/instances/orders"
PROJECT = f"//cloudresourcemanager.googleapis.com/{_IN}"
FOLDER = "//cloudresourcemanager.googleapis.com/folders/3"
# each lock that there is
LABELLED = {
    VM: "compute.googleapis.com/Instance",
    CLUSTER: "container.googleapis.com/Cluster",
    BUCKET: "storage.googleapis.com/Bucket",
    DATASET: "bigquery.googleapis.com/Dataset",
    TABLE: "bigquery.googleapis.com/Table",
    DATABASE: "sqladmin.googleapis.com/Instance",
    PROJECT: "cloudresourcemanager.googleapis.com/Project",
}
Open = Callable[..., GcpWriter]


@pytest.fixture(scope="session")
def one_cloud() -> Iterator[GoogleCloud]:
    cloud = GoogleCloud()
    cloud.start()
    yield cloud
    cloud.stop()


def lay(cloud: GoogleCloud) -> None:
    """A project in a folder, with one resource of each lock."""
    cloud.clear()
    cloud.add_folder(3, "organizations/1", "Shop")
    cloud.add_project("shop-prod", 42, "folders/3", {"team": "shop"})
    for name, kind in {**LABELLED, IMAGE: "compute.googleapis.com/Image"}.items():
        if name != PROJECT:
            cloud.add(name, kind, "projects/42", labels={"team": "shop", "tier": "1"}, location="us-b")


@pytest.fixture
def cloud(one_cloud: GoogleCloud, monkeypatch: pytest.MonkeyPatch) -> GoogleCloud:
    lay(one_cloud)
    for name, value in one_cloud.environment().items():
        monkeypatch.setenv(name, value)
    return one_cloud


@pytest.fixture
def clock() -> Waits:
    return Waits()


@pytest.fixture
def opened(cloud: GoogleCloud, clock: Waits) -> Iterator[Open]:
    made: list[GcpWriter] = []

    def open_here(patience: float = 60, timeout: float = 5) -> GcpWriter:
        tries = Tries(timeout=timeout, first=0.01, within=0.3)
        made.append(open_writer(GcpScope(scopes=("organizations/1",)), clock.pace(patience=patience), tries))
        return made[-1]

    yield open_here
    for one in made:
        one.close()


@pytest.fixture
def writer(opened: Open) -> GcpWriter:
    return opened()


def target(resource_id: str) -> Target:
    return Target("gcp", "shop-prod", "us-b", LABELLED.get(resource_id, ""), resource_id)


def read(writer: GcpWriter, resource_id: str) -> Seen:
    seen = writer.read([target(resource_id)])[target(resource_id)]
    assert isinstance(seen, Seen), seen
    return seen


def edit(resource_id: str, *drop: str, **put: str) -> Edit:
    return Edit(target(resource_id), put, drop)


def write(writer: GcpWriter, change: Edit, seen: Seen) -> Done | Failed:
    (told,) = writer.write([(change, seen)]).items()
    assert told[0] == change.target
    return told[1]


def change(writer: GcpWriter, resource_id: str, *drop: str, **put: str) -> Done | Failed:
    """Read, then write at once."""
    return write(writer, edit(resource_id, *drop, **put), read(writer, resource_id))


def everything(cloud: GoogleCloud) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Labels and tags of all that is there."""
    return {row.name: (cloud.labels.of(row.name), cloud.manager.tags_of(row.name)) for row in cloud.assets}
