"""A small estate written as tables, for tests of signals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

from recon.registry import Rules, in_force, load_registry
from recon.suggest.estate import ASKED, ITEMS, KNOWN, MORE, RAW, Estate
from recon.suggest.meaning import Meaning, meanings

TODAY = dt.date(2026, 11, 3)
REGISTRY = """
version: 1
owner: cost-center
keys:
  cost-center:
    required: true
    aliases: [CostCenter]
    values: {list: [payments, search, data-platform, {value: growth, retired: 2026-08-15}]}
    value_aliases: {payments: [pay]}
    inherit: [resource-group, sub-account]
    binding: [sub-account]
  environment:
    values: {list: [prod, test, dev]}
    value_aliases: {prod: [production]}
  contact: {sensitivity: personal, values: {list: [ann, ben]}}
  note: {}
catalogue:
  - {resource: '*search-index*', expect: {cost-center: search}}
  - {resource: 'arn:aws:s3:::Ledger', expect: {cost-center: payments}}
  - {account: ['9*'], provider: aws, expect: {cost-center: data-platform, environment: dev}}
  - {account: '8', expect: {cost-center: growth}}
"""


def rules_of(folder: Path, text: str = REGISTRY) -> Rules:
    (folder / "registry.yaml").write_text(text, encoding="utf-8")
    return in_force(load_registry(folder / "registry.yaml"), TODAY)


def item(number: int, **more: Any) -> dict[str, Any]:
    """One resource; what is not named is blank."""
    plain = {
        "item_no": number, "provider_id": "aws", "account_id": "1", "region": "eu-west-1", "resource_type": "AWS::S3::Bucket",
        "resource_id": f"r-{number}", "name": "", "group": None, "stack": None, "creator": None,
    }  # fmt: skip
    return {**plain, **more}


def estate_of(
    rules: Rules,
    items: Sequence[dict[str, Any]],
    tags: Sequence[tuple[int, str, str]] = (),
    raw: Callable[[str], str] = lambda text: text,
    **more: Sequence[Sequence[Any]],
) -> Estate:
    """`tags`: (item, raw key, published value); `more`: rows of the frames around."""
    table = pl.DataFrame(items, schema=ITEMS)
    given = pl.DataFrame(
        tags, schema={"item_no": pl.Int64, "tag_key": pl.String, "tag_value": pl.String}, orient="row"
    )
    tagged = given.join(table.select("item_no", "provider_id"), on="item_no")
    meant = meanings(
        tagged.select("provider_id", "tag_key", "tag_value"), Meaning(rules, raw, lambda text: None)
    )
    read = tagged.join(meant, on=["provider_id", "tag_key", "tag_value"]).with_columns(raw_value="tag_value")
    known = read.filter(pl.col("meant").is_not_null()).select("item_no", "key", value="meant").cast(KNOWN)
    around = {name: pl.DataFrame(rows, schema=MORE[name], orient="row") for name, rows in more.items()}
    return Estate(rules, table, known, read.select(list(RAW)), around)


def ask_of(*pairs: tuple[int, str]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema=ASKED, orient="row")


def says(signal: ModuleType, estate: Estate, *pairs: tuple[int, str]) -> dict[tuple[int, str], list[str]]:
    """(item, key) → the values that a signal says."""
    found: dict[tuple[int, str], list[str]] = {}
    for number, key, value in (
        signal.suggest(estate, ask_of(*pairs)).select("item_no", "key", "value").iter_rows()
    ):
        found.setdefault((number, key), []).append(value)
    return found


def evidence(signal: ModuleType, estate: Estate, *pairs: tuple[int, str]) -> list[str]:
    return list(signal.suggest(estate, ask_of(*pairs))["evidence"])
