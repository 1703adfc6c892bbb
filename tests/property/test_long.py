"""Long fuzzing and large estates: `make test-slow`."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configs.sample import write_estate
from recon.config import load_config
from recon.run import run
from tests.bills import COLUMNS, NOW, line, work, write_bill, write_config

pytestmark = pytest.mark.slow
long = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@long
@given(st.binary(max_size=400), st.integers(0, 600))
def test_a_bill_damaged_anywhere_is_loaded_quarantined_or_refused_and_the_books_close(
    noise: bytes, at: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder))
        bill = Path(folder) / "exports" / "bill.csv"
        write_bill(bill, [line(day, tags={"cost-center": "search"}) for day in range(1, 9)])
        whole = bill.read_bytes()
        bill.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
        assert work(config).status in ("ok", "partial")


@long
@given(st.lists(st.fixed_dictionaries({c: st.text(max_size=12) for c in COLUMNS}), min_size=1, max_size=8))
def test_cells_of_any_text_lose_no_row(cells: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder))
        write_bill(Path(folder) / "exports" / "bill.csv", [line(), *cells])
        con = duckdb.connect(str(work(config).store), read_only=True)
        counted = con.execute(
            "SELECT source_rows - loaded_rows - quarantined_rows FROM source_files WHERE status = 'loaded'"
        ).fetchall()
        con.close()
        assert counted in ([(0,)], [])


@pytest.mark.parametrize("seed", range(100, 106))
def test_a_large_estate_gives_just_what_was_planted(tmp_path: Path, seed: int) -> None:
    truth = write_estate(tmp_path, seed=seed, scale=3)
    result = run(load_config(tmp_path / "tagrecon.yaml"), NOW)
    said = {
        (row["billing_period"], row["currency"], row["key"], row["verdict"]): Decimal(row["effective_cost"])
        for row in result.summary["verdicts_by_key"]
    }
    planted = {
        (v.billing_period, v.currency, v.key, v.verdict): Decimal(v.effective_cost) for v in truth.verdicts
    }
    assert said == planted
