"""Who pays a charge, before any shared cost is divided?

Explicit rules first, first match wins; then the ladder on which the owner key was resolved; what nobody
owns goes to a named account: `unallocated:<verdict>` for usage, `shared:<class>` for what belongs to a pool.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from recon.allocation import Allocation, Rule

# Columns of a post: what the accounts of charges are told apart by.
POST = ("account", "owner", "rung", "rule_id", "class", "verdict")
_TEXTS = {
    "x_ProviderId": "provider_id", "ProviderName": "provider_name", "BillingAccountId": "billing_account_id",
    "BillingCurrency": "currency", "SubAccountId": "sub_account_id", "InvoiceId": "invoice_id",
    "ResourceId": "resource_id", "ResourceType": "resource_type", "ServiceName": "service_name",
    "ServiceCategory": "service_category", "RegionId": "region_id", "ChargeCategory": "charge_category",
    "ChargeClass": "charge_class", "x_Class": "class", "CommitmentDiscountId": "commitment_id",
    "CommitmentDiscountStatus": "commitment_status",
}  # fmt: skip


def accounts_of(
    charges: pl.DataFrame, allocation: Allocation, period: str, pools: frozenset[str]
) -> pl.DataFrame:
    """`charges` (charge_no, class, verdict, rung, resolved: the owner key's value or null, the columns and
    `tag:<key>` that rules read, `extra` JSON) plus the columns of POST, one row per charge.

    `pools`: shared accounts that a split divides; any other pool has nobody to go to: `unallocated:shared`.
    """
    ruled = _ruled(charges, [r for r in allocation.rules if r.in_force(period)])
    owner = pl.coalesce("rule_owner", pl.when(pl.col("rule_account").is_null()).then(pl.col("resolved")))
    pool = pl.coalesce(
        "rule_account",
        pl.when(pl.col("class") == "usage")
        .then(pl.lit("unallocated:") + pl.col("verdict"))
        .otherwise(pl.lit("shared:") + pl.col("class")),
    )
    homeless = pool.str.starts_with("shared:") & ~pool.is_in(sorted(pools))
    account = (
        pl.when(owner.is_not_null()).then(pl.lit("owner:") + owner)
        .when(homeless).then(pl.lit("unallocated:shared"))
        .otherwise(pool)
    )  # fmt: skip
    by_rule = pl.col("rule_id").is_not_null()
    return ruled.with_columns(
        account.alias("account"),
        owner.alias("owner"),
        pl.when(by_rule)
        .then(pl.lit("rule"))
        .when(owner.is_not_null())
        .then(pl.col("rung").cast(pl.String))
        .alias("rung"),
    )


def rule_columns(allocation: Allocation) -> tuple[str, ...]:
    """The store's column behind each FOCUS column that rules name; `extra` where it is beyond the grain."""
    named = {c for rule in allocation.rules for c in rule.when.columns() if not c.startswith("tag:")}
    known = {_TEXTS[c] for c in named if c in _TEXTS}
    return tuple(sorted(known | ({"extra"} if named - _TEXTS.keys() else set())))


def _ruled(charges: pl.DataFrame, rules: list[Rule]) -> pl.DataFrame:
    """Rules are judged on the distinct rows of what they read; the first that holds gives account or owner."""
    schema = {"rule_id": pl.String, "rule_account": pl.String, "rule_owner": pl.String}
    if not rules:
        return charges.with_columns(pl.lit(None, kind).alias(name) for name, kind in schema.items())
    named = sorted(
        {c for rule in rules for c in rule.when.columns()}
        | {f"tag:{r.to.name}" for r in rules if r.to.kind == "tag"}
    )
    read = sorted({_column(name) for name in named})
    distinct = charges.select(read).unique()
    found = [_first(_row(row, named), rules) for row in distinct.iter_rows(named=True)]
    answers = pl.DataFrame(found, schema=schema, orient="row")
    return charges.join(
        pl.concat([distinct, answers], how="horizontal"),
        on=read,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )


def _column(name: str) -> str:
    return name if name.startswith("tag:") else _TEXTS.get(name, "extra")


def _row(row: Mapping[str, str | None], named: list[str]) -> dict[str, str | None]:
    text = row.get("extra")
    extra: dict[str, str | None] = json.loads(text) if text else {}
    return {name: extra.get(name) if _column(name) == "extra" else row[_column(name)] for name in named}


def _first(row: Mapping[str, str | None], rules: list[Rule]) -> tuple[str | None, str | None, str | None]:
    for rule in rules:
        if not rule.when.holds(row):
            continue
        if rule.to.kind == "tag":
            if (owner := row[f"tag:{rule.to.name}"]) is not None:
                return rule.id, None, owner
            continue  # a rule that passes the charge on to a tag that is not there passes it to the next rule
        return rule.id, rule.to.account, rule.to.name if rule.to.kind == "owner" else None
    return None, None, None
