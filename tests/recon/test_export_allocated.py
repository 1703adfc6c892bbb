"""Do the sample estate's allocated charges, of three clouds and five formats, sum to its bills and to its ledger?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.focus_export.bill_lines import export_focus
from recon.focus_export.divided import metrics_of

NOW = datetime(2026, 11, 3, 6)


@pytest.fixture(scope="module")
def files(published_estate: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The export with allocated charges, and without."""
    folder = tmp_path_factory.mktemp("focus")
    made = (folder / "allocated.parquet", folder / "plain.parquet")
    for path in made:
        export_focus(
            published_estate.cfg, path, "1.3", "parquet", None, NOW, allocated=path.stem == "allocated"
        )
    return made


def test_every_metric_of_every_bill_is_kept(files: tuple[Path, Path]) -> None:
    metrics = ", ".join(f"sum({metric})" for metric in metrics_of("1.3"))
    by = "strftime(BillingPeriodStart AT TIME ZONE 'UTC', '%Y-%m'), ServiceProviderName, BillingAccountId, BillingCurrency"
    with duckdb.connect() as con:
        found, expected = (
            con.execute(f"SELECT {by}, {metrics} FROM '{path}' GROUP BY ALL ORDER BY ALL").fetchall()
            for path in files
        )
    assert found == expected
    assert len(found) > 8


def test_every_account_of_the_ledger_bears_what_was_posted(
    published_estate: Any, files: tuple[Path, Path]
) -> None:
    costs = "sum(BilledCost) AS billed, sum(EffectiveCost) AS effective"
    period = "strftime(BillingPeriodStart AT TIME ZONE 'UTC', '%Y-%m')"
    some = "HAVING billed <> 0 OR effective <> 0 ORDER BY ALL"
    with duckdb.connect() as con:
        borne = con.execute(
            f"SELECT {period}, BillingAccountId, BillingCurrency, x_LedgerAccount, {costs} FROM '{files[0]}' GROUP BY ALL {some}"
        ).fetchall()
    with duckdb.connect(str(published_estate.cfg.store), read_only=True) as con:
        posted = con.execute(
            f"SELECT billing_period, BillingAccountId, BillingCurrency, account, {costs} FROM ledger GROUP BY ALL {some}"
        ).fetchall()
    assert borne == posted
    assert not [account for *_, account, _, _ in borne if account.startswith("shared:")]


def test_the_ratios_of_every_origin_sum_to_1(files: tuple[Path, Path]) -> None:
    # out of the text: a JSON reader would make a double of it
    ratio = "sum(regexp_extract(AllocatedMethodDetails, 'AllocatedRatio\":([0-9.]+)', 1)::DECIMAL(38,18))"
    with duckdb.connect() as con:
        sums = con.execute(
            f"SELECT DISTINCT {ratio} FROM '{files[0]}' WHERE AllocatedMethodId IS NOT NULL GROUP BY x_OriginChargeId"
        ).fetchall()
    assert sums == [(1,)]
