"""Question    How old is the newest cost that the reports can show?

Definition  Hours from the end (UTC) of the newest day with a charge of a provider to now; over everything: of
            the provider that lags most. KPI 17 (finopsfoundation/kpis, data latency: from cost incurred to
            visible; no target, as providers themselves take 8 to 24 hours, at times days)
Grain       one row, and one per provider
Reads       through (provider_id, last_day: the newest day with a charge, of the periods shown), now
Returns     id data-latency, and data-latency-<provider>; unit hours
Caveats     0 where the newest charge lies today or later. A charge for a whole month counts on its first day. How
            often the provider delivers is not measured.
Example
    >>> from datetime import date, datetime
    >>> import polars as pl
    >>> through = pl.DataFrame({"provider_id": ["aws", "gcp"], "last_day": [date(2026, 10, 7), date(2026, 10, 6)]})
    >>> data_latency(through, datetime(2026, 10, 8, 6)).select("id", "value").rows()
    [('data-latency', 30.0), ('data-latency-aws', 6.0), ('data-latency-gcp', 30.0)]
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import polars as pl

from recon.metrics.measure import Measure, measures

ID = "data-latency"
_NAME = "data latency"


def data_latency(through: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Hours since the newest charge, of the slowest provider and of each."""
    hours = {
        provider: _hours(day, now) for provider, day in through.select("provider_id", "last_day").iter_rows()
    }
    rows = [
        Measure(f"{ID}-{provider}", f"{_NAME}, {provider}", "hours", since)
        for provider, since in hours.items()
    ]
    return measures([Measure(ID, _NAME, "hours", max(hours.values(), default=None)), *rows])


def _hours(day: date, now: datetime) -> float:
    end = datetime.combine(day, time()) + timedelta(days=1)
    return max(now - end, timedelta()) / timedelta(hours=1)
