"""Which tag keys reach the bill? Cost allocation tags are switched on one by one, in the account that pays.

Source: AWS, Cost Explorer API Reference, ListCostAllocationTags.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.aws.inventory.desk import Desk
from recon.errors import Unreachable
from recon.snapshot.listing import Activation, Unseen

PAGE = 1000
_TYPE = "ce:cost-allocation-tag"


def cost_allocation_tags(desk: Desk) -> Iterator[Activation | Unseen]:
    """The keys and whether they are active; only the account that pays is told. Unseen where it is not."""
    try:
        for page in desk.pages(
            *("ce", "ListCostAllocationTags", desk.sessions.global_region),
            needs="CostAllocationTags",
            MaxResults=PAGE,
        ):
            for tag in page["CostAllocationTags"]:
                yield Activation("aws", desk.account, str(tag["TagKey"]), str(tag["Status"]).lower())
    except Unreachable as error:
        yield Unseen("aws", desk.account, error.reason, "", _TYPE, error.kind, error.permission)
