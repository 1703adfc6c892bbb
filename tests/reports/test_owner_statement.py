"""Does a statement's every amount, exact and as shown, add up to its total, and say what changed since?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon.store.store import create_schema
from reports import words
from reports.owner_statement import month_before, owner_statements, weight_share
from reports.questions import Store

AMOUNT = st.decimals("-9999", "9999", places=5)
ENTRY = st.tuples(
    AMOUNT,
    AMOUNT,
    st.sampled_from([None, "shared:tax", "shared:network"]),
    st.sampled_from(["billed", "inherited"]),
    st.sampled_from(["direct", "adjustment: bill restated"]),
    st.sampled_from(["2026-10", "2026-09"]),
)


def store_of(path: Path, entries: list[tuple[object, ...]]) -> Path:
    with duckdb.connect(str(path)) as con:
        create_schema(con)
        con.execute("INSERT INTO base.book VALUES (1, '2026-10', 'aws', 'payer', 'USD')")
        for n, (effective, billed, pool, rung, basis, period) in enumerate(entries):
            con.execute(
                "INSERT INTO base.entry VALUES (?, 1, ?, ?, ?, 'owner:pay', 'pay', ?, NULL, ?, ?, 'usage', NULL, ?, ?, 1, NULL, '1', '3')",
                [n, f"e{n}", f"t{n}", period, rung, basis, pool, billed, effective],
            )
    return path


@settings(max_examples=15, deadline=None)
@given(st.lists(ENTRY, min_size=1, max_size=8))
def test_entries_pools_and_parts_add_up_exactly_and_as_shown(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[object, ...]]
) -> None:
    path = store_of(tmp_path_factory.mktemp("s") / "s.duckdb", entries)
    with Store(path) as store:
        found = list(owner_statements(store, ("2026-10", "2026-10"), None, {}))
        parts = store.ask(
            "SELECT part, pool, sum(EffectiveCost) AS e FROM statement_parts WHERE billing_period = '2026-10' GROUP BY ALL"
        )
    mine = [e for e in entries if e[5] == "2026-10"]
    assert len(found) == bool(mine)
    for currency in (c for statement in found for c in statement.currencies):
        total = currency.total
        assert total.effective == sum(Decimal(str(e[0])) for e in mine)
        assert total.effective_shown == words.rounded(total.effective, "USD")
        assert total.billed_shown == words.rounded(total.billed, "USD")
        for name in ("effective", "billed", "effective_shown", "billed_shown"):
            whole = getattr(total, name)
            assert sum(getattr(a, name) for _, a in currency.parts) == whole
            assert sum(getattr(s.amounts, name) for s in currency.sections) == whole
            for section in currency.sections:
                assert sum(getattr(line.amounts, name) for line in section.entries) == getattr(
                    section.amounts, name
                )
        by_section = {(s.part, s.pool): s.amounts.effective for s in currency.sections}
        sums: dict[tuple[str, str | None], Decimal] = {}
        for row in parts:
            sums[row["part"], row["pool"]] = sums.get((row["part"], row["pool"]), Decimal(0)) + row["e"]
        assert by_section == sums


def test_the_month_before_and_unit_costs_are_compared(tmp_path: Path) -> None:
    entries = [(Decimal(150), Decimal(1), None, "billed", "direct", "2026-10"), (Decimal(100), Decimal(1), None, "billed", "direct", "2026-09")]  # fmt: skip
    units = {
        ("2026-10", "pay"): {"orders": Decimal(400), "seats": Decimal(0)},
        ("2026-09", "pay"): {"orders": Decimal(200)},
    }
    with Store(store_of(tmp_path / "s.duckdb", entries)) as store:  # type: ignore[arg-type]
        (september, october) = owner_statements(store, ("2026-09", "2026-10"), "pay", units)
    (now,), (then,) = october.currencies, september.currencies
    assert now.compared is not None
    assert (now.compared.billing_period, now.compared.change, now.compared.share) == (
        "2026-09",
        50,
        Decimal("0.5"),
    )
    assert then.compared is None
    assert [(u.metric, u.cost, u.before) for u in now.units] == [
        ("orders", Decimal("0.375"), Decimal("0.5")),
        ("seats", None, None),
    ]


@pytest.mark.parametrize(
    ("weight", "total", "share"),
    [
        ("60", "100", "0.6"),
        ("1/3", "1", "0.333333"),
        (None, None, None),
        ("5", "0", None),
        ("-1", "3", None),
        ("x", "1", None),
    ],
)
def test_a_weight_is_shown_as_a_share_where_it_is_one(
    weight: str | None, total: str | None, share: str | None
) -> None:
    assert weight_share(weight, total) == (None if share is None else Decimal(share))


def test_the_month_before_january_is_december() -> None:
    assert [month_before(p) for p in ("2026-10", "2026-01")] == ["2026-09", "2025-12"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12.34567", "12.3457"),
        ("0.0000217384", "0.0000217"),
        ("0", "0.0000"),
        ("-1234.5", "-1,234.5000"),
        (None, "not known"),
    ],
)
def test_a_unit_cost_keeps_what_can_be_read(value: str | None, text: str) -> None:
    assert words.unit_cost(None if value is None else Decimal(value)) == text
