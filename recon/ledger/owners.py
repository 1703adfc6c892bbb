"""Who pays a charge, before any shared cost is divided, and which values do its dimensions have?

Explicit rules first, first match wins; then the ladder on which the owner key was resolved; then the default. What
nobody owns goes to a named account: `unallocated:<verdict>` for usage, `shared:<class>` for what belongs to a pool.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.allocation import DEFAULT_ID, Allocation, Dimension, Rule, Target
from recon.allocation.condition import Row
from recon.allocation.order import OWNER_NODE
from recon.ledger.rule_index import Give, RuleIndex

# Columns of a post: what the accounts of charges are told apart by.
POST = ("account", "owner", "rung", "rule_id", "class", "verdict")
RULE = "rule:"


def accounts_of(
    cases: pl.DataFrame, allocation: Allocation, period: str, pools: frozenset[str]
) -> pl.DataFrame:
    """`cases` (class, verdict, rung, resolved: the owner key's value or null, and the columns that rules read) plus
    the columns of POST, and for each dimension `dimension:<name>` and `rule:<name>`; one row per case.

    `pools`: shared accounts that a split divides; any other pool has nobody to go to: `unallocated:shared`.
    """
    dimensions = {d.column: d for d in allocation.dimensions}
    for node in allocation.order:
        if node == OWNER_NODE:
            cases = _owned(cases, allocation, period, pools)
        else:
            cases = _valued(cases, dimensions[node], period)
    return cases


def _owned(cases: pl.DataFrame, allocation: Allocation, period: str, pools: frozenset[str]) -> pl.DataFrame:
    given = _given(cases, [r for r in allocation.rules if r.in_force(period)], _owner_of(allocation))
    to_pool = pl.col("kind") == "shared"
    owner = pl.when(pl.col("kind").is_null()).then("resolved").when(~to_pool).then("text")
    pool = (
        pl.when(to_pool).then(pl.lit("shared:") + pl.col("text"))
        .when(pl.col("class") == "usage").then(pl.lit("unallocated:") + pl.col("verdict"))
        .otherwise(pl.lit("shared:") + pl.col("class"))
    )  # fmt: skip
    named = given.with_columns(owner.alias("owner"), pool.alias("pool"))
    homeless = pl.col("pool").str.starts_with("shared:") & ~pl.col("pool").is_in(sorted(pools))
    owned = pl.col("owner").is_not_null()
    found = named.with_columns(
        pl.when(owned).then(pl.lit("owner:") + pl.col("owner"))
        .when(homeless).then(pl.lit("unallocated:shared"))
        .otherwise("pool").alias("account"),
        pl.when(pl.col("rule_id").is_not_null()).then(pl.lit("rule"))
        .when(owned).then(pl.col("rung").cast(pl.String)).alias("rung"),
    ).drop("pool", "kind", "text")  # fmt: skip
    return found if allocation.default is None else _with_default(found, allocation.default)


def _with_default(cases: pl.DataFrame, default: Target) -> pl.DataFrame:
    """The default pays what would be unallocated, also where a rule sent it to a pool that nobody divides."""
    instead = {
        "account": default.account,
        "owner": default.name if default.kind == "owner" else None,
        "rung": DEFAULT_ID,
        "rule_id": DEFAULT_ID,
    }
    lost = pl.col("account").str.starts_with("unallocated:")
    return cases.with_columns(
        pl.when(lost).then(pl.lit(text, pl.String)).otherwise(column).alias(column)
        for column, text in instead.items()
    )


def _valued(cases: pl.DataFrame, dimension: Dimension, period: str) -> pl.DataFrame:
    rules = [r for r in dimension.rules if r.in_force(period)]
    missing = pl.col("rule").is_null() & pl.lit(dimension.default is not None)
    return (
        _given(
            cases.rename({"rule_id": "owner_rule"}, strict=False),
            rules,
            lambda rule, row: rule.to.text_for(row),
        )
        .rename({"rule_id": "rule"})
        .with_columns(
            pl.when(missing).then(pl.lit(dimension.default)).otherwise("text").alias(dimension.column),
            pl.when(missing).then(pl.lit(DEFAULT_ID)).otherwise("rule").alias(RULE + dimension.name),
        )
        .drop("rule", "kind", "text")
        .rename({"owner_rule": "rule_id"}, strict=False)
    )


def _owner_of(allocation: Allocation) -> Give:
    """What a rule gives an owner: an inherited text counts as the registry spells it, and only where it knows it."""
    names = allocation.names

    def give(rule: Rule, row: Row) -> str | None:
        text = rule.to.text_for(row)
        if text is None or rule.to.kind != "inherit" or names is None:
            return text
        return names.canonical(names.owner, text)

    return give


def _given(cases: pl.DataFrame, rules: Sequence[Rule], give: Give) -> pl.DataFrame:
    """`cases` with rule_id, kind and text of the first rule that gives something. Rules are asked once for each
    distinct row of what they read."""
    schema = {"rule_id": pl.String, "kind": pl.String, "text": pl.String}
    read = sorted({column for rule in rules for column in rule.reads()})
    if not rules:
        return cases.with_columns(pl.lit(None, kind).alias(name) for name, kind in schema.items())
    index = RuleIndex(rules, give)
    if not read:
        answer = _answer(index.first({}))
        return cases.with_columns(
            pl.lit(text, pl.String).alias(name) for name, text in zip(schema, answer, strict=True)
        )
    distinct = cases.select(read).unique()
    found = [_answer(index.first(row)) for row in distinct.iter_rows(named=True)]
    answers = pl.DataFrame(found, schema=schema, orient="row")
    return cases.join(pl.concat([distinct, answers], how="horizontal"), on=read, how="left", nulls_equal=True)


def _answer(found: tuple[Rule, str] | None) -> tuple[str | None, str | None, str | None]:
    return (found[0].id, found[0].to.kind, found[1]) if found else (None, None, None)
