"""Do all forms in which AWS delivers a report say the same?"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.aws import cur
from connectors.aws.columns import canonical
from recon.errors import DeliveryRefused
from tests.connectors.aws.cur_reports import ARN, RESERVED, Bill, line, opened, report, spool, write_report

LINES = (
    line(cost="0.1", **{"resourceTags/user:CostCenter": "a", "resourceTags/aws:createdBy": "bot"}),
    line(
        type="DiscountedUsage",
        reservation=RESERVED,
        ri_effective="0.06",
        **{"resourceTags/user:CostCenter": "b"},
    ),
    line(type="SavingsPlanCoveredUsage", cost="3", sp_effective="2", plan=ARN),
    line(type="SavingsPlanNegation", cost="-2.75", plan=ARN, resource=""),
    line(type="RIFee", cost="22.32", reservation=RESERVED, ri_unused_upfront="1", ri_unused_recurring="2"),
    line(type="Tax", cost="1e-7", resource=""),
)
_NUMBERS = ("cost", "fee", "commitment_to_date", "commitment", "amount", "billing_period")


def snake(lines: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{canonical(name): value for name, value in said.items()} for said in lines]


def typed(said: Mapping[str, str]) -> dict[str, Any]:
    """A line with Parquet's types: costs as doubles, dates as timestamps."""
    typed: dict[str, Any] = dict(said)
    for name, value in said.items():
        if name.endswith(("start_date", "end_date")):
            typed[name] = dt.datetime.fromisoformat(value.removesuffix("Z"))
        elif name.endswith(_NUMBERS) and not name.startswith("pricing"):
            typed[name] = float(value or 0)
    return typed


def write_parquet(path: Path, lines: Iterable[Mapping[str, Any]], maps: tuple[str, ...] = ()) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = list(lines)
    columns = dict.fromkeys(c for row in rows for c in row)
    data = {
        c: pa.array(
            [list((row.get(c) or {}).items()) if c in maps else row.get(c, "") for row in rows],
            pa.map_(pa.string(), pa.string()) if c in maps else None,
        )
        for c in columns
    }
    pq.write_table(pa.table(data), path)
    return path


def as_csv(tmp_path: Path) -> Path:
    return write_report(tmp_path / "legacy.csv", LINES)


def as_gzip(tmp_path: Path) -> Path:
    path = tmp_path / "legacy.csv.gz"
    path.write_bytes(gzip.compress(as_csv(tmp_path).read_bytes()))
    return path


def as_zip(tmp_path: Path) -> Path:
    path = tmp_path / "legacy.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(as_csv(tmp_path), "legacy.csv")
    return path


def as_snake_csv(tmp_path: Path) -> Path:
    return write_report(tmp_path / "snake.csv", snake(LINES))


def as_legacy_parquet(tmp_path: Path) -> Path:
    return write_parquet(tmp_path / "legacy.parquet", map(typed, snake(LINES)))


def nested(said: Mapping[str, str]) -> dict[str, Any]:
    """A line of CUR 2.0: tags, product and discount in maps; a key is there only where it has a value."""
    flat: dict[str, Any] = {
        n: v for n, v in said.items() if not n.startswith(("resource_tags_", "product_product_name"))
    }
    tags = {
        n.removeprefix("resource_tags_"): v for n, v in said.items() if n.startswith("resource_tags_") and v
    }
    flat |= {"resource_tags": tags, "product": {"product_name": said["product_product_name"]}, "discount": {}}
    return flat


def as_cur2_parquet(tmp_path: Path) -> Path:
    lines = (typed(nested(said)) for said in snake(LINES))
    return write_parquet(tmp_path / "cur2.parquet", lines, ("resource_tags", "product", "discount"))


def as_cur2_csv(tmp_path: Path) -> Path:
    lines = [nested(said) for said in snake(LINES)]
    return write_report(
        tmp_path / "cur2.csv",
        [{n: json.dumps(v) if isinstance(v, dict) else v for n, v in said.items()} for said in lines],
    )


FORMS: tuple[Callable[[Path], Path], ...] = (
    *(as_csv, as_gzip, as_zip, as_snake_csv, as_legacy_parquet, as_cur2_parquet, as_cur2_csv),
)
SAID = (
    *(
        "BilledCost",
        "EffectiveCost",
        "ChargeCategory",
        "SubAccountId",
        "ResourceId",
        "ResourceType",
        "RegionId",
    ),
    *("ServiceName", "BillingAccountId", "BillingCurrency", "x_LineItemType", "CommitmentDiscountId"),
    *("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd"),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("full", [False, True])
def test_every_form_says_the_same_of_a_line(form: Callable[[Path], Path], full: bool, tmp_path: Path) -> None:
    bill, first = opened(form(tmp_path), full=full), opened(as_csv(tmp_path))
    assert bill.rows(*SAID) == first.rows(*SAID)
    assert bill.total("BilledCost") == Decimal("22.6700001")
    assert bill.total("EffectiveCost") == Decimal("5.1600001")
    assert bill.bad() == []


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_dimensions(form: Callable[[Path], Path], tmp_path: Path) -> None:
    def told(bill: Bill) -> list[str]:
        return sorted(str({k: v for k, v in d.items() if k != "h"}) for d in bill.dimensions())

    assert told(opened(form(tmp_path))) == told(opened(as_csv(tmp_path)))


@pytest.mark.parametrize(
    ("form", "title"), [(as_csv, "AWS CUR"), (as_legacy_parquet, "AWS CUR"), (as_cur2_csv, "AWS CUR 2.0")]
)
def test_the_forms_have_names(form: Callable[[Path], Path], title: str, tmp_path: Path) -> None:
    assert cur.title(opened(form(tmp_path)).head) == title


def test_two_forms_of_one_month_are_seen_as_the_same_lines(tmp_path: Path) -> None:
    """The columns by which the ingest compares files must not depend on the form."""
    legacy, second = opened(as_csv(tmp_path)), opened(as_cur2_parquet(tmp_path))
    columns = legacy.lines.line_columns
    assert len(columns) > 8
    assert "InvoiceId" not in columns  # blank until the bill is final: the same line, delivered again
    assert legacy.rows(*columns) == second.rows(*columns)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2026-09-03T10:00:00Z",
            "2026-09-03 10:00:00",
            "2026-09-03T10:00:00.000Z",
            "2026-09-03 10:00:00.000",
        ),
        *(
            "2026-09-03T10:00Z",
            "2026-09-03T12:00:00+02:00",
            "2026-09-03 10:00:00+00:00",
            "2026-09-03T08:00-02",
        ),
    ],
)
def test_times_are_read_however_the_report_writes_them(written: str, tmp_path: Path) -> None:
    bill = report(tmp_path, line(start=written))
    assert bill.one("ChargePeriodStart", bill.lines.day) == (dt.datetime(2026, 9, 3, 10), 20699)


@pytest.mark.parametrize("written", ["09/03/2026", "2026-13-03T10:00:00Z", "yesterday", ""])
def test_a_time_that_cannot_be_read_is_quarantined_with_its_text(written: str, tmp_path: Path) -> None:
    assert report(tmp_path, line(start=written)).bad() == [(1, "lineItem/UsageStartDate", written or None)]


@pytest.mark.parametrize(
    ("says", "column", "text"),
    [
        ({"cost": "12,50"}, "lineItem/UnblendedCost", "12,50"),
        ({"cost": ""}, "lineItem/UnblendedCost", None),
        ({"cost": "NaN"}, "lineItem/UnblendedCost", "NaN"),
        ({"cost": "1", "net": "n/a"}, "lineItem/NetUnblendedCost", "n/a"),
        ({"type": "DiscountedUsage", "ri_effective": "much"}, "EffectiveCost", 'reservation_effective_cost is "much"'),
        ({"type": "SavingsPlanCoveredUsage", "sp_effective": "", "cost": "x"}, "lineItem/UnblendedCost", "x"),
    ],
)  # fmt: skip
def test_a_cost_that_cannot_be_read_is_quarantined_with_its_text(
    says: dict[str, str], column: str, text: str | None, tmp_path: Path
) -> None:
    assert report(tmp_path, line(**says), line(cost="1")).bad() == [(1, column, text)]


def test_a_cost_that_no_line_asks_for_may_hold_anything(tmp_path: Path) -> None:
    bill = report(tmp_path, line(cost="1", ri_effective="n/a", sp_effective="-"))
    assert bill.bad() == []
    assert bill.rows("EffectiveCost") == [(1,)]


def test_an_unreadable_fee_is_quarantined_once(tmp_path: Path) -> None:
    fee = line(type="RIFee", cost="1", ri_unused_upfront="?", ri_unused_recurring="2")
    assert [row for row, *_ in report(tmp_path, fee).bad()] == [1]


def test_costs_keep_every_digit(tmp_path: Path) -> None:
    long = "110602.479296766125285428352600"
    bill = report(tmp_path, line(cost=long), line(cost="1.5E-7"), line(cost="0." + "0" * 24 + "15"))
    assert bill.rows("BilledCost") == [(Decimal(long),), (Decimal("0.00000015"),), (0,)]
    assert bill.lines.residue_rows == 1


LACKING = {"bill/PayerAccountId": "BillingAccountId", "lineItem/CurrencyCode": "BillingCurrency",
           "bill/BillingPeriodStartDate": "BillingPeriodStart", "bill/BillingPeriodEndDate": "BillingPeriodEnd"}  # fmt: skip
SAYS = {"BillingAccountId": "111111111111", "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-09-01", "BillingPeriodEnd": "2026-10-01"}  # fmt: skip


@pytest.mark.parametrize("column", LACKING)
def test_a_report_lacking_what_identifies_money_is_refused(column: str, tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match=LACKING[column]) as refused:
        report(tmp_path, line(cost="1"), without=[column])
    assert "defaults:" in str(refused.value)


def test_the_sources_defaults_stand_in_for_what_a_report_lacks(tmp_path: Path) -> None:
    whole = report(tmp_path, line(cost="1")).dimensions()
    filled = report(tmp_path, line(cost="1"), without=LACKING, defaults=SAYS).dimensions()
    assert [{k: v for k, v in d.items() if k != "h"} for d in filled] == [
        {k: v for k, v in d.items() if k != "h"} for d in whole
    ]


def test_without_line_types_the_source_may_say_what_the_lines_are(tmp_path: Path) -> None:
    lacks = ["lineItem/LineItemType"]
    assert report(tmp_path, line(cost="1"), without=lacks).rows("ChargeCategory") == [("Adjustment",)]
    said = report(tmp_path, line(cost="1"), without=lacks, defaults={"ChargeCategory": "Usage"})
    assert said.rows("ChargeCategory", "x_LineItemType") == [("Usage", "Usage")]


def test_two_columns_that_mean_one_cost_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match="two columns that mean line_item_unblended_cost"):
        report(tmp_path, line(cost="1", line_item_unblended_cost="2"))


def test_a_focus_export_is_no_report() -> None:
    assert not cur.recognizes(("BilledCost", "EffectiveCost", "ChargePeriodStart", "x_Operation"), {})


NEVER_LEFT_OUT = {"lineItem/UnblendedCost", "lineItem/UsageStartDate", *LACKING}


@pytest.mark.parametrize("column", [c for c in line() if c not in NEVER_LEFT_OUT])
@pytest.mark.parametrize("full", [False, True])
def test_any_other_column_may_be_missing(column: str, full: bool, tmp_path: Path) -> None:
    """Reports differ every month: no column but those that identify money may be relied upon."""
    bill = report(tmp_path, *LINES, without=[column], full=full)
    assert len(bill.rows("*", where="x_count = 1")) == len(LINES)
    assert bill.total("x_SourceCost") == Decimal("22.6700001")
    assert bill.dimensions()
    assert bill.lines.has_resources is (column != "lineItem/ResourceId")


@pytest.mark.parametrize("full", [False, True])
def test_the_smallest_report_is_enough(full: bool, tmp_path: Path) -> None:
    lacks = [c for c in line() if c not in NEVER_LEFT_OUT]
    bill = report(tmp_path, line(cost="1"), line(cost="2"), without=lacks, full=full)
    assert bill.rows("BilledCost", "EffectiveCost", "ResourceId", "Tags") == [
        (1, 1, None, None),
        (2, 2, None, None),
    ]
    assert len(bill.dimensions()) == 1


def test_a_new_cost_of_the_line_is_reported_and_other_new_columns_are_not(tmp_path: Path) -> None:
    new = {"lineItem/CarbonCost": "1", "product/shinyThing": "x", "resourceTags/user:new": "y"}
    assert report(tmp_path, line(cost="1", **new)).lines.unknown_columns == ("lineItem/CarbonCost",)


def test_charges_read_only_the_columns_that_they_need(tmp_path: Path) -> None:
    """CUR has 100 to 200 columns; what charges need of a csv is copied."""
    many = {f"product/attribute{n}": "x" for n in range(100)}
    before = set(spool().glob("**/text-*/*.parquet"))
    bill = report(tmp_path, line(cost="1", **many))
    [copy] = set(spool().glob("**/text-*/*.parquet")) - before
    kept = bill.con.execute(f"DESCRIBE FROM '{copy}'").fetchall()
    assert len(kept) < 45


def test_an_allocation_rule_may_name_any_column(tmp_path: Path) -> None:
    said = {"costCategory/Team": "red", "lineItem/TaxType": "VAT"}
    extra = ("x_CostCategories", "PublisherName", "x_TaxType", "ChargeDescription")
    [told] = report(tmp_path, line(cost="1", **said), extra_columns=extra).dimensions()
    assert json.loads(told["x_Extra"]) == {
        "x_CostCategories": '{"Team":"red"}',
        "PublisherName": "Amazon Web Services EMEA SARL",
        "x_TaxType": "VAT",
        "ChargeDescription": "one hour of something",
    }


@pytest.mark.parametrize(
    ("resource", "product", "expected"),
    [
        ("i-0123456789abcdef0", "AmazonEC2", "ec2:instance"),
        ("vol-0123456789abcdef0", "AmazonEC2", "ec2:volume"),
        ("arn:aws:rds:eu-west-1:1:db:orders", "AmazonRDS", "rds:db"),
        ("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/x/1", "AWSELB", "elasticloadbalancing:loadbalancer"),
        ("arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod", "AmazonApiGateway", "apigateway:restapis"),
        ("arn:aws:lambda:eu-west-1:1:function:resize", "AWSLambda", "lambda:function"),
        ("arn:aws:sqs:eu-west-1:1:orders", "AWSQueueService", "sqs:queue"),
        ("i-am-a-bucket", "AmazonS3", "s3:bucket"),
        ("something", "AmazonWhatever", None),
        ("", "AmazonEC2", None),
    ],
)  # fmt: skip
def test_a_resources_type_is_read_from_its_id(
    resource: str, product: str, expected: str | None, tmp_path: Path
) -> None:
    bill = report(tmp_path, line(resource=resource, product=product))
    assert bill.rows("ResourceType") == [(expected,)]
    assert [d["ResourceType"] for d in bill.dimensions()] == [expected]
    assert not any(c == "line_item_resource_id" for c in bill.lines.dim_columns)


def test_dimensions_rest_on_nothing_that_differs_from_line_to_line(tmp_path: Path) -> None:
    lines = [line(cost=str(n), resource=f"i-{n:017x}", **{"identity/LineItemId": str(n)}) for n in range(50)]
    assert len(report(tmp_path, *lines).dimensions()) == 1
