"""Who pays what the tags don't say? The checked rules, dimensions and splits that the ledger posts by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from recon.allocation.columns import DIMENSION, beyond_grain, tag_keys
from recon.allocation.condition import Condition, Row
from recon.allocation.inherit import Transform, inherited
from recon.allocation.order import OWNER_NODE
from recon.allocation.split_model import Split

DEFAULT_ID = "default"
"""Stands where the id of a rule stands, on what only the default gave."""


class OwnerNames(Protocol):
    """The registry, as far as owners are taken from texts."""

    @property
    def owner(self) -> str: ...
    def canonical(self, key: str, text: str) -> str | None: ...


@dataclass(frozen=True)
class Target:
    """What a rule gives: an owner, a shared pool, the owner whom the tag `name` names, a text (of a dimension),
    or what is inherited from the column `name`."""

    kind: Literal["owner", "shared", "tag", "text", "inherit"]
    name: str
    transform: Transform | None = None

    @property
    def account(self) -> str | None:
        """The ledger account, `owner:<value>` or `shared:<pool>`; None where the charge decides."""
        return f"{self.kind}:{self.name}" if self.kind in ("owner", "shared") else None

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that the target reads of the charge."""
        return {"tag": (f"tag:{self.name}",), "inherit": (self.name,)}.get(self.kind, ())

    def text_for(self, row: Row) -> str | None:
        """The owner, pool or value for a charge; None where what it is taken from is not there."""
        if self.kind == "tag":
            return row[f"tag:{self.name}"]
        return inherited(self.name, row[self.name], self.transform) if self.kind == "inherit" else self.name


@dataclass(frozen=True)
class Rule:
    """One rule, in force in the billing periods `from_period`..`to_period` (YYYY-MM, both included)."""

    id: str
    when: Condition
    to: Target
    from_period: str | None = None
    to_period: str | None = None

    def in_force(self, period: str) -> bool:
        return (self.from_period or period) <= period <= (self.to_period or period)

    def reads(self) -> Iterator[str]:
        """The columns that condition and target read."""
        yield from self.when.columns()
        yield from self.to.reads


@dataclass(frozen=True)
class Dimension:
    """A virtual tag beside the owner: `rules` in order, first match wins; then `default`, if there is one."""

    name: str
    rules: tuple[Rule, ...]
    default: str | None = None

    @property
    def column(self) -> str:
        return f"{DIMENSION}{self.name}"


@dataclass(frozen=True)
class Allocation:
    """`rules` in order, first match wins; `splits` in the order in which they must be carried out.

    `default`: who pays what nothing else gives; `dimensions` by name; `order`: their columns and `owner`, each after
    those that it reads; `names`: where inherited owners are looked up.
    """

    version: str
    rules: tuple[Rule, ...]
    splits: tuple[Split, ...]
    content_hash: str
    default: Target | None = None
    dimensions: tuple[Dimension, ...] = ()
    order: tuple[str, ...] = (OWNER_NODE,)
    names: OwnerNames | None = field(default=None, compare=False, repr=False)

    @property
    def signature(self) -> str:
        """The version that people wrote and the first digits of the content's hash: what entries keep."""
        return f"{self.version}@{self.content_hash[:8]}" if self.content_hash else ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns beyond the charge's grain that a rule rests on, sorted: charges are rolled up by them too."""
        return beyond_grain([*self.named(), *(name for split in self.splits for name in split.reads())])

    @property
    def tag_keys(self) -> tuple[str, ...]:
        """The registry keys whose resolved values a rule reads, sorted."""
        return tuple(sorted(tag_keys(self.named())))

    def splits_in(self, period: str) -> tuple[Split, ...]:
        """The splits in force in a billing period."""
        return tuple(split for split in self.splits if split.in_force(period))

    def pools(self, period: str) -> frozenset[str]:
        """The accounts that a split divides in a billing period."""
        return frozenset(split.source for split in self.splits_in(period))

    def read_periods(self, period: str) -> frozenset[str]:
        """Other billing periods whose costs weigh where the books of `period` are divided: when one of them changes,
        `period` must be posted again."""
        read = {p for split in self.splits_in(period) for p in split.read_periods(period)}
        return frozenset(read - {period})

    def named(self) -> Iterator[str]:
        """Every column that a rule of the owner or of a dimension reads, as rules name it; also several times."""
        for rule in (*self.rules, *(rule for dimension in self.dimensions for rule in dimension.rules)):
            yield from rule.reads()


EMPTY = Allocation(version="", rules=(), splits=(), content_hash="")
