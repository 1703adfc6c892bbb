"""Does the whole job hold on real FOCUS files, and do its sums equal those that others took of them?

The folder that TAGRECON_REAL_DATA names holds public files that nobody here wrote, and PROFILE.json: one record
per file with rows and exact sums, taken without this product.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.config import load_config
from recon.run import Result, run
from tests.bills import NOW

DATA = os.environ.get("TAGRECON_REAL_DATA", "")
pytestmark = pytest.mark.skipif(
    not DATA,
    reason="TAGRECON_REAL_DATA is not set: name the folder of public bills and inventories to test against",
)
CONFIG = """\
registry: registry.yaml
report: {title: Real bills}
billing:
  - {name: sample, connector: focus, location: '%(data)s/focus-sample-data/*.csv'}
  - {name: purchases, connector: focus, location: '%(data)s/focus-spec-examples/commitment_discount_scenarios/*.csv'%(more)s}
  - {name: saas, connector: focus, location: '%(data)s/focus-spec-examples/saas_examples/**/*.csv'}
  - {name: validator, connector: focus, location: '%(data)s/focus-validator/*.csv'}
"""
REGISTRY = """\
version: 1
owner: business_unit
keys:
  business_unit: {required: true, values: {pattern: '[A-Za-z][A-Za-z0-9 -]*'}}
  application: {required: true, values: {pattern: '[A-Za-z][A-Za-z0-9 -]*'}}
  environment: {required: true, aliases: [env], values: {list: [dev, prod, test]}, value_aliases: {prod: [Production, prd]}}
  org: {values: {pattern: '.+'}}
  cost-center: {aliases: [CostCenter, Cost department], values: {pattern: '.+'}}
"""
DEFAULTS = (
    ", files: parts, defaults: {BillingCurrency: USD, BillingAccountId: example, ProviderName: Example}"
)


@dataclass(frozen=True)
class Told:
    """A run over the real files, and what PROFILE.json says of them (by path below the data folder)."""

    result: Result
    profile: Mapping[str, Mapping[str, Any]]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        con = duckdb.connect(str(self.result.store), read_only=True)
        try:
            return con.execute(sql).fetchall()
        finally:
            con.close()

    def files(self, status: str) -> dict[str, str]:
        """File → reason, of the files with that status."""
        found = self.rows(f"SELECT path, reason FROM source_files WHERE status = '{status}'")
        return {str(Path(path).relative_to(Path(DATA).absolute())): reason for path, reason in found}


def focus_profile() -> dict[str, Mapping[str, Any]]:
    records = json.loads((Path(DATA) / "PROFILE.json").read_text("utf-8"))
    return {record["file"]: record for record in records if record["kind"] == "focus"}


def told_by(folder: Path, more: str) -> Told:
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "tagrecon.yaml").write_text(CONFIG % {"data": DATA, "more": more}, "utf-8")
    return Told(run(load_config(folder / "tagrecon.yaml"), NOW), focus_profile())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    yield told_by(tmp_path_factory.mktemp("real"), "")


@pytest.fixture(scope="module")
def completed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The same, where the source says what the worked examples leave out."""
    yield told_by(tmp_path_factory.mktemp("completed"), DEFAULTS)


def test_every_profiled_focus_file_is_accounted_for(told: Told) -> None:
    listed = {
        **told.files("loaded"),
        **told.files("refused"),
        **told.files("unreadable"),
        **told.files("held"),
    }
    assert listed.keys() == told.profile.keys()
    assert len(listed) >= 14


def test_the_books_close_to_exactly_zero(told: Told) -> None:
    closing = told.rows("SELECT difference_billed, difference_effective, source_rows FROM closing")
    assert closing
    assert {(billed, effective) for billed, effective, _ in closing} == {(0, 0)}


def test_loaded_rows_and_sums_are_those_that_others_took(told: Told) -> None:
    sample = [record for file, record in told.profile.items() if file.startswith("focus-sample-data/")]
    [(rows, billed, effective)] = told.rows(
        "SELECT sum(x_Lines)::BIGINT, sum(BilledCost), sum(EffectiveCost) FROM charges"
    )
    assert rows == sum(record["rows"] for record in sample)
    assert billed == sum(Decimal(record["billed"]) for record in sample)
    assert effective == sum(Decimal(record["effective"]) for record in sample)


def test_the_ledger_pays_the_same_sums(told: Told) -> None:
    [sums] = told.rows("SELECT sum(BilledCost), sum(EffectiveCost) FROM ledger")
    assert [sums] == told.rows("SELECT sum(BilledCost), sum(EffectiveCost) FROM charges")


@pytest.mark.parametrize("by", ["ChargeCategory", "ProviderName"])
def test_charges_divide_as_others_counted_them(told: Told, by: str) -> None:
    [record] = [record for file, record in told.profile.items() if file.startswith("focus-sample-data/")]
    assert (
        dict(told.rows(f"SELECT {by}, sum(x_Lines)::BIGINT FROM charges GROUP BY ALL"))
        == record["counts"][by]
    )


def test_resources_are_those_that_others_counted(told: Told) -> None:
    [record] = [record for file, record in told.profile.items() if file.startswith("focus-sample-data/")]
    # Azure's ids are compared without regard to case, so that fewer may be found than are spelled.
    [(spelled,)] = told.rows("SELECT count(DISTINCT ResourceId) FROM charges")
    [(without,)] = told.rows("SELECT sum(x_Lines)::BIGINT FROM charges WHERE ResourceId IS NULL")
    assert (spelled, without) == (record["distinct_resources"], record["null_resource_rows"])


def test_tag_keys_are_kept_as_they_are_written(told: Told) -> None:
    [record] = [record for file, record in told.profile.items() if file.startswith("focus-sample-data/")]
    found = {key for (key,) in told.rows("SELECT DISTINCT tag_key FROM base.tagset_entry")}
    assert found == set(record["tag_keys"])
    assert " org" in found  # with the blank that its author typed


def test_a_file_of_an_older_focus_is_refused_with_its_version(told: Told) -> None:
    refused = {
        file: reason for file, reason in told.files("refused").items() if file.startswith("focus-validator/")
    }
    assert list(refused) == ["focus-validator/all_pass_0.5.csv"]
    assert "no FOCUS 1.0 or newer" in refused["focus-validator/all_pass_0.5.csv"]


def test_worked_examples_without_currency_and_account_are_refused_by_name(told: Told) -> None:
    refused = {
        file: reason for file, reason in told.files("refused").items() if "commitment_discount" in file
    }
    assert refused.keys() == {file for file in told.profile if "commitment_discount" in file}
    assert len(refused) >= 7
    for reason in refused.values():
        assert "BillingCurrency" in reason
        assert "BillingAccountId" in reason
        assert "defaults:" in reason


def test_rows_with_amounts_and_days_for_people_are_quarantined(told: Told) -> None:
    bad = told.rows("SELECT path, row_number, column_name, reason, text FROM quarantine")
    saas = {file: record["rows"] for file, record in told.profile.items() if "saas_examples" in file}
    found = {(str(Path(path).relative_to(Path(DATA).absolute())), row) for path, row, *_ in bad}
    assert found == {(file, row) for file, rows in saas.items() for row in range(1, rows + 1)}
    assert all(column and reason for _, _, column, reason, _ in bad)


def test_the_run_is_partial_and_says_what_it_could_not_use(told: Told) -> None:
    assert told.result.status == "partial"
    scopes = {gap["scope"] for gap in told.result.summary["gaps"]}
    for file in told.files("refused"):
        assert any(Path(file).name in scope for scope in scopes), file


def test_owners_come_from_the_key_that_the_data_have(told: Told) -> None:
    by_verdict = dict(
        told.rows("SELECT verdict, count(*) FROM verdicts WHERE key = 'business_unit' GROUP BY ALL")
    )
    assert by_verdict["ok"] > 0
    assert by_verdict["untagged"] > 0
    [(owners,)] = told.rows("SELECT count(DISTINCT owner) FROM ledger WHERE owner IS NOT NULL")
    assert owners > 10


def test_the_report_is_there_and_names_the_files_left_out(told: Told) -> None:
    assert told.result.out_dir
    assert (told.result.out_dir / "index.html").stat().st_size > 10_000
    listed = (told.result.out_dir / "csv" / "source_files.csv").read_text("utf-8")
    assert "all_pass_0.5.csv" in listed


def test_worked_examples_load_where_the_source_says_what_they_leave_out(completed: Told) -> None:
    examples = {file: record for file, record in completed.profile.items() if "commitment_discount" in file}
    assert not [file for file in completed.files("refused") if "commitment_discount" in file]
    [(rows, quarantined, billed, effective)] = completed.rows(
        "SELECT sum(source_rows)::BIGINT, sum(quarantined_rows)::BIGINT, sum(source_billed), sum(source_effective) "
        "FROM closing WHERE BillingAccountId = 'example'"
    )
    assert rows == sum(record["rows"] for record in examples.values())
    assert billed == sum(Decimal(record["billed"]) for record in examples.values())
    assert effective == sum(Decimal(record["effective"]) for record in examples.values())
    assert quarantined > 0  # one example ends its period at hour 30


def test_the_hour_that_does_not_exist_is_quarantined_with_its_text(completed: Told) -> None:
    [(column, text)] = completed.rows(
        "SELECT column_name, text FROM quarantine WHERE path LIKE '%purchase_scenario_2%'"
    )
    assert column.endswith("End")
    assert "T30:00" in text
