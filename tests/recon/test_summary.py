"""summary.json of the sample estate: valid, sorted, and adding up to the bill exactly."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import jsonschema
import pytest

from configs.sample import Truth, write_estate
from recon.config import load_config
from recon.model import Gap
from recon.run import run
from recon.store.store import Limits, connect
from recon.summary import SCHEMA, build_summary
from reports.schema import summary_schema
from reports.summary import parse_summary

NOW = datetime(2026, 11, 3, 6)
RUN = {
    "id": "20261103T060000Z-000000", "started_at": "2026-11-03T06:00:00Z", "finished_at": "2026-11-03T06:00:00Z",
    "status": "ok", "version": "0", "registry_version": "1", "config_hash": "c0ffee", "periods": ["2026-10"],
}  # fmt: skip
GAPS = (
    Gap("missing", "aws 1", "no dump", "aws", touched=("1",)),
    Gap("not-configured", "inventory", "none", limitation=True),
)
_Sums = dict[tuple[str, ...], tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class Told:
    con: duckdb.DuckDBPyConnection
    truth: Truth
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told") / "estate"
    truth = write_estate(folder, seed=7, scale=0.02)
    store = run(
        load_config(folder / "tagrecon.yaml"), NOW, stages=frozenset({"snapshot", "ingest", "reconcile"})
    ).store
    con = connect(store, Limits(), read_only=True)
    yield Told(con, truth, build_summary(con, run=RUN, gaps=GAPS))
    con.close()


def sums(
    rows: list[dict[str, Any]],
    by: tuple[str, ...],
    billed: str = "billed_cost",
    effective: str = "effective_cost",
) -> _Sums:
    found: _Sums = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for row in rows:
        at = tuple(row[name] for name in by)
        found[at] = (found[at][0] + Decimal(row[billed]), found[at][1] + Decimal(row[effective]))
    return dict(found)


def ledger(told: Told) -> _Sums:
    return sums(told.summary["closing"], ("billing_period", "currency"), "ledger_billed", "ledger_effective")


def test_it_is_valid_and_the_report_reads_it(told: Told) -> None:
    document = json.loads(json.dumps(told.summary))
    jsonschema.validate(document, summary_schema())
    assert parse_summary(document).schema_name == SCHEMA


def test_the_verdicts_sum_exactly_to_the_bill(told: Told) -> None:
    assert sums(told.summary["verdicts"], ("billing_period", "currency")) == ledger(told)


def test_each_keys_verdicts_sum_exactly_to_the_bill(told: Told) -> None:
    found = sums(told.summary["verdicts_by_key"], ("key", "billing_period", "currency"))
    keys = {key for key, *_ in found}
    assert found == {(key, *at): amounts for key in keys for at, amounts in ledger(told).items()}


def test_the_verdicts_are_those_of_the_owner_key(told: Told) -> None:
    own = [
        {k: v for k, v in row.items() if k != "key"}
        for row in told.summary["verdicts_by_key"]
        if row["key"] == "cost-center"
    ]
    assert told.summary["verdicts"] == own


def test_the_verdicts_are_what_was_planted(told: Told) -> None:
    planted = {
        (v.key, v.billing_period, v.currency, v.verdict): (v.billed_cost, v.effective_cost)
        for v in told.truth.verdicts
    }
    assert sums(told.summary["verdicts_by_key"], ("key", "billing_period", "currency", "verdict")) == planted


def test_owners_and_what_has_none_are_the_ledger(told: Told) -> None:
    owned = sums(told.summary["owners"], ("billing_period", "currency"), "billed_total", "total")
    loose = sums(told.summary["unallocated"], ("billing_period", "currency"))
    nothing = (Decimal(0), Decimal(0))
    both = {
        at: tuple(map(sum, zip(owned.get(at, nothing), loose.get(at, nothing), strict=True)))
        for at in owned | loose
    }
    assert both == ledger(told)


def test_an_owners_parts_add_up_to_the_total(told: Told) -> None:
    assert told.summary["owners"]
    for row in told.summary["owners"]:
        parts = [Decimal(row[part]) for part in ("direct", "inherited", "shared", "adjustments")]
        assert sum(parts) == Decimal(row["total"])


def test_inherited_and_shared_cost_is_told_apart_from_direct(told: Told) -> None:
    for part in ("direct", "inherited", "shared"):
        assert any(Decimal(row[part]) for row in told.summary["owners"])


def test_no_pool_is_left_once_its_split_is_done(told: Told) -> None:
    assert {row["account"].split(":")[0] for row in told.summary["unallocated"]} == {"unallocated"}


def test_the_books_close_to_zero(told: Told) -> None:
    assert {(row["difference_billed"], row["difference_effective"]) for row in told.summary["closing"]} == {
        ("0", "0")
    }


def test_the_raw_source_of_focus_is_its_billed_cost(told: Told) -> None:
    for row in told.summary["closing"]:
        assert (row["source_raw"], row["source_raw_column"]) == (row["source_billed"], "BilledCost")
        assert row["control_total"] is None


def test_charges_and_resources_are_counted(told: Told) -> None:
    charges = told.con.execute("SELECT count(*) FROM base.charge").fetchall()[0][0]
    resources = told.con.execute(
        "SELECT count(*) FROM base.bill_resource WHERE bill_resource_no > 0"
    ).fetchall()[0][0]
    assert sum(row["charges"] for row in told.summary["verdicts"]) == charges
    assert max(row["resources"] for row in told.summary["verdicts"]) <= resources


@pytest.mark.parametrize(
    ("array", "by"),
    [
        ("gaps", ("id",)), ("closing", ("billing_period", "provider", "provider_id", "billing_account_id", "currency")),
        ("verdicts", ("billing_period", "currency", "verdict")),
        ("verdicts_by_key", ("key", "billing_period", "currency", "verdict")),
        ("coverage", ("billing_period", "currency", "key", "scope")), ("slis", ("id", "name", "billing_period")),
        ("unallocated", ("billing_period", "currency", "account")), ("owners", ("billing_period", "owner", "currency")),
    ],
)  # fmt: skip
def test_arrays_are_sorted_by_their_leading_fields(told: Told, array: str, by: tuple[str, ...]) -> None:
    places = [tuple(row[name] or "" for name in by) for row in told.summary[array]]
    assert len(places) > 1
    assert places == sorted(places)


def test_a_gap_says_whether_it_is_a_limitation(told: Told) -> None:
    assert {row["kind"]: row["limitation"] for row in told.summary["gaps"]} == {
        "missing": False,
        "not-configured": True,
    }


def test_open_findings_are_counted_by_check(told: Told) -> None:
    found = told.summary["findings"]
    open_ones = told.con.execute("SELECT count(*) FROM base.finding WHERE status = 'open'").fetchall()[0][0]
    assert found["total"] == sum(found["by_check"].values()) == open_ones


def test_the_run_stands_there_as_it_was_given(told: Told) -> None:
    assert told.summary["run"] == RUN


def test_the_same_store_gives_the_same_document(told: Told) -> None:
    assert build_summary(told.con, run=RUN, gaps=tuple(reversed(GAPS))) == told.summary
