"""Who pays what the tags don't say? The checked rules and splits that the ledger posts by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from recon.allocation.columns import GRAIN
from recon.allocation.condition import Condition
from recon.allocation.split_model import Split


@dataclass(frozen=True)
class Target:
    """Where a rule sends a charge: an owner, a shared pool, or the owner whom the tag `name` names."""

    kind: Literal["owner", "shared", "tag"]
    name: str

    @property
    def account(self) -> str | None:
        """The ledger account, `owner:<value>` or `shared:<pool>`; None where a tag decides."""
        return None if self.kind == "tag" else f"{self.kind}:{self.name}"


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


@dataclass(frozen=True)
class Allocation:
    """`rules` in order, first match wins; `splits` in the order in which they must be carried out."""

    version: str
    rules: tuple[Rule, ...]
    splits: tuple[Split, ...]
    content_hash: str

    @property
    def signature(self) -> str:
        """The version that people wrote and the first digits of the content's hash: what entries keep."""
        return f"{self.version}@{self.content_hash[:8]}" if self.content_hash else ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The FOCUS columns beyond the charge's grain that a rule names, sorted: charges are rolled up by
        them too."""
        return tuple(sorted({c for c in self._named() if not c.startswith("tag:")} - GRAIN))

    @property
    def tag_keys(self) -> tuple[str, ...]:
        """The registry keys whose resolved values a rule reads, sorted."""
        read = {c.removeprefix("tag:") for c in self._named() if c.startswith("tag:")}
        return tuple(sorted(read | {rule.to.name for rule in self.rules if rule.to.kind == "tag"}))

    def _named(self) -> Iterator[str]:
        for rule in self.rules:
            yield from rule.when.columns()


EMPTY = Allocation(version="", rules=(), splits=(), content_hash="")
