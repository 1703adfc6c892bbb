"""What may stand in allocation.yaml, and what holds where nothing does?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
)

from recon.allocation.written_policies import WrittenPolicies
from recon.allocation.written_splits import Period, WrittenSplit
from recon.yaml_file import Name, Strict, Text


def _account(text: str) -> str:
    kind, colon, name = text.partition(":")
    if not colon or kind not in ("owner", "shared") or not name.strip():
        raise ValueError("`owner:<value>`, `shared:<pool>` or {tag: <key>} or {inherit: <source>} is needed")
    return text


class TagTarget(Strict):
    """The charge goes to the owner that another key of the charge names."""

    tag: Text = Field(description="registry key whose resolved value is the owner")


class InheritTarget(Strict):
    """The text is taken over from where the charge lies; where nothing is there, the next rule is asked."""

    inherit: Text = Field(
        description="account_name, folder (the last part of the path), resource_group, tag:<key> or dimension:<name>"
    )
    transform: Literal["lower", "slug"] | None = Field(
        default=None,
        description="lower: in lower case; slug: also, with dashes for all but letters and digits",
    )


def _target_shape(value: Any) -> str:
    if isinstance(value, dict):
        return "a source" if "inherit" in value or "transform" in value else "a mapping"
    if isinstance(value, TagTarget):
        return "a mapping"
    return "a source" if isinstance(value, InheritTarget) else "a text"


Account = Annotated[Text, AfterValidator(_account)]
Target = Annotated[
    Annotated[Account, Tag("a text")]
    | Annotated[TagTarget, Tag("a mapping")]
    | Annotated[InheritTarget, Tag("a source")],
    Discriminator(_target_shape),
]
Value = Annotated[
    Annotated[Text, Tag("a text")] | Annotated[InheritTarget, Tag("a source")],
    Discriminator(lambda value: "a source" if isinstance(value, dict | InheritTarget) else "a text"),
]


class WrittenRule(Strict):
    """One rule; the first whose condition holds decides where the charge goes."""

    id: Name = Field(description="unique; stands on every ledger entry the rule made")
    when: dict[str, Any] = Field(
        description="condition: columns or tag:<key> → text, list or {equals, in, prefix, suffix, contains, "
        "matches, present, absent, ignore_case}; or all, any, not (docs/allocation.md)"
    )
    to: Target = Field(description="owner:<value>, shared:<pool>, {tag: key}, or {inherit: source}")
    from_period: Period | None = Field(
        default=None, alias="from", description="first billing period, YYYY-MM"
    )
    to_period: Period | None = Field(default=None, description="last billing period, YYYY-MM")


class DimensionRule(Strict):
    """One rule of a dimension; the first whose condition holds gives the value."""

    id: Name = Field(description="unique within the dimension; stands beside every sum the rule made")
    when: dict[str, Any] = Field(description="condition, as in `rules`; may also read `owner`")
    value: Value = Field(description="a text, or {inherit: source}")
    from_period: Period | None = Field(
        default=None, alias="from", description="first billing period, YYYY-MM"
    )
    to_period: Period | None = Field(default=None, description="last billing period, YYYY-MM")


class WrittenDimension(Strict):
    """A virtual tag beside the owner: each charge has one value of it, or none."""

    rules: tuple[DimensionRule, ...] = Field(default=(), description="in order; the first that fits counts")
    default: Text | None = Field(
        default=None, description="the value where no rule gives one; left out: none"
    )


class AllocationFile(Strict):
    """allocation.yaml: who pays what the tags don't say."""

    version: Text = Field(default="1", description="version of the rules, for people")
    rules: tuple[WrittenRule, ...] = Field(default=(), description="in order; the first that fits counts")
    default: Account | None = Field(
        default=None, description="owner:<value> or shared:<pool>: who pays what nothing else gives"
    )
    dimensions: dict[Name, WrittenDimension] = Field(
        default_factory=dict, description="name → rules of a further virtual tag, such as product"
    )
    splits: tuple[WrittenSplit, ...] = Field(default=(), description="how shared pools are divided")
    sharing: Literal["in_order", "reciprocal"] = Field(
        default="in_order",
        description="reciprocal: pools may pay each other in a circle, which is solved exactly",
    )
    policies: WrittenPolicies = Field(
        default=WrittenPolicies(), description="who bears tax, support, credits, unused commitments…"
    )
