"""What stands on a bill besides the usage of resources?

Commitments, tax, support, credits, refunds, marketplace purchases, rounding, transfer without a resource, and
the software vendor's whole invoice. None of it is dropped from any total, in no cloud.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from configs.sample import clock
from configs.sample.company import (
    ACCOUNTS,
    ENROLLMENT,
    GOOGLE,
    LANTERN,
    MANAGEMENT,
    PAGEMARK,
    PROJECT_1,
    SUBSCRIPTION_1,
    Account,
    BillingAccount,
)
from configs.sample.lines import COMMITMENTS, ZERO, Judged, Line, whole_day
from configs.sample.resources import Resource
from configs.sample.services import service
from configs.sample.stories import REQUIRED_KEYS

Service = tuple[str, str, str]
BUYERS = {LANTERN: MANAGEMENT, ENROLLMENT: SUBSCRIPTION_1, GOOGLE: PROJECT_1}
_SUPPORT = {"aws": "AWS Support (Business)", "azure": "Azure Support Standard", "gcp": "Enhanced Support"}
_TRANSFER = {"aws": "AWS Data Transfer", "azure": "Bandwidth", "gcp": "Networking"}
_TAX_RATE = {
    "aws": Decimal("0.20"),
    "azure": Decimal("0.19"),
    "gcp": Decimal("0.20"),
}
PAGEMARK_RULED, PAGEMARK_UNRULED = "Pagemark Monitoring", "Pagemark Logs"


def other_lines(resources: Sequence[Resource], usage: Sequence[Line], rng: Random) -> Iterator[Line]:
    """Everything that is not the usage of a planned resource, for all three periods."""
    used = _covered(usage)
    for period in clock.PERIODS:
        for payer, buyer in BUYERS.items():
            yield from _commitment(payer, buyer, period, used, rng)
            yield from _monthly(payer, buyer, period, rng)
            yield from _on_resources(_target(buyer, resources), period, rng)
        for account in ACCOUNTS:
            if account.plain:
                yield from _transfer(account, period, rng)
        yield from _vendor(period, rng)


def _everywhere(verdict: str) -> Judged:
    return tuple((key, verdict) for key in REQUIRED_KEYS)


def _plain(
    payer: BillingAccount, account: Account | None, day: date, category: str, what: Service, amount: Decimal,
    pays: str, verdict: str = "shared", frequency: str = "Recurring",
) -> Line:  # fmt: skip
    """A line without resource and without tags; one amount in both books."""
    start, end = whole_day(day)
    listed = ZERO if category == "Tax" else amount
    return Line(
        payer=payer, account=account, period=clock.period_of(day), start=start, end=end, category=category,
        service=what, description=f"{what[0]}: {category.lower()}", billed=amount, effective=amount,
        listed=listed, contracted=listed, judged=_everywhere(verdict), pays=pays, frequency=frequency,
    )  # fmt: skip


def _amount(rng: Random, low: int, high: int) -> Decimal:
    """An amount between two whole numbers, to twelve decimals."""
    return Decimal(rng.randrange(low * 10**12, high * 10**12)) / Decimal(10**12)


def _covered(usage: Sequence[Line]) -> dict[tuple[str, date], Decimal]:
    """What each commitment paid for on each day: (commitment id, day) → EffectiveCost."""
    used: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for line in usage:
        if line.commitment:
            used[line.commitment.id, line.day] += line.effective
    return used


def _commitment(
    payer: BillingAccount, buyer: Account, period: str, covered: dict[tuple[str, date], Decimal], rng: Random
) -> Iterator[Line]:
    """What was not used each day, and the month's instalment: half was paid before the sample begins."""
    commitment = COMMITMENTS[payer.id]
    vm = service(payer.provider, "vm")
    what = (vm.ServiceName, vm.ServiceCategory, vm.ServiceSubcategory)
    bought = ZERO
    for day in clock.period_days(period):
        used = covered[commitment.id, day]
        left = (used * rng.randint(4, 14) / 100).quantize(Decimal("1e-10"))
        bought += used + left
        unused = _plain(payer, buyer, day, "Usage", what, left, "shared:commitment", frequency="Usage-Based")
        yield replace(
            unused, billed=ZERO, commitment=commitment, commitment_status="Unused", resource_id=commitment.id,
            resource_name=commitment.name, resource_type=commitment.kind,
            description=f"unused {commitment.name}",
        )  # fmt: skip
    fee = _plain(
        payer, buyer, clock.period_days(period)[0], "Purchase", what, bought / 2, "shared:commitment"
    )
    yield replace(
        fee, effective=ZERO, commitment=commitment, resource_id=commitment.id, resource_name=commitment.name,
        resource_type=commitment.kind, description=f"monthly fee of {commitment.name}",
    )  # fmt: skip


def _monthly(payer: BillingAccount, buyer: Account, period: str, rng: Random) -> Iterator[Line]:
    """Support, tax, a marketplace purchase, a promotional credit, and the provider's rounding."""
    first, last = clock.period_days(period)[0], clock.period_days(period)[-1]
    support = (_SUPPORT[payer.provider], "Management and Governance", "Support")
    market = ("Marketplace", "Developer Tools", "Other (Developer Tools)")
    other = ("Account", "Other", "Other (Other)")
    fee = _amount(rng, 180, 400)
    yield _plain(payer, buyer, first, "Purchase", support, fee, "shared:support")
    yield _plain(payer, buyer, last, "Tax", other, fee * _TAX_RATE[payer.provider] * 40, "shared:tax")
    licence = _plain(payer, buyer, first, "Purchase", market, _amount(rng, 90, 150), "shared:fee")
    yield replace(licence, publisher="Graniteworks", description="scanner licence from the marketplace")
    promotion, rounding = -_amount(rng, 40, 120), Decimal(rng.randint(-499, 499)) / Decimal(100_000)
    once = "One-Time"
    yield _plain(payer, buyer, last, "Credit", other, promotion, "shared:credit", frequency=once)
    yield _plain(payer, buyer, last, "Adjustment", other, rounding, "shared:adjustment", frequency=once)


def _target(home: Account, resources: Sequence[Resource]) -> Resource:
    """A resource of the buyer that is ok in every required key: there is always a covered instance."""
    return next(r for r in resources if r.account == home and r.covered and _all_ok(r))


def _all_ok(resource: Resource) -> bool:
    judged = [s.on(clock.FIRST_DAY).verdict for s in resource.stories if s.key in REQUIRED_KEYS]
    return len(judged) == len(REQUIRED_KEYS) and set(judged) == {"ok"}


def _on_resources(target: Resource, period: str, rng: Random) -> Iterator[Line]:
    """Credits with and without the resource's tags, and a refund of the month before."""
    last = clock.period_days(period)[-1]
    yield _about(target, last, "Credit", -_amount(rng, 3, 9), with_tags=True)
    yield _about(target, last, "Credit", -_amount(rng, 1, 3), with_tags=False)
    if period != clock.PERIODS[0]:
        month_before = clock.period_days(period)[0] - timedelta(days=9)
        refund = _about(target, month_before, "Adjustment", -_amount(rng, 2, 6), with_tags=True)
        yield replace(refund, period=period, charge_class="Correction")


def _about(target: Resource, day: date, category: str, amount: Decimal, *, with_tags: bool) -> Line:
    """A line of another class that names a resource; its live owner pays when the line carries no tags."""
    kind = target.service
    what = (kind.ServiceName, kind.ServiceCategory, kind.ServiceSubcategory)
    owner = next(s.pays for story in target.stories for s in story.spans if s.pays)
    line = _plain(
        target.account.payer, target.account, day, category, what, amount, owner,
        "ok" if with_tags else "untaggable", "One-Time",
    )  # fmt: skip
    return replace(
        line, resource=target, resource_id=target.billed_id, resource_name=target.name, region=target.region,
        resource_type=kind.type_on_bill,
        tags=target.billed_tags(day) if with_tags else (),
    )  # fmt: skip


def _transfer(account: Account, period: str, rng: Random) -> Iterator[Line]:
    """Traffic to the internet: usage without a resource, which no rule pays for."""
    what = (_TRANSFER[account.provider], "Networking", "Network Connectivity")
    for day in clock.period_days(period):
        amount = _amount(rng, 0, 3)
        line = _plain(
            account.payer, account, day, "Usage", what, amount, "unallocated:shared", frequency="Usage-Based"
        )
        yield replace(line, region=account.regions[0], description="data transfer out to the internet")


def _vendor(period: str, rng: Random) -> Iterator[Line]:
    """A software vendor whose export knows neither resources nor tags: judged by its (absent) tags alone."""
    what = (PAGEMARK_RULED, "Management and Governance", "Observability")
    logs = (PAGEMARK_UNRULED, "Management and Governance", "Observability")
    for day in clock.period_days(period):
        for each, pays in ((what, "owner:platform"), (logs, "unallocated:untagged")):
            amount = _amount(rng, 4, 11)
            yield _plain(PAGEMARK, None, day, "Usage", each, amount, pays, "untagged", "Usage-Based")
    last = clock.period_days(period)[-1]
    vat = ("Pagemark VAT", "Other", "Other (Other)")
    yield _plain(PAGEMARK, None, last, "Tax", vat, _amount(rng, 60, 90), "shared:tax")
