"""What does a finding about a verdict say: to whom, how bad, and with which evidence?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from recon.checks import Context, all_checks
from recon.verdicts import VERDICT_NO

CHECKS = {check.check_id: check for check in all_checks()}


def rows(ctx: Context, check: str) -> list[dict[str, Any]]:
    found = CHECKS[check].find(Context(ctx.con, ctx.registry, ctx.raw, ctx.now)).to_dicts()
    return [{**row, "evidence": json.loads(row["evidence"])} for row in found]


def test_a_typo_is_told_with_the_value_it_most_likely_meant(ctx: Context) -> None:
    typos = [
        row
        for row in rows(ctx, "invalid")
        if row["evidence"].get("nearest_value") and row["key"] == "cost-center"
    ]
    assert len(typos) == 3
    for row in typos:
        near, value = row["evidence"]["nearest_value"], row["evidence"]["billed_value"]
        assert sorted(near) == sorted(value)
        assert near in row["reason"]
        assert value in row["reason"]


def test_a_retired_value_is_said_to_be_retired(ctx: Context) -> None:
    retired = [row for row in rows(ctx, "invalid") if row["evidence"]["refusal"] == "retired"]
    assert len(retired) == 3
    assert all("has retired" in row["reason"] and '"growth"' in row["reason"] for row in retired)


def test_two_spellings_are_both_named(ctx: Context) -> None:
    both = [row for row in rows(ctx, "conflict") if len(row["evidence"]["billed_raw"]) == 2]
    assert len(both) == 3
    for row in both:
        assert all(
            f'{key}="{value}"' in row["reason"] for key, value in row["evidence"]["billed_raw"].items()
        )


def test_a_conflict_with_the_resource_names_both_sides(ctx: Context) -> None:
    sides = [row for row in rows(ctx, "conflict") if len(row["evidence"]["billed_raw"]) == 1]
    assert len(sides) == 6
    for row in sides:
        said = row["evidence"]
        assert said["billed_value"] != said["live_value"]
        assert f'"{said["billed_value"]}"' in row["reason"]
        assert f'"{said["live_value"]}"' in row["reason"]


def test_a_variant_shows_its_raw_spelling_and_its_meaning(ctx: Context) -> None:
    for row in rows(ctx, "variant"):
        (raw_key, raw_value), *_ = row["evidence"]["billed_raw"].items()
        assert f'{raw_key}="{raw_value}"' in row["reason"]
        assert (raw_key, raw_value) != (row["key"], row["evidence"]["billed_value"])


def test_one_key_that_was_never_activated_is_one_finding_with_its_resources_counted(ctx: Context) -> None:
    found = {(row["billing_account_id"], row["key"]): row for row in rows(ctx, "not-activated")}
    assert set(found) == {("400100200300", "cost-center"), ("400100200990", "data-class")}
    assert found["400100200990", "data-class"]["evidence"]["resources"] == 2
    assert all(row["resource_id"] is None and row["sub_account_id"] is None for row in found.values())


def test_the_owner_is_who_pays_for_the_dearest_charges(ctx: Context) -> None:
    for row in rows(ctx, "wrong-owner"):
        assert row["owner"] == row["evidence"]["billed_value"]
    assert all(row["owner"] is None for row in rows(ctx, "unknown-resource"))


def test_severity_is_the_key_s_own_but_never_above_the_check_s(ctx: Context) -> None:
    severities = {(row["check_id"], row["key"]): row["severity"] for c in CHECKS for row in rows(ctx, c)}
    assert severities["untagged", "cost-center"] == "high"
    assert severities["untagged", "data-class"] == "medium"
    assert severities["lagging", "cost-center"] == "low"


def test_lines_without_a_resource_are_one_finding_per_key(ctx: Context) -> None:
    found = [row for row in rows(ctx, "untagged") if row["resource_id"] is None]
    assert sorted(row["key"] for row in found) == ["cost-center", "data-class", "environment"]
    assert all("allocation rule" in row["reason"] for row in found)


def test_evidence_counts_lines_and_days_of_all_periods(ctx: Context) -> None:
    row = next(row for row in rows(ctx, "not-billed"))
    assert row["evidence"]["periods"] == ["2026-08", "2026-09", "2026-10"]
    assert (row["evidence"]["first_day"], row["evidence"]["last_day"]) == ("2026-08-01", "2026-10-31")
    assert row["evidence"]["lines"] == 92


def test_two_currencies_in_a_period_are_never_added(ctx: Context) -> None:
    before = {row["resource_id"]: row for row in rows(ctx, "not-billed") if row["provider_id"] == "aws"}
    (resource, old), *_ = before.items()
    ctx.con.execute(
        "INSERT INTO base.book SELECT 999, billing_period, provider_id, billing_account_id, 'XTS' FROM base.book "
        "WHERE billing_period = '2026-10' AND billing_account_id = ?",
        [old["billing_account_id"]],
    )
    charge = (
        "SELECT min(c.charge_no) FROM base.charge c JOIN base.book b USING (book_no) JOIN base.judgement j USING (charge_no) "
        "JOIN base.bill_match m USING (bill_resource_no) JOIN base.resource r USING (resource_no) "
        f"WHERE b.billing_period = '2026-10' AND r.resource_id = '{resource}' AND j.verdict = {VERDICT_NO['not-billed']}"
    )
    ((number,),) = ctx.con.execute(charge).fetchall()
    ((moved,),) = ctx.con.execute("SELECT billed FROM base.charge WHERE charge_no = ?", [number]).fetchall()
    ctx.con.execute("UPDATE base.charge SET book_no = 999 WHERE charge_no = ?", [number])
    row = next(row for row in rows(ctx, "not-billed") if row["resource_id"] == resource)
    assert row["currency"] == "USD"
    assert row["billed_at_stake"] == old["billed_at_stake"] - moved
    assert row["evidence"]["also_in_currencies"] == ["XTS"]


def test_hostile_text_in_a_value_is_made_harmless(ctx: Context) -> None:
    hostile = "pay\u202ements\x1b[31m"
    ctx.con.execute(
        "UPDATE base.tagset_entry SET tag_value = ? WHERE tag_key IN ('cost-center', 'cost_center') AND tag_value = 'growth'",
        [hostile],
    )
    text = json.dumps(rows(ctx, "invalid"), default=str, ensure_ascii=False)
    assert "pay�ments�[31m" in text
    assert hostile not in text


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_an_empty_store_has_no_findings(check: str, ctx: Context) -> None:
    for (table,) in ctx.con.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'base' AND table_type = 'BASE TABLE'"
    ).fetchall():
        ctx.con.execute(f"DELETE FROM base.{table}")
    assert rows(ctx, check) == []
