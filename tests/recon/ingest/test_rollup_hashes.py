"""One hash stands for one text: where DuckDB's own does not, a bill must load all the same."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from recon.ingest.rollup import text_hash
from tests.bills import work, write_config

_FOCUS = """SELECT 1.25::DOUBLE AS BilledCost, 1.25::DOUBLE AS EffectiveCost, '1' AS BillingAccountId, 'USD' AS BillingCurrency,
    TIMESTAMP '2026-10-01' AS BillingPeriodStart, TIMESTAMP '2026-11-01' AS BillingPeriodEnd, TIMESTAMP '2026-10-05' AS ChargePeriodStart,
    TIMESTAMP '2026-10-06' AS ChargePeriodEnd, 'Usage' AS ChargeCategory, 'AWS' AS ProviderName, 'i-1' AS ResourceId, '2' AS SubAccountId"""


@pytest.mark.parametrize(
    "text", ['{"key":"name","value":"app%d"},{"name":"n%d"}', "web-%d/worker-%d", "%d-----%d"]
)
@pytest.mark.parametrize("shift", range(8))
def test_texts_that_differ_in_two_numbers_do_not_share_a_hash(text: str, shift: int) -> None:
    with duckdb.connect() as con:
        listed = f"SELECT DISTINCT printf('{'x' * shift}{text}', (hash(i) % 400)::INT, (hash(i, 1) % 24000)::INT) AS x FROM range(100000) t(i)"
        [(texts, hashes)] = con.execute(
            f"SELECT count(*), count(DISTINCT {text_hash(['x'], ['x'])}) FROM ({listed})"
        ).fetchall()
    assert texts == hashes


@pytest.mark.parametrize(
    "tags",
    [
        "CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN MAP {}::MAP(VARCHAR, VARCHAR) ELSE MAP {'team': 'a'} END",
        "CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN [] ELSE [{'key': 'team', 'value': 'a'}] END",
        "CASE i % 2 WHEN 0 THEN MAP {'a': 'b', 'c': 'd'} ELSE MAP {'a': 'c', 'b': 'd'} END",
    ],
)
def test_nested_tags_that_duckdb_hashes_alike_are_told_apart(tmp_path: Path, tags: str) -> None:
    config = write_config(tmp_path)
    (tmp_path / "exports").mkdir(exist_ok=True)
    with duckdb.connect() as con:
        con.execute(
            f"COPY ({_FOCUS}, {tags} AS Tags FROM range(6) t(i)) TO '{tmp_path / 'exports' / 'bill.parquet'}'"
        )
    result = work(config)
    with duckdb.connect(str(result.store), read_only=True) as con:
        assert con.execute("SELECT sum(x_Lines), count(DISTINCT tagset_id) FROM charges").fetchall() == [
            (6, 2)
        ]
