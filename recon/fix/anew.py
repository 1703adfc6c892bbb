"""What does the store propose, with what people decided since it was made?

Only what decisions touch is thought over again; everything else stands as the last run left it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import polars as pl

from recon.fix.plan import COLUMNS, SUGGESTIONS, Planned
from recon.frames import frame
from recon.model import short_id


@dataclass(frozen=True)
class Anew:
    """`ids`: the actions that were thought over again; `planned`: what came of them. A rejected one is not among those."""

    ids: frozenset[str]
    planned: Planned = field(repr=False)


def actions_now(con: duckdb.DuckDBPyConnection, anew: Anew | None) -> pl.DataFrame:
    """`base.fix_action` (columns of COLUMNS) with what was thought over again; sorted by place and key."""
    rows = frame(con, f"SELECT {', '.join(COLUMNS)} FROM base.fix_action").cast(COLUMNS)  # type: ignore[arg-type]
    if anew is not None:
        rows = pl.concat([rows.filter(~pl.col("action_id").is_in(list(anew.ids))), anew.planned.actions])
    return rows.sort("provider_id", "account_id", "resource_id", "key", "action_id")


def suggestions_now(con: duckdb.DuckDBPyConnection, anew: Anew | None) -> pl.DataFrame:
    """`base.suggestion` (columns of SUGGESTIONS, and `action_id`) in the same way."""
    rows = frame(con, f"SELECT {', '.join(SUGGESTIONS)} FROM base.suggestion").cast(SUGGESTIONS)  # type: ignore[arg-type]
    own = _with_action(rows)
    if anew is not None:
        fresh = _with_action(anew.planned.suggestions)
        own = pl.concat([own.filter(~pl.col("action_id").is_in(list(anew.ids))), fresh])
    return own.sort("action_id", "confidence", "signal", "value", descending=[False, True, False, False])


def _with_action(rows: pl.DataFrame) -> pl.DataFrame:
    places = ("provider_id", "account_id", "resource_id", "key")
    distinct = rows.select(places).unique()
    named = distinct.with_columns(
        pl.Series("action_id", [short_id("fix", *at) for at in distinct.iter_rows()], pl.String)
    )
    return rows.join(named, on=places, nulls_equal=True)
