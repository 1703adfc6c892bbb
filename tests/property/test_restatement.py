"""However the deliveries came, the store says the same: restatement order, row order and cutting change nothing."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bills import RESULTS, line, tables, work, write_bill, write_config

few = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
tag = st.sampled_from(["payments", "Search", "nobody", ""])
lines = st.lists(
    st.builds(
        lambda day, cost, month, owner, resource, category: line(
            day,
            cost,
            month=month,
            ResourceId=resource,
            ChargeCategory=category,
            tags={"cost-center": owner} if owner else {},
        ),
        st.integers(1, 28),
        st.decimals(min_value=-100, max_value=100, places=20).map(lambda d: format(d, "f")),
        st.sampled_from([8, 9, 10]),
        tag,
        st.sampled_from(["r-1", "r-2", "r-3", ""]),
        st.sampled_from(["Usage", "Usage", "Tax", "Credit"]),
    ),
    min_size=1,
    max_size=30,
)


def _fresh(folder: Path, bill: list[dict[str, Any]], parts: int = 1) -> dict[str, Any]:
    config = write_config(folder)
    for n in range(parts):
        write_bill(folder / "exports" / f"part{n}.csv", bill[n::parts])
    return tables(work(config).store, *RESULTS)


@few
@given(lines, st.integers(0, 10**6))
def test_row_order_changes_nothing(bill: list[dict[str, Any]], seed: int) -> None:
    shuffled = list(bill)
    random.Random(seed).shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        assert _fresh(Path(folder) / "a", bill) == _fresh(Path(folder) / "b", shuffled)


@few
@given(lines, st.integers(2, 4))
def test_cutting_a_delivery_into_parts_changes_nothing(bill: list[dict[str, Any]], parts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert _fresh(Path(folder) / "a", bill) == _fresh(Path(folder) / "b", bill, parts)


@few
@given(st.lists(lines, min_size=2, max_size=4), st.data())
def test_restated_in_any_order_it_equals_a_fresh_load_of_the_last(
    bills: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder) / "a")
        for bill in data.draw(st.permutations(bills)):
            write_bill(Path(folder) / "a" / "exports" / "part0.csv", bill)
            store = work(config).store
        assert tables(store, *RESULTS) == _fresh(Path(folder) / "b", bill)


@few
@given(st.lists(lines, min_size=2, max_size=3), st.data())
def test_files_that_come_and_go_leave_what_is_there_now(
    bills: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder) / "a")
        exports = Path(folder) / "a" / "exports"
        for n, bill in enumerate(bills):
            write_bill(exports / f"part{n}.csv", bill)
            store = work(config).store
        gone = data.draw(st.integers(0, len(bills) - 1))
        (exports / f"part{gone}.csv").unlink()
        store = work(config).store
        left = [row for n, bill in enumerate(bills) if n != gone for row in bill]
        assert tables(store, *RESULTS) == _fresh(Path(folder) / "b", left)
