"""How do the bill lines of one file become charges, exactly and fast?

One pass over the lines groups by day and three 64-bit hashes: of the dimension columns, of the resource id,
of the tag cells. Narrow passes fetch the few distinct rows behind each hash, and only those are normalized,
parsed and numbered. A hash may collide, so each narrow pass proves that one hash stands for one row of this
file; where it does not, the run stops rather than mix two owners' money.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from recon.errors import OurBug
from recon.frames import one
from recon.ingest.lines import Lines
from recon.providers import provider_id
from recon.store.dictionary import number_new
from recon.store.masking import Masker
from recon.store.tagsets import number_tagsets

FACTS = """
CREATE OR REPLACE TEMP TABLE facts (
    file_no INTEGER, dim_no INTEGER, bill_resource_no INTEGER, tagset_no INTEGER, day INTEGER,
    billed DECIMAL(38,24), effective DECIMAL(38,24), lines BIGINT)"""

_DIM_FIELDS = (
    *(
        "book_no",
        "ProviderName",
        "SubAccountId",
        "InvoiceId",
        "ResourceType",
        "ServiceName",
        "ServiceCategory",
    ),
    *(
        "RegionId",
        "ChargeCategory",
        "ChargeClass",
        "x_Class",
        "CommitmentDiscountId",
        "CommitmentDiscountStatus",
    ),
    *("x_Extra", "inherited_tagset_no"),
)


def rollup_file(con: duckdb.DuckDBPyConnection, lines: Lines, file_no: int, masker: Masker) -> int:
    """Add one file's charges to temp table `facts`; returns the number of bill lines in them.

    Leaves `dim_map` (h → dim_no or problem) and `tag_map` (h → tagset_no or problem) of this file behind, by
    which the quarantine finds the lines that were left out.
    """
    _group(con, lines)
    _dims(con, lines, masker)
    _tags(con, lines, masker)
    _resources(con, lines)
    con.execute(
        f"INSERT INTO facts SELECT {file_no}, d.dim_no, coalesce(r.bill_resource_no, 0), t.tagset_no, f.day, "
        "f.billed, f.effective, f.lines FROM raw_facts f JOIN dim_map d ON d.h = f.dh AND d.problem IS NULL "
        "JOIN tag_map t ON t.h = f.th AND t.problem IS NULL "
        "LEFT JOIN resource_map r ON r.h = f.rh AND r.provider_id = d.provider_id"
    )
    return _one(
        con,
        "SELECT coalesce(sum(f.lines), 0) FROM raw_facts f JOIN dim_map d ON d.h = f.dh AND d.problem IS NULL "
        "JOIN tag_map t ON t.h = f.th AND t.problem IS NULL",
    )


def dim_hash(lines: Lines) -> str:
    """The hash that stands for the dimension columns of a line (inherited tags among them)."""
    return _hash(lines, lines.dim_columns)


def tag_hash(lines: Lines) -> str:
    """The hash that stands for a line's tag cells; a constant where the file has none."""
    return _hash(lines, lines.tag_columns) if lines.tagged else "0::UBIGINT"


def _hash(lines: Lines, columns: tuple[str, ...]) -> str:
    """Nested cells go by their JSON text: DuckDB's hash of a list can't tell an empty one from NULL, nor `[a], [b]`
    from `[a, b], []`."""
    cells = [f"to_json({c})::VARCHAR" if _nested(lines.types[c]) else c for c in columns]
    texts = [cell for cell, c in zip(cells, columns, strict=True) if cell != c or lines.types[c] == "VARCHAR"]
    return text_hash(cells, texts)


def text_hash(cells: Sequence[str], texts: Sequence[str]) -> str:
    """SQL: the hash of some cells, `texts` those of them that are text. DuckDB 2.0 reads a text in words of eight bytes,
    and changes in the last bytes of two words may cancel out: of a million names that differ in two numbers, hundreds
    share a hash. Read once more with its bytes shifted by one, they don't."""
    shifted = [f"concat('~', {text})" for text in texts]
    return f"hash({', '.join((*cells, *shifted))})"


def _resource_hash(cell: str) -> str:
    return text_hash([cell], [cell])


def _nested(sql_type: str) -> bool:
    return sql_type.endswith("]") or sql_type.upper().startswith(("STRUCT", "MAP", "UNION"))


def _distinct(lines: Lines, columns: tuple[str, ...]) -> str:
    """SELECT of the distinct rows of `columns`, with their hash `h`."""
    named, h = ", ".join(columns), _hash(lines, columns)
    if any(
        "DOUBLE" in lines.types[c] or "FLOAT" in lines.types[c] for c in columns
    ):  # 0.0 equals -0.0, their texts differ
        return f"SELECT DISTINCT {h} AS h, {named} FROM {lines.raw}"
    return f"SELECT {h} AS h, * FROM (SELECT DISTINCT {named} FROM {lines.raw})"


def loadable(lines: Lines) -> str:
    """A condition over `lines.raw`: no rule leaves the line out and no test of its cells fails, money aside.

    The tests of the billing period are left out: it rests on dimension columns, so that `dim_map` names what is wrong
    with it, once for all lines that share it.
    """
    tests = [
        f"NOT coalesce({b.condition}, false)"
        for b in lines.bad_rows
        if b.column not in ("BilledCost", "EffectiveCost") and b.condition not in _PERIOD_TESTS
    ]
    return " AND ".join((f"{lines.excluded} IS NULL", *tests))


_PERIOD_TESTS = ("BillingPeriodStart IS NULL", "BillingPeriodEnd IS NULL")


def _group(con: duckdb.DuckDBPyConnection, lines: Lines) -> None:
    # What is wrong with a line is a part of its group, and bad groups are dropped afterwards: a WHERE would be pushed
    # below the mapping, and each date and cost that it asks about would be parsed once more for the test.
    con.execute(
        "CREATE OR REPLACE TEMP TABLE raw_facts AS SELECT dh, rh, th, day, sum(CASE WHEN ok THEN billed END) AS billed, "
        "sum(CASE WHEN ok THEN effective END) AS effective, sum(x_count) AS lines, ok FROM ("
        "SELECT *, loadable AND billed IS NOT NULL AND effective IS NOT NULL AS ok FROM ("
        f"SELECT {dim_hash(lines)} AS dh, {_resource_hash(lines.resource)} AS rh, {tag_hash(lines)} AS th, x_count, "
        f"({lines.day})::INTEGER AS day, {lines.billed} AS billed, {lines.effective} AS effective, {loadable(lines)} AS loadable "
        f"FROM {lines.raw})) GROUP BY dh, rh, th, day, ok"
    )
    con.execute("DELETE FROM raw_facts WHERE NOT ok")


def _dims(con: duckdb.DuckDBPyConnection, lines: Lines, masker: Masker) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE raw_dims AS {_distinct(lines, lines.dim_columns)}")
    _prove_unique(con, "raw_dims", "dimensions")
    con.execute(f"CREATE OR REPLACE TEMP TABLE dims AS {lines.dims_sql.replace('{raw}', 'raw_dims')}")
    fold_providers(con, "dims")
    if lines.inherited_sql:
        cells = lines.inherited_sql.replace("{raw}", "raw_dims")
        con.execute(f"CREATE OR REPLACE TEMP TABLE inherited_cells AS {cells}")
        number_tagsets(con, "inherited_cells", "inherited_map", masker)
    else:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE inherited_map AS SELECT h, 0 AS tagset_no, NULL::VARCHAR AS problem FROM dims"
        )
    number_books(con, "dims")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE keyed AS SELECT d.*, b.book_no, i.tagset_no AS inherited_tagset_no, "
        "CASE WHEN d.billing_period IS NULL THEN 'BillingPeriodStart|is not before BillingPeriodEnd' "
        "WHEN d.BillingAccountId IS NULL THEN 'BillingAccountId|is empty' "
        "WHEN d.BillingCurrency IS NULL THEN 'BillingCurrency|is empty' "
        "WHEN i.problem IS NOT NULL THEN 'x_InheritedTags|' || i.problem END AS problem "
        "FROM dims d LEFT JOIN inherited_map i ON i.h = d.h LEFT JOIN base.book b ON b.billing_period = d.billing_period "
        "AND b.provider_id = d.provider_id AND b.billing_account_id = d.BillingAccountId AND b.currency = d.BillingCurrency"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE new_dims AS SELECT dim_id, any_value(book_no) AS book_no, "
        "any_value(ProviderName) AS provider_name, any_value(SubAccountId) AS sub_account_id, "
        "any_value(InvoiceId) AS invoice_id, any_value(ResourceType) AS resource_type, "
        "any_value(ServiceName) AS service_name, any_value(ServiceCategory) AS service_category, "
        "any_value(RegionId) AS region_id, any_value(ChargeCategory) AS charge_category, "
        "any_value(ChargeClass) AS charge_class, any_value(x_Class) AS class, "
        "any_value(CommitmentDiscountId) AS commitment_id, any_value(CommitmentDiscountStatus) AS commitment_status, "
        "any_value(x_Extra) AS extra, any_value(inherited_tagset_no) AS inherited_tagset_no "
        f"FROM (SELECT *, {_dim_id('k')} AS dim_id FROM keyed k WHERE problem IS NULL) GROUP BY dim_id"
    )
    number_new(
        con,
        "base.charge_dim",
        "dim_no",
        ("dim_id",),
        "new_dims",
        "book_no, provider_name, sub_account_id, invoice_id, resource_type, service_name, service_category, region_id, "
        "charge_category, charge_class, class, commitment_id, commitment_status, extra, inherited_tagset_no",
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE dim_map AS SELECT k.h, c.dim_no, k.provider_id, k.billing_period, "
        "k.BillingAccountId AS billing_account_id, k.BillingCurrency AS currency, k.problem "
        f"FROM keyed k LEFT JOIN base.charge_dim c ON k.problem IS NULL AND c.dim_id = {_dim_id('k')}"
    )


def _dim_id(alias: str) -> str:
    fields = ", ".join(f"{alias}.{name}::VARCHAR" for name in _DIM_FIELDS)
    return f"substr(sha256(to_json([{fields}])::VARCHAR), 1, 32)"


def _tags(con: duckdb.DuckDBPyConnection, lines: Lines, masker: Masker) -> None:
    if not lines.tagged:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE tag_map AS SELECT 0::UBIGINT AS h, 0 AS tagset_no, NULL::VARCHAR AS problem"
        )
        return
    con.execute(f"CREATE OR REPLACE TEMP TABLE raw_cells AS {_distinct(lines, lines.tag_columns)}")
    _prove_unique(con, "raw_cells", "tags")
    con.execute(f"CREATE OR REPLACE TEMP TABLE tag_cells AS {lines.tags_sql.replace('{raw}', 'raw_cells')}")
    number_tagsets(con, "tag_cells", "tag_map", masker)


def _resources(con: duckdb.DuckDBPyConnection, lines: Lines) -> None:
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE raw_resources AS SELECT {_resource_hash('resource_id')} AS h, resource_id FROM ("
        f"SELECT DISTINCT {lines.resource} AS resource_id FROM {lines.raw})"
    )
    _prove_unique(con, "raw_resources", "resource ids")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE seen AS WITH pairs AS (SELECT DISTINCT d.provider_id, f.rh FROM raw_facts f "
        "JOIN dim_map d ON d.h = f.dh AND d.problem IS NULL) SELECT p.provider_id, cell(r.resource_id) AS resource_id, r.h "
        "FROM pairs p JOIN raw_resources r ON r.h = p.rh WHERE cell(r.resource_id) IS NOT NULL"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE new_resources AS SELECT DISTINCT provider_id, resource_id FROM seen"
    )
    number_new(con, "base.bill_resource", "bill_resource_no", ("provider_id", "resource_id"), "new_resources")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE resource_map AS SELECT s.h, s.provider_id, b.bill_resource_no "
        "FROM seen s JOIN base.bill_resource b USING (provider_id, resource_id)"
    )


def fold_providers(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Add `provider_id` to a temp table with a ProviderName column."""
    con.execute(f"ALTER TABLE {table} ADD COLUMN provider_id VARCHAR")
    for (name,) in con.execute(f"SELECT DISTINCT ProviderName FROM {table}").fetchall():
        con.execute(f"UPDATE {table} SET provider_id = ? WHERE ProviderName = ?", [provider_id(name), name])


def number_books(con: duckdb.DuckDBPyConnection, dims: str) -> None:
    """Give every period × provider × billing account × currency of a dims table its book number."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE new_books AS SELECT DISTINCT billing_period, provider_id, "
        f"BillingAccountId AS billing_account_id, BillingCurrency AS currency FROM {dims} WHERE billing_period IS NOT NULL "
        "AND BillingAccountId IS NOT NULL AND BillingCurrency IS NOT NULL"
    )
    keys = ("billing_period", "provider_id", "billing_account_id", "currency")
    number_new(con, "base.book", "book_no", keys, "new_books")


def _prove_unique(con: duckdb.DuckDBPyConnection, table: str, what: str) -> None:
    if _one(con, f"SELECT count(*) - count(DISTINCT h) FROM {table}"):
        raise OurBug(
            f"two different {what} share one 64-bit hash; nothing was loaded. Please report this file's shape."
        )


def _one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = one(con, query)
    return int(row[0]) if row else 0
