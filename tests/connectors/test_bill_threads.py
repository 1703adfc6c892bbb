"""What users of other tools suffered with their bills, as regressions of ours. Each names the thread it is from.

Threads about one format stand in that format's own tests; these are about all of them, and go through the whole job.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml

from connectors.aws import cur
from connectors.azure import cost_details
from connectors.bill.shape import Opening, prepare
from connectors.bill.table import load
from connectors.formats import open_lines
from connectors.gcp import billing_export
from recon.run import sources
from tests.bills import REGISTRY, line, tables, work, write_bill, write_config
from tests.connectors.aws import cur_reports
from tests.connectors.gcp import exports
from tests.connectors.samples import BY_NAME, FOCUS, as_csv, as_parquet

RESULTS = ("charges", "verdicts", "ledger", "closing")
ARN = "arn:aws:ec2:eu-west-1:111111111111:instance/i-1"


def rows(store: Path, sql: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(store), read_only=True)
    try:
        return con.execute(sql).fetchall()
    finally:
        con.close()


def configured(folder: Path, *billing: dict[str, Any], **more: Any) -> Path:
    """A configuration over `bills/`, or over the sources given."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bills").mkdir(exist_ok=True)
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    listed = list(billing) or [{"name": "bill", "location": "bills/"}]
    path = folder / "tagrecon.yaml"
    path.write_text(yaml.safe_dump({"registry": "registry.yaml", "billing": listed, **more}), "utf-8")
    return path


def assembly(bucket: Path, month: int, name: str, parts: Iterable[list[dict[str, str]]]) -> None:
    """One delivery as AWS lays it out: parts and manifest in the assembly's folder, the manifest once more above."""
    period = f"2026{month:02}01-2026{month + 1:02}01"
    above = bucket / "cur" / "daily" / period
    keys = []
    for n, lines in enumerate(parts, start=1):
        key = f"cur/daily/{period}/{name}/daily-{n}.csv"
        (bucket / key).parent.mkdir(parents=True, exist_ok=True)
        cur_reports.write_report(bucket / key, lines)
        keys.append("/" + key)
    manifest = {
        "assemblyId": name,
        "account": "111111111111",
        "reportName": "daily",
        "billingPeriod": {
            "start": f"2026{month:02}01T000000.000Z",
            "end": f"2026{month + 1:02}01T000000.000Z",
        },
        "reportKeys": keys,
    }
    for folder in (above / name, above):
        (folder / "daily-Manifest.json").write_text(json.dumps(manifest), "utf-8")


def report_line(month: int, **said: str) -> dict[str, str]:
    day = f"2026-{month:02}-03T10:00:00Z"
    period = {
        "bill/BillingPeriodStartDate": f"2026-{month:02}-01T00:00:00Z",
        "bill/BillingPeriodEndDate": f"2026-{month + 1:02}-01T00:00:00Z",
        "lineItem/UsageEndDate": f"2026-{month:02}-03T11:00:00Z",
    }
    return cur_reports.line(start=day, **period, **said)


def test_every_month_of_a_bucket_with_many_objects_is_read(tmp_path: Path) -> None:
    """hystax/optscale#813: reports and manifests of two months lay there, and were not imported: the list of the
    bucket's objects had been cut at a count."""
    for month in (8, 9, 10):
        assembly(
            tmp_path / "bills",
            month,
            "a-1",
            [[report_line(month, cost="1", resource=f"i-{month}-{n}")] for n in range(4)],
        )
        for n in range(400):  # what else lies in such a bucket
            (
                tmp_path
                / "bills"
                / "cur"
                / "daily"
                / f"2026{month:02}01-2026{month + 1:02}01"
                / f"note-{n:04}.json"
            ).write_text("{}", "utf-8")
    result = work(configured(tmp_path))
    found = rows(
        result.store,
        "SELECT billing_period, sum(BilledCost), sum(x_Lines)::INT FROM charges GROUP BY ALL ORDER BY ALL",
    )
    assert found == [(f"2026-{month:02}", Decimal(4), 4) for month in (8, 9, 10)]


def test_a_savings_plan_is_read_from_all_parts_of_a_delivery(tmp_path: Path) -> None:
    """opencost/opencost#3131: what earlier pages said of a Savings Plan was lost when later ones were read."""
    covered = report_line(9, type="SavingsPlanCoveredUsage", cost="3", sp_effective="2", plan=cur_reports.ARN)
    negation = report_line(9, type="SavingsPlanNegation", cost="-3", plan=cur_reports.ARN, resource="")
    fee = report_line(
        9,
        type="SavingsPlanRecurringFee",
        cost="2.5",
        sp_committed="2.5",
        sp_used="2",
        plan=cur_reports.ARN,
        resource="",
    )
    assembly(tmp_path / "bills", 9, "a-1", [[covered], [report_line(9, cost="1")], [negation], [fee]])
    result = work(configured(tmp_path))
    sums = "SELECT source_raw, source_billed, source_effective, difference_billed, difference_effective FROM closing"
    # effective: 2 covered + 1 on demand + 0.5 that nobody used of the plan
    assert rows(result.store, sums) == [(Decimal("3.5"), Decimal("3.5"), Decimal("3.5"), 0, 0)]


def test_discounted_usage_costs_what_the_invoice_says_not_its_list_price(tmp_path: Path) -> None:
    """opencost/opencost#3839: nodes cost two to five times what the invoice said, for Savings Plans, reservations and
    private discounts were left out; "cost-to-bill reconciliation is the headline feature gap"."""
    listed = {"pricing/publicOnDemandCost": "9"}
    lines = [
        report_line(
            9,
            type="DiscountedUsage",
            cost="0",
            ri_effective="2",
            reservation=cur_reports.RESERVED,
            net="0",
            **listed,
        ),
        report_line(
            9,
            type="RIFee",
            cost="40",
            ri_unused_upfront="0",
            ri_unused_recurring="38",
            reservation=cur_reports.RESERVED,
            net="40",
            resource="",
        ),
        report_line(9, cost="10", net="7.5", resource="i-2", **listed),
    ]
    assembly(tmp_path / "bills", 9, "a-1", [lines])
    (tmp_path / "invoices.csv").write_text(
        "billing_period,provider,billing_account_id,currency,total\n2026-09,aws,111111111111,USD,47.50\n",
        "utf-8",
    )
    result = work(configured(tmp_path, controls=[{"invoices": "invoices.csv"}]))
    sums = "SELECT source_raw, source_billed, source_effective, control_difference FROM closing"
    assert rows(result.store, sums) == [(Decimal(50), Decimal("47.5"), Decimal("47.5"), Decimal(0))]
    node = "SELECT BilledCost, EffectiveCost FROM charges WHERE ResourceId = 'i-0123456789abcdef0' AND ChargeCategory = 'Usage' AND CommitmentDiscountStatus = 'Used'"
    assert rows(result.store, node) == [(0, Decimal(2))]


def test_a_run_over_known_files_opens_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """opencost/opencost#2872, #2637: each refresh read the whole billing table again, up to tens of gigabytes."""
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "old.csv", [line(5), line(6)])
    work(config)
    opened: list[str] = []

    def watched(opening: Opening, connector: str | None = None) -> Any:
        opened.append(opening.path.name)
        return open_lines(opening, connector)

    monkeypatch.setattr(sources, "open_lines", watched)
    work(config)
    assert opened == []
    write_bill(tmp_path / "exports" / "new.csv", [line(5, month=9)])
    work(config)
    assert opened == ["new.csv"]


@pytest.mark.parametrize(
    ("name", "format"),
    [("cur-csv", cur), ("azure-enterprise", cost_details), ("google-detailed-jsonl", billing_export)],
)
def test_only_the_columns_that_make_charges_are_read(
    name: str, format: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """opencost/opencost#2872: "cloud-cost reads the whole billing table". Of a wide text file only the columns that
    charges need are loaded."""
    sample = BY_NAME[name]
    path = sample.file(tmp_path)
    sample.write(path, [{**each, **{f"wide_{n}": "x" * 50 for n in range(200)}} for each in sample.lines()])
    asked: set[str] = set()

    def watched(con: Any, head: Any, as_name: str, wanted: Any) -> Any:
        asked.update(wanted)
        return load(con, head, as_name, wanted)

    monkeypatch.setattr(format, "load", watched)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    prepare(con)
    assert open_lines(Opening(con, path, "lines", {}, spool=tmp_path)) is not None
    assert sample.cost in asked
    assert [column for column in asked if column.startswith("wide_")] == []
    assert not asked & {"pricing/publicOnDemandCost", "MeterName", "price"}  # known, and of no charge


@pytest.mark.slow
def test_a_bill_of_many_times_the_memory_is_read(tmp_path: Path) -> None:
    """opencost/opencost#2637: out of memory at ten gigabytes. Half a gigabyte of wide lines passes through 256 MB."""
    lines = [
        {
            **FOCUS,
            "BillingAccountId": "payer",
            "ResourceId": f"r-{n % 5000}",
            "BilledCost": "0.01",
            "x_Note": f"{n}" * 60,
        }
        for n in range(2000)
    ]
    one = tmp_path / "one.parquet"
    as_parquet(one, lines, ("BilledCost", "EffectiveCost"), ())
    config = configured(tmp_path, memory_limit="256MB")
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT l.* FROM '{one}' l, range(800)) TO '{tmp_path / 'bills' / 'large.parquet'}' (FORMAT parquet, COMPRESSION uncompressed)"
        )
    assert rows(work(config).store, "SELECT sum(x_Lines)::INT, sum(BilledCost) FROM charges") == [
        (1_600_000, Decimal(16000))
    ]


def test_a_tag_of_the_account_stands_in_for_one_of_the_resource(tmp_path: Path) -> None:
    """aws-solutions-library-samples/cloud-intelligence-dashboards-framework#1475: the account's tag as a fallback."""
    sample = BY_NAME["cur2-csv"]
    own = {"resourceTags/cost-center": "search", "accountTag/cost-center": "payments"}
    lines = [
        {**sample.said({sample.cost: "1", sample.resource: "i-1"}), "tags": own},
        {
            **sample.said({sample.cost: "2", sample.resource: "i-2"}),
            "tags": {"accountTag/cost-center": "payments"},
        },
    ]
    config = configured(tmp_path)
    as_csv(
        tmp_path / "bills" / "bill.csv",
        [{n: c for n, c in each.items() if n != "resource_tags"} for each in lines],
    )
    found = rows(work(config).store, "SELECT ResourceId, verdict, resolved_value FROM verdicts ORDER BY ALL")
    assert found == [("i-1", "ok", "search"), ("i-2", "inherited", "payments")]


def test_what_is_loaded_first_changes_no_cost(tmp_path: Path) -> None:
    """microsoft/finops-toolkit#1734, #1326: costs that were loaded before the prices gave wrong savings, until all was
    loaded again. A line's cost here rests on its own file alone, in whatever order the files come."""
    some = [BY_NAME[name] for name in ("cur-csv", "azure-customer", "google-detailed-jsonl")]
    found = []
    for order in (some, some[::-1]):
        folder = tmp_path / order[0].name
        config = configured(folder)
        for sample in order:
            sample.write(sample.file(folder / "bills", sample.name), sample.whole())
            store = work(config).store
        found.append(tables(store, *RESULTS))
    assert found[0] == found[1]


def test_a_commitment_is_not_counted_twice_in_effective_cost(tmp_path: Path) -> None:
    """FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec#810: purchase and covered usage both carried the effective cost."""
    paid_ahead = report_line(9, type="Fee", cost="120", reservation=cur_reports.RESERVED, resource="")
    used = report_line(
        9, type="DiscountedUsage", cost="0", ri_effective="8", reservation=cur_reports.RESERVED
    )
    unused = report_line(
        9,
        type="RIFee",
        cost="0",
        ri_unused_upfront="2",
        ri_unused_recurring="0",
        reservation=cur_reports.RESERVED,
        resource="",
    )
    assembly(tmp_path / "bills", 9, "a-1", [[paid_ahead, used, unused]])
    sums = "SELECT source_billed, source_effective, ledger_effective FROM closing"
    assert rows(work(configured(tmp_path)).store, sums) == [(Decimal(120), Decimal(10), Decimal(10))]


def test_rows_that_split_a_shared_cost_are_judged_by_their_own_tags_and_add_up(tmp_path: Path) -> None:
    """FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec#956, #1394: providers split a cost themselves (FOCUS 1.3): the rows
    sum to the whole, and their tags are those of what the cost was allocated to."""
    share = {"AllocatedMethodId": "by-cpu", "ResourceId": "node-1", "tags": {"cost-center": "platform"}}
    lines = [
        line(cost="0.75", AllocatedResourceId="pod-1", AllocatedTags='{"cost-center": "search"}', **share),
        line(cost="0.25", AllocatedResourceId="", AllocatedTags="", **share),
    ]
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "bill.csv", lines, lines[0])
    found = rows(work(config).store, "SELECT owner, BilledCost FROM ledger ORDER BY ALL")
    assert found == [("platform", Decimal("0.25")), ("search", Decimal("0.75"))]


def test_a_resource_that_is_matched_in_two_ways_costs_once(tmp_path: Path) -> None:
    """project-koku/koku#816, #3519: a match by tag and one by id counted the same cost twice; the same tag in several
    clusters multiplied it."""
    page = {
        "ResourceTagMappingList": [{"ResourceARN": ARN, "Tags": [{"Key": "cost-center", "Value": "search"}]}]
    }
    for n in range(3):
        (tmp_path / "inventory").mkdir(exist_ok=True)
        (tmp_path / "inventory" / f"page-{n}.json").write_text(json.dumps(page), "utf-8")
    config = write_config(
        tmp_path, more="inventory: [{name: live, connector: files, location: inventory/}]\n"
    )
    lines = [
        line(cost="2", ResourceId=ARN, SubAccountId="111111111111", tags={"cost-center": "search"}),
        line(cost="3", ResourceId="i-1", SubAccountId="111111111111"),
        line(cost="4", ResourceId="i-2", SubAccountId="222222222222", tags={"cost-center": "search"}),
    ]
    write_bill(tmp_path / "exports" / "bill.csv", lines)
    store = work(config).store
    for view in ("charges", "ledger", "verdicts"):
        assert rows(store, f"SELECT sum(BilledCost) FROM {view}") == [(Decimal(9),)]


def test_the_last_day_of_a_month_stands_in_the_month_that_invoices_it_once(tmp_path: Path) -> None:
    """project-koku/koku#5707: usage of a month's end that the next month invoices was missing, or there twice."""
    late = {"usage_start_time": "2026-09-30T23:00:00Z", "usage_end_time": "2026-10-01T00:00:00Z"}
    config = configured(tmp_path)
    for month, cost in (("202609", 1.0), ("202610", 2.0)):
        exports.as_jsonl(
            tmp_path / "bills" / f"{month}.jsonl", [exports.line(**late, invoice={"month": month}, cost=cost)]
        )
    found = rows(
        work(config).store,
        "SELECT billing_period, x_ChargeDate::VARCHAR, BilledCost FROM charges ORDER BY ALL",
    )
    assert found == [("2026-09", "2026-09-30", Decimal(1)), ("2026-10", "2026-09-30", Decimal(2))]
    # the same lines in one file: nothing changes
    lines = [
        exports.line(**late, invoice={"month": m}, cost=c) for m, c in (("202609", 1.0), ("202610", 2.0))
    ]
    exports.as_jsonl(tmp_path / "bills" / "202609.jsonl", lines)
    (tmp_path / "bills" / "202610.jsonl").unlink()
    again = rows(
        work(config).store,
        "SELECT billing_period, x_ChargeDate::VARCHAR, BilledCost FROM charges ORDER BY ALL",
    )
    assert again == found


def test_keys_are_kept_as_they_are_written(tmp_path: Path) -> None:
    """FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec#691, #2434: an export altered the keys of tags on their way."""
    tags = {
        "Cost-Center": "search",
        " cost-center ": "",
        "kubernetes.io/name": "x",
        "Ключ": "1",
        "a:b/c": "2",
    }
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "bill.csv", [line(tags=tags)])
    found = rows(work(config).store, "SELECT tag_key FROM base.tagset_entry")
    assert {key for (key,) in found} == set(tags)
