"""What is one account × region, and what was found in it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.names import parse
from recon.snapshot.listing import Resource


@dataclass(frozen=True)
class Found:
    """A resource as one source shows it."""

    arn: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """`region`: the one that is asked; `regional`, `everywhere`: whether what lies in this region, and what lies
    in none, belongs to the unit; `container`: ARN of the account, where it is known."""

    desk: Desk
    region: str
    regional: bool
    everywhere: bool
    container: str | None

    @property
    def account(self) -> str:
        return self.desk.account

    @property
    def partition(self) -> str:
        return self.desk.sessions.partition

    @property
    def what(self) -> str:
        return f"aws/{self.account}/{self.region}"

    def resource(self, found: Found) -> Resource | None:
        """The resource, None where it belongs to another unit: what lies in no region is shown by one unit only,
        what another account shares with this one by that account."""
        arn = parse(found.arn)
        if arn is None or (arn.account and arn.account != self.account):
            return None
        if arn.service == "organizations":
            return None  # accounts and their units are told once, by the organization itself
        if not (self.everywhere if arn.is_global else self.regional):
            return None
        if arn.region and arn.region != self.region:
            return None
        region = "" if arn.is_global else self.region
        return Resource(
            "aws", self.account, region, arn.type, arn.text, arn.name, self.container, found.tags, arn.also
        )
