"""By which rules is a month posted? A hash of those in force in it: a rule of another month leaves it alone."""

from __future__ import annotations

import hashlib

from recon.allocation import Allocation


def rules_hash(allocation: Allocation, period: str) -> str:
    """SHA-256 hex over the rules, dimensions, splits (with what their files say) and default of a billing period."""
    owners = [rule for rule in allocation.rules if rule.in_force(period)]
    dimensions = [
        (d.name, [rule for rule in d.rules if rule.in_force(period)], d.default)
        for d in allocation.dimensions
    ]
    parts = (owners, dimensions, allocation.splits_in(period), allocation.default)
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()
