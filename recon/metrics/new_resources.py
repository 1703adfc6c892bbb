"""Question    Do new resources come with the labels that they need?

Definition  New-resource compliance: live resources first seen in the 7 days before now whose own live value
            is valid for every key that the registry asks of them, divided by those of which it asks any
Grain       one row
Reads       newcomers (resource_no, key, asked, labelled)
Returns     id new-resource-compliance; unit ratio; numerator: resources that comply, denominator: new
            resources
Caveats     What a scope's first snapshot lists is not new. Inherited values don't count: the label is to be
            its own.
Example
    >>> import polars as pl
    >>> newcomers = pl.DataFrame({"resource_no": [1, 1, 2], "key": ["owner", "environment", "owner"],
    ...                           "asked": True, "labelled": [True, False, True]})
    >>> new_resources(newcomers)["value"].to_list()
    [0.5]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import measures, share

ID = "new-resource-compliance"


def new_resources(newcomers: pl.DataFrame) -> pl.DataFrame:
    """New-resource compliance over the trailing 7 days."""
    each = newcomers.filter("asked").group_by("resource_no").agg(pl.col("labelled").all())
    return measures([share(ID, "new-resource compliance", int(each["labelled"].sum()), each.height)])
