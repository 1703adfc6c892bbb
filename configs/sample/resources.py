"""What is one planned resource, and how is one made up?

A resource is a plan: where it lives, what it costs on an ordinary day, on which days it is billed, when the
inventory lists it, and the story of each of its tags. Bill, inventory and truth are all written from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random

from configs.sample import clock
from configs.sample.company import PLAIN_GROUPS, Account, Tags
from configs.sample.services import Service
from configs.sample.stories import Story, free, healthy, not_required

ALWAYS = clock.days()
LISTED_ALWAYS = (clock.FIRST_DAY, date.max)
DATA_CLASSES = ("public", "internal", "confidential")

# No name may read like an entry of the catalogue by accident.
_NOUNS = (
    "api",
    "worker",
    "ledger",
    "cache",
    "queue",
    "batch",
    "intake",
    "web",
    "export",
    "report",
    "feed",
    "sync",
)
_SIZES = tuple(Decimal(s) for s in ("0.5", "1", "1", "1", "2", "2", "4", "8"))


@dataclass(frozen=True)
class Resource:
    """One resource. `price` is per unit; `listed`: first day and first day no more, None = never."""

    account: Account
    service: Service
    name: str
    region: str
    group: str
    live_id: str
    billed_id: str
    price: Decimal
    stories: tuple[Story, ...]
    runs: tuple[date, ...] = ALWAYS
    listed: tuple[date, date] | None = LISTED_ALWAYS
    hourly: bool = False
    covered: bool = False
    unpriced: bool = False
    finding: str | None = None

    def listed_on(self, day: date) -> bool:
        """Does a snapshot of that day show the resource? The tagging API shows tagged ones only."""
        if self.listed is None or not self.listed[0] <= day < self.listed[1]:
            return False
        return self.account.listing == "complete" or bool(self.live_tags(day))

    def live_tags(self, day: date) -> Tags:
        """What the resource itself carries on a day, in the order of its stories."""
        return tuple(tag for story in self.stories for tag in story.on(day).live)

    def billed_tags(self, day: date) -> Tags:
        """What a bill line of that day carries."""
        return tuple(tag for story in self.stories for tag in story.on(day).billed)


@dataclass
class Maker:
    """Makes up resources: names, ids, sizes and everyday tags come from one random stream."""

    rng: Random
    made: int = field(default=0)

    def resource(
        self,
        account: Account,
        service: Service,
        owner: str,
        stories: tuple[Story, ...],
        *,
        noun: str | None = None,
        group: str | None = None,
        runs: tuple[date, ...] = ALWAYS,
        listed: tuple[date, date] | None = LISTED_ALWAYS,
        hourly: bool = False,
        covered: bool = False,
        unpriced: bool = False,
        finding: str | None = None,
    ) -> Resource:
        """A resource named after its real owner, with exactly the tags that its stories tell."""
        self.made += 1
        name = f"{owner}-{noun or self.rng.choice(_NOUNS)}-{self.made:04d}"
        region = self.rng.choice(account.regions)
        group = group or (self.rng.choice(PLAIN_GROUPS) if account.provider == "azure" else "")
        live_id, billed_id = service.ids(account, region, group, name, self.rng)
        return Resource(
            account, service, name, region, group, live_id, billed_id, self._price(service), stories, runs,
            listed, hourly, covered, unpriced, finding,
        )  # fmt: skip

    def everyday(self, account: Account, environment: str | None = None) -> tuple[Story, ...]:
        """Healthy stories of every required key but the owner's, and some tags that no one judges.

        The data class is required in production only; elsewhere the resource goes without.
        """
        environment = environment or account.environment
        stories = [
            healthy("environment", account.provider, environment),
            self.data_class(account, environment),
        ]
        if self.rng.random() < 0.5:
            stories.append(free((("application", self.rng.choice(_NOUNS)),)))
        if self.rng.random() < 0.1 and account.provider != "gcp":  # a label can't hold an address
            stories.append(free((("contact", f"oncall+{self.rng.randint(1, 9)}@lanternworks.example"),)))
        return tuple(stories)

    def data_class(self, account: Account, environment: str) -> Story:
        """Healthy in production, absent and not required elsewhere."""
        if environment != "prod":
            return not_required("data-class")
        return healthy("data-class", account.provider, self.rng.choice(DATA_CLASSES))

    def _price(self, service: Service) -> Decimal:
        """The catalogue's price times a size, with the long tail of digits that real price sheets have."""
        jitter = Decimal(self.rng.randrange(900_000, 1_100_000)) / Decimal(1_000_000)
        return (service.price * self.rng.choice(_SIZES) * jitter).quantize(Decimal("1e-8"))
