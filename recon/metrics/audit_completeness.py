"""Question    Which share of the tag changes can somebody answer for?

Definition  M7: tag changes seen by a snapshot in the 7 days before now that an event of an audit log
            explains, divided by all of them. An event explains a change when it is of the same resource
            and, where it names keys, of the same key, and lies after the last snapshot that saw the
            resource as it was before, up to the one that saw the change
Grain       one row
Reads       changes (observed_at, explained; recon/snapshot/explained.py), logs, now
Returns     id M7; unit ratio; numerator: changes explained, denominator: all changes; no data without a log
Caveats     The logs are those of `audit_logs:` and tagrecon's own journal. A change in a cloud of which
            there is no log counts as not explained. A dump that names only its day counts as taken when
            the day begins (UTC): what was changed later on that day explains nothing until the next one.
Example
    >>> from datetime import datetime
    >>> import polars as pl
    >>> changes = pl.DataFrame({"observed_at": [datetime(2026, 10, 7)] * 2, "explained": [True, False]})
    >>> logs = pl.DataFrame({"log": ["trail"]})
    >>> audit_completeness(changes, logs, datetime(2026, 10, 8))["value"].to_list()
    [0.5]
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from recon.metrics.drift_rate import WINDOW
from recon.metrics.measure import Measure, measures, share

ID = "M7"
_NAME = "audit completeness"


def audit_completeness(changes: pl.DataFrame, logs: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """M7 over the trailing 7 days."""
    if logs.is_empty():
        return measures([Measure(ID, _NAME, "ratio", None)])
    seen = pl.col("observed_at")
    recent = changes.filter((seen > now - WINDOW) & (seen <= now))
    return measures([share(ID, _NAME, int(recent["explained"].sum()), recent.height)])
