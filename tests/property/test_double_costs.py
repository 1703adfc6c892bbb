"""Costs in binary doubles: each means its shortest round-trip decimal, and no number of deliveries makes them drift."""

from __future__ import annotations

import random
import struct
from decimal import Context, Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.bill.money_sql import deep_sql, exact_sql
from recon.money import exact
from tests.bills import work
from tests.connectors.all_formats import AllFormats, Told
from tests.connectors.samples import BY_NAME

WIDE = Context(prec=400)
# a fee of 8537484.04 became 8537484.039999998976 where it was cast to twelve decimals: that round-trips too
AMOUNTS = (
    *(
        8537484.04,
        747144854.1,
        8289.030091,
        9999999999999.9,
        4096.1,
        4095.999999999999,
        0.1,
        0.30000000000000004,
        -0.07,
    ),
    *(1.2345678901234567e-9, -9.87654321098765e-10, 3e-25, 7e-30, 1e-24, 12345.678, 0.0, -0.0),
)
bits = st.integers(0, 2**64 - 1).map(lambda n: struct.unpack("d", struct.pack("Q", n))[0])
doubles = st.one_of(
    bits, st.floats(-1e14, 1e14), st.decimals(-(10**9), 10**9, places=2).map(float), st.floats(-1e-7, 1e-7)
)


def read(amounts: list[float], kind: str = "DOUBLE") -> list[tuple[str, Decimal | None, bool | None]]:
    """(the amount's text, what it is taken for, whether it is looked at for digits beyond the 24th)."""
    with duckdb.connect() as con:
        con.register(
            "t", pa.table({"x": pa.array(amounts, pa.float64() if kind == "DOUBLE" else pa.float32())})
        )
        query = f"SELECT x::VARCHAR, {exact_sql('x', kind)}, {deep_sql('x', kind)} FROM t"
        return con.execute(query).fetchall()


@settings(deadline=None, max_examples=60)
@given(st.lists(doubles, min_size=1, max_size=200))
@example(list(AMOUNTS))
def test_a_double_is_its_shortest_decimal_or_no_number(amounts: list[float]) -> None:
    for amount, (_, taken, deep) in zip(amounts, read(amounts), strict=True):
        meant = exact(repr(amount))
        if meant is None:
            assert taken is None
        elif meant[1]:
            assert deep  # rounded half-even elsewhere, and counted
        else:
            assert (taken, bool(deep)) == (meant[0], bool(deep))


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), float("-inf"), 1e300, -1e14])
def test_what_is_no_amount_is_no_error_either(amount: float) -> None:
    assert read([amount, 1.5])[0][1:] == (None, False)


def test_a_float_is_its_own_shortest_decimal() -> None:
    assert [taken for _, taken, _ in read([0.1, 7.25, 1e30], "FLOAT")] == [
        Decimal("0.1"),
        Decimal("7.25"),
        None,
    ]


@pytest.mark.parametrize("sql_type", ["BOOLEAN", "DATE", "TIMESTAMP", "BIGINT[]", "BLOB"])
def test_a_cost_column_of_another_type_is_no_number_and_no_error(sql_type: str) -> None:
    with duckdb.connect() as con:
        query = f"SELECT {exact_sql('x', sql_type)} FROM (SELECT NULL::{sql_type} AS x UNION ALL SELECT try_cast('2026-01-01' AS {sql_type}))"
        assert con.execute(query).fetchall() == [(None,), (None,)]


def deliver_again_and_again(folder: Path, times: int) -> list[Told]:
    """The same lines in another order, time after time: other bytes, the same bill."""
    sample = BY_NAME["focus-parquet"]
    bills = AllFormats(folder)
    lines = sample.lines([repr(a) for a in AMOUNTS], [f"r-{n}" for n in range(len(AMOUNTS))])
    _invoice(folder, sum((Decimal(repr(a)) for a in AMOUNTS), Decimal(0)))
    told = []
    for n in range(times):
        random.Random(n).shuffle(lines)
        bills.deliver(lambda _: lines, [sample])
        bills.run([sample])
        told.append(_with_invoice(bills))
    return told


def _invoice(folder: Path, total: Decimal) -> None:
    row = f"2026-09,aws,focus-parquet,USD,{WIDE.plus(total):f}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "invoices.csv").write_text(
        f"billing_period,provider,billing_account_id,currency,total\n{row}\n", "utf-8"
    )


def _with_invoice(bills: AllFormats) -> Told:
    config = bills.folder / "tagrecon.yaml"
    config.write_text(config.read_text("utf-8") + "controls: [{invoices: invoices.csv}]\n", "utf-8")
    return Told(work(config))


def _prove_no_drift(told: list[Told]) -> None:
    sample = BY_NAME["focus-parquet"]
    meant = [Decimal(repr(a)) for a in AMOUNTS]
    kept = [found[0] for a in AMOUNTS if (found := exact(repr(a)))]
    residue = WIDE.subtract(_sum(meant), _sum(kept))
    for each in told:
        assert each.totals(sample)[0] == _sum(kept)
        assert each.files(sample, "(residue_rows, residue)") == [(3, f"{residue:f}".rstrip("0"))]
        [(control, difference)] = each.rows("SELECT control_total, control_difference FROM closing")
        # what rounding dropped is all that the provider's own total is away, and it is less than a unit a line
        assert difference == control - _sum(kept)
        assert abs(difference - residue) <= Decimal("0.5e-24")
        assert each.differences() == {0}


def _sum(amounts: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = WIDE.add(total, amount)
    return total


def test_five_deliveries_of_doubles_give_the_same_totals_to_the_last_digit(tmp_path: Path) -> None:
    _prove_no_drift(deliver_again_and_again(tmp_path, 5))


@pytest.mark.slow
def test_a_hundred_deliveries_of_doubles_give_the_same_totals_to_the_last_digit(tmp_path: Path) -> None:
    _prove_no_drift(deliver_again_and_again(tmp_path, 100)[::10])
