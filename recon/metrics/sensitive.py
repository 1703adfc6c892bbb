"""Question    How many tag values give away a secret or a person?

Definition  M8: distinct values, under the same raw key of a provider, that match a secret or personal-data
            pattern while the registry does not declare the key personal or secret; on resources live now,
            and on the newest period's bill
Grain       one row
Reads       current_entries (provider_id, tag_key, tag_value as it is, declared: the key is declared
            sensitive)
Returns     id M8; unit count; numerator: such values, denominator: values looked at
Caveats     Patterns find known formats only. Of longer values the first 2,000 characters are looked at. A
            value that was masked on its way in, under a key not declared, was masked because it looked like
            a secret: it counts.
Example
    >>> import polars as pl
    >>> entries = pl.DataFrame({"provider_id": "aws", "tag_key": ["note", "owner"],
    ...                         "tag_value": ["password=hunter22", "payments"], "declared": False})
    >>> sensitive(entries).select("value", "denominator").row(0)
    (1.0, Decimal('2.000000000000000000000000'))
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from recon.hostile import MASK, looks_personal, looks_secret
from recon.metrics.measure import Measure, measures

ID = "M8"
_SEARCHED = 2_000


def sensitive(current_entries: pl.DataFrame) -> pl.DataFrame:
    """M8 now."""
    entries = current_entries.select("provider_id", "tag_key", "tag_value", "declared").unique()
    suspects = entries.filter(~pl.col("declared"))["tag_value"]
    marked = [value for value in suspects.unique().to_list() if _gives_away(value)]
    found = suspects.is_in(marked).sum() if marked else 0
    return measures(
        [
            Measure(
                ID,
                "sensitive exposures",
                "count",
                float(found),
                numerator=Decimal(found),
                denominator=Decimal(entries.height),
            )
        ]
    )


def _gives_away(value: str) -> bool:
    head = value[:_SEARCHED]
    return bool(MASK.fullmatch(value)) or looks_secret(head) or looks_personal(head)
