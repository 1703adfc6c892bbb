"""Is Google's own FOCUS read as it comes: the native export, and the view that Google gave people before it?

Both differ from the specification. The view writes categories in lower case, ends the period on the last day of the
month, and puts labels, project labels, tags and system labels into one list of Tags. The native export has no Tags at
all: x_Labels, x_ProjectLabels, x_Tags and x_SystemLabels hold them.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.gcp import focus_export
from recon.tagset import parse_tags
from tests.connectors.gcp.exports import Opened, opened

_NUMERIC = "DECIMAL(38, 9)"  # BigQuery's NUMERIC
_COMMON = {
    "AvailabilityZone": "'europe-west1-b'",
    "BilledCost": f"12.5::{_NUMERIC}",
    "EffectiveCost": f"12.5::{_NUMERIC}",
    "ContractedCost": f"13.5::{_NUMERIC}",
    "BillingAccountId": "'0A1B2C-3D4E5F-6A7B8C'",
    "BillingCurrency": "'EUR'",
    "BillingPeriodStart": "TIMESTAMPTZ '2026-03-01 08:00:00+00'",  # midnight in Los Angeles, in winter
    "BillingPeriodEnd": "TIMESTAMPTZ '2026-04-01 07:00:00+00'",  # and in summer
    "ChargeCategory": "'Usage'",
    "ChargeClass": "NULL::VARCHAR",
    "ChargePeriodStart": "TIMESTAMPTZ '2026-03-05 10:00:00+00'",
    "ChargePeriodEnd": "TIMESTAMPTZ '2026-03-05 11:00:00+00'",
    "ProviderName": "'Google Cloud'",
    "ResourceId": "'//compute.googleapis.com/projects/shop/zones/b/instances/1'",
    "ServiceName": "'Compute Engine'",
    "SubAccountId": "'shop'",
    "x_Credits": f"[{{'Name': 'a', 'Amount': -1::{_NUMERIC}, 'FullName': 'a', 'Id': 'a', 'Type': 'PROMOTION'}}]",
    "x_CostType": "'regular'",
    "x_CurrencyConversionRate": "0.9::DOUBLE",
    "x_ExportTime": "TIMESTAMPTZ '2026-03-05 15:00:00+00'",
    "x_Project": "{'Id': 'shop', 'Ancestors': [{'ResourceName': 'organizations/1', 'DisplayName': 'acme'}]}",
}
_NATIVE = {
    **_COMMON,
    "PricingCurrency": "'USD'",
    "BillingAccountType": "'Billing Account'",
    "x_Labels": "[{'Key': 'app', 'Value': 'web'}]",
    "x_ProjectLabels": "[{'Key': 'env', 'Value': 'prod'}]",
    "x_Tags": "[{'Key': 'cost-center', 'Value': '7', 'x_Inherited': true, 'x_Namespace': 'acme'}]",
    "x_SystemLabels": "[{'Key': 'compute.googleapis.com/cores', 'Value': '4'}]",
}


def view_tag(key: str, value: str, kind: str, inherited: bool = False) -> dict[str, Any]:
    return {"key": key, "value": value, "x_type": kind, "x_inherited": inherited, "x_namespace": "n/a"}


def native(folder: Path, **changes: str) -> Opened:
    return _opened(folder, {**_NATIVE, **changes})


def view(folder: Path, *tags: dict[str, Any]) -> Opened:
    structure = (
        'STRUCT("key" VARCHAR, "value" VARCHAR, x_type VARCHAR, x_inherited BOOLEAN, x_namespace VARCHAR)[]'
    )
    columns = {
        **_COMMON,
        "ChargeCategory": "'usage'",
        "BillingPeriodEnd": "TIMESTAMPTZ '2026-03-31 07:00:00+00'",
        "Tags": f"'{json.dumps(tags)}'::JSON::{structure}",
    }
    return _opened(folder, columns)


def _opened(folder: Path, columns: dict[str, str]) -> Opened:
    path = folder / "focus.parquet"
    items = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"COPY (SELECT {items}) TO '{path}' (FORMAT parquet)")
    return opened(path, module=focus_export)


def own_tags(bill: Opened) -> dict[str, str]:
    [cell] = bill.column("Tags") if bill.lines.tagged else ["{}"]
    return parse_tags(cell)


def test_the_native_export_is_read_with_its_repeated_columns(tmp_path: Path) -> None:
    bill = native(tmp_path)
    assert bill.lines.format == "FOCUS 1.2"
    assert bill.sums()["billed"] == bill.sums()["effective"] == Decimal("12.5")
    assert bill.classes() == [("Usage", "usage")]
    assert not bill.bad()


def test_its_extensions_are_no_unknown_columns(tmp_path: Path) -> None:
    assert native(tmp_path).lines.unknown_columns == ()


def test_credits_are_in_its_billed_cost_already(tmp_path: Path) -> None:
    assert len(native(tmp_path).rows("x_row")) == 1


@pytest.mark.parametrize(
    ("start", "end", "month"),
    [
        ("2026-03-01 08:00:00+00", "2026-04-01 07:00:00+00", "2026-03"),
        ("2026-11-01 07:00:00+00", "2026-12-01 08:00:00+00", "2026-11"),
        ("2026-12-01 08:00:00+00", "2027-01-01 08:00:00+00", "2026-12"),
    ],
)
def test_a_month_that_begins_in_los_angeles_is_that_month(
    tmp_path: Path, start: str, end: str, month: str
) -> None:
    bill = native(
        tmp_path, BillingPeriodStart=f"TIMESTAMPTZ '{start}'", BillingPeriodEnd=f"TIMESTAMPTZ '{end}'"
    )
    assert bill.column("billing_month(epoch_us(BillingPeriodStart), epoch_us(BillingPeriodEnd))") == [month]


def test_the_view_writes_categories_in_lower_case_and_ends_a_month_early(tmp_path: Path) -> None:
    bill = view(tmp_path)
    assert bill.classes() == [("Usage", "usage")]
    assert bill.column("billing_month(epoch_us(BillingPeriodStart), epoch_us(BillingPeriodEnd))") == [
        "2026-03"
    ]


def test_labels_in_the_tags_of_the_view_are_read(tmp_path: Path) -> None:
    assert own_tags(view(tmp_path, view_tag("app", "web", "label"))) == {"app": "web"}


def test_labels_of_the_native_export_are_tags(tmp_path: Path) -> None:
    assert own_tags(native(tmp_path)) == {"app": "web"}


def test_what_the_native_export_inherits_is_inherited(tmp_path: Path) -> None:
    bill = native(tmp_path)
    assert bill.lines.inherited_sql is not None
    assert bill.inherited() == [{"cost-center": "7", "env": "prod"}]


def test_project_labels_in_the_view_are_inherited_not_own(tmp_path: Path) -> None:
    bill = view(tmp_path, view_tag("app", "web", "label"), view_tag("env", "prod", "project_label", True))
    assert own_tags(bill) == {"app": "web"}


def test_system_labels_in_the_view_are_no_tags(tmp_path: Path) -> None:
    assert own_tags(view(tmp_path, view_tag("compute.googleapis.com/cores", "4", "system_label"))) == {}


def test_a_project_label_may_differ_from_the_label_of_the_same_key(tmp_path: Path) -> None:
    bill = view(tmp_path, view_tag("env", "dev", "label"), view_tag("env", "prod", "project_label", True))
    assert own_tags(bill) == {"env": "dev"}
