"""What may stand in allocation.yaml, and what holds where nothing does?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from recon.yaml_file import Name, Shaped, Strict, Text, Texts

Period = Annotated[Text, Shaped(r"\d{4}-(0[1-9]|1[0-2])", "a billing period is needed, as YYYY-MM")]
Pool = Annotated[Text, Shaped(r"shared:\S.*", "a pool is needed, as shared:<pool>")]


def _percent(value: Any) -> Any:
    try:
        number = Decimal(str(value).strip().removesuffix("%").strip())
    except InvalidOperation:
        raise ValueError("a percentage is needed, such as 33.5") from None
    if not number.is_finite() or not 0 < number <= 100:
        raise ValueError("a percentage above 0, up to 100, is needed")
    return number


def _account(text: str) -> str:
    kind, colon, name = text.partition(":")
    if not colon or kind not in ("owner", "shared") or not name.strip():
        raise ValueError("`owner:<value>`, `shared:<pool>` or {tag: <key>} is needed")
    return text


class TagTarget(Strict):
    """The charge goes to the owner that another key of the charge names."""

    tag: Text = Field(description="registry key whose resolved value is the owner")


def _target_shape(value: Any) -> str:
    return "a mapping" if isinstance(value, dict | TagTarget) else "a text"


Percent = Annotated[Decimal, BeforeValidator(_percent), WithJsonSchema({"type": ["number", "string"]})]
Target = Annotated[
    Annotated[Annotated[Text, AfterValidator(_account)], Tag("a text")]
    | Annotated[TagTarget, Tag("a mapping")],
    Discriminator(_target_shape),
]


def _shares_shape(value: Any) -> str:
    return "shares" if isinstance(value, dict) else "names" if isinstance(value, list | tuple) else "a word"


Targets = Annotated[
    Annotated[Literal["all"], Tag("a word")]
    | Annotated[Texts, Tag("names")]
    | Annotated[dict[str, Percent], Tag("shares")],
    Discriminator(_shares_shape),
]


class WrittenRule(Strict):
    """One rule; the first whose condition holds decides where the charge goes."""

    id: Name = Field(description="unique; stands on every ledger entry the rule made")
    when: dict[str, Any] = Field(
        description="condition: columns or tag:<key> → text, list or {equals, in, prefix, suffix, contains, "
        "matches, present}; or all, any, not"
    )
    to: Target = Field(description="owner:<value>, shared:<pool>, or {tag: <key>}")
    from_period: Period | None = Field(
        default=None, alias="from", description="first billing period, YYYY-MM"
    )
    to_period: Period | None = Field(default=None, description="last billing period, YYYY-MM")


class WrittenSplit(Strict):
    """How a shared pool is divided among owners or further pools."""

    id: Name = Field(description="unique; stands on every ledger entry the split made")
    source: Pool = Field(description="the pool: shared:<pool>; a class without an owner is shared:<class>")
    method: Literal["even", "fixed", "proportional"] = Field(description="how the pool is divided")
    targets: Targets = Field(
        default="all", description="all owners, a list, or (fixed) owner → percent; shared:<pool> cascades"
    )
    remainder_to: Text | None = Field(default=None, description="fixed: who takes what the percentages leave")
    when_zero: Literal["even", "unallocated"] = Field(
        default="unallocated", description="proportional: what happens where all targets cost nothing"
    )
    cost: Literal["EffectiveCost", "BilledCost"] = Field(
        default="EffectiveCost", description="proportional: the cost that weighs the targets, for both books"
    )


class AllocationFile(Strict):
    """allocation.yaml: who pays what the tags don't say."""

    version: Text = Field(default="1", description="version of the rules, for people")
    rules: tuple[WrittenRule, ...] = Field(default=(), description="in order; the first that fits counts")
    splits: tuple[WrittenSplit, ...] = Field(default=(), description="how shared pools are divided")
