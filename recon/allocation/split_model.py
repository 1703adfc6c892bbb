"""How is a shared pool divided? The checked splits that the ledger carries out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True)
class Split:
    """How the pool `source` (`shared:<pool>`) is divided.

    `targets`: ledger accounts, sorted; None: all owners. `percents`: by account, for `fixed` only; together
    with the remainder they make 100. `remainder_to`: an account. `cost` weighs a proportional split in both
    books; `when_zero` says what becomes of the pool where all weights are zero.
    """

    id: str
    source: str
    method: Literal["even", "fixed", "proportional"]
    targets: tuple[str, ...] | None
    percents: tuple[tuple[str, Decimal], ...] = ()
    remainder_to: str | None = None
    when_zero: Literal["even", "unallocated"] = "unallocated"
    cost: Literal["EffectiveCost", "BilledCost"] = "EffectiveCost"

    def feeds(self) -> Iterator[str]:
        """The pools that this split pays into."""
        accounts = [*(self.targets or ()), *([self.remainder_to] if self.remainder_to else [])]
        return (account for account in accounts if account.startswith("shared:"))
