"""What may stand below `splits` in allocation.yaml, and what holds where nothing does?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

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


Percent = Annotated[Decimal, BeforeValidator(_percent), WithJsonSchema({"type": ["number", "string"]})]


def _shares_shape(value: Any) -> str:
    return "shares" if isinstance(value, dict) else "names" if isinstance(value, list | tuple) else "a word"


Targets = Annotated[
    Annotated[Literal["all"], Tag("a word")]
    | Annotated[Texts, Tag("names")]
    | Annotated[dict[str, Percent], Tag("shares")],
    Discriminator(_shares_shape),
]


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
