"""Does one run over all public bills at once keep each file's total to the last digit?

As a company with three clouds would have them: one configuration, a source per folder, formats recognized by
content. `expected_bills.py` says what must become of each file; PROFILE.json, made without this product, says what it
sums to.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from recon.config import RunConfig, load_config
from recon.focus_export.bill_lines import export_focus
from recon.run import Result, run
from tests.bills import NOW
from tests.real.expected_bills import EXPECTED, SOURCES

DATA = os.environ.get("TAGRECON_REAL_DATA", "")
pytestmark = pytest.mark.skipif(
    not DATA, reason="TAGRECON_REAL_DATA is not set: name the folder of public bills"
)
REGISTRY = """\
version: 1
owner: application
keys:
  application: {required: true, aliases: [app, Application], values: {pattern: '.+'}}
  environment: {required: true, aliases: [env, Environment], values: {pattern: '.+'}}
"""
_KINDS = ("focus", "cur_csv", "cur_parquet", "cur_ctrla", "azure", "gcp_csv", "gcp_jsonl", "oci")
# our rule for effective cost is that of the profile for these; an Azure file of actual costs has none
_EFFECTIVE = ("cur_csv", "cur_parquet", "gcp_csv", "gcp_jsonl")
FILES = sorted(EXPECTED)
LOADED = [file for file in FILES if EXPECTED[file].status == "loaded"]


@dataclass(frozen=True)
class Company:
    """The configuration, what the run returned and told, and what others took of the files."""

    config: RunConfig
    result: Result
    profile: Mapping[str, Mapping[str, Any]]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        con = duckdb.connect(str(self.config.store), read_only=True)
        try:
            return con.execute(sql, list(values)).fetchall()
        finally:
            con.close()

    def file(self, name: str, columns: str) -> tuple[Any, ...]:
        """Columns of `base.source_file` f and sums of its books b, for one file."""
        [row] = self.rows(
            f"SELECT {columns} FROM base.source_file f LEFT JOIN base.file_book b USING (file_no) WHERE ends_with(path, ?) "
            "GROUP BY f.file_no, f.status, f.reason, f.source_rows, f.raw_column",
            name,
        )
        return row


def profile() -> dict[str, Mapping[str, Any]]:
    records = json.loads((Path(DATA) / "PROFILE.json").read_text("utf-8"))
    return {record["file"]: record for record in records if record["kind"] in _KINDS}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("company")
    sources = [
        {"name": name, **said, "location": f"{DATA}/{said['location']}"} for name, said in SOURCES.items()
    ]
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    path = folder / "tagrecon.yaml"
    path.write_text(yaml.safe_dump({"registry": "registry.yaml", "billing": sources}), "utf-8")
    config = load_config(path)
    return Company(config, run(config, NOW), profile())


def money(told: Any) -> Decimal:
    """A total of the profile; a dash where nothing is to be summed."""
    return Decimal(0) if told in ("–", None) else Decimal(told)


def test_every_profiled_bill_is_expected_and_found(company: Company) -> None:
    assert set(EXPECTED) == set(company.profile)
    found = {path for (path,) in company.rows("SELECT path FROM source_files")}
    assert sorted(str(Path(path).relative_to(Path(DATA).absolute())) for path in found) == FILES


@pytest.mark.parametrize("file", FILES)
def test_a_file_becomes_what_is_expected_of_it(file: str, company: Company) -> None:
    status, reason = company.file(file, "f.status, f.reason")
    assert status == EXPECTED[file].status
    assert [word for word in EXPECTED[file].reason if word not in (reason or "")] == []
    assert bool(reason) is (status != "loaded")


@pytest.mark.parametrize("file", LOADED)
def test_its_rows_and_its_own_cost_are_those_that_others_took(file: str, company: Company) -> None:
    told = company.profile[file]
    rows, raw, column = company.file(file, "f.source_rows, coalesce(sum(b.raw_cost), 0), f.raw_column")
    assert (rows, raw) == (told["rows"], money(told["billed"]))
    assert column.lower() == told["billed_column"].lower()


@pytest.mark.parametrize("file", LOADED)
def test_own_cost_and_steps_make_what_was_billed(file: str, company: Company) -> None:
    [(off,)] = company.rows(
        "SELECT coalesce(sum(b.raw_cost) + coalesce((SELECT sum(amount) FROM base.file_step s WHERE s.file_no = any_value(f.file_no)), 0) "
        "- sum(b.billed), 0) FROM base.source_file f JOIN base.file_book b USING (file_no) WHERE ends_with(f.path, ?)",
        file,
    )
    assert off == 0


def test_effective_costs_are_those_of_the_usual_amortisation(company: Company) -> None:
    asked = [
        f
        for f in LOADED
        if company.profile[f]["kind"] in _EFFECTIVE and company.profile[f]["effective"] != "–"
    ]
    ours = {file: company.file(file, "coalesce(sum(b.effective), 0)")[0] for file in asked}
    assert ours == {file: Decimal(company.profile[file]["effective"]) for file in asked}
    assert len(asked) >= 13


@pytest.mark.parametrize("file", LOADED)
def test_rows_that_can_t_be_read_are_quarantined_and_no_others(file: str, company: Company) -> None:
    [(count,)] = company.rows("SELECT count(*) FROM quarantine WHERE ends_with(path, ?)", file)
    assert count == EXPECTED[file].quarantined


def test_the_books_of_all_clouds_close_to_zero(company: Company) -> None:
    closing = company.rows(
        "SELECT difference_billed, difference_effective, x_ProviderId, BillingCurrency FROM closing"
    )
    assert {amount for row in closing for amount in row[:2]} == {0}
    assert {row[2] for row in closing} >= {"aws", "azure", "gcp"}
    assert {row[3] for row in closing} >= {"USD", "EUR", "CAD", "NOK"}


def test_what_counts_sums_to_the_files_that_count_and_to_nothing_else(company: Company) -> None:
    counted = [file for file in FILES if EXPECTED[file].counts]
    [(raw,)] = company.rows("SELECT sum(source_raw) FROM closing")
    # over currencies on purpose: the sum of all that was read, not an amount
    assert raw == sum(money(company.profile[file]["billed"]) for file in counted)
    [(lines,)] = company.rows("SELECT sum(x_Lines)::BIGINT FROM charges")
    quarantined = sum(EXPECTED[file].quarantined for file in counted)
    assert lines == sum(company.profile[file]["rows"] for file in counted) - quarantined


def test_files_without_money_in_the_books_are_in_the_report_as_gaps(company: Company) -> None:
    gaps = json.dumps(company.result.summary["gaps"])
    left = [file for file in FILES if EXPECTED[file].status in ("refused", "held")]
    assert company.result.status == "partial"
    assert [file for file in left if Path(file).name not in gaps] == []


def test_no_reason_holds_what_a_terminal_would_obey(company: Company) -> None:
    reasons = company.rows("SELECT path, reason FROM source_files WHERE reason IS NOT NULL")
    assert [path for path, reason in reasons if any(ord(c) < 32 for c in reason) or len(reason) > 600] == []


def test_the_same_run_again_finds_nothing_new(company: Company, tmp_path: Path) -> None:
    folder = company.config.base
    copied = tmp_path / "again"
    shutil.copytree(folder, copied, symlinks=True)
    before = (copied / "var" / "tagrecon.duckdb").read_bytes()
    said: list[str] = []
    again = run(load_config(copied / "tagrecon.yaml"), NOW, tell=said.append)
    assert "nothing new since the last run" in said
    assert (copied / "var" / "tagrecon.duckdb").read_bytes() == before
    assert again.status == company.result.status


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_all_of_it_leaves_as_focus_with_the_sums_of_the_charges(
    kind: Any, company: Company, tmp_path: Path
) -> None:
    out = tmp_path / f"lines.{kind}"
    written = export_focus(company.config, out, "1.2", kind, None, NOW)
    told = {t.currency: (t.BilledCost, t.EffectiveCost) for t in written.totals}
    charged = company.rows(
        "SELECT BillingCurrency, sum(BilledCost), sum(EffectiveCost) FROM charges GROUP BY ALL"
    )
    assert told == {currency: (billed, effective) for currency, billed, effective in charged}
    reader = f"read_csv('{written.path}', all_varchar = true)" if kind == "csv" else f"'{written.path}'"
    with duckdb.connect() as con:
        read = con.execute(
            "SELECT BillingCurrency, sum(BilledCost::DECIMAL(38,24)), sum(EffectiveCost::DECIMAL(38,24)) "
            f"FROM {reader} GROUP BY ALL"
        ).fetchall()
    assert {currency: (billed, effective) for currency, billed, effective in read} == told
