"""Why is this charge, or is it not, correctly attributed for one key?

The verdict rules of the product, top to bottom, as one expression over a frame: five rules, first match
wins. Everything that a rule needs to know stands in a column; nothing here looks anything up.
"""

from __future__ import annotations

import polars as pl

from recon.verdicts import RUNGS, VERDICTS

Verdict = pl.Enum(VERDICTS)
Rung = pl.Enum(RUNGS)

DAY_US = 86_400_000_000
# Columns that `judge` reads: name → what it says. `…_no` are value numbers, null = absent.
READS = {
    "usage": "the charge's class is usage",
    "has_resource": "the line names a resource",
    "exports_ids": "this export carries resource ids for this billing account and period",
    "is_commitment": "the resource that the line names is the commitment itself",
    "cannot_tag": "type or service can't carry tags, or its own never reach this bill",
    "container_reaches": "… but tags of what contains it may stand on its lines",
    "day": "days since 1970, UTC, of the charge",
    "b_no": "b: value on the line's own tags, folded",
    "b_valid": "b is in the registry on that day",
    "b_canonical": "key and value are written as the registry writes them for this provider",
    "b_clash": "two spellings of the key carry different values",
    "bi_no": "bi: value that the bill took from a container",
    "bi_valid": "bi is in the registry on that day",
    "before_no": "live value at the last snapshot before the end of the day",
    "before_valid": "… is in the registry on that day",
    "after_no": "live value at the first snapshot after the day",
    "after_valid": "… is in the registry on that day",
    "assumed": "the day lies before the scope's first snapshot: live is the value of that snapshot",
    "start_us": "instant since which live is known to carry the value; null: not known",
    "carried_from": "first day on which a bill line of the resource carries the live value; null: none",
    "carried_to": "last such day",
    "not_activated": "the bill needs activation and shows this raw key nowhere in the account's period",
    "expected_no": "e: value that the catalogue or a binding container demands",
    "inherited_no": "valid value from the registry's ladder",
    "required": "the key is asked for here, and not exempt",
    "gone": "seen before, absent from the newest snapshot",
    "never_seen": "in no snapshot, though account and type were listed completely",
    "bears": "the account's owner bears charges of this class",
    "default_no": "the registry's default for the key",
}


def judge(facts: pl.DataFrame, grace_hours: int) -> pl.DataFrame:
    """`facts` (one row per charge, columns of READS) plus `verdict`, `rung` and `resolved_no`: why, and whose
    value counts for "who pays"; both null-safe, no row is added or dropped."""
    return facts.with_columns(_verdict(grace_hours).cast(Verdict).alias("verdict"), *_resolved())


def _verdict(grace_hours: int) -> pl.Expr:
    b, bi, e = pl.col("b_no"), pl.col("bi_no"), pl.col("expected_no")
    before, after = pl.col("before_no"), pl.col("after_no")
    live = pl.coalesce(before, after)
    b_present = b.is_not_null() | pl.col("b_clash")
    no_bill_value = ~b_present & bi.is_null()
    own_resource = pl.col("has_resource") & ~pl.col("is_commitment")
    # a value that is there where only a container's can be has reached this bill: rules 2 and 3 judge it
    cannot_tag = pl.col("cannot_tag") & (no_bill_value | ~pl.col("container_reaches"))

    def contradicts(value: pl.Expr) -> pl.Expr:
        """A live value is there and neither snapshot beside the day agrees; an absent one says nothing."""
        return live.is_not_null() & ~value.eq_missing(before) & ~value.eq_missing(after)

    retagged = pl.col("assumed") & (pl.col("carried_to") > pl.col("day")).fill_null(False)
    day_end = (pl.col("day").cast(pl.Int64) + 1) * DAY_US
    starts_later = (pl.col("start_us") >= day_end).fill_null(False) | (
        pl.col("start_us").is_null() & (pl.col("carried_from") > pl.col("day")).fill_null(False)
    )
    in_grace = (day_end - pl.col("start_us") <= grace_hours * 3_600_000_000).fill_null(False)

    return (
        # 1 what can't carry a tag, or has no resource to carry it
        pl.when(cannot_tag & pl.col("has_resource"))
        .then(_lit("untaggable"))
        .when(cannot_tag)
        .then(_lit("shared"))
        .when(~pl.col("usage") & no_bill_value & own_resource)
        .then(_lit("untaggable"))
        .when(~pl.col("usage") & no_bill_value)
        .then(_lit("shared"))
        .when(pl.col("usage") & ~pl.col("has_resource") & pl.col("exports_ids"))
        .then(_lit("shared"))
        # 2 the line's own tag
        .when(pl.col("b_clash"))
        .then(_lit("conflict"))
        .when(b.is_not_null() & ~pl.col("b_valid"))
        .then(_lit("invalid"))
        .when(b.is_not_null() & e.is_not_null() & (b != e))
        .then(_lit("wrong-owner"))
        .when(b.is_not_null() & contradicts(b) & ~retagged)
        .then(_lit("conflict"))
        .when(b.is_not_null() & ~pl.col("b_canonical"))
        .then(_lit("variant"))
        .when(b.is_not_null())
        .then(_lit("ok"))
        # 3 a tag that the bill took from a container
        .when(bi.is_not_null() & ~pl.col("bi_valid"))
        .then(_lit("invalid"))
        .when(bi.is_not_null() & contradicts(bi))
        .then(_lit("conflict"))
        .when(bi.is_not_null())
        .then(_lit("inherited"))
        # no resource level in this export: the line's tags were all there is to judge by
        .when(~pl.col("has_resource"))
        .then(_lit("untagged"))
        # 4 live carries it, the bill does not
        .when(live.is_not_null() & starts_later)
        .then(_lit("tagged-late"))
        .when(live.is_not_null() & in_grace)
        .then(_lit("lagging"))
        .when(live.is_not_null() & pl.col("not_activated"))
        .then(_lit("not-activated"))
        .when(live.is_not_null())
        .then(_lit("not-billed"))
        # 5 nowhere
        .when(pl.col("inherited_no").is_not_null())
        .then(_lit("inherited"))
        .when(~pl.col("required"))
        .then(_lit("not-required"))
        .when(pl.col("gone"))
        .then(_lit("deleted"))
        .when(pl.col("never_seen"))
        .then(_lit("unknown-resource"))
        .otherwise(_lit("untagged"))
    )


def _resolved() -> tuple[pl.Expr, pl.Expr]:
    """The value that counts and the rung of the ladder it stands on, null when there is none."""
    usage = pl.col("usage")
    ladder = pl.col("bears") | usage
    rungs = [
        ("billed", pl.when(pl.col("b_valid") & ~pl.col("b_clash")).then(pl.col("b_no"))),
        ("live", pl.when(pl.col("before_valid")).then(pl.col("before_no"))),
        ("live", pl.when(pl.col("after_valid") & ~usage).then(pl.col("after_no"))),
        ("live-later", pl.when(pl.col("after_valid") & usage).then(pl.col("after_no"))),
        ("expected", pl.when(usage).then(pl.col("expected_no"))),
        ("inherited", pl.when(pl.col("bi_valid") & ladder).then(pl.col("bi_no"))),
        ("inherited", pl.when(ladder).then(pl.col("inherited_no"))),
        ("default", pl.when(usage).then(pl.col("default_no"))),
    ]
    value = pl.coalesce([expression for _, expression in rungs]).alias("resolved_no")
    rung = pl.coalesce([pl.when(e.is_not_null()).then(_lit(name)) for name, e in rungs]).cast(Rung)
    return value, rung.alias("rung")


def _lit(name: str) -> pl.Expr:
    return pl.lit(name, dtype=pl.String)
