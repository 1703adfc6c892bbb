"""What may stand in allocation.yaml, and what holds where nothing does?"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
)

from recon.allocation.written_splits import Period, WrittenSplit
from recon.yaml_file import Name, Strict, Text


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


Target = Annotated[
    Annotated[Annotated[Text, AfterValidator(_account)], Tag("a text")]
    | Annotated[TagTarget, Tag("a mapping")],
    Discriminator(_target_shape),
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


class AllocationFile(Strict):
    """allocation.yaml: who pays what the tags don't say."""

    version: Text = Field(default="1", description="version of the rules, for people")
    rules: tuple[WrittenRule, ...] = Field(default=(), description="in order; the first that fits counts")
    splits: tuple[WrittenSplit, ...] = Field(default=(), description="how shared pools are divided")
