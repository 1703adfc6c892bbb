"""Who else knows what a bill sums to?"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from recon.yaml_file import RelativePath, Strict, Text

Via = Literal["cost-explorer", "cost-management", "bigquery"]


class Control(Strict):
    """One place that says totals: a file of invoices, or a provider's own interface."""

    invoices: RelativePath | None = Field(
        default=None,
        description="CSV with the columns billing_period, provider, billing_account_id, currency, total: what was invoiced",
    )
    via: Via | None = Field(
        default=None,
        description="the provider's own total, asked for every run that reads bills: AWS Cost Explorer (which charges "
        "for each request), Azure Cost Management, or the billing table in BigQuery",
    )
    account: Text | None = Field(
        default=None, description="with `via`: BillingAccountId as it is on the bill"
    )
    scope: Text | None = Field(
        default=None,
        description="with `via`: the scope of Cost Management, or the table in BigQuery (project.dataset.table)",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_of_them(cls, given: Any) -> Any:
        if isinstance(given, dict):
            if ("invoices" in given) == ("via" in given):
                raise ValueError("give either `invoices`, a file, or `via`, a provider's interface")
            if "via" in given and "account" not in given:
                raise ValueError("`via` needs `account`: the BillingAccountId as it is on the bill")
            if given.get("via") in ("cost-management", "bigquery") and "scope" not in given:
                raise ValueError(
                    "this `via` needs `scope`: the scope of Cost Management, or project.dataset.table"
                )
        return given
