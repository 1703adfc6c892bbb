"""Google Cloud on this machine takes an estate as rows and the lister gives the same rows back."""

from __future__ import annotations

from recon.snapshot.listing import Resource, Unit
from tests.clouds.gcp import GoogleCloud
from tests.connectors.gcp_inventory.conftest import Open

_CRM = "//cloudresourcemanager.googleapis.com/"
ROWS = [
    {"account": "", "region": "global", "type": "cloudresourcemanager.googleapis.com/Folder", "id": f"{_CRM}folders/7",
     "name": "Retail", "container": f"{_CRM}organizations/1", "tags": {"env": "prod"}},
    {"account": "shop-prod", "region": "global", "type": "cloudresourcemanager.googleapis.com/Project",
     "id": f"{_CRM}projects/shop-prod", "name": "Shop", "container": f"{_CRM}folders/7", "tags": {"team": "shop"}},
    {"account": "shop-prod", "region": "us-central1-a", "type": "compute.googleapis.com/Instance",
     "id": "//compute.googleapis.com/projects/shop-prod/zones/us-central1-a/instances/web", "name": "web",
     "container": f"{_CRM}projects/shop-prod", "tags": {"app": "web"}},
    {"account": "shop-prod", "region": "us", "type": "storage.googleapis.com/Bucket",
     "id": "//storage.googleapis.com/bills", "name": "bills", "container": f"{_CRM}projects/shop-prod", "tags": {}},
]  # fmt: skip


def test_what_is_loaded_is_listed(cloud: GoogleCloud, lister: Open) -> None:
    assert cloud.load(ROWS) == []
    one = lister()
    (unit,) = one.units()
    assert isinstance(unit, Unit)
    listed = {r.id: r for r in one.resources(unit) if isinstance(r, Resource)}
    fields = ("account", "region", "type", "id", "name", "container", "tags")
    told = [{field: getattr(listed[str(row["id"])], field) for field in fields} for row in ROWS]
    assert (told, len(listed)) == (ROWS, len(ROWS))
