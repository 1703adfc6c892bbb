"""Coverage by count over live resources: who is asked, what is carried, in which currency."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recon.metrics.counted import COUNTED, counted_live
from recon.metrics.live import live_by_period
from recon.registry import Rules, in_force, load_registry
from recon.taggability import load_taggability

NOW = datetime(2026, 11, 3)
REGISTRY = """
version: 1
owner: owner
keys:
  owner: {required: true, values: {list: [a, b]}}
  environment: {required: true, values: {list: [prod, dev]}}
  data-class: {required: {where: {environment: prod}}, values: {list: [public]}}
exemptions:
  - {key: owner, scope: {account: 'sandbox'}, reason: sandbox}
"""
STATES: dict[str, Any] = {
    "resource_no": pl.Int32, "provider_id": pl.String, "account": pl.String, "region": pl.String,
    "resource_type": pl.String, "resource": pl.String, "first_seen": pl.Datetime("us"), "deleted_at": pl.Datetime("us"),
    "tagset_no": pl.Int32, "valid_from": pl.Datetime("us"), "valid_to": pl.Datetime("us"), "assumed_start": pl.Boolean,
}  # fmt: skip


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    return in_force(load_registry(tmp_path / "registry.yaml"), NOW.date())


def live(*resources: dict[str, Any]) -> pl.DataFrame:
    base = {
        "billing_period": "2026-10", "provider_id": "aws", "account": "1", "region": "eu", "resource_type": "vm",
        "resource": "r", "tagset_no": 1, "complete": True,
    }  # fmt: skip
    return pl.DataFrame(
        [{**base, "resource_no": n, **r} for n, r in enumerate(resources, 1)],
        schema_overrides={"resource_no": pl.Int32, "tagset_no": pl.Int32},
    )


def labels(*entries: tuple[int, str, str, bool]) -> pl.DataFrame:
    rows = [("aws", tagset, key, value, valid) for tagset, key, value, valid in entries]
    schema = {
        "provider_id": pl.String,
        "tagset_no": pl.Int32,
        "key": pl.String,
        "value": pl.String,
        "valid": pl.Boolean,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def billed(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {
        "billing_period": "2026-10", "currency": "USD", "key": "owner", "provider_id": "aws", "account": "1",
        "environment": None, "resource_no": 100, "count_basis": "billed", "labelled": True, "taggable": True,
    }  # fmt: skip
    return pl.DataFrame([{**base, **row} for row in rows] or [base], schema=COUNTED)


def counted(
    rules: Rules,
    resources: pl.DataFrame,
    said: pl.DataFrame,
    on_bill: pl.DataFrame,
    key: str = "owner",
    matches: dict[int, int] | None = None,
) -> list[Any]:
    pairs = pl.DataFrame(
        {"resource_no": list(matches or {}), "bill_no": list((matches or {}).values())},
        schema={"resource_no": pl.Int32, "bill_no": pl.Int32},
    )
    found = counted_live(resources, said, on_bill, pairs, rules, load_taggability(), [key])
    return (
        found.sort("resource_no", "currency").select("resource_no", "currency", "labelled", "taggable").rows()
    )


def test_a_valid_live_value_labels_and_an_invalid_one_does_not(rules: Rules) -> None:
    said = labels((1, "owner", "a", True), (2, "owner", "x", False))
    found = counted(rules, live({"tagset_no": 1}, {"tagset_no": 2}, {"tagset_no": 3}), said, billed())
    assert [row[2] for row in found] == [True, False, False]


def test_an_inventory_that_is_not_complete_is_not_counted(rules: Rules) -> None:
    assert counted(rules, live({"complete": False}), labels(), billed()) == []


def test_an_exempt_account_is_not_asked(rules: Rules) -> None:
    found = counted(
        rules, live({"account": "sandbox"}, {"account": "1"}), labels(), billed({}, {"account": "sandbox"})
    )
    assert [row[3] for row in found] == [False, True]


def test_a_condition_reads_the_resources_own_value_and_applies_where_it_has_none(rules: Rules) -> None:
    said = labels((1, "environment", "prod", True), (2, "environment", "dev", True))
    found = counted(
        rules, live({"tagset_no": 1}, {"tagset_no": 2}, {"tagset_no": 3}), said, billed(), "data-class"
    )
    assert [row[3] for row in found] == [True, False, True]


def test_for_a_billed_resource_judging_says_whether_the_key_is_asked(rules: Rules) -> None:
    on_bill = billed({"taggable": False})
    assert counted(rules, live({}), labels(), on_bill, matches={1: 100}) == [(1, "USD", False, False)]


def test_a_resource_counts_in_each_currency_of_its_account(rules: Rules) -> None:
    on_bill = billed({"currency": "USD"}, {"currency": "EUR"}, {"account": "2", "currency": "GBP"})
    assert [row[1] for row in counted(rules, live({}), labels(), on_bill)] == ["EUR", "USD"]


def test_an_account_without_a_bill_counts_in_its_providers_currency(rules: Rules) -> None:
    assert [row[1] for row in counted(rules, live({"account": "9"}), labels(), billed())] == ["USD"]


def state(number: int, start: str, end: str | None = None) -> tuple[Any, ...]:
    at = (datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None)
    return (number, "aws", "1", "eu", "vm", "r", at[0], None, number, *at, False)


def test_a_period_sees_what_its_last_snapshot_saw() -> None:
    states = pl.DataFrame(
        [state(1, "2026-09-01", "2026-10-20"), state(2, "2026-10-20")], schema=STATES, orient="row"
    )
    days = [datetime(2026, 9, 1), datetime(2026, 10, 20), datetime(2026, 11, 2)]
    snapshots = pl.DataFrame({"provider_id": "aws", "account": "1", "observed_at": days, "complete": True})
    found = live_by_period(states, snapshots, ["2026-09", "2026-10"], NOW)
    assert found.select("billing_period", "resource_no").rows() == [("2026-09", 1), ("2026-10", 2)]


def test_before_the_first_snapshot_the_present_is_assumed() -> None:
    states = pl.DataFrame([state(1, "2026-10-20")], schema=STATES, orient="row")
    snapshots = pl.DataFrame(
        {
            "provider_id": ["aws"],
            "account": ["1"],
            "observed_at": [datetime(2026, 10, 20)],
            "complete": [True],
        }
    )
    assert live_by_period(states, snapshots, ["2026-08"], NOW)["resource_no"].to_list() == [1]
