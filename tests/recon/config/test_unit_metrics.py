"""Is a wrong line of a metric file refused with its place, and a right one taken exactly?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from recon.config.unit_metrics import UnitMetric, read_unit_metrics
from recon.errors import InputError

HEAD = "month,owner,metric,value\n"


def read(tmp_path: Path, text: str, *metrics: str) -> list[tuple[str, str, str, Decimal]]:
    path = tmp_path / "orders.csv"
    path.write_text(text, "utf-8")
    wanted = [UnitMetric(file=path, metric=metric) for metric in metrics or ("orders",)]
    return [(v.month, v.owner, v.metric, v.value) for v in read_unit_metrics(wanted)]


def test_values_are_exact_and_only_of_the_metrics_asked_for(tmp_path: Path) -> None:
    text = HEAD + "2026-10,payments,orders,0.1000000000000000000001\n2026-10,payments,seats,7\n"
    assert read(tmp_path, text) == [("2026-10", "payments", "orders", Decimal("0.1000000000000000000001"))]
    assert len(read(tmp_path, text, "orders", "seats")) == 2


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("2026-13,payments,orders,1\n", 'orders.csv:2: month "2026-13" is no month'),
        ("2026-10,payments,orders,1\n2026-10,payments,orders,-1\n", 'orders.csv:3: value "-1" is no value'),
        ("2026-10,payments,orders,NaN\n", 'orders.csv:2: value "NaN"'),
        ("2026-10,payments,orders,1e-30\n", 'orders.csv:2: value "1e-30"'),
        ("2026-10,,orders,1\n", "orders.csv:2: says nothing for owner"),
        ("2026-10,payments,orders,1,2\n", "orders.csv:2: has more cells than the header"),
        (
            "2026-10,payments,orders,1\n2026-10,payments,orders,2\n",
            "orders.csv:3: orders of payments in 2026-10 stands in line 2",
        ),
        ("2026-10,payments,order,1\n", 'Did you mean "order"?'),
    ],
)
def test_a_wrong_line_is_refused_with_file_and_line(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, HEAD + lines)
    assert said in str(refused.value)


def test_columns_and_a_file_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"orders.csv:1: lacks the columns owner, value"):
        read(tmp_path, "month,metric\n")
    with pytest.raises(InputError, match=r"nowhere.csv: can't be read"):
        read_unit_metrics([UnitMetric(file=tmp_path / "nowhere.csv", metric="orders")])
