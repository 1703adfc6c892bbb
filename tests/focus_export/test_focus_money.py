"""Is every unit of money, and every row, in the file?"""

from __future__ import annotations

from collections import defaultdict
from decimal import Context, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon import focus
from recon.errors import OurBug
from recon.focus_export import VERSIONS, Part, Total, focus_select, write_focus, write_parts
from recon.focus_export.write import Format
from tests.focus_export.lines import LINE, register

EXACT = Context(prec=60)
amounts = st.decimals(-(10**9), 10**9, places=24, allow_nan=False, allow_infinity=False).map(
    lambda d: format(d, "f")
)
words = st.one_of(
    st.none(), st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
)
free = sorted(set(focus.COLUMNS) - set(LINE) - {"BilledCost", "EffectiveCost"})
currencies = st.sampled_from(["USD", "EUR", None])


@st.composite
def bills(draw: st.DrawFn) -> list[dict[str, str | None]]:
    """Lines with any subset of FOCUS columns, any text in them, and money of 24 decimals."""
    columns = draw(st.lists(st.sampled_from(free), unique=True, max_size=8))
    line = st.fixed_dictionaries(
        {
            "BilledCost": amounts,
            "EffectiveCost": amounts,
            "BillingCurrency": currencies,
            "ChargeCategory": words,
        }
        | dict.fromkeys(columns, words)
    )
    return [{**LINE, **row} for row in draw(st.lists(line, min_size=1, max_size=6))]


def sums(rows: list[dict[str, str | None]]) -> tuple[Total, ...]:
    found: dict[str | None, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for row in rows:
        add = (1, Decimal(row["BilledCost"] or 0), Decimal(row["EffectiveCost"] or 0))
        found[row["BillingCurrency"]] = [
            EXACT.add(a, Decimal(b)) for a, b in zip(found[row["BillingCurrency"]], add, strict=True)
        ]
    listed = sorted(found.items(), key=lambda item: (item[0] is None, item[0] or ""))
    return tuple(Total(currency, int(n), billed, effective) for currency, (n, billed, effective) in listed)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=bills(), version=st.sampled_from(VERSIONS), form=st.sampled_from(["csv", "parquet"]))
def test_rows_and_sums_of_the_file_are_those_of_the_bill(
    rows: list[dict[str, str | None]], version: str, form: Format
) -> None:
    with TemporaryDirectory() as folder, duckdb.connect() as con:
        written = write_focus(con, "bill", register(con, "bill", rows), Path(folder) / "focus", version, form)
        assert written.totals == sums(rows)
        assert written.rows == len(rows)


def test_parts_of_different_shape_make_one_file(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(
            "CREATE VIEW native AS SELECT 0.1::DOUBLE AS BilledCost, 'USD' AS BillingCurrency, 'b' AS x_Second, map {'k': 'v'} AS Tags"
        )
        native = {row[0]: row[1] for row in con.execute("DESCRIBE native").fetchall()}
        text = register(con, "text", [{**LINE, "x_First": "a"}])
        written = write_parts(
            con, [Part("text", text), Part("native", native)], tmp_path / "focus.parquet", "1.2", "parquet"
        )
        rows = con.execute(
            f"SELECT BilledCost, EffectiveCost, Tags, x_First, x_Second FROM '{tmp_path}/focus.parquet'"
        ).fetchall()
    assert written.totals == (Total("USD", 2, Decimal("1.6"), Decimal("1.35")),)
    assert rows == [
        (Decimal("1.5"), Decimal("1.25"), None, "a", None),
        (Decimal("0.1"), Decimal("0.1"), '{"k":"v"}', None, "b"),
    ]


def test_parts_of_one_shape_keep_their_order(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        parts = [Part(f"p{n}", register(con, f"p{n}", [{**LINE, "x_At": f"{n}"}])) for n in range(5)]
        write_parts(con, parts, tmp_path / "focus.csv")
        found = con.execute(f"SELECT x_At FROM read_csv('{tmp_path}/focus.csv', all_varchar=true)").fetchall()
    assert [row[0] for row in found] == ["0", "1", "2", "3", "4"]


def test_a_file_that_lost_a_row_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recon.focus_export.write.focus_select", lambda c, v: focus_select(c, v) + " LIMIT 1")
    with duckdb.connect() as con, pytest.raises(OurBug, match="does not hold what the bill held"):
        write_focus(con, "bill", register(con, "bill", [LINE, LINE]), tmp_path / "focus.csv")
    assert list(tmp_path.iterdir()) == []


def test_money_that_cannot_be_read_stops_the_export(tmp_path: Path) -> None:
    with duckdb.connect() as con, pytest.raises(duckdb.ConversionException):
        write_focus(
            con, "bill", register(con, "bill", [{**LINE, "BilledCost": "much"}]), tmp_path / "focus.csv"
        )
    assert list(tmp_path.iterdir()) == []
