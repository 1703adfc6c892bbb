"""Propagation latency: from which instant to which, and over which values."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from recon.metrics.propagation import propagation

LABELS = pl.DataFrame(
    [("aws", 1, "owner", "a", True), ("aws", 2, "owner", "b", True)],
    schema=["provider_id", "tagset_no", "key", "value", "valid"], orient="row",
)  # fmt: skip
SEEN = datetime(2026, 10, 1, 12)


def figures(
    seen: list[tuple[int, int, datetime, bool]], billed: list[tuple[int, int, date]]
) -> dict[str, tuple[object, ...]]:
    states = pl.DataFrame(
        [(n, "aws", *rest) for n, *rest in seen], orient="row",
        schema=["resource_no", "provider_id", "tagset_no", "valid_from", "assumed_start"],
    )  # fmt: skip
    schema = {"resource_no": pl.Int64, "provider_id": pl.String, "tagset_no": pl.Int64, "first_day": pl.Date}
    bills = pl.DataFrame([(n, "aws", *rest) for n, *rest in billed], orient="row", schema=schema)
    found = propagation(states, bills, LABELS, ["owner"])
    return {row[0]: row[1:] for row in found.select("id", "value", "numerator", "denominator").rows()}


def test_latency_ends_with_the_first_day_on_the_bill() -> None:
    found = figures([(1, 1, SEEN, False)], [(1, 1, date(2026, 10, 3)), (1, 1, date(2026, 10, 9))])
    assert found["M4"] == (36.0, 1, 1)


def test_a_value_that_was_there_in_the_first_snapshot_is_left_out() -> None:
    assert figures([(1, 1, SEEN, True)], [(1, 1, date(2026, 10, 3))])["M4"] == (None, 0, 0)


def test_a_value_that_never_reached_the_bill_is_in_the_denominator_alone() -> None:
    assert figures([(1, 1, SEEN, False), (2, 1, SEEN, False)], [(1, 1, date(2026, 10, 2))])["M4"] == (
        12.0,
        1,
        2,
    )


def test_another_value_on_the_bill_does_not_end_the_wait() -> None:
    assert figures([(1, 1, SEEN, False)], [(1, 2, date(2026, 10, 3))])["M4"] == (None, 0, 1)


def test_a_bill_that_had_it_first_waits_nothing() -> None:
    assert figures([(1, 1, SEEN, False)], [(1, 1, date(2026, 9, 1))])["M4"] == (0.0, 1, 1)


def test_percentiles_are_the_nearest_rank() -> None:
    seen = [(n, 1, datetime(2026, 10, 1), False) for n in range(1, 21)]
    billed = [(n, 1, date(2026, 10, n)) for n in range(1, 21)]
    found = figures(seen, billed)
    assert (found["M4-p50"][0], found["M4"][0]) == (9 * 24.0, 18 * 24.0)
