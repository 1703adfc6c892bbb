"""Which live resources does the registry ask for a key? Scopes are judged on the few distinct places."""

from __future__ import annotations

from typing import Any

import polars as pl

from recon.registry import Rules
from recon.taggability import Taggability

_PLACES = ("provider", "account", "resource_type", "region", "service", "resource")


def asked(rules: Rules, taggability: Taggability, resources: pl.DataFrame, key: str) -> pl.Series:
    """Whether `key` is required, not exempt, and can be carried, per row of `resources` (provider_id, account,
    resource_type, region, resource, and `value:<key>` for the keys that conditions read)."""
    scopes = [*rules.keys[key].required, *(e.scope for e in rules.exemptions if e.key == key)]
    parts = {"provider", "resource_type", *(p for p in _PLACES if any(getattr(s, p) for s in scopes))}
    conditions = sorted({name for s in scopes for name in s.where if f"value:{name}" in resources.columns})
    places = resources.with_columns(provider=pl.col("provider_id"), service=pl.lit(None, pl.String)).select(
        *sorted(parts), *(f"value:{name}" for name in conditions)
    )

    def holds(row: dict[str, Any]) -> bool:
        if taggability.cannot_tag(row["provider"], row["resource_type"], None):
            return False
        return rules.asks_for(
            key, {p: row[p] for p in parts}, {name: row[f"value:{name}"] for name in conditions}
        )

    distinct = places.unique()
    answers = distinct.with_columns(
        pl.Series("answer", [holds(r) for r in distinct.iter_rows(named=True)], pl.Boolean)
    )
    return places.join(answers, on=places.columns, how="left", nulls_equal=True, maintain_order="left")[
        "answer"
    ]
