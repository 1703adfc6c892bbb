"""In which currency is everything shown besides its own?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from recon.yaml_file import RelativePath, Shaped, Strict, Text

Currency = Annotated[
    Text, Shaped(r"[A-Z]{3}", "a currency's code of three capital letters is needed, such as EUR")
]


class Reporting(Strict):
    """A second currency for owners' totals; totals in the currency of the bill always stay."""

    currency: Currency = Field(description="code of the currency that totals are converted to")
    rates: RelativePath = Field(
        description="CSV with the columns month, from, to, rate, source: one rate for a month and pair (docs/reporting-currency.md)"
    )
