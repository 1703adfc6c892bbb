"""The drift rate: what drifts, what does not, and what was looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from recon.metrics.drift_rate import drift_rate

NOW = datetime(2026, 10, 20)
BEFORE, AFTER = NOW - timedelta(days=10), NOW - timedelta(days=2)
LABELS = pl.DataFrame(
    [("aws", 1, "owner", "a", True), ("aws", 2, "owner", "b", True), ("aws", 3, "owner", "x", False), ("aws", 5, "owner", "a", True)],
    schema=["provider_id", "tagset_no", "key", "value", "valid"], orient="row",
)  # fmt: skip


def rate(
    *tagsets: int, at: datetime = AFTER, seen: tuple[datetime, ...] = (BEFORE, AFTER)
) -> tuple[int, int]:
    """Drifted and scanned pairs of one resource that carried these tagsets, the second from `at` on."""
    starts = [BEFORE, at][: len(tagsets)]
    ends = [*starts[1:], None]
    states = pl.DataFrame(
        {
            "resource_no": 1,
            "provider_id": "aws",
            "account": "1",
            "tagset_no": tagsets,
            "valid_from": starts,
            "valid_to": ends,
        },
        schema_overrides={"valid_to": pl.Datetime("us")},
    )
    snapshots = pl.DataFrame({"provider_id": "aws", "account": "1", "observed_at": seen})
    found = drift_rate(states, snapshots, LABELS.cast({"tagset_no": pl.Int64}), ["owner"], NOW)
    drifted, scanned = found.filter(pl.col("key") == "owner").select("numerator", "denominator").row(0)
    return int(drifted), int(scanned)


def test_a_value_replaced_by_another_drifts() -> None:
    assert rate(1, 2) == (1, 1)


def test_a_value_that_left_the_registry_drifts() -> None:
    assert rate(1, 3) == (1, 1)


def test_a_value_removed_drifts() -> None:
    assert rate(1, 4) == (1, 1)


def test_another_spelling_of_the_same_value_is_no_drift() -> None:
    assert rate(1, 5) == (0, 1)


def test_a_repaired_value_is_no_drift() -> None:
    assert rate(3, 1) == (0, 1)


def test_a_value_added_is_no_drift() -> None:
    assert rate(4, 1) == (0, 1)


def test_a_change_before_the_window_is_over() -> None:
    earlier = NOW - timedelta(days=8)
    assert rate(1, 2, at=earlier, seen=(BEFORE, earlier, AFTER)) == (0, 1)


def test_a_resource_without_the_key_is_no_pair() -> None:
    assert rate(4) == (0, 0)


def test_without_a_snapshot_in_the_window_nothing_was_scanned() -> None:
    assert rate(1, 2, at=BEFORE, seen=(BEFORE - timedelta(days=1), BEFORE)) == (0, 0)


def test_one_snapshot_alone_compares_nothing() -> None:
    assert rate(1, seen=(AFTER,)) == (0, 0)
