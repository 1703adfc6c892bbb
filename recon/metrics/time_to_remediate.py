"""Question    How long do wrong labels stay wrong?

Definition  Median days from the run that first saw a finding about labels (the checks named like the verdicts
            that are misattributed) to the first run that no longer saw it, of the findings that went away in
            the 90 days before now. Beside it the median age of those still open. KPI 14 (recfo.dev: less
            than 5 days; FinOps Foundation, time to resolve unallocated costs, no target)
Grain       one row each
Reads       remediation (check_id, status, first_seen, last_seen, gone_at: the first run after last_seen), now
Returns     id time-to-remediate and open-findings-age; unit days; numerator: the findings counted,
            denominator: all findings about labels that went away in the window, or that are open
Caveats     As fine as the distance of the runs. How long a defect was there before we first looked is not known.
            A finding that no two runs saw is left out: it may have been over when it was first seen.
Example
    >>> from datetime import datetime
    >>> import polars as pl
    >>> remediation = pl.DataFrame({"check_id": "untagged", "status": "closed", "first_seen": [datetime(2026, 10, 1)] * 2,
    ...     "last_seen": [datetime(2026, 10, 2)] * 2, "gone_at": [datetime(2026, 10, 3), datetime(2026, 10, 5)]})
    >>> time_to_remediate(remediation, datetime(2026, 10, 8)).select("id", "value").rows()
    [('open-findings-age', None), ('time-to-remediate', 3.0)]
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

import polars as pl

from recon.metrics.measure import Measure, measures
from recon.verdicts import MISATTRIBUTED

ID = "time-to-remediate"
WINDOW = timedelta(days=90)


def time_to_remediate(remediation: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The median days to remediate, and the median age of what is open."""
    labels = remediation.filter(pl.col("check_id").is_in(MISATTRIBUTED))
    gone = labels.filter((pl.col("status") == "closed") & (pl.col("gone_at") > now - WINDOW))
    watched = gone.filter(pl.col("first_seen") < pl.col("last_seen"))
    still = labels.filter(pl.col("status") == "open")
    took = [_days(end - start) for start, end in watched.select("first_seen", "gone_at").iter_rows()]
    ages = [_days(now - start) for (start,) in still.select("first_seen").iter_rows()]
    return measures(
        (
            _median(ID, "time to remediate", took, gone.height),
            _median("open-findings-age", "age of open findings about labels", ages, still.height),
        )
    )


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)


def _median(id: str, name: str, spans: list[float], of: int) -> Measure:
    middle = median(spans) if spans else None
    return Measure(id, name, "days", middle, numerator=Decimal(len(spans)), denominator=Decimal(of))
