"""Azure on this machine takes an estate as rows and the lister gives the same rows back."""

from __future__ import annotations

from recon.snapshot.listing import Resource, Unit
from tests.clouds.azure import GROUP, SUBSCRIPTION, Azure
from tests.connectors.azure_inventory.conftest import Open

_ONE = "/subscriptions/10000000-0000-4000-8000-000000000001"
ROWS = [
    {"account": _ONE[15:], "region": "", "type": SUBSCRIPTION, "id": _ONE, "name": "Shop", "container": None,
     "tags": {"CostCenter": "7"}},
    {"account": _ONE[15:], "region": "westeurope", "type": GROUP, "id": f"{_ONE}/resourceGroups/Shop", "name": "Shop",
     "container": _ONE, "tags": {}},
    {"account": _ONE[15:], "region": "westeurope", "type": "microsoft.compute/virtualmachines",
     "id": f"{_ONE}/resourceGroups/Shop/providers/Microsoft.Compute/virtualMachines/web", "name": "web",
     "container": f"{_ONE}/resourceGroups/Shop", "tags": {"Owner": "Ann"}},
]  # fmt: skip


def test_what_is_loaded_is_listed(cloud: Azure, lister: Open) -> None:
    assert cloud.load(ROWS) == []
    one = lister()
    (unit,) = one.units()
    assert isinstance(unit, Unit)
    listed = [r for r in one.resources(unit) if isinstance(r, Resource)]
    fields = ("account", "region", "type", "id", "name", "container", "tags")
    told = [{field: getattr(resource, field) for field in fields} for resource in listed]
    assert sorted(told, key=lambda row: row["id"]) == ROWS
