"""Do views and schemas come out whole, exact, and harmless?"""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pyarrow.parquet as pq
import pytest
import yaml

from recon.errors import InputError
from recon.export import open_store, write_schemas, write_views


def test_a_csv_has_every_row_of_its_view_and_every_digit(published_estate: Any, tmp_path: Path) -> None:
    store = published_estate.cfg.store
    (path,) = write_views(store, "csv", ["ledger"], tmp_path)
    with path.open(newline="", encoding="utf-8") as file:
        total = sum((Decimal(row["BilledCost"]) for row in csv.DictReader(file)), Decimal(0))
    with duckdb.connect(str(store), read_only=True) as con:
        (expected,) = con.execute("SELECT sum(BilledCost) FROM ledger").fetchone() or (None,)
    assert total == expected


def test_a_parquet_keeps_money_decimal(published_estate: Any, tmp_path: Path) -> None:
    (path,) = write_views(published_estate.cfg.store, "parquet", ["charges"], tmp_path)
    assert str(pq.read_schema(path).field("BilledCost").type) == "decimal128(38, 24)"


def test_all_means_every_view_of_the_store_page(published_estate: Any, tmp_path: Path) -> None:
    written = write_views(published_estate.cfg.store, "parquet", ["all"], tmp_path)
    page = (Path(__file__).parents[2] / "docs/store.md").read_text("utf-8")
    headings = {
        n.strip() for line in page.splitlines() if line.startswith("## ") for n in line[3:].split(",")
    }
    assert {path.stem for path in written} == headings


def test_the_same_store_gives_the_same_bytes(published_estate: Any, tmp_path: Path) -> None:
    store = published_estate.cfg.store
    first, second = (
        write_views(store, "csv", ["verdicts"], tmp_path / n)[0].read_bytes() for n in ("a", "b")
    )
    assert first == second


def test_a_view_named_twice_is_written_once(published_estate: Any, tmp_path: Path) -> None:
    assert len(write_views(published_estate.cfg.store, "csv", ["runs", "runs"], tmp_path)) == 1


def test_an_unknown_view_is_refused_with_the_nearest_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='Did you mean "ledger"'):
        write_views(tmp_path / "no.duckdb", "csv", ["ledgers"], tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_a_missing_store_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="make one with tagrecon run"):
        open_store(tmp_path / "no.duckdb")


def test_a_file_that_is_no_store_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.duckdb").write_text("hello")
    with pytest.raises(InputError, match="is no store of this tagrecon"):
        open_store(tmp_path / "x.duckdb")


def test_another_database_is_a_sentence_too(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "x.duckdb")).close()
    with pytest.raises(InputError, match="is no store of this tagrecon"):
        open_store(tmp_path / "x.duckdb")


def test_the_schemas_are_schemas_and_take_the_sample(published_estate: Any, tmp_path: Path) -> None:
    folder = published_estate.folder
    written = {
        path.name.partition(".")[0]: json.loads(path.read_text("utf-8")) for path in write_schemas(tmp_path)
    }
    assert set(written) == {"tagrecon", "registry", "allocation", "summary"}
    for name, schema in written.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        if name == "tagrecon":
            jsonschema.validate(yaml.safe_load((folder / "tagrecon.yaml").read_text("utf-8")), schema)


def test_the_summary_of_a_run_fits_its_schema(published_estate: Any, tmp_path: Path) -> None:
    write_schemas(tmp_path)
    schema = json.loads((tmp_path / "summary.schema.json").read_text("utf-8"))
    jsonschema.validate(published_estate.result.summary, schema)
