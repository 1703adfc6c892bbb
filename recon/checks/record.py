"""What is wrong now, and since when do we know? Findings of this run, merged with those of earlier ones."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from recon.checks.context import Context
from recon.checks.found import COLUMNS, finding_id
from recon.checks.listing import all_checks
from recon.errors import OurBug
from recon.frames import frame

_STORED = (
    *("finding_id", "check_id", "severity", "status", "provider_id", "billing_account_id", "sub_account_id"),
    *(
        "resource_id",
        "key",
        "reason",
        "evidence",
        "owner",
        "currency",
        "billed_at_stake",
        "effective_at_stake",
    ),
    *("first_seen", "last_seen"),
)


def run_checks(ctx: Context, now: datetime) -> None:
    """Bring `base.finding` up to date: one row per finding ever seen. `first_seen` stays, `last_seen` is
    `now` while it is open; what is no longer found is closed and stays as it was."""
    found = find_all(ctx)
    earlier = frame(ctx.con, "SELECT * FROM base.finding")
    ctx.con.register("findings_now", merged(found, earlier, now).to_arrow())
    ctx.con.execute("DELETE FROM base.finding")
    ctx.con.execute(f"INSERT INTO base.finding SELECT {', '.join(_STORED)} FROM findings_now")
    ctx.con.unregister("findings_now")


def find_all(ctx: Context) -> pl.DataFrame:
    """The findings of every check: columns of COLUMNS and finding_id, one row per finding, sorted.

    Raises OurBug when two rows have one id: a check's grain is then not what it promises."""
    found = pl.concat([check.find(ctx).select(*COLUMNS) for check in all_checks()])
    account = pl.coalesce("sub_account_id", "billing_account_id")
    places = found.select("check_id", "provider_id", account, "resource_id", "key")
    numbered = found.with_columns(
        pl.Series("finding_id", [finding_id(*row) for row in places.iter_rows()], pl.String)
    )
    twice = numbered.filter(pl.col("finding_id").is_duplicated())
    if twice.height:
        what = twice.row(0, named=True)
        raise OurBug(
            f"check {what['check_id']} found one thing twice ({what['finding_id']}, key {what['key']!r})"
        )
    return numbered.sort(
        "check_id", "provider_id", "billing_account_id", "sub_account_id", "resource_id", "key"
    )


def merged(found: pl.DataFrame, earlier: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Findings of now over those known before (rows of `base.finding`), one row per finding."""
    seen = earlier.select("finding_id", was_first="first_seen", was_last="last_seen")
    at = pl.lit(now).cast(pl.Datetime("us"))
    current = found.join(seen, on="finding_id", how="left", maintain_order="left").with_columns(
        pl.when("open").then(pl.lit("open")).otherwise(pl.lit("closed")).alias("status"),
        pl.coalesce("was_first", at).alias("first_seen"),
        pl.when("open").then(at).otherwise(pl.coalesce("was_last", at)).alias("last_seen"),
    )
    gone = earlier.join(found, on="finding_id", how="anti").with_columns(pl.lit("closed").alias("status"))
    rows = pl.concat([current.select(_STORED), gone.select(_STORED)], how="vertical_relaxed")
    return rows.sort(
        "check_id", "provider_id", "billing_account_id", "sub_account_id", "resource_id", "key", "finding_id"
    )
