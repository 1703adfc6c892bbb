"""A small estate with a bill, on which some databases say a cost center in another spelling."""

from __future__ import annotations

from typing import Any

from tests.bills import line, write_bill
from tests.clouds.fixing import OTHER, Bench, resource

WRONG = 4  # databases whose cost center is misspelled, each dearer than the one before
FOLDS = "PAYMENTS"


def lay(bench: Bench) -> None:
    bench.lay()
    for n in range(WRONG):
        bench.retag("aws", n, {"cost-center": FOLDS})
    lines = [
        line(
            cost=str(10 * (n + 1)),
            SubAccountId=OTHER,
            BillingAccountId=OTHER,
            ResourceId=resource("aws", n),
            tags={"cost-center": FOLDS},
        )
        for n in range(WRONG)
    ]
    write_bill(bench.folder / "exports" / "2026-10.csv", lines)


def configure(bench: Bench, **fix: Any) -> None:
    bill = [{"name": "bill", "connector": "focus", "location": "exports/", "files": "parts"}]
    bench.configure(remediate="apply", billing=bill, fix={"caps": {"share": 1}, **fix})
