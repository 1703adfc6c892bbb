"""Who bears what no team bought: tax, support, credits, unused commitments? Short words for rules and splits.

A policy becomes one rule, behind all written ones, and where its word divides cost one split; both are called
`policy:<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recon.allocation.condition import All, AnyOf, Compare, Condition, Not
from recon.allocation.model import Rule, Target
from recon.allocation.parse import ConditionReader
from recon.allocation.split_model import Split
from recon.allocation.written_policies import WrittenPolicies
from recon.yaml_file import Spot

POLICY = "policy"
"""Ids of what a policy becomes begin with it, and a colon."""


def _is(column: str, *texts: str) -> Compare:
    return Compare(column, "in", texts)


# The providers' own names as publishers; whoever else publishes sells through their marketplace.
# The name is a word of its own there: "Amazon.com, Inc." is Amazon, "AWSome Ltd" is not.
_OWN_PUBLISHERS = Compare(
    "PublisherName",
    "matches",
    (r"\s*(amazon|aws|microsoft|azure|google|oracle)([\s.,;:/()].*)?",),
    ignore_case=True,
)
# In the order in which the policies are asked.
_CHARGES: Mapping[str, Condition] = {
    "unused_commitments": _is("CommitmentDiscountStatus", "Unused"),
    "commitment_purchases": _is("x_Class", "commitment"),
    "savings": All((_is("CommitmentDiscountStatus", "Used"), _is("x_Class", "usage"))),
    "refunds": AnyOf((_is("ChargeClass", "Correction"), _is("x_Class", "adjustment"))),
    "credits": _is("x_Class", "credit"),
    "tax": _is("x_Class", "tax"),
    "support": _is("x_Class", "support"),
    "marketplace": All((Compare("PublisherName", "present", ("true",)), Not(_OWN_PUBLISHERS))),
}
# Policies that take every charge of a class, so that the class's own pool stays empty.
_CLASSES = {
    "commitment_purchases": "commitment",
    "credits": "credit",
    "tax": "tax",
    "support": "support",
    "refunds": "adjustment",
}


@dataclass(frozen=True)
class Policies:
    """What the policies mean: rules that come last, and splits of their pools."""

    rules: tuple[Rule, ...] = ()
    splits: tuple[Split, ...] = ()


def read_policies(written: WrittenPolicies, reader: ConditionReader) -> Policies:
    """Rules and splits of the policies; what can't be so is recorded in `reader.errors`."""
    rules, splits = [], []
    for name, condition in _CHARGES.items():
        word: str | None = getattr(written, name)
        if word is None or word == "users":
            continue
        spot: Spot = ("policies", name)
        rule_id = f"{POLICY}:{name}"
        target, division = _meant(word, name, spot, reader)
        rules.append(Rule(rule_id, condition, target))
        if division is not None:
            splits.append(Split(id=rule_id, source=f"shared:{rule_id}", **division))
        if target.account != _class_pool(name):
            _divided_already(name, spot, reader)
    return Policies(tuple(rules), tuple(splits))


def _meant(word: str, name: str, spot: Spot, reader: ConditionReader) -> tuple[Target, dict[str, Any] | None]:
    """Where the charges go, and how the pool is divided, where the policy has one."""
    kind, _, who = word.partition(":")
    if kind == "owner":
        return Target("owner", reader.tag_value(reader.registry.owner, who, spot)), None
    if kind == "shared" and who:
        return Target("shared", who), None
    if word == "account":
        classes = f" [{_CLASSES[name]}]" if name in _CLASSES else ""
        message = f"the owner of the account bears it by `account_owner_bears:{classes}` in tagrecon.yaml; drop this line"
        reader.errors.append(reader.located.error(spot, message))
    pool = Target("shared", f"{POLICY}:{name}")
    if word == "even":
        return pool, {"method": "even"}
    if word == "service":
        return pool, {"method": "proportional", "within": ("ServiceName",)}
    if word == "shared":
        return pool, {
            "method": "proportional",
            "within": ("ServiceName",),
            "of": _is("x_Class", "usage"),
            "as_tagged": True,
        }
    return pool, {"method": "proportional"}


def _class_pool(name: str) -> str:
    return f"shared:{_CLASSES.get(name, '')}"


def _divided_already(name: str, spot: Spot, reader: ConditionReader) -> None:
    """A written split of the pool that the policy would keep empty."""
    pool = _class_pool(name)
    for i, split in enumerate(reader.located.data.get("splits") or ()):
        if split.get("source") == pool:
            line = reader.located.where(("splits", i, "source")).line
            message = f'the split on line {line} divides "{pool}" already; keep it or the policy'
            reader.errors.append(reader.located.error(spot, message))
