"""Question    Do the fixes that are written last?

Definition  M6: fix actions that a fresh read has verified, divided by fix actions that were sent to a cloud
Grain       one row: all actions sent in the 30 days before now; those that were rolled back on purpose stay out
Reads       effects (base.fix_effect: state, undo, sent_at), now
Returns     id M6; unit ratio; numerator: verified, denominator: sent; no data where none was sent
Caveats     An action counts as sent when its line stood in the log, whatever the cloud answered. Before tagrecon
            fix verify, an applied action is not verified yet. Actions that were refused because somebody had
            changed the tag were never sent.
Example
    >>> from datetime import datetime
    >>> import polars as pl
    >>> day = datetime(2026, 11, 3)
    >>> effects = pl.DataFrame({"state": ["verified", "denied"], "undo": ["", ""], "sent_at": [day, day]})
    >>> reconciliation_success(effects, datetime(2026, 11, 4))["value"].to_list()
    [0.5]
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from recon.metrics.measure import Measure, measures, share

ID = "M6"
_NAME = "reconciliation success"
_WINDOW = timedelta(days=30)


def reconciliation_success(effects: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """M6 over the trailing 30 days."""
    sent = effects.filter(
        (pl.col("sent_at") > now - _WINDOW)
        & (pl.col("sent_at") <= now)
        & ~pl.col("undo").fill_null("").is_in(["applied", "already", "verified"])
    )
    if sent.is_empty():
        return measures([Measure(ID, _NAME, "ratio", None)])
    return measures([share(ID, _NAME, int((sent["state"] == "verified").sum()), sent.height)])
