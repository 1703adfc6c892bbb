"""What is the verdict of every charge of a book, for every required key?

A book is one billing period of one billing account in one currency. Its charges are read as integers,
joined with what the world says about their resource and day, and judged key by key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from recon.frames import frame, one
from recon.providers import provider
from recon.reconcile.cases import cases_of
from recon.reconcile.judge import DAY_US, judge
from recon.reconcile.key_history import at_instants
from recon.reconcile.places import asked_for, expected_values
from recon.reconcile.world import World, short_lived
from recon.registry import Rules, renamed_by_export
from recon.store.books import Book
from recon.verdicts import RUNG_NO, VERDICT_NO

_DIMS = """
SELECT dim_no, sub_account_id AS account, resource_type, service_name AS service, region_id AS region, class,
       inherited_tagset_no FROM base.charge_dim WHERE book_no = $book"""
_RESOURCES = """
SELECT b.bill_resource_no AS bill_no, b.resource_id AS resource, r.container_id, r.deleted_at IS NOT NULL AS deleted,
       coalesce(r.resource_type, '') AS live_type, r.account_id AS live_account,
       b.bill_resource_no IN (SELECT bill_resource_no FROM base.ambiguous_match) AS ambiguous
FROM base.bill_resource b LEFT JOIN base.bill_match m USING (bill_resource_no) LEFT JOIN base.resource r USING (resource_no)
WHERE b.bill_resource_no IN (SELECT bill_resource_no FROM base.charge WHERE book_no = $book)"""
_ACTIVATION = """
SELECT tag_key, active FROM base.activation WHERE provider_id = $provider AND billing_account_id = $account
AND strftime(read_at, '%Y-%m') = $period"""
_RAW_KEYS = """
SELECT DISTINCT e.tag_key FROM base.tagset_entry e WHERE e.tagset_no IN (
  SELECT c.tagset_no FROM base.charge c JOIN base.book b USING (book_no)
  WHERE b.provider_id = $provider AND b.billing_account_id = $account AND b.billing_period = $period)"""


@dataclass(frozen=True)
class Settings:
    """What configuration says about judging."""

    grace_hours: int = 48
    bears: tuple[str, ...] = ()


def reconcile(world: World, books: Iterable[Book], settings: Settings) -> None:
    """Replace the judgements of `books` in `base.judgement`: one row per charge × required key."""
    for book in books:
        world.con.execute("DELETE FROM base.judgement WHERE book_no = ?", [book.book_no])
        for part in judge_book(world, book, settings):
            store_judgements(world.con, part)


def judge_book(world: World, book: Book, settings: Settings) -> Iterable[pl.DataFrame]:
    """The judged cases of a book (charges that every rule sees alike), one frame per key and registry epoch:
    columns of `judge`, and `case_no`, which temp table `case_of` spreads over charges."""
    cases = cases_of(world, book)
    if cases.is_empty():
        return
    facts = _with_places(world, book, cases, settings)
    for rules, part in _by_epoch(world, facts):
        resolved: dict[str, pl.Series] = {}
        for key in rules.keys:
            judged = judge(_with_key(world, book, rules, part, key, resolved), settings.grace_hours)
            resolved[key] = judged["resolved_no"]
            if key == rules.owner or key in _required_ever(world):
                yield judged.with_columns(
                    pl.lit(key).alias("key"), pl.lit(book.book_no, pl.Int32).alias("book_no")
                )


def _required_ever(world: World) -> set[str]:
    return {name for name, key in world.registry.keys.items() if key.required}


def _by_epoch(world: World, facts: pl.DataFrame) -> Iterable[tuple[Rules, pl.DataFrame]]:
    """The charges cut where the registry changes; most books have one part."""
    days = facts["day"].unique().sort().to_list()
    by_rules: dict[object, tuple[Rules, list[int]]] = {}
    for day in days:
        rules = world.rules(day)
        by_rules.setdefault(rules.day, (rules, []))[1].append(day)
    for rules, found in by_rules.values():
        yield rules, facts if len(by_rules) == 1 else facts.filter(pl.col("day").is_in(found))


def _with_places(world: World, book: Book, cases: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """What does not depend on the key: class, place, scope, snapshots beside the day, containers."""
    con = world.con
    dims = _judged_dims(world, book, frame(con, _DIMS, {"book": book.book_no}), settings)
    resources = _placed_resources(world, book, frame(con, _RESOURCES, {"book": book.book_no}))
    facts = cases.join(dims, on="dim_no", how="left", maintain_order="left").join(
        resources, on="bill_no", how="left", maintain_order="left"
    )
    facts = facts.with_columns(
        pl.lit(book.provider_id).alias("provider"),
        (pl.col("bill_no") > 0).alias("has_resource"),
        pl.lit(bool((cases["bill_no"] > 0).any())).alias("exports_ids"),
        pl.coalesce("live_account", "account").alias("scope_account"),
        ((pl.col("day").cast(pl.Int64) + 1) * DAY_US).alias("day_end"),
    )
    return _with_snapshots(world, book, facts)


def _judged_dims(world: World, book: Book, dims: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    pairs = dims.select("resource_type", "service").unique()
    cannot = [world.taggability.cannot_tag(book.provider_id, t, s) for t, s in pairs.iter_rows()]
    reach = [world.taggability.reaches_bill(book.provider_id, t, s) for t, s in pairs.iter_rows()]
    accounts, _ = world.containers(book.provider_id)
    payer = accounts.filter(pl.col("account_id") == book.billing_account_id)["account_no"]
    return (
        dims.join(
            pairs.with_columns(
                pl.Series(
                    "cannot_tag", [c or r != "yes" for c, r in zip(cannot, reach, strict=True)], pl.Boolean
                ),
                pl.Series("container_reaches", [r == "inherited-only" for r in reach], pl.Boolean),
            ),
            on=["resource_type", "service"],
            how="left",
            nulls_equal=True,
        )
        .join(accounts.rename({"account_id": "account"}), on="account", how="left")
        .with_columns(
            (pl.col("class") == "usage").alias("usage"),
            pl.col("class").is_in(list(settings.bears)).alias("bears"),
            pl.lit(payer[0] if payer.len() else None, pl.Int32).alias("payer_no"),
        )
    )


def _placed_resources(world: World, book: Book, resources: pl.DataFrame) -> pl.DataFrame:
    """Each billed resource with its container: what the inventory says, else what its own id says."""
    _, groups = world.containers(book.provider_id)
    habits = provider(book.provider_id)
    own = (
        resources["resource"].map_elements(habits.container_of, return_dtype=pl.String)
        if habits.containers
        else pl.lit(None, pl.String)
    )
    return (
        resources.with_columns(own.alias("own_container"))
        .with_columns(pl.coalesce("container_id", "own_container").alias("folded_id"))
        .join(groups, on="folded_id", how="left")
        .drop("folded_id", "own_container", "container_id")
    )


def _with_snapshots(world: World, book: Book, facts: pl.DataFrame) -> pl.DataFrame:
    """The instants of the snapshots of the charge's scope on either side of the end of its day."""
    scopes = world.scopes.filter(pl.col("provider_id") == book.provider_id).select(
        scope_account="account_id", complete="complete", live_known=pl.lit(True)
    )
    times = (
        world.snapshots.filter(pl.col("provider_id") == book.provider_id)
        .select(scope_account="account_id", at_us="at_us")
        .sort("at_us")
    )
    pairs = facts.select("scope_account", "day_end").unique().sort("day_end")
    options: dict[str, Any] = {"by": "scope_account", "coalesce": False, "check_sortedness": False}
    # strictly before the day's end, or at it and after
    before = pairs.with_columns((pl.col("day_end") - 1).alias("last")).join_asof(
        times.rename({"at_us": "before_us"}),
        left_on="last",
        right_on="before_us",
        strategy="backward",
        **options,
    )
    beside = before.sort("day_end").join_asof(
        times.rename({"at_us": "after_us"}),
        left_on="day_end",
        right_on="after_us",
        strategy="forward",
        **options,
    )
    return (
        facts.join(
            beside.drop("last"),
            on=["scope_account", "day_end"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .join(scopes, on="scope_account", how="left", maintain_order="left")
        .with_columns(
            pl.col("live_known").fill_null(False),
            pl.col("complete").fill_null(False),
            pl.col("before_us").is_null().alias("assumed"),
        )
        .with_columns(
            (pl.col("resource_no").is_not_null() & pl.col("deleted").fill_null(False)).alias("gone"),
            (
                pl.col("resource_no").is_null()
                & pl.col("has_resource")
                & pl.col("complete")
                & ~pl.col("ambiguous").fill_null(False)  # it was seen: nobody knows as which
                & ~short_lived("resource_type")
            ).alias("never_seen"),
        )
    )


def _with_key(
    world: World, book: Book, rules: Rules, facts: pl.DataFrame, key: str, resolved: dict[str, pl.Series]
) -> pl.DataFrame:
    """`facts` with everything that one key's rules read."""
    values = world.resolved(book.provider_id, rules).by_key.get(key)
    runs = world.runs(book.provider_id, rules, key)
    facts = _with_billed(facts, values)
    before = at_instants(facts, runs, "before_us")
    after = at_instants(facts, runs, "after_us")
    facts = facts.with_columns(
        before["value_no"].alias("before_no"), before["valid"].fill_null(False).alias("before_valid"),
        after["value_no"].alias("after_no"), after["valid"].fill_null(False).alias("after_valid"),
        before["raw_key"].alias("before_raw"), after["raw_key"].alias("after_raw"),
        _start(before).alias("before_start"), _start(after).alias("after_start"),
    ).with_columns(
        pl.coalesce("before_no", "after_no").alias("live_no"),
        pl.coalesce("before_raw", "after_raw").alias("live_raw"),
        pl.when(pl.col("before_no").is_not_null()).then(pl.col("before_start")).otherwise(pl.col("after_start")).alias("start_us"),
    )  # fmt: skip
    facts = _with_carried(world, book, rules, facts, key)
    facts = _with_containers(facts, runs, rules, key)
    facts = _as_container_tags(facts, book)
    expected = expected_values(world, rules, facts, key)
    facts = facts.with_columns(pl.coalesce(pl.Series(expected), pl.col("binding_no")).alias("expected_no"))
    default = rules.keys[key].default
    return facts.with_columns(
        asked_for(world, rules, facts, key, resolved).alias("required"),
        _not_activated(world, book, facts).alias("not_activated"),
        pl.lit(world.numbers.number(default) if default else None, pl.Int32).alias("default_no"),
    )


def _start(run: pl.DataFrame) -> pl.Series:
    """Since when the run's value is known to be there; unknown when it was there in the first snapshot."""
    return run.select(pl.when(~pl.col("run_assumed").fill_null(True)).then(pl.col("from_us")))["from_us"]


def _with_billed(facts: pl.DataFrame, values: pl.DataFrame | None) -> pl.DataFrame:
    if values is None:
        return facts.with_columns(
            *(pl.lit(None, pl.Int32).alias(c) for c in ("b_no", "bi_no")),
            *(pl.lit(False).alias(c) for c in ("b_valid", "b_canonical", "b_clash", "bi_valid")),
        )
    own = values.select(
        "tagset_no", b_no="value_no", b_valid="valid", b_canonical="canonical", b_clash="clash"
    )
    inherited = values.select(inherited_tagset_no="tagset_no", bi_no="value_no", bi_valid="valid")
    return (
        facts.join(own, on="tagset_no", how="left", maintain_order="left")
        .join(inherited, on="inherited_tagset_no", how="left", maintain_order="left")
        .with_columns(pl.col("b_valid", "b_canonical", "b_clash", "bi_valid").fill_null(False))
    )


def _with_carried(world: World, book: Book, rules: Rules, facts: pl.DataFrame, key: str) -> pl.DataFrame:
    carried = world.carried_values(book.provider_id, rules, key).rename({"value_no": "live_no"})
    return facts.join(carried, on=["bill_no", "live_no"], how="left", maintain_order="left")


def _with_containers(facts: pl.DataFrame, runs: pl.DataFrame, rules: Rules, key: str) -> pl.DataFrame:
    """The nearest valid container value (`inherited_no`), the binding one, and each level's own."""
    rule = rules.keys[key]
    levels = {"resource-group": "group_no", "sub-account": "account_no", "billing-account": "payer_no"}
    columns: dict[str, pl.Series] = {}
    for level in {*rule.inherit, *rule.binding, "resource-group", "sub-account"} & levels.keys():
        asked = facts.select(
            pl.col(levels[level]).alias("resource_no"), (pl.col("day_end") - 1).alias("last")
        )
        columns[level] = _container_values(asked, runs)

    def nearest(wanted: Iterable[str]) -> pl.Expr:
        found = [pl.lit(columns[level]) for level in wanted if level in columns]
        return pl.coalesce(found) if found else pl.lit(None, pl.Int32)

    ladder = nearest(rule.inherit)
    return facts.with_columns(
        ladder.alias("inherited_no"), nearest(rule.binding).alias("binding_no"),
        nearest(("resource-group", "sub-account")).alias("container_no"),
    )  # fmt: skip


def _container_values(asked: pl.DataFrame, runs: pl.DataFrame) -> pl.Series:
    """The valid value of each row's container (`resource_no`) at the instant `last`: what its newest snapshot by
    then said, else its first. A container is scanned in a scope of its own, so the charge's scope does not count.
    """
    pairs = asked.unique()
    then = at_instants(pairs, runs, "last")
    first = (
        runs.sort("from_us")
        .group_by("resource_no", maintain_order=True)
        .first()
        .select("resource_no", first_us="from_us", first_no="value_no", first_valid="valid")
    )
    found = pairs.with_columns(then["value_no"], then["valid"]).join(
        first, on="resource_no", how="left", maintain_order="left"
    )
    value = (
        pl.when(pl.col("valid"))
        .then("value_no")
        .when((pl.col("first_us") > pl.col("last")) & pl.col("first_valid"))
        .then("first_no")
    )
    valued = found.with_columns(value.alias("container_value")).select(
        "resource_no", "last", "container_value"
    )
    joined = asked.join(
        valued, on=["resource_no", "last"], how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["container_value"]


def _as_container_tags(facts: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Where the provider's bill shows container tags on resources: a billed value that the resource is known
    not to carry, equal to its container's, is the container's (b → bi)."""
    if not provider(book.provider_id).bills_container_tags:
        return facts
    lacking = (
        pl.col("resource_no").is_not_null()
        & pl.col("live_known")
        & pl.col("live_no").is_null()
        & ~pl.col("gone")
    )
    taken = (
        lacking
        & pl.col("b_no").is_not_null()
        & (pl.col("b_no") == pl.col("container_no"))
        & ~pl.col("b_clash")
    )
    return facts.with_columns(taken.fill_null(False).alias("taken")).with_columns(
        pl.when("taken").then(pl.col("b_no")).otherwise(pl.col("bi_no")).alias("bi_no"),
        pl.when("taken").then(pl.col("b_valid")).otherwise(pl.col("bi_valid")).alias("bi_valid"),
        pl.when("taken").then(None).otherwise(pl.col("b_no")).alias("b_no"),
        (pl.col("b_valid") & ~pl.col("taken")).alias("b_valid"),
    )


def _not_activated(world: World, book: Book, facts: pl.DataFrame) -> pl.Expr:
    """The live raw key is inactive, as the provider says of the month in which it was asked; where it says nothing: as the export may rename it, it
    stands on no line of this billing account's period."""
    if not provider(book.provider_id).needs_activation:
        return pl.lit(False)
    names = {"provider": book.provider_id, "account": book.billing_account_id, "period": book.billing_period}
    billed = {row[0] for row in world.con.execute(_RAW_KEYS, names).fetchall()}
    live = facts["live_raw"].unique().drop_nulls().to_list()
    said = dict(world.con.execute(_ACTIVATION, names).fetchall())
    missing = [raw for raw in live if not said.get(raw, bool(billed & _billed_as(raw)))]
    return pl.col("live_raw").is_in(missing).fill_null(False)


def _billed_as(raw_key: str) -> set[str]:
    """The forms in which an export may write an activated key: as it is, prefixed, or renamed to a column."""
    renamed = renamed_by_export(raw_key)
    return {
        raw_key,
        f"user:{raw_key}",
        f"resourceTags/user:{raw_key}",
        f"user_{renamed}",
        f"resource_tags_user_{renamed}",
    }


def store_judgements(con: duckdb.DuckDBPyConnection, judged: pl.DataFrame) -> None:
    """Append one key's judgements to `base.judgement`, spread from cases to charges."""
    key = judged["key"][0]
    row = one(con, "SELECT key_no FROM base.registry_key WHERE key = ?", [key])
    if row is None:
        con.execute(
            "INSERT INTO base.registry_key SELECT coalesce(max(key_no), 0) + 1, ? FROM base.registry_key",
            [key],
        )
        row = one(con, "SELECT key_no FROM base.registry_key WHERE key = ?", [key])
    assert row is not None
    stored = judged.select(
        "case_no", "book_no", pl.lit(row[0], pl.UInt8).alias("key_no"),
        pl.col("verdict").replace_strict(VERDICT_NO, return_dtype=pl.UInt8),
        pl.col("rung").replace_strict(RUNG_NO, return_dtype=pl.UInt8, default=None),
        "live_known", pl.coalesce("b_no", "bi_no").alias("billed_no"), "live_no", "expected_no", "resolved_no",
    )  # fmt: skip
    con.register("judged_now", stored.to_arrow())
    con.execute(
        "INSERT INTO base.judgement SELECT c.charge_no, j.* EXCLUDE (case_no) FROM case_of c JOIN judged_now j USING (case_no)"
    )
    con.unregister("judged_now")
