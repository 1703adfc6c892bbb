"""Are blanks, secrets, too many values and expired exemptions seen where they are, and only there?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from recon.checks import Context, all_checks
from recon.registry import load_registry

CHECKS = {check.check_id: check for check in all_checks()}
REGISTRY = """
version: 1
owner: cost-center
keys:
  cost-center: {required: true, aliases: [CostCenter], values: {list: [payments, search]}}
  application: {cardinality_limit: 3}
  contact: {sensitivity: personal}
exemptions:
  - {key: cost-center, scope: {account: '1'}, reason: moved, until: 2026-10-31}
  - {key: cost-center, scope: {account: '2'}, reason: moved, until: 2026-10-31}
  - {key: cost-center, scope: {account: '2'}, reason: longer, from: 2026-11-01, until: 2027-10-31}
  - {key: cost-center, scope: {account: '3'}, reason: for good}
"""


@pytest.fixture
def small(ctx: Context, tmp_path: Path) -> Context:
    """One AWS resource, i-1 of account 1, live with the tags that a test gives it, and no bill."""
    for (table,) in ctx.con.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'base' AND table_type = 'BASE TABLE'"
    ).fetchall():
        ctx.con.execute(f"DELETE FROM base.{table}")
    (tmp_path / "registry.yaml").write_text(REGISTRY, encoding="utf-8")
    ctx.con.execute(
        "INSERT INTO base.resource VALUES (1, 'aws', '1', 'eu', 'AWS::EC2::Instance', 'i-1', 'i-1', 'web', NULL, "
        "TIMESTAMP '2026-09-01', TIMESTAMP '2026-11-02', NULL)"
    )
    ctx.con.execute("INSERT INTO base.resource_state VALUES (1, 1, TIMESTAMP '2026-09-01', NULL, true)")
    return Context(ctx.con, load_registry(tmp_path / "registry.yaml"), lambda value: value, ctx.now)


def tagged(ctx: Context, **tags: str) -> Context:
    for key, value in tags.items():
        ctx.con.execute("INSERT INTO base.tagset_entry VALUES (1, ?, ?)", [key.replace("_", "-"), value])
    return ctx


def rows(ctx: Context, check: str) -> list[dict[str, Any]]:
    return CHECKS[check].find(ctx).to_dicts()


def test_a_blank_value_of_a_registered_key_is_found(small: Context) -> None:
    found = rows(tagged(small, cost_center="  "), "empty-value")
    assert [(row["resource_id"], row["key"], row["open"]) for row in found] == [("i-1", "cost-center", True)]


def test_a_blank_value_of_a_key_that_the_registry_does_not_know_is_nobody_s_business(small: Context) -> None:
    assert rows(tagged(small, flag=""), "empty-value") == []


def test_a_blank_beside_another_spelling_with_a_value_is_not_absent(small: Context) -> None:
    assert rows(tagged(small, cost_center="", CostCenter="payments"), "empty-value") == []


def test_a_blank_on_bills_of_older_periods_only_is_closed(ctx: Context) -> None:
    ctx.con.execute("DELETE FROM base.resource_state")
    ctx.con.execute(
        "DELETE FROM base.charge WHERE book_no IN (SELECT book_no FROM base.book WHERE billing_period = '2026-10') "
        "AND tagset_no IN (SELECT tagset_no FROM base.tagset_entry WHERE tag_value = '')"
    )
    assert {row["open"] for row in rows(ctx, "empty-value")} == {False}


def test_a_password_under_an_undeclared_key_is_found_and_not_shown(small: Context) -> None:
    (row,) = rows(tagged(small, note="password=hunter2hunter2"), "sensitive-value")
    assert (row["key"], row["severity"]) == ("note", "high")
    assert "hunter2" not in str(row)


def test_personal_data_under_an_undeclared_key_is_medium(small: Context) -> None:
    (row,) = rows(tagged(small, note="jane@lantern.example"), "sensitive-value")
    assert (row["key"], row["severity"]) == ("note", "medium")
    assert "jane" not in str(row)


def test_personal_data_under_a_key_declared_for_it_is_no_finding(small: Context) -> None:
    assert rows(tagged(small, contact="jane@lantern.example"), "sensitive-value") == []


def test_a_masked_value_under_an_undeclared_key_was_a_secret(small: Context) -> None:
    (row,) = rows(tagged(small, note="‹masked:0123456789ab›"), "sensitive-value")
    assert row["severity"] == "high"


def test_a_value_of_megabytes_is_searched_in_no_time(small: Context) -> None:
    assert rows(tagged(small, note="x" * 5_000_000), "sensitive-value") == []


def test_more_values_than_the_key_s_limit_are_found(small: Context) -> None:
    for n in range(4):
        small.con.execute("INSERT INTO base.tagset_entry VALUES (1, ?, ?)", ["application", f"app-{n}"])
    (row,) = rows(small, "cardinality")
    assert (row["key"], row["reason"]) == ("application", "application has 4 distinct values, more than 3.")


def test_spellings_of_one_value_count_once(small: Context) -> None:
    for value in ("web", "Web", " WEB", "api"):
        small.con.execute("INSERT INTO base.tagset_entry VALUES (1, 'application', ?)", [value])
    assert rows(small, "cardinality") == []


def test_an_exemption_that_ended_and_was_not_renewed_is_found(small: Context) -> None:
    found = rows(small, "exemption-expired")
    assert [(row["key"], row["resource_id"]) for row in found] == [("cost-center", '{"account": ["1"]}')]


def test_an_exemption_holds_on_its_last_day(small: Context) -> None:
    assert rows(replace(small, now=datetime(2026, 10, 31, 23, 59)), "exemption-expired") == []
