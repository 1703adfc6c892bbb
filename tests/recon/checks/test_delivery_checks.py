"""Are faulty deliveries told: refused, held, incomplete, quarantined, or of a kind nobody knows?"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from recon.checks import Context, all_checks

CHECKS = {check.check_id: check for check in all_checks()}


def rows(ctx: Context, check: str) -> list[dict[str, Any]]:
    found = CHECKS[check].find(Context(ctx.con, ctx.registry, ctx.raw, ctx.now)).to_dicts()
    return [{**row, "evidence": json.loads(row["evidence"])} for row in found]


def mark(ctx: Context, status: str, reason: str, like: str = "%2026-10/lanternworks%") -> None:
    ctx.con.execute(
        "UPDATE base.source_file SET status = ?, reason = ? WHERE path LIKE ?", [status, reason, like]
    )


def test_a_refused_file_is_named_with_its_reason_and_bill(ctx: Context) -> None:
    mark(ctx, "refused", "lacks BillingCurrency")
    (row,) = rows(ctx, "refused-file")
    assert row["resource_id"] == "aws-bill: aws/2026-10/lanternworks-00001.snappy.parquet"
    assert (row["provider_id"], row["billing_account_id"]) == ("aws", "400100200300")
    assert "lacks BillingCurrency" in row["reason"]


def test_an_unreadable_file_is_no_refused_one(ctx: Context) -> None:
    mark(ctx, "unreadable", "is cut off")
    assert len(rows(ctx, "unreadable-file")) == 1
    assert rows(ctx, "refused-file") == []


def test_a_held_period_is_one_finding_with_both_files(ctx: Context) -> None:
    mark(ctx, "held", "two sources cover 2026-10/gcp/01A2B3-4C5D6E-7F8091: a, b.", "%gcp/2026-10%")
    ctx.con.execute("INSERT INTO base.source_file SELECT * REPLACE (999 AS file_no, 'other' AS source) FROM base.source_file "
                    "WHERE status = 'held'")  # fmt: skip
    ctx.con.execute("INSERT INTO base.file_book SELECT * REPLACE (999 AS file_no) FROM base.file_book WHERE file_no = "
                    "(SELECT min(file_no) FROM base.source_file WHERE status = 'held')")  # fmt: skip
    (row,) = rows(ctx, "held-period")
    assert (row["provider_id"], row["billing_account_id"]) == ("gcp", "01A2B3-4C5D6E-7F8091")
    assert row["evidence"]["periods"] == ["2026-10"]
    assert len(row["evidence"]["files"]) == 2


def test_a_refused_dump_is_worse_than_one_read_in_part(ctx: Context) -> None:
    ctx.con.execute(
        "UPDATE base.inventory_file SET status = 'refused', reason = 'is no JSON' WHERE path LIKE '%2026-11-02/gcp%'"
    )
    ctx.con.execute(
        "UPDATE base.inventory_file SET reason = '1 of 9 rows' WHERE path LIKE '%2026-11-02/azure%'"
    )
    found = {row["evidence"]["source"]: row["severity"] for row in rows(ctx, "inventory-problem")}
    assert found == {"gcp-live": "medium", "azure-live": "low"}


def test_quarantined_rows_are_counted_per_file_and_column_with_their_money(ctx: Context) -> None:
    ctx.con.execute(
        "INSERT INTO base.quarantine SELECT file_no, n, 'Tags', 'is not JSON', 'password=hunter2hunter2', '2026-10', 'aws', "
        "'400100200300', 'USD', n, n FROM base.source_file, range(1, 4) t(n) WHERE path LIKE '%2026-10/lanternworks%'"
    )
    (row,) = rows(ctx, "quarantined-rows")
    assert (row["key"], row["currency"], row["billed_at_stake"]) == ("Tags", "USD", 6)
    assert (row["evidence"]["rows"], row["evidence"]["first_row"]) == (3, 1)
    assert "hunter2" not in str(row)


def test_quarantined_money_in_two_currencies_is_not_added(ctx: Context) -> None:
    ctx.con.execute(
        "INSERT INTO base.quarantine SELECT file_no, n, 'Tags', 'bad', NULL, '2026-10', 'aws', '400100200300', "
        "CASE n WHEN 1 THEN 'EUR' ELSE 'USD' END, n, n FROM base.source_file, range(1, 4) t(n) "
        "WHERE path LIKE '%2026-10/lanternworks%'"
    )
    (row,) = rows(ctx, "quarantined-rows")
    assert (row["currency"], row["billed_at_stake"]) == ("USD", 5)


def test_a_day_without_usage_inside_a_period_is_found(ctx: Context) -> None:
    day = (datetime(2026, 10, 12) - datetime(1970, 1, 1)).days
    ctx.con.execute(
        "DELETE FROM base.charge WHERE day = ? AND book_no IN (SELECT book_no FROM base.book WHERE provider_id = 'azure')",
        [day],
    )
    (row,) = rows(ctx, "missing-days")
    assert (row["provider_id"], row["billing_account_id"]) == ("azure", "86420135")
    assert row["evidence"]["days"] == {"2026-10": ["2026-10-12"]}


def test_an_account_used_on_four_days_of_a_period_misses_none(ctx: Context) -> None:
    first = (datetime(2026, 10, 1) - datetime(1970, 1, 1)).days
    ctx.con.execute(
        "DELETE FROM base.charge WHERE day - ? NOT IN (0, 10, 20, 30) AND book_no IN "
        "(SELECT book_no FROM base.book WHERE provider_id = 'azure' AND billing_period = '2026-10')",
        [first],
    )
    assert rows(ctx, "missing-days") == []


def test_an_open_period_that_ends_early_misses_no_day(ctx: Context) -> None:
    day = (datetime(2026, 10, 20) - datetime(1970, 1, 1)).days
    ctx.con.execute("DELETE FROM base.charge WHERE day > ?", [day])
    assert rows(ctx, "missing-days") == []


def test_an_unknown_column_is_one_finding_per_source(ctx: Context) -> None:
    ctx.con.execute(
        "UPDATE base.source_file SET unknown_columns = 'Colour, Flavour' WHERE source = 'gcp-bill'"
    )
    found = rows(ctx, "unknown-column")
    assert [(row["resource_id"], row["key"]) for row in found] == [
        ("gcp-bill", "Colour"),
        ("gcp-bill", "Flavour"),
    ]
    assert {row["evidence"]["files"] for row in found} == {3}


def test_an_unknown_category_is_priced_over_its_newest_period(ctx: Context) -> None:
    ctx.con.execute("UPDATE base.charge_dim SET charge_category = 'Donation' WHERE charge_category = 'Tax'")
    found = {row["billing_account_id"]: row for row in rows(ctx, "unknown-charge-category")}
    ((tax,),) = ctx.con.execute(
        "SELECT sum(c.billed) FROM base.charge c JOIN base.charge_dim d USING (dim_no) JOIN base.book b ON b.book_no = c.book_no "
        "WHERE b.billing_period = '2026-10' AND b.billing_account_id = '86420135' AND d.charge_category = 'Donation'"
    ).fetchall()
    assert found["86420135"]["billed_at_stake"] == tax
    assert found["86420135"]["key"] == "Donation"


def test_a_source_without_effective_cost_is_one_finding(ctx: Context) -> None:
    ctx.con.execute("UPDATE base.source_file SET has_effective = false WHERE source = 'azure-bill'")
    (row,) = rows(ctx, "no-effective-cost")
    assert (row["resource_id"], row["evidence"]["files"]) == ("azure-bill", 3)


def test_a_resource_that_came_after_the_period_is_not_missed_on_its_bill(ctx: Context) -> None:
    assert len(rows(ctx, "live-not-billed")) == 3
    ctx.con.execute("UPDATE base.resource SET first_seen = TIMESTAMP '2026-11-01'")
    assert rows(ctx, "live-not-billed") == []


def test_a_type_that_is_never_billed_is_not_missed_on_the_bill(ctx: Context) -> None:
    found = {row["resource_id"] for row in rows(ctx, "live-not-billed")}
    ctx.con.execute(
        "UPDATE base.resource SET resource_type = 'AWS::EC2::VPC' WHERE resource_id IN (SELECT unnest(?::VARCHAR[]))",
        [sorted(found)],
    )
    assert rows(ctx, "live-not-billed") == []


def test_an_account_that_was_not_listed_completely_proves_nothing(ctx: Context) -> None:
    ctx.con.execute("UPDATE base.snapshot SET complete = false")
    assert rows(ctx, "live-not-billed") == []
