"""Which resources carry a planted defect, and which only look as if they did?

Every plant is made at least once in each cloud it fits, more often in a larger estate. Only one key of a
resource is planted; the others are healthy, so that a verdict has one cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from configs.sample import clock
from configs.sample import owner_stories as tell
from configs.sample.company import ACCOUNTS, BRIGHTFOLD, OWNERS, TAGGED_GROUPS, Account, accounts_of
from configs.sample.owner_stories import Cast, Teller
from configs.sample.resources import ALWAYS, LISTED_ALWAYS, Maker, Resource
from configs.sample.services import service, services_of
from configs.sample.stories import REQUIRED_KEYS, absent, free, healthy, steady

CLOUDS = ("aws", "azure", "gcp")
_BETWEEN_SNAPSHOTS = clock.days(date(2026, 10, 17), date(2026, 10, 28))
_TO_THE_END = clock.days(date(2026, 10, 22), clock.LAST_DAY)


@dataclass(frozen=True)
class Plant:
    """One owner story, where it fits, and the days on which its resource is billed."""

    teller: Teller
    clouds: tuple[str, ...] = CLOUDS
    runs: tuple[date, ...] = ALWAYS
    finding: str | None = None


PLANTS = (
    Plant(tell.variant_value, ("aws", "azure")),
    Plant(tell.variant_key),
    Plant(tell.typo),
    Plant(tell.retired_value, runs=clock.weekdays()),
    Plant(tell.deprecated_key, ("aws", "azure"), runs=clock.weekdays()),
    Plant(tell.conflict_live),
    Plant(tell.conflict_spellings),
    Plant(tell.late_by_history, runs=_BETWEEN_SNAPSHOTS),
    Plant(tell.lagging, runs=_TO_THE_END),
    Plant(tell.late_by_bill),
    Plant(tell.not_activated, ("aws",)),
    Plant(tell.not_billed),
    Plant(tell.untagged),
    Plant(tell.empty, finding="empty-value"),
    Plant(tell.retagged),
    Plant(tell.retagged_in_august),
    Plant(tell.renamed),
    Plant(tell.removed),
)


def planted(maker: Maker, copies: int) -> Iterator[Resource]:
    """Every planted resource, `copies` of each plant per cloud."""
    for _ in range(copies):
        for plant in PLANTS:
            for cloud in plant.clouds:
                yield _owner_plant(maker, plant, cloud)
        for cloud in CLOUDS:
            yield from _catalogued(maker, cloud)
            yield from _bare(maker, cloud)
            yield from _other_keys(maker, cloud)
            yield from _oddities(maker, cloud)
        yield from _in_containers(maker)
        yield from _without_activation(maker)


def plain_account(maker: Maker, cloud: str, environment: str | None = None) -> Account:
    """Some account in which nothing but the resource's own tags decides."""
    fitting = [
        a for a in accounts_of(cloud) if a.plain and (environment is None or a.environment == environment)
    ]
    return maker.rng.choice(fitting)


def _cast(maker: Maker, account: Account) -> Cast:
    v = maker.rng.choice(account.owners)
    return Cast(account.provider, v, maker.rng.choice([o for o in OWNERS if o != v]))


def _owner_plant(maker: Maker, plant: Plant, cloud: str) -> Resource:
    account = plain_account(maker, cloud)
    cast = _cast(maker, account)
    kind = service(cloud, maker.rng.choice(("vm", "disk", "database")))
    stories = (plant.teller(cast), *maker.everyday(account))
    return maker.resource(account, kind, cast.v, stories, runs=plant.runs, finding=plant.finding)


def _catalogued(maker: Maker, cloud: str) -> Iterator[Resource]:
    """The catalogue gives everything named *search-index* to search."""
    account = plain_account(maker, cloud)
    cast = Cast(cloud, "search", "platform")
    for story in (
        tell.wrong_by_catalogue(cast),
        tell.untagged_but_catalogued(cast),
        healthy("cost-center", cloud, "search"),
    ):
        stories = (story, *maker.everyday(account))
        yield maker.resource(account, service(cloud, "database"), "search", stories, noun="index")


def _bare(maker: Maker, cloud: str) -> Iterator[Resource]:
    """No tag at all: known, never seen, and seen before but gone."""
    account, kind = plain_account(maker, cloud), service(cloud, "database")
    owner = maker.rng.choice(account.owners)

    def bare(verdict: str, runs: tuple[date, ...], listed: tuple[date, date] | None) -> Resource:
        stories = tuple(absent(key, verdict) for key in REQUIRED_KEYS)
        return maker.resource(account, kind, owner, stories, runs=runs, listed=listed)

    yield bare("untagged", ALWAYS, LISTED_ALWAYS)
    yield bare("unknown-resource", ALWAYS, None)
    until_gone = clock.days(clock.FIRST_DAY, clock.GONE_AFTER)
    yield bare("deleted", until_gone, (clock.FIRST_DAY, clock.GONE_AFTER))


def _other_keys(maker: Maker, cloud: str) -> Iterator[Resource]:
    """Defects of the environment and the data class; the owner is right."""
    account = plain_account(maker, cloud, "prod")
    owner = maker.rng.choice(account.owners)
    own, env = healthy("cost-center", cloud, owner), healthy("environment", cloud, "prod")
    secret = maker.data_class(account, "prod")
    alias = (("environment", "production" if cloud == "gcp" else "PRD"),)
    typo, unknown = (("environment", "prodd"),), (("data-class", "top-secret"),)
    test, prod = (("environment", "test"),), (("environment", "prod"),)
    for stories in (
        (own, steady("environment", "variant-value", alias, alias, "variant"), secret),
        (own, steady("environment", "typo", typo, typo, "invalid"), secret),
        (own, steady("environment", "conflict-live", test, prod, "conflict"), secret),
        (own, absent("environment", "untagged"), secret),
        (own, env, absent("data-class", "untagged")),
        (own, env, steady("data-class", "unknown-value", unknown, unknown, "invalid")),
    ):
        yield maker.resource(account, service(cloud, "bucket"), owner, stories)


def _oddities(maker: Maker, cloud: str) -> Iterator[Resource]:
    """Live but not billed; a secret in a note; hostile text; what can't carry tags."""
    account = plain_account(maker, cloud)
    owner = maker.rng.choice(account.owners)
    own = (healthy("cost-center", cloud, owner), *maker.everyday(account))
    vm = service(cloud, "vm")
    yield maker.resource(account, vm, owner, own, runs=(), finding="live-not-billed")
    none = tuple(absent(key, "untaggable") for key in REQUIRED_KEYS)
    yield maker.resource(account, service(cloud, "untaggable"), owner, none, listed=None)
    if cloud == "gcp":  # a label can hold neither secret nor markup
        return
    key_id = "AK" + "IA" + "".join(maker.rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
    yield maker.resource(
        account, vm, owner, (*own, free((("debug-note", key_id),))), finding="sensitive-value"
    )
    hostile = '=HYPERLINK("x","<script>alert(1)</script>")\u202e\x1b[31m'
    yield maker.resource(account, vm, owner, (*own, free((("note", hostile),))))


def _in_containers(maker: Maker) -> Iterator[Resource]:
    """Accounts and resource groups whose own tags, exemption or dump decide."""
    for account in ACCOUNTS:
        databases = service(account.provider, "database")
        if account.tag_owner:
            cast = Cast(account.provider, account.tag_owner, "payments")
            for story in (tell.inherited(cast), tell.wrong_by_container(cast)):
                yield maker.resource(account, databases, cast.v, (story, *maker.everyday(account)))
        if account.exempt:
            excused = tell.exempt(_cast(maker, account))
            yield maker.resource(account, databases, "platform", (excused, *maker.everyday(account)))
        if account.listing == "tagging-api":
            bare = tuple(absent(key, "untagged", "untagged-unlisted") for key in REQUIRED_KEYS)
            yield maker.resource(account, databases, account.owners[0], bare)
        if ("environment", "prod") in account.tags:
            own = healthy("cost-center", account.provider, account.owners[0])
            env = absent("environment", "inherited", "inherited-ladder")
            told = (own, env, maker.data_class(account, "prod"))
            yield maker.resource(account, databases, account.owners[0], told)
    for (account_id, group), tags in TAGGED_GROUPS.items():
        account = next(a for a in ACCOUNTS if a.id == account_id)
        cast = Cast("azure", tags[0][1], "platform")
        for story in (tell.inherited(cast), tell.inherited_on_bill(cast)):
            stories = (story, *maker.everyday(account))
            kind = maker.rng.choice(services_of("azure")[:5])
            yield maker.resource(account, kind, cast.v, stories, group=group)


def _without_activation(maker: Maker) -> Iterator[Resource]:
    """The acquired company never activated the data class: live in production, on no line of its bill."""
    account = next(a for a in ACCOUNTS if a.payer is BRIGHTFOLD)
    for slot in ("database", "vm"):
        owner = account.owners[0]
        live = (("data-class", "internal"),)
        stories = (
            healthy("cost-center", "aws", owner),
            healthy("environment", "aws", "prod"),
            steady("data-class", "not-activated", live, (), "not-activated"),
        )
        yield maker.resource(account, service("aws", slot), owner, stories)
