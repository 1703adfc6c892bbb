"""What may stand below `policies` in allocation.yaml?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recon.yaml_file import Shaped, Strict, Text

_WORDS = "spread, even, service, owner:<value> or shared:<pool> is needed (account: see account_owner_bears)"
Word = Annotated[Text, Shaped(r"spread|even|service|account|(owner|shared):\S.*", _WORDS)]


class WrittenPolicies(Strict):
    """Who bears charges of a kind: spread (over all owners by cost), even, service (by cost of the same service),
    owner:<value>, or shared:<pool>."""

    unused_commitments: Word | None = Field(default=None, description="what was committed to and not used")
    commitment_purchases: Word | None = Field(default=None, description="fees and purchases of commitments")
    savings: Literal["users", "shared"] | None = Field(
        default=None,
        description="users: who used a commitment pays its price; shared: covered usage is divided by the cost in its service",
    )
    refunds: Word | None = Field(default=None, description="corrections of earlier bills")
    credits: Word | None = Field(default=None, description="credits")
    tax: Word | None = Field(default=None, description="taxes")
    support: Word | None = Field(default=None, description="support plans")
    marketplace: Word | None = Field(
        default=None, description="what other publishers sell through the provider"
    )
