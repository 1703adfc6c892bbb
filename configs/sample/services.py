"""What can be bought in each cloud, at what price, and how is a bought thing called?

The catalogue itself is `files/services.csv`: `price` per `unit`, `daily` units on an ordinary day, `slot`
groups what is alike across clouds. An id is a pattern; the bill's id is the live one unless given: AWS
bills instances and volumes by their short id, Azure writes it in lower case.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

from configs.sample.company import Account

_CATALOGUE = Path(__file__).parent / "files" / "services.csv"


@dataclass(frozen=True)
class Service:
    """One kind of resource that a cloud bills. `price` is in the billing account's currency."""

    provider: str
    slot: str
    ServiceName: str
    ServiceCategory: str
    ServiceSubcategory: str
    ResourceType: str
    unit: str
    price: Decimal
    daily: Decimal
    live_id: str
    billed_id: str

    @property
    def type_on_bill(self) -> str:
        """The resource type as bill and Resource Graph write it: Azure in lower case."""
        return self.ResourceType.lower() if self.provider == "azure" else self.ResourceType

    def ids(self, account: Account, region: str, group: str, name: str, rng: Random) -> tuple[str, str]:
        """The resource's (live id, billed id)."""
        arm = f"/subscriptions/{account.id}/resourceGroups/{group}/providers/{self.ResourceType}"
        storage = (
            f"/subscriptions/{account.id}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts"
        )
        parts = {
            "region": region,
            "account": account.id,
            "name": name,
            "hex16": f"{rng.getrandbits(64):016x}",
            "arm": arm,
            "arm_account": storage,
        }
        live = self.live_id.format(**parts)
        billed = self.billed_id.format(**parts) or live
        return live, billed.lower() if self.provider == "azure" else billed


@cache
def services_of(provider: str) -> tuple[Service, ...]:
    """A cloud's part of the catalogue, in the order of the file."""
    with _CATALOGUE.open(newline="", encoding="utf-8") as rows:
        return tuple(_service(row) for row in csv.DictReader(rows) if row["provider"] == provider)


def service(provider: str, slot: str) -> Service:
    """The service of one slot; KeyError names what there is."""
    for each in services_of(provider):
        if each.slot == slot:
            return each
    raise KeyError(f"{provider} has no {slot}; it has {[s.slot for s in services_of(provider)]}")


def _service(row: dict[str, str]) -> Service:
    text = {k: v for k, v in row.items() if k not in ("price", "daily")}
    return Service(price=Decimal(row["price"]), daily=Decimal(row["daily"]), **text)
