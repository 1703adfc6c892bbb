"""What must a live inventory say, so that its resources become rows of the tag history?

A lister names units first, then lists them one by one, in any order and several at a time. A unit is what is
listed in one piece: when it breaks it is listed again as a whole, and when it can't be listed at all nothing of
it counts as gone. What a lister could not see it says; it never leaves something out in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

ACTIVATION = (
    "ce:cost-allocation-tag"  # as the type of an Unseen: no resource, and no account is less seen by it
)


@dataclass(frozen=True)
class Resource:
    """One live resource, or a container (account, project, subscription, resource group, namespace).

    provider    id of the provider: aws, azure, gcp, k8s
    account     account, subscription, project id or cluster, as bills write it (FOCUS SubAccountId)
    region      as the provider writes it; "" for what lies in no region
    type        the provider's own word, as the taggability table spells it
    id          the full name: ARN, ARM id, Cloud Asset full resource name
    container   `id` of what it lies in, whose tags it may inherit; None where nothing is known
    tags        as they are now, byte for byte; empty where it has none
    also        other ids by which a bill may name it
    """

    provider: str
    account: str
    region: str
    type: str
    id: str
    name: str | None = None
    container: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unit:
    """`key`: unique within its lister and the same every night. `account`, `region`: what it belongs to, ""
    where it holds many; `type`: the only type in it, "" where there are several. `share`: units with the same one
    share a provider's rate limit."""

    key: str
    provider: str
    account: str
    region: str = ""
    share: str = ""
    type: str = ""


@dataclass(frozen=True)
class Unseen:
    """Something that exists, or may exist, and could not be listed: an account, a region or a type of it ("" =
    all of them). Its resources are unknown, never untagged and never gone.

    kind         denied, throttled, missing, unreadable
    permission   what the identity that runs tagrecon needs, as the provider spells it
    """

    provider: str
    account: str
    reason: str
    region: str = ""
    type: str = ""
    kind: str = "unreadable"
    permission: str | None = None


@dataclass(frozen=True)
class Activation:
    """Whether a tag key reaches the bill of a billing account. `status`: active or inactive."""

    provider: str
    billing_account: str
    key: str
    status: str


class Lister(Protocol):
    """One configured live inventory. Methods are called from several threads."""

    @property
    def provider(self) -> str: ...

    @property
    def calls(self) -> Counter[str]:
        """How often each API was asked so far, retries too: `service:Operation` → requests."""

    @property
    def lists_untagged(self) -> bool:
        """Whether resources without any tag are among what it lists; asked after the listing."""

    def units(self) -> Iterable[Unit | Unseen]:
        """What there is to list. Raises Unreachable where not even that can be told."""

    def resources(self, unit: Unit) -> Iterator[Resource | Unseen]:
        """What lies in a unit now, page by page. Raises Unreachable where the unit can't be listed to its end;
        an Unseen tells of a part of it."""

    def activations(self) -> Iterable[Activation | Unseen]:
        """Which tag keys reach the bill, where the provider has such a switch."""

    def probe(self) -> Iterable[Unit | Unseen]:
        """Units that answer one cheap question, and what does not, within seconds: for `tagrecon doctor`."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Listing:
    """What a live inventory said in one go.

    `observed_at`: when it began (UTC, naive); `parts`: files of JSON lines, one per unit, fields as Resource has
    them; `accounts`: provider × account pairs that have units of their own, whether or not anything lies in them;
    `regions`: where units are of one region each, those that were asked.
    """

    observed_at: datetime
    parts: tuple[Path, ...]
    accounts: frozenset[tuple[str, str]]
    unseen: tuple[Unseen, ...]
    lists_untagged: bool
    regions: frozenset[tuple[str, str, str]] = frozenset()
    activations: tuple[Activation, ...] = ()
    calls: Mapping[str, int] = field(default_factory=dict)
    resources: int = 0
