"""What `export focus` writes is a bill that can be audited again, to the same totals."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb
import pytest

from recon.config import load_config
from recon.focus_export.bill_lines import export_focus
from tests.bills import NOW, work
from tests.connectors.all_formats import AllFormats, Told
from tests.connectors.bill.odd_files import audited, billed
from tests.connectors.samples import BY_NAME

MIXED = ("focus-csv", "cur-csv", "azure-customer", "google-detailed-jsonl")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """A bill of each provider in one store."""
    samples = [BY_NAME[name] for name in MIXED]
    bills = AllFormats(tmp_path_factory.mktemp("store")).deliver(lambda sample: sample.whole(), samples)
    return bills.folder, bills.run(samples)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_export_audited_again_has_the_same_totals(
    kind: Literal["csv", "parquet"], store: tuple[Path, Told], tmp_path: Path
) -> None:
    folder, told = store
    cfg = load_config(folder / "tagrecon.yaml")
    first = tmp_path / f"first.{kind}"
    export_focus(cfg, first, "1.2", kind, None, NOW)
    [(total, effective)] = told.rows("SELECT sum(BilledCost), sum(EffectiveCost) FROM charges")
    result = audited(first, tmp_path)
    assert billed(result) == total
    assert sum(Decimal(book["ledger_effective"]) for book in result.summary["closing"]) == effective
    assert sum(book["quarantined_rows"] + book["excluded_rows"] for book in result.summary["closing"]) == 0


def test_an_export_of_an_export_keeps_what_the_first_said(store: tuple[Path, Told], tmp_path: Path) -> None:
    cfg = load_config(store[0] / "tagrecon.yaml")
    exports = tmp_path / "exports"
    exports.mkdir()
    export_focus(cfg, exports / "first.csv", "1.2", "csv", None, NOW)
    (tmp_path / "registry.yaml").write_text((store[0] / "registry.yaml").read_text("utf-8"), "utf-8")
    config = tmp_path / "tagrecon.yaml"
    config.write_text("registry: registry.yaml\nbilling: [{name: again, location: exports/}]\n", "utf-8")
    work(config)
    export_focus(load_config(config), tmp_path / "second.csv", "1.2", "csv", None, NOW)
    with duckdb.connect() as con:
        sums = [
            con.execute(
                f"SELECT sum({cost}::DECIMAL(38,24)), count(*) FROM read_csv('{path}', all_varchar = true)"
            ).fetchall()
            for path, cost in (
                (exports / "first.csv", "x_SourceCost"),
                (tmp_path / "second.csv", "x_file_SourceCost"),
            )
        ]
    assert sums[0] == sums[1]
