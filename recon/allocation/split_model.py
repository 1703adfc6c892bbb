"""How is a shared pool divided? The checked splits that the ledger carries out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from recon.allocation.condition import Condition

Method = Literal["even", "fixed", "amount", "proportional", "usage", "weights", "tiers"]
Cost = Literal["EffectiveCost", "BilledCost"]
NOBODY = "unallocated:shared"
"""Who holds what no target can take."""


@dataclass(frozen=True)
class Window:
    """Whose cost or usage weighs: that of the same `month`, of the same `day`, of the `previous` month, or that of
    the month `period` (frozen), through the day `through` of it where one is given."""

    kind: Literal["month", "day", "previous", "frozen"] = "month"
    period: str | None = None
    through: str | None = None

    def read_for(self, period: str) -> str:
        """The month that weighs where the books of `period` are divided."""
        if self.kind == "frozen" and self.period:
            return self.period
        return before(period) if self.kind == "previous" else period

    @property
    def words(self) -> str:
        """How a basis names the window; nothing for the plain month."""
        named = {"month": "", "day": " of the same day", "previous": " of the month before"}
        return named.get(self.kind) or (
            f" of {self.period}" + (f" through {self.through}" if self.through else "") if self.period else ""
        )


@dataclass(frozen=True)
class Zero:
    """What becomes of a pool where nothing weighs; `account` with `to`."""

    kind: Literal["even", "unallocated", "previous_month", "to"] = "unallocated"
    account: str | None = None


@dataclass(frozen=True)
class Usage:
    """One metric of a usage file: (month or day) → account → value. `digest` is that of the file's bytes."""

    metric: str
    values: Mapping[str, Mapping[str, Decimal]] = field(repr=False, compare=False)
    digest: str

    def of(self, period: str, through: str | None = None) -> dict[str, Fraction]:
        """Account → what it used in the month, through a day of it."""
        found: dict[str, Fraction] = {}
        for when, values in self.values.items():
            if when.startswith(period) and (through is None or when <= through):
                for account, value in values.items():
                    found[account] = found.get(account, Fraction(0)) + Fraction(value)
        return found


@dataclass(frozen=True)
class Bounds:
    """The least and the most part of a pool, in percent, that a target may get: for all, and by account."""

    least: Decimal | None = None
    most: Decimal | None = None
    least_of: tuple[tuple[str, Decimal], ...] = ()
    most_of: tuple[tuple[str, Decimal], ...] = ()

    def __bool__(self) -> bool:
        return self != Bounds()


@dataclass(frozen=True)
class Tier:
    """The part of a pool's amount up to `up_to` (None: all the rest), and how that part is divided."""

    up_to: Decimal | None
    how: Split


@dataclass(frozen=True)
class Split:
    """How the cost at `source` (`shared:<pool>` or `owner:<name>`) is divided in the billing periods
    `from_period`..`to_period`.

    `targets`: ledger accounts, sorted; None: all owners. By account: `percents` (fixed; with the remainder they make
    100), `weights` (weights), `amounts` (amount, in `currency`). `remainder_to`: the account that takes what is left.
    `cost` and `of` weigh a proportional split over `window`, the same weights for both costs. `within`: columns
    whose values are divided apart. `when_zero` says what becomes of a pool where nothing weighs. `as_tagged`: a
    charge that a rule moved weighs for the owner whom its tags name.
    """

    id: str
    source: str
    method: Method
    targets: tuple[str, ...] | None = None
    percents: tuple[tuple[str, Decimal], ...] = ()
    remainder_to: str | None = None
    when_zero: Zero = Zero()
    cost: Cost = "EffectiveCost"
    from_period: str | None = None
    to_period: str | None = None
    weights: tuple[tuple[str, Decimal], ...] = ()
    amounts: tuple[tuple[str, Decimal], ...] = ()
    currency: str | None = None
    of: Condition | None = None
    window: Window = Window()
    within: tuple[str, ...] = ()
    usage: Usage | None = None
    bounds: Bounds = Bounds()
    tiers: tuple[Tier, ...] = ()
    as_tagged: bool = False

    def in_force(self, period: str) -> bool:
        return (self.from_period or period) <= period <= (self.to_period or period)

    def parts(self) -> tuple[Split, ...]:
        """The split itself, or the splits of its tiers."""
        return tuple(tier.how for tier in self.tiers) or (self,)

    def named_targets(self) -> Iterator[str]:
        """The targets by name: of a usage file, where all are meant, those that it names, but for the source."""
        for part in self.parts():
            yield from part.targets or ()
            if part.targets is None and part.usage:
                used = {account for values in part.usage.values.values() for account in values}
                yield from sorted(used - {self.source})

    def accounts(self) -> Iterator[str]:
        """Every account that may get something, as far as it is named."""
        yield from self.named_targets()
        for part in self.parts():
            yield from (a for a in (part.remainder_to, part.when_zero.account) if a)
            yield from (account for account, _ in part.bounds.least_of)
        yield from (a for a in (self.remainder_to, self.when_zero.account) if a)

    def feeds(self) -> Iterator[str]:
        """The pools that this split pays into."""
        return (account for account in self.accounts() if account.startswith("shared:"))

    @property
    def pays_all(self) -> bool:
        """Whether any owner may get something."""
        return any(part.targets is None and part.usage is None for part in self.parts())

    @property
    def in_cells(self) -> bool:
        """Whether the amount of each day, or of each value of a column, is divided on its own."""
        return self.window.kind == "day" or bool(self.within)

    def reads(self) -> Iterator[str]:
        """The columns that weights and cells read of charges."""
        for part in self.parts():
            yield from part.within
            if part.of is not None:
                yield from part.of.columns()

    def read_periods(self, period: str) -> Iterator[str]:
        """The months whose costs weigh where the books of `period` are divided."""
        for part in self.parts():
            if part.method == "proportional":
                yield part.window.read_for(period)
            if part.when_zero.kind == "previous_month":
                yield before(period)


def before(period: str) -> str:
    """The month before, as YYYY-MM.

    >>> before("2026-01")
    '2025-12'
    """
    months = int(period[:4]) * 12 + int(period[5:7]) - 2
    return f"{months // 12:04}-{months % 12 + 1:02}"
