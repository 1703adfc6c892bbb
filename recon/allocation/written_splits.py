"""What may stand below `splits` in allocation.yaml, and what holds where nothing does?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, WithJsonSchema

from recon.yaml_file import Name, Shaped, Strict, Text, Texts

Period = Annotated[Text, Shaped(r"[0-9]{4}-(0[1-9]|1[0-2])", "a billing period is needed, as YYYY-MM")]
Source = Annotated[
    Text, Shaped(r"(shared|owner):\S.*", "a pool is needed, as shared:<pool>, or an owner, as owner:<name>")
]
Window = Annotated[
    Text,
    Shaped(
        r"month|day|previous_month|[0-9]{4}-(0[1-9]|1[0-2])(-[0-9]{2})?",
        "month, day, previous_month, or a month (YYYY-MM) or day (YYYY-MM-DD) at which it is frozen, is needed",
    ),
]
Currency = Annotated[Text, Shaped(r"[A-Z]{3}", "a currency of three capitals is needed, such as USD")]
Number = Annotated[Text, WithJsonSchema({"type": ["number", "string"]})]
Cost = Literal["EffectiveCost", "BilledCost"]


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "shares"
    if isinstance(value, Strict):
        return "shares"
    return "names" if isinstance(value, list | tuple) else "a word"


Targets = Annotated[
    Annotated[Literal["all"], Tag("a word")]
    | Annotated[Texts, Tag("names")]
    | Annotated[dict[str, Number], Tag("shares")],
    Discriminator(_shape),
]


class ZeroTo(Strict):
    """Where a pool goes when nothing weighs."""

    to: Text = Field(description="owner:<name> or shared:<pool>")


Zero = Annotated[
    Annotated[Literal["even", "unallocated", "previous_month"], Tag("a word")]
    | Annotated[ZeroTo, Tag("shares")],
    Discriminator(_shape),
]
Bound = Annotated[
    Annotated[Number, Tag("a word")] | Annotated[dict[str, Number], Tag("shares")], Discriminator(_shape)
]


class WrittenDivision(Strict):
    """How an amount is divided: what splits and their tiers have in common."""

    targets: Targets = Field(
        default="all",
        description="all owners, a list, or owner → percent (fixed), weight (weights), amount (amount); shared:<pool> cascades",
    )
    remainder_to: Text | None = Field(
        default=None, description="who takes what percentages, amounts or max_share leave"
    )
    when_zero: Zero = Field(
        default="unallocated",
        description="what happens where no target has cost or usage: even, unallocated, previous_month, or {to: account}",
    )
    cost: Cost = Field(
        default="EffectiveCost",
        description="the cost that weighs (proportional) or is counted (amount, tiers), for both books",
    )
    of: dict[str, Any] | None = Field(
        default=None, description="proportional: only charges that meet this condition weigh"
    )
    window: Window = Field(
        default="month", description="month, day, previous_month, or frozen: YYYY-MM, YYYY-MM-DD"
    )
    within: Texts = Field(default=(), description="columns whose values are divided apart: [ServiceName]")
    file: Text | None = Field(default=None, description="usage: CSV of date or month, target, metric, value")
    metric: Text | None = Field(default=None, description="usage: which metric of the file weighs")
    min_share: Bound | None = Field(
        default=None, description="percent that a target gets at least: for all, or owner → percent"
    )
    max_share: Bound | None = Field(
        default=None, description="percent that a target gets at most: for all, or owner → percent"
    )


class WrittenTier(WrittenDivision):
    """One part of a pool's amount and how it is divided."""

    up_to: Number | None = Field(
        default=None, description="the pool's amount up to here; the last tier has none: it takes the rest"
    )
    method: Literal["even", "fixed", "proportional", "usage", "weights"] = Field(
        description="how this part is divided"
    )


class WrittenSplit(WrittenDivision):
    """How a shared pool, or an owner's cost, is divided among owners or further pools."""

    id: Name = Field(description="unique; stands on every ledger entry the split made")
    source: Source | None = Field(
        default=None,
        description="shared:<pool> (a class without an owner is shared:<class>), or owner:<name>, whose cost is passed on",
    )
    when: dict[str, Any] | None = Field(
        default=None,
        description="instead of source: the charges that meet the condition and no written rule, as pool shared:<id>",
    )
    method: Literal["even", "fixed", "proportional", "amount", "usage", "weights", "tiers"] = Field(
        description="how the pool is divided"
    )
    from_period: Period | None = Field(
        default=None, alias="from", description="first billing period, YYYY-MM"
    )
    to_period: Period | None = Field(default=None, description="last billing period, YYYY-MM")
    currency: Currency | None = Field(
        default=None, description="amount, tiers: the currency of the written amounts"
    )
    tiers: tuple[WrittenTier, ...] = Field(
        default=(), description="tiers: the pool's first amount by the first of them, the next by the next"
    )
