"""Which indicators can have a target, and which do they have where the user sets none?

M1 to M10 are the product's own; the others are the KPIs of the FinOps field that have a published target
(docs/metrics.md names the sources).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

Sli = Literal[
    "M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M9", "M10",
    "policy-compliant", "policy-compliant-taggable", "untagged-cost", "untagged-cost-taggable",
    "allocated-cost", "allocated-cost-taggable", "unallocated-cost", "unallocated-cost-taggable",
    "allocation-accuracy", "allocation-accuracy-taggable", "shared-apportioned", "shared-unapportioned",
    "tag-coverage-cost", "tag-coverage-count", "tag-coverage-count-taggable", "aggregate-compliance",
    "aggregate-compliance-taggable", "tag-quality", "new-resource-compliance", "time-to-remediate", "data-latency",
]  # fmt: skip
TARGETS: dict[str, Decimal] = {
    "M1": Decimal("0.95"), "M2": Decimal("0.01"), "M3": Decimal("0.05"), "M5": Decimal(1000),
    "M6": Decimal("0.99"), "M7": Decimal(1), "M8": Decimal(0), "M9": Decimal("0.90"), "M10": Decimal("0.01"),
    "policy-compliant": Decimal("0.90"), "policy-compliant-taggable": Decimal("0.90"),
    "untagged-cost": Decimal("0.10"), "untagged-cost-taggable": Decimal("0.10"),
    "allocated-cost": Decimal("0.90"), "allocated-cost-taggable": Decimal("0.90"),
    "unallocated-cost": Decimal("0.02"), "unallocated-cost-taggable": Decimal("0.02"),
    "shared-apportioned": Decimal(1), "tag-coverage-cost": Decimal("0.98"), "tag-coverage-count": Decimal("0.95"),
    "tag-coverage-count-taggable": Decimal("0.95"), "aggregate-compliance": Decimal("0.90"),
    "aggregate-compliance-taggable": Decimal("0.90"), "tag-quality": Decimal("0.99"),
    "new-resource-compliance": Decimal("0.99"), "time-to-remediate": Decimal(5),
}  # fmt: skip
_NO_SHARES = {"M4", "M5", "M8", "time-to-remediate", "data-latency"}


def with_defaults(given: Mapping[Sli, Decimal]) -> dict[str, Decimal]:
    """The targets that hold. Raises ValueError for a target that its indicator can't have."""
    for name, target in given.items():
        if not target.is_finite() or target < 0:
            raise ValueError(f"{name} needs a number of 0 or more")
        if name not in _NO_SHARES and target > 1:
            raise ValueError(f"{name} is a share between 0 and 1; write 0.95 for 95 %")
    return {**TARGETS, **{str(name): target for name, target in given.items()}}
