"""What does the store know of its resources, for signals to look at?

Live tags where the inventory read them, else those of the newest bill line. What raw keys and values mean is asked once per distinct text.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import polars as pl

from recon.frames import frame
from recon.hostile import MASK
from recon.providers import provider
from recon.registry import Rules
from recon.suggest.estate import CODE, ITEMS, KNOWN, MANAGED, OWNERS, PLACES, RAW, Estate
from recon.suggest.meaning import Mark, Meaning, meanings

_LIVE = """
SELECT r.resource_no, r.provider_id, r.account_id, r.region, r.resource_type, r.resource_id, r.resource_name AS name,
       r.container_id AS "group", r.folded_id, s.tagset_no AS live_no
FROM base.resource r LEFT JOIN base.resource_state s ON s.resource_no = r.resource_no AND s.valid_to IS NULL
WHERE r.deleted_at IS NULL ORDER BY r.provider_id, r.resource_id, r.account_id, r.resource_no"""
# Billed, and in no inventory; one that could mean several resources of the inventory has no tags of its own here: they are theirs.
_BILLED = """
WITH told AS (
    SELECT c.bill_resource_no, max(d.sub_account_id) AS account_id, max(d.region_id) AS region, max(d.resource_type) AS resource_type,
           max_by(c.tagset_no, (c.day, c.tagset_no)) AS billed_no
    FROM base.charge c JOIN base.charge_dim d USING (dim_no) WHERE c.bill_resource_no > 0 GROUP BY ALL
)
SELECT b.bill_resource_no, b.provider_id, t.account_id, t.region, t.resource_type, b.resource_id, m.resource_no,
       CASE WHEN a.bill_resource_no IS NULL THEN t.billed_no END AS billed_no
FROM base.bill_resource b JOIN told t USING (bill_resource_no) LEFT JOIN base.bill_match m USING (bill_resource_no)
LEFT JOIN base.ambiguous_match a USING (bill_resource_no) ORDER BY b.provider_id, b.resource_id"""
_PAYERS = """
SELECT b.provider_id, b.resource_id, max(k.billing_account_id) AS payer_id
FROM base.charge c JOIN base.book k USING (book_no) JOIN base.bill_resource b USING (bill_resource_no) GROUP BY ALL"""
_ENTRIES = """
SELECT tagset_no, tag_key, tag_value FROM base.tagset_entry
WHERE tagset_no IN (SELECT tagset_no FROM base.resource_state WHERE valid_to IS NULL UNION SELECT tagset_no FROM base.charge)"""
# Keys that providers write on what one deployment or cluster made. Sources: AWS, CloudFormation, Auto Scaling, Elastic
# Beanstalk and EKS user guides; Google Cloud, labels of GKE and Dataproc.
_STACK_KEYS = (
    "aws:cloudformation:stack-name", "elasticbeanstalk:environment-name", "aws:autoscaling:groupName", "aws:eks:cluster-name",
    "eks:cluster-name", "goog-k8s-cluster-name", "goog-dataproc-cluster-name",
)  # fmt: skip
_CODE = """
SELECT DISTINCT x_ProviderId AS provider_id, ResourceId AS resource_id, file FROM managed_resources
WHERE in_inventory AND tool <> 'cloudformation' AND file IS NOT NULL ORDER BY ALL"""
_GIVEN = """
SELECT DISTINCT provider_id, resource_id, address, file, e.key AS tag_key, e.value AS tag_value FROM (
    SELECT x_ProviderId AS provider_id, ResourceId AS resource_id, address, file,
           unnest(map_entries(from_json(tags, '"MAP(VARCHAR, VARCHAR)"'))) AS e
    FROM managed_resources WHERE in_inventory AND tool <> 'cloudformation' AND tags IS NOT NULL)
ORDER BY ALL"""
_CREATORS = """
SELECT m.resource_no, min_by(e.actor, (e."at", e.actor)) AS creator
FROM base.tag_event e JOIN base.evidence_match m ON m.provider_id = coalesce(e.provider_id, '')
    AND m.account_id = coalesce(e.account_id, '') AND m.resource_id = e.resource_id
WHERE e.actor IS NOT NULL GROUP BY m.resource_no"""
_KINDS = ("account", "subscription", "project")
_MARKS = """
SELECT DISTINCT value FROM base.value WHERE starts_with(value, '‹masked:')
UNION SELECT DISTINCT tag_value FROM base.tagset_entry WHERE starts_with(tag_value, '‹masked:')"""


def known_marks(con: duckdb.DuckDBPyConnection, raw: Callable[[str], str]) -> Mark:
    """Byte-exact value → the mark under which the store publishes it; None where it has not published it yet."""
    marks = {raw(mark): mark for (mark,) in con.execute(_MARKS).fetchall() if MASK.fullmatch(mark)}
    return marks.get


def load_estate(
    con: duckdb.DuckDBPyConnection,
    rules: Rules,
    raw: Callable[[str], str],
    mark: Mark | None = None,
    owners: pl.DataFrame | None = None,
) -> Estate:
    """The store's resources that are not gone, as signals see them. `raw`: published value → byte-exact one; `mark`: the other
    way round, left out: as far as the store knows; `owners`: what CODEOWNERS files say (OWNERS)."""
    meaning = Meaning(rules, raw, mark or known_marks(con, raw))
    live, billed = frame(con, _LIVE), frame(con, _BILLED)
    whole = _numbered(live, billed)
    entries = frame(con, _ENTRIES)
    tagged = _tagged(whole, entries, meaning)
    tags = tagged.select(list(RAW))
    code = frame(con, _CODE)
    items = _items(con, whole, entries, code)
    more = {
        "places": _places(con, rules, whole, items),
        "billed_ids": _billed_ids(whole, billed),
        "managed": _managed(frame(con, _GIVEN), items, meaning),
        "code": _code(code, items),
        "owners": pl.DataFrame(schema=OWNERS) if owners is None else owners,
    }
    return Estate(rules, items, _known(tagged), tags, more)


def _numbered(live: pl.DataFrame, billed: pl.DataFrame) -> pl.DataFrame:
    """Every resource once: those of the inventory, then those that only the bill knows; with the tagset that counts."""
    of_bill = billed.filter(pl.col("resource_no").is_null()).with_columns(
        name=pl.lit(None, pl.String), group=pl.lit(None, pl.String), live_no=pl.lit(None, pl.Int32)
    )
    of_bill = of_bill.with_columns(folded_id=_folded(of_bill))
    on_bill = (
        billed.filter(pl.col("resource_no").is_not_null())
        .group_by("resource_no")
        .agg(pl.col("billed_no").sort_by("resource_id").last())
    )
    columns = [*live.columns, "tagset_no"]
    listed = live.join(on_bill, on="resource_no", how="left").with_columns(
        tagset_no=pl.coalesce("live_no", "billed_no")
    )
    both = [listed.select(columns), of_bill.with_columns(tagset_no="billed_no").select(columns)]
    rows = pl.concat(both, how="vertical_relaxed").sort(
        "provider_id", "resource_id", "account_id", "resource_no"
    )
    return rows.with_row_index("item_no").with_columns(pl.col("item_no").cast(pl.Int64))


def _folded(rows: pl.DataFrame) -> pl.Expr:
    """The ids of `rows` as base.resource folds them."""
    folding = [each for each in rows["provider_id"].unique().to_list() if provider(each).fold_ids]
    folded = pl.col("resource_id").str.to_lowercase().str.strip_chars_end("/")
    return pl.when(pl.col("provider_id").is_in(folding)).then(folded).otherwise("resource_id")


def _tagged(whole: pl.DataFrame, entries: pl.DataFrame, meaning: Meaning) -> pl.DataFrame:
    """RAW, and whether the spelling counts today."""
    tagged = whole.select("item_no", "provider_id", "tagset_no").join(entries, on="tagset_no")
    meant = meanings(tagged.select("provider_id", "tag_key", "tag_value"), meaning)
    return (
        tagged.join(meant, on=["provider_id", "tag_key", "tag_value"], nulls_equal=True)
        .filter(~pl.col("blank"))
        .with_columns(raw_value="tag_value")
        .select(*(pl.col(name).cast(kind) for name, kind in RAW.items()), "counts")
        .sort("item_no", "raw_key")
    )


def _known(tagged: pl.DataFrame) -> pl.DataFrame:
    """Keys that a resource carries with one meaning in all their spellings, and a valid one."""
    carried = tagged.filter("counts")
    meant = carried.group_by("item_no", "key").agg(
        pl.col("meant").first().alias("value"), pl.col("meant").n_unique().alias("n")
    )
    one = meant.filter((pl.col("n") == 1) & pl.col("value").is_not_null())
    return one.select(list(KNOWN)).sort("item_no", "key")


def _items(
    con: duckdb.DuckDBPyConnection, whole: pl.DataFrame, entries: pl.DataFrame, code: pl.DataFrame
) -> pl.DataFrame:
    order = {name: n for n, name in enumerate(_STACK_KEYS)}
    stacks = (
        entries.filter(pl.col("tag_key").is_in(list(_STACK_KEYS)) & ~pl.col("tag_value").str.contains("‹masked:", literal=True))
        .with_columns(pl.col("tag_key").replace_strict(order, return_dtype=pl.Int64).alias("n"))
        .sort("tagset_no", "n", "tag_value")
        .unique("tagset_no", keep="first", maintain_order=True)
        .select("tagset_no", stack="tag_value")
    )  # fmt: skip
    files = code.group_by("provider_id", "resource_id").agg(pl.col("file").min().alias("code"))
    return (
        whole.join(stacks, on="tagset_no", how="left")
        .join(files, on=["provider_id", "resource_id"], how="left")
        .join(frame(con, _CREATORS), on="resource_no", how="left")
        .with_columns(
            stack=pl.coalesce("stack", "code"), group=pl.coalesce("group", _own_group()), name=pl.col("name").fill_null("")
        )
        .select(pl.col(name).cast(kind) for name, kind in ITEMS.items())
        .sort("item_no")
    )  # fmt: skip


def _own_group() -> pl.Expr:
    """The container that the resource's own id names."""
    found = pl.lit(None, pl.String)
    for name in ("aws", "azure", "gcp", "oci", "k8s"):
        for pattern in provider(name).containers:
            named = pl.col("resource_id").str.extract(pattern, 1)
            own = named.str.to_lowercase().str.strip_chars_end("/") if provider(name).fold_ids else named
            found = pl.when((pl.col("provider_id") == name) & found.is_null()).then(own).otherwise(found)
    return found


def _places(
    con: duckdb.DuckDBPyConnection, rules: Rules, whole: pl.DataFrame, items: pl.DataFrame
) -> pl.DataFrame:
    """Which items contain which, at each level of the ladder."""
    ids = whole.select("provider_id", "folded_id", container_no="item_no")
    groups = items.select("item_no", "provider_id", folded_id="group").join(
        ids, on=["provider_id", "folded_id"]
    )
    types = {
        t.lower() for name in ("aws", "azure", "gcp", "oci", "k8s") for t in provider(name).account_types
    }
    is_account = pl.col("resource_type").str.to_lowercase().is_in([*sorted(types), *_KINDS])
    accounts = (
        items.filter(is_account.fill_null(False))
        .sort("provider_id", "account_id", "resource_id")
        .unique(["provider_id", "account_id"], keep="first", maintain_order=True)
        .select("provider_id", "account_id", container_no="item_no")
    )
    levels = [
        groups.with_columns(level=pl.lit("resource-group")),
        items.join(accounts, on=["provider_id", "account_id"]).with_columns(level=pl.lit("sub-account")),
    ]
    if any("billing-account" in (*key.inherit, *key.binding) for key in rules.keys.values()):
        payers = frame(con, _PAYERS).rename({"payer_id": "account_id"})
        paid = items.drop("account_id").join(payers, on=["provider_id", "resource_id"])
        levels.append(
            paid.join(accounts, on=["provider_id", "account_id"]).with_columns(
                level=pl.lit("billing-account")
            )
        )
    rows = pl.concat([each.select(pl.col(n).cast(k) for n, k in PLACES.items()) for each in levels])
    return (
        rows.filter(pl.col("item_no") != pl.col("container_no"))
        .unique()
        .sort("item_no", "level", "container_no")
    )


def _billed_ids(whole: pl.DataFrame, billed: pl.DataFrame) -> pl.DataFrame:
    numbers = whole.filter(pl.col("resource_no").is_not_null()).select(
        "item_no", "resource_no", own="resource_id"
    )
    found = billed.drop_nulls("resource_no").join(numbers, on="resource_no")
    return (
        found.filter(pl.col("resource_id") != pl.col("own"))
        .select("item_no", "resource_id")
        .unique()
        .sort(pl.all())
    )


def _managed(given: pl.DataFrame, items: pl.DataFrame, meaning: Meaning) -> pl.DataFrame:
    """What code gives, as canonical values; of what is not valid nothing."""
    rows = given.join(
        items.select("item_no", "provider_id", "resource_id"), on=["provider_id", "resource_id"]
    )
    meant = meanings(rows.select("provider_id", "tag_key", "tag_value"), meaning)
    found = rows.join(meant, on=["provider_id", "tag_key", "tag_value"]).filter(pl.col("meant").is_not_null())
    named = found.with_columns(value="meant", own=True).select(pl.col(n).cast(k) for n, k in MANAGED.items())
    return named.unique().sort(pl.all())


def _code(code: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    found = code.join(
        items.select("item_no", "provider_id", "resource_id"), on=["provider_id", "resource_id"]
    )
    return found.select(list(CODE)).unique().sort(pl.all())
