"""What the remaining indicators count, and what they leave out."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from recon.metrics.allocation_error import allocation_error
from recon.metrics.audit_completeness import audit_completeness
from recon.metrics.cardinality import cardinality
from recon.metrics.conflict_rate import conflict_rate
from recon.metrics.new_resources import new_resources
from recon.metrics.sensitive import sensitive
from recon.metrics.unlabeled_incidents import unlabeled_incidents
from recon.verdicts import MISATTRIBUTED, VERDICTS

NOW = datetime(2026, 10, 20)


def posted(*rows: tuple[str, str | None, bool, str]) -> dict[str, float]:
    frame = pl.DataFrame(
        [("2026-10", "USD", account, verdict, direct, Decimal(gross)) for account, verdict, direct, gross in rows],
        schema={
            "billing_period": pl.String, "currency": pl.String, "account": pl.String, "verdict": pl.String,
            "direct": pl.Boolean, "gross": pl.Decimal(38, 24),
        }, orient="row",
    )  # fmt: skip
    return dict(allocation_error(frame).select("id", "value").rows())


@pytest.mark.parametrize("account", ["unallocated:untagged", "unallocated:shared"])
def test_what_has_no_owner_is_misallocated(account: str) -> None:
    assert posted(("owner:a", "ok", True, "3"), (account, "untagged", True, "1"))["M10"] == 0.25


@pytest.mark.parametrize("verdict", ["wrong-owner", "conflict"])
def test_a_doubtful_owner_is_misallocated(verdict: str) -> None:
    assert posted(("owner:a", "ok", True, "3"), ("owner:a", verdict, True, "1"))["M10"] == 0.25


def test_a_pool_that_a_split_divided_is_not_misallocated() -> None:
    rows = [("owner:a", "ok", True, "3"), ("shared:tax", "shared", True, "1"), ("owner:a", None, False, "1")]
    assert posted(*rows)["M10"] == 0.0


def test_a_share_that_found_no_target_is_misallocated_and_its_pool_counts_once() -> None:
    rows = [
        ("owner:a", "ok", True, "3"),
        ("shared:tax", "shared", True, "1"),
        ("unallocated:shared", None, False, "1"),
    ]
    assert posted(*rows)["M10"] == 0.25


@pytest.mark.parametrize("verdict", VERDICTS)
def test_misattributed_on_the_bill_is_the_sum_over_its_verdicts(verdict: str) -> None:
    found = posted(("owner:a", verdict, True, "1"), ("owner:a", "ok", True, "1"))
    assert found["misattributed"] == (0.5 if verdict in MISATTRIBUTED else 0.0)


def test_a_conflict_counts_resources_and_only_compared_ones() -> None:
    cells = pl.DataFrame({
        "billing_period": "2026-10", "key": "owner", "bill_no": [1, 1, 2, 3, 0],
        "verdict": ["conflict", "conflict", "ok", "conflict", "conflict"], "compared": [True, True, True, False, True],
    })  # fmt: skip
    assert conflict_rate(cells).select("numerator", "denominator").row(0) == (1, 2)


def test_two_spellings_of_one_value_are_one_value() -> None:
    tagsets = pl.DataFrame({"billing_period": "2026-10", "provider_id": "aws", "tagset_no": [1, 2]})
    labels = pl.DataFrame(
        {"provider_id": "aws", "tagset_no": [1, 2], "key": "owner", "value": "a", "valid": True}
    )
    assert cardinality(tagsets, labels, {"owner": 5}).select("id", "value", "target").rows() == [
        ("M5", 1.0, 5)
    ]


def test_growth_of_a_key_that_went_away_is_negative() -> None:
    tagsets = pl.DataFrame(
        {"billing_period": ["2026-09", "2026-10"], "provider_id": "aws", "tagset_no": [1, 2]}
    )
    labels = pl.DataFrame(
        {"provider_id": ["aws"], "tagset_no": [1], "key": ["owner"], "value": ["a"], "valid": [True]}
    )
    growth = cardinality(tagsets, labels, {}).filter(pl.col("id") == "M5-growth")
    assert growth["value"].to_list() == [-1.0]


def test_no_log_is_no_data_and_not_zero() -> None:
    changes = pl.DataFrame({"observed_at": [NOW], "explained": [False]})
    log = pl.DataFrame(schema={"log": pl.String})
    assert audit_completeness(changes, log, NOW)["value"].to_list() == [None]


def test_changes_older_than_a_week_are_not_asked_for() -> None:
    seen = [NOW - timedelta(days=2), NOW - timedelta(days=3), NOW - timedelta(days=8)]
    changes = pl.DataFrame({"observed_at": seen, "explained": [True, False, False]})
    found = audit_completeness(changes, pl.DataFrame({"log": ["trail"]}), NOW)
    assert found.select("numerator", "denominator").row(0) == (1, 2)


def incidents(*rows: tuple[str, int, bool | None]) -> dict[str, tuple[float | None, int | None, int | None]]:
    """(incident, days before now, labelled) → id → value, numerator, denominator."""
    frame = pl.DataFrame(
        [(name, NOW - timedelta(days=days), labelled) for name, days, labelled in rows],
        schema={"incident": pl.String, "opened_at": pl.Datetime("us"), "labelled": pl.Boolean}, orient="row",
    )  # fmt: skip
    columns = ("id", "value", "numerator", "denominator")
    return {id: tuple(rest) for id, *rest in unlabeled_incidents(frame, NOW).select(columns).rows()}


def test_no_incident_is_no_data() -> None:
    assert incidents() == {"M3": (None, None, None)}


def test_an_incident_on_two_resources_lacks_the_label_when_one_of_them_does() -> None:
    assert incidents(("a", 1, True), ("a", 1, False), ("b", 1, True))["M3"] == (0.5, 1, 2)


def test_incidents_of_resources_that_nobody_knows_are_counted_apart() -> None:
    found = incidents(("a", 1, None), ("b", 1, False), ("c", 1, None), ("c", 1, True))
    assert found == {"M3": (0.5, 1, 2), "M3-unmatched": (1.0, 1, 3)}


def test_incidents_of_more_than_a_month_ago_and_of_tomorrow_don_t_count() -> None:
    assert incidents(("a", 31, False), ("b", -1, False), ("c", 29, True))["M3"] == (0.0, 0, 1)


def entries(*rows: tuple[str, str, bool]) -> tuple[int, int]:
    schema = {"tag_key": pl.String, "tag_value": pl.String, "declared": pl.Boolean}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.lit("aws").alias("provider_id"))
    found, looked_at = sensitive(frame).select("numerator", "denominator").row(0)
    return int(found), int(looked_at)


def test_a_person_under_a_declared_key_is_no_exposure() -> None:
    assert entries(("contact", "a@example.com", True), ("note", "a@example.com", False)) == (1, 2)


def test_a_masked_value_under_a_key_not_declared_is_an_exposure() -> None:
    assert entries(("note", "‹masked:0123456789ab›", False)) == (1, 1)


def test_new_resources_comply_only_with_every_key_that_is_asked() -> None:
    newcomers = pl.DataFrame(
        [(1, "owner", True, True), (1, "environment", True, False), (2, "owner", True, True), (2, "environment", False, False)],
        schema=["resource_no", "key", "asked", "labelled"], orient="row",
    )  # fmt: skip
    assert new_resources(newcomers).select("numerator", "denominator").row(0) == (1, 2)
