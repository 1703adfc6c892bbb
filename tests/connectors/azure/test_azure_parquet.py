"""Does a Parquet export with typed columns say what the same lines say as CSV?"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon.tagset import parse_tags
from tests.connectors.azure.details import CUSTOMER, Details, details, opened

SAID = (
    *("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "PricingQuantity", "BillingPeriodStart"),
    *(
        "BillingPeriodEnd",
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "BillingAccountId",
        "BillingCurrency",
        "ResourceType",
    ),
)
NUMBERS = (
    "costInBillingCurrency",
    "paygCostInBillingCurrency",
    "exchangeRatePricingToBilling",
    "quantity",
    "unitPrice",
    "PayGPrice",
)
DAYS = {"date": 3, "billingPeriodStartDate": 1, "billingPeriodEndDate": 30}


def parquet(folder: Path, *, number: type, day: type, **more: Any) -> Details:
    typed: dict[str, Any] = {name: number(CUSTOMER[name]) for name in NUMBERS}
    typed |= {name: day(2026, 9, n) for name, n in DAYS.items()}
    path = folder / "part_0_0001.parquet"
    pq.write_table(pa.Table.from_pylist([{**CUSTOMER, **typed, **more}]), path)
    return opened(path)


@pytest.mark.parametrize("number", [float, Decimal])
@pytest.mark.parametrize("day", [date, datetime])
def test_typed_columns_read_like_text(tmp_path: Path, number: type, day: type) -> None:
    found = parquet(tmp_path, number=number, day=day)
    assert found.one(*SAID) == details(tmp_path, CUSTOMER).one(*SAID)
    assert (found.bad(), found.gap()) == ([], 0)


def test_nested_tags_are_tags(tmp_path: Path) -> None:
    (text,) = parquet(tmp_path, number=float, day=date, tags={"env": "prod", "k": ""}).tags()
    assert parse_tags(text) == {"env": "prod", "k": ""}


def test_a_missing_typed_cost_is_quarantined(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    schema = pa.schema([(name, pa.float64() if name in NUMBERS else pa.string()) for name in CUSTOMER])
    line = {name: None if name in NUMBERS else cell for name, cell in CUSTOMER.items()}
    pq.write_table(pa.Table.from_pylist([line], schema), path)
    assert opened(path).bad() == [(1, "costInBillingCurrency", "is not an exact number", None)]
