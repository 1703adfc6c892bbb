"""Question    How often does something break that nobody owns?

Definition  M3: incidents opened in the 30 days before now on a resource that had no valid owner label then,
            divided by the incidents whose resource the inventory knows. An incident on several resources
            lacks the label when one of them does
Grain       one row
Reads       incidents (incident, opened_at, labelled: null where the resource, or its tags then, are not known)
Returns     id M3; unit ratio; numerator: incidents without, denominator: incidents judged. id M3-unmatched;
            unit count: incidents left out because no resource of theirs is known; denominator: all incidents
Caveats     The label is to be the resource's own: inherited owners don't count. Valid by the registry of the
            incident's day. Before a scope's first snapshot the tags of that snapshot are assumed.
Example
    >>> from datetime import datetime
    >>> import polars as pl
    >>> incidents = pl.DataFrame({"incident": ["INC1", "INC2", "INC3"], "opened_at": [datetime(2026, 10, 7)] * 3,
    ...     "labelled": [True, False, None]})
    >>> unlabeled_incidents(incidents, datetime(2026, 10, 8)).select("id", "value").rows()
    [('M3', 0.5), ('M3-unmatched', 1.0)]
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl

from recon.metrics.measure import Measure, measures, share

ID = "M3"
_NAME = "unlabeled incident rate"
_WINDOW = timedelta(days=30)  # incidents are rarer than changes: a week's few would make the rate jump


def unlabeled_incidents(incidents: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """M3 over the trailing 30 days."""
    if incidents.is_empty():
        return measures([Measure(ID, _NAME, "ratio", None)])
    opened = pl.col("opened_at")
    recent = incidents.filter((opened > now - _WINDOW) & (opened <= now))
    each = recent.group_by("incident").agg(
        (~pl.col("labelled")).any().alias("lacks"), pl.col("labelled").count().alias("known")
    )
    judged = each.filter(pl.col("known") > 0)
    lacking, unknown = int(judged["lacks"].sum()), each.height - judged.height
    left_out = Measure(
        *(f"{ID}-unmatched", "incidents of no known resource", "count", float(unknown)),
        numerator=Decimal(unknown),
        denominator=Decimal(each.height),
    )
    return measures([share(ID, _NAME, lacking, judged.height), left_out])
