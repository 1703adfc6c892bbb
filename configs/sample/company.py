"""Which accounts does the invented company have, who pays for them, and which carry tags themselves?

The accounts are the same for every seed; registry, allocation and configuration name them.
"""

from __future__ import annotations

from dataclasses import dataclass

Tags = tuple[tuple[str, str], ...]

OWNERS = ("payments", "search", "platform", "storefront", "data", "mobile")
RETIRED_OWNER = "growth"


@dataclass(frozen=True)
class BillingAccount:
    """Who is invoiced, by whom and in which currency."""

    provider: str
    id: str
    name: str
    currency: str
    ProviderName: str
    InvoiceIssuerName: str


@dataclass(frozen=True)
class Account:
    """An account, subscription or project. `tags` are its own; `listing` is how its inventory is dumped.

    `tag_owner` is the owner that its tags name: binding for everything inside. `pool` is the shared pool
    that an allocation rule sends all of its cost to.
    """

    payer: BillingAccount
    id: str
    name: str
    environment: str
    regions: tuple[str, ...]
    owners: tuple[str, ...]
    tags: Tags = ()
    tag_owner: str | None = None
    exempt: bool = False
    pool: str | None = None
    listing: str = "complete"
    number: str = ""  # Google Cloud's project number

    @property
    def provider(self) -> str:
        return self.payer.provider

    @property
    def plain(self) -> bool:
        """Nothing about the account itself decides a verdict: the place for planted defects."""
        special = self.tag_owner or self.exempt or self.pool or self.listing != "complete"
        return not special and self.payer is not BRIGHTFOLD


LANTERN = BillingAccount("aws", "400100200300", "Lanternworks", "USD", "AWS", "Amazon Web Services, Inc.")
BRIGHTFOLD = BillingAccount("aws", "400100200990", "Brightfold", "USD", "AWS", "Amazon Web Services, Inc.")
ENROLLMENT = BillingAccount("azure", "86420135", "Lanternworks EA", "EUR", "Microsoft", "Microsoft")
GOOGLE = BillingAccount("gcp", "01A2B3-4C5D6E-7F8091", "Lanternworks", "USD", "Google Cloud", "Google Cloud")
PAGEMARK = BillingAccount("pagemark", "PM-7731", "Lanternworks Ltd", "GBP", "Pagemark", "Pagemark")
BILLING_ACCOUNTS = (LANTERN, BRIGHTFOLD, ENROLLMENT, GOOGLE, PAGEMARK)

_EU, _US = "eu-west-1", "us-east-1"


def _subscription(n: int) -> str:
    return f"5ab1e000-0000-4000-8000-{n:012d}"


MANAGEMENT = Account(LANTERN, "400100200300", "management", "prod", (_US,), ("platform",))
SUBSCRIPTION_1 = Account(
    ENROLLMENT, _subscription(1), "storefront-prod", "prod", ("westeurope",), ("storefront", "payments")
)
PROJECT_1 = Account(
    GOOGLE,
    "lantern-ranking-prod",
    "ranking-prod",
    "prod",
    ("europe-west1",),
    ("search", "data"),
    number="710000000001",
)

ACCOUNTS: tuple[Account, ...] = (
    MANAGEMENT,
    Account(LANTERN, "400100200301", "payments-prod", "prod", (_EU, _US), ("payments", "platform")),
    Account(LANTERN, "400100200302", "search-prod", "prod", (_EU,), ("search", "platform")),
    Account(LANTERN, "400100200303", "data-lake", "test", (_EU,), ("data", "search")),
    Account(
        LANTERN,
        "400100200304",
        "mobile-apps",
        "prod",
        (_EU,),
        ("mobile",),
        tags=(("cost-center", "mobile"),),
        tag_owner="mobile",
    ),
    Account(LANTERN, "400100200305", "network-transit", "prod", (_EU,), ("platform",), pool="network"),
    Account(LANTERN, "400100200306", "sandbox", "dev", (_US,), ("platform",), exempt=True),
    Account(LANTERN, "400100200307", "legacy-tools", "test", (_US,), ("platform",), listing="tagging-api"),
    Account(BRIGHTFOLD, "400100200990", "brightfold", "test", (_US,), ("storefront",)),
    SUBSCRIPTION_1,
    Account(ENROLLMENT, _subscription(2), "analytics", "dev", ("northeurope",), ("data",)),
    Account(
        ENROLLMENT,
        _subscription(3),
        "corporate-it",
        "prod",
        ("westeurope",),
        ("platform",),
        tags=(("cost-center", "platform"),),
        tag_owner="platform",
    ),
    Account(ENROLLMENT, _subscription(4), "storefront-test", "test", ("westeurope",), ("storefront",)),
    PROJECT_1,
    Account(GOOGLE, "lantern-ml", "ml", "test", ("europe-west4",), ("data", "search"), number="710000000002"),
    Account(
        GOOGLE,
        "lantern-mobile-backend",
        "mobile-backend",
        "prod",
        ("europe-west1",),
        ("mobile",),
        tags=(("cost_center", "mobile"), ("environment", "prod")),
        tag_owner="mobile",
        number="710000000003",
    ),
    Account(
        GOOGLE,
        "lantern-sandbox",
        "sandbox",
        "dev",
        ("us-central1",),
        ("platform",),
        exempt=True,
        number="710000000004",
    ),
    Account(
        GOOGLE,
        "lantern-reports-dev",
        "reports-dev",
        "dev",
        ("europe-west1",),
        ("data",),
        number="710000000005",
    ),
)

# Resource groups that carry a tag: the only containers of their kind that do.
TAGGED_GROUPS: dict[tuple[str, str], Tags] = {
    (SUBSCRIPTION_1.id, "rg-checkout"): (("cost-center", "payments"),),
    (_subscription(4), "rg-catalog"): (("cost-center", "storefront"),),
}
PLAIN_GROUPS = ("rg-core", "rg-apps")


def accounts_of(provider: str) -> tuple[Account, ...]:
    """The company's accounts at one provider."""
    return tuple(a for a in ACCOUNTS if a.provider == provider)
