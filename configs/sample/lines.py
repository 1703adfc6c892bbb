"""What is one planned bill line, and how does a resource's usage become lines?

A line holds its FOCUS values as they are written and, beside them, what the plan says about it: the verdict
of each required key and the ledger account that pays before splits. Amounts are exact, in the billing
account's currency: unit prices have eight decimals, quantities ten, discounts two each, so costs have up to
twenty-two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from configs.sample import clock
from configs.sample.company import Account, BillingAccount, Tags
from configs.sample.resources import Resource
from configs.sample.stories import OWNER_KEY, REQUIRED_KEYS

ZERO = Decimal(0)
COMMITTED_SHARE = Decimal("0.62")  # what a covered hour costs, of its on-demand price
NEGOTIATED_SHARE = Decimal("0.95")  # the price after negotiation, of the list price
Judged = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Commitment:
    """A reservation or savings plan of one billing account."""

    id: str
    name: str
    category: str
    kind: str


COMMITMENTS = {
    "400100200300": Commitment(
        "arn:aws:savingsplans::400100200300:savingsplan/7c1d0e52-9f5b-4d0a-8a55-0d6a3a1f6e01",
        "compute plan 2026", "Spend", "Compute Savings Plan",
    ),
    "86420135": Commitment(
        "/providers/microsoft.capacity/reservationorders/2f6a4c00-0000-4000-8000-0000000000aa",
        "vm reservation 2026", "Usage", "Reservation",
    ),
    "01A2B3-4C5D6E-7F8091": Commitment(
        "projects/lantern-ranking-prod/commitments/cud-2026", "cud-2026", "Spend", "Flexible CUD",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Line:
    """One bill line and its planted truth; `resource` is None for what is not a planned resource."""

    payer: BillingAccount
    account: Account | None
    period: str
    start: datetime
    end: datetime
    category: str
    service: tuple[str, str, str]  # ServiceName, ServiceCategory, ServiceSubcategory
    description: str
    billed: Decimal
    effective: Decimal
    listed: Decimal
    contracted: Decimal
    judged: Judged
    pays: str
    frequency: str = "Usage-Based"
    charge_class: str | None = None
    resource: Resource | None = None
    resource_id: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    region: str | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    quantity: Decimal | None = None
    commitment: Commitment | None = None
    commitment_status: str | None = None
    publisher: str | None = None
    tags: Tags = ()

    @property
    def day(self) -> date:
        return self.start.date()


def whole_day(day: date) -> tuple[datetime, datetime]:
    """The UTC bounds of a day, end exclusive."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1)


def usage_lines(resource: Resource, rng: Random) -> Iterator[Line]:
    """The resource's usage, daily or hourly, in the order of time."""
    for day in resource.runs:
        start, end = whole_day(day)
        if not resource.hourly:
            yield _usage(resource, start, end, _units(resource, rng, 1))
            continue
        for hour in range(24):
            at = start + timedelta(hours=hour)
            yield _usage(resource, at, at + timedelta(hours=1), _units(resource, rng, 24))


def verdicts_on(resource: Resource, day: date) -> Judged:
    """What the plan says of a usage line of that day, per required key."""
    judged = {story.key: story.on(day).verdict for story in resource.stories}
    return tuple((key, judged[key]) for key in REQUIRED_KEYS)


def payer_on(resource: Resource, day: date) -> str:
    """The ledger account of that day's usage; an allocation rule for the whole account comes first."""
    if resource.account.pool:
        return f"shared:{resource.account.pool}"
    owner = next(story for story in resource.stories if story.key == OWNER_KEY)
    return owner.on(day).pays or "unallocated:untagged"


def _units(resource: Resource, rng: Random, per_day: int) -> Decimal:
    jitter = Decimal(rng.randrange(7_000_000_000, 13_000_000_000)) / Decimal(10_000_000_000)
    return (resource.service.daily * jitter / per_day).quantize(Decimal("1e-10"))


def _usage(resource: Resource, start: datetime, end: datetime, quantity: Decimal) -> Line:
    """One usage line: free, covered by a commitment (nothing billed), or at the negotiated price."""
    kind, account, day = resource.service, resource.account, start.date()
    price = ZERO if resource.unpriced else resource.price
    listed = price * quantity
    contracted = listed * NEGOTIATED_SHARE if account.provider == "azure" else listed
    commitment = COMMITMENTS.get(account.payer.id) if resource.covered else None
    return Line(
        payer=account.payer,
        account=account,
        period=clock.period_of(day),
        start=start,
        end=end,
        category="Usage",
        service=(kind.ServiceName, kind.ServiceCategory, kind.ServiceSubcategory),
        description=f"{kind.ServiceName}, per {kind.unit}",
        billed=ZERO if commitment else contracted,
        effective=contracted * COMMITTED_SHARE if commitment else contracted,
        listed=listed,
        contracted=contracted,
        judged=verdicts_on(resource, day),
        pays=payer_on(resource, day),
        resource=resource,
        resource_id=resource.billed_id,
        resource_name=resource.name,
        resource_type=kind.type_on_bill,
        region=resource.region,
        unit=kind.unit,
        unit_price=price,
        quantity=quantity,
        commitment=commitment,
        commitment_status="Used" if commitment else None,
        tags=resource.billed_tags(day),
    )
