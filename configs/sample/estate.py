"""Who lives in the sample estate? The healthy majority, and the planted rest.

`plan` draws everything from one seeded stream: the same seed and scale give the same estate.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from configs.sample import clock
from configs.sample.company import ACCOUNTS, LANTERN, PLAIN_GROUPS, Account
from configs.sample.planting import planted
from configs.sample.resources import Maker, Resource
from configs.sample.services import Service, service, services_of
from configs.sample.stories import healthy

_HEALTHY_PER_ACCOUNT = 17
_HOURLY_PER_CLOUD = 2  # one hourly instance is 24 lines a day


def plan(seed: int, scale: float) -> tuple[Resource, ...]:
    """Every resource of the estate: some 450 at scale 1, and never fewer than one of each plant."""
    maker = Maker(Random(f"{seed}:estate"))
    copies = max(1, round(scale))
    return (*_healthy(maker, scale), *planted(maker, copies))


def _healthy(maker: Maker, scale: float) -> Iterator[Resource]:
    for account in ACCOUNTS:
        yield from _anchors(maker, account, max(1, round(_HOURLY_PER_CLOUD * scale)))
        for _ in range(round(_HEALTHY_PER_ACCOUNT * scale)):
            yield _ordinary(maker, account, maker.rng.choice(_catalogue(account)))


def _anchors(maker: Maker, account: Account, hourly: int) -> Iterator[Resource]:
    """What every estate has at any scale: covered and hourly instances, comings and goings, a free line."""
    vm, database = service(account.provider, "vm"), service(account.provider, "database")
    if account.pool:
        for _ in range(2):
            yield _ordinary(maker, account, service("aws", "gateway"))
    if not account.plain:
        return
    owner = maker.rng.choice(account.owners)
    own = (healthy("cost-center", account.provider, owner), *maker.everyday(account))
    if account.environment == "prod":
        yield maker.resource(account, vm, owner, own, covered=True)
        yield maker.resource(account, database, owner, own, unpriced=True)
    if account.payer is LANTERN and account.owners[0] in ("payments", "search"):
        for _ in range(hourly):
            yield maker.resource(account, vm, owner, own, hourly=True)
    since, until = clock.ARRIVED, clock.GONE_AFTER
    yield maker.resource(account, vm, owner, own, runs=clock.days(since), listed=(since, clock.NOW.date()))
    gone = (clock.FIRST_DAY, until)
    yield maker.resource(account, vm, owner, own, runs=clock.days(clock.FIRST_DAY, until), listed=gone)


def _ordinary(maker: Maker, account: Account, kind: Service) -> Resource:
    owner = maker.rng.choice(account.owners)
    environment = account.environment
    if account.payer is LANTERN and account.plain and maker.rng.random() < 0.15:
        environment = "test"
    stories = (healthy("cost-center", account.provider, owner), *maker.everyday(account, environment))
    group = maker.rng.choice(PLAIN_GROUPS) if account.provider == "azure" else None
    covered = account.plain and kind.slot == "vm" and maker.rng.random() < 0.4
    return maker.resource(account, kind, owner, stories, group=group, covered=covered)


def _catalogue(account: Account) -> list[Service]:
    """What an ordinary team buys there; a bucket's ARN names no account, so the tagging dump has none."""
    without = {"untaggable", "gateway"} | ({"bucket"} if account.listing != "complete" else set())
    return [s for s in services_of(account.provider) if s.slot not in without]
