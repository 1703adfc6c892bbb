"""Question    Which share of the tag changes can somebody answer for?

Definition  M7: tag changes between snapshots, in the 7 days before now, that an entry of the audit log
            explains, divided by all of them. An entry explains a change when it names the resource and lies
            in the 7 days before the snapshot that saw it
Grain       one row
Reads       changes (resource, observed_at), audit_log (subject, at), now
Returns     id M7; unit ratio; numerator: changes explained, denominator: all changes; no data without a log
Caveats     The log is tagrecon's own journal until an audit log of a cloud can be imported.
Example
    >>> from datetime import datetime
    >>> import polars as pl
    >>> changes = pl.DataFrame({"resource": ["i-1", "i-2"], "observed_at": [datetime(2026, 10, 7)] * 2})
    >>> log = pl.DataFrame({"subject": ["i-1"], "at": [datetime(2026, 10, 6)]})
    >>> audit_completeness(changes, log, datetime(2026, 10, 8))["value"].to_list()
    [0.5]
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from recon.metrics.drift_rate import WINDOW
from recon.metrics.measure import Measure, measures, share

ID = "M7"
_NAME = "audit completeness"


def audit_completeness(changes: pl.DataFrame, audit_log: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """M7 over the trailing 7 days."""
    if audit_log.is_empty():
        return measures([Measure(ID, _NAME, "ratio", None)])
    seen = pl.col("observed_at")
    recent = changes.filter((seen > now - WINDOW) & (seen <= now)).with_row_index("change")
    named = recent.join(audit_log, left_on="resource", right_on="subject")
    explained = named.filter((pl.col("at") <= seen) & (pl.col("at") > seen - WINDOW))["change"].n_unique()
    return measures([share(ID, _NAME, explained, recent.height)])
