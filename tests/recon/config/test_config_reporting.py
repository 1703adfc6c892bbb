"""The reporting currency and the targets of KPIs: what may be written, and what a mistake is told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from recon.config import RunConfig, config_hash, load_config
from recon.errors import InputError, InputErrors


def load(folder: Path, more: str) -> RunConfig:
    path = folder / "tagrecon.yaml"
    path.write_text(f"registry: r.yaml\n{more}", "utf-8")
    return load_config(path)


def test_the_table_of_rates_is_found_beside_the_configuration(tmp_path: Path) -> None:
    reporting = load(tmp_path, "reporting: {currency: EUR, rates: rates.csv}\n").reporting
    assert reporting is not None
    assert (reporting.currency, reporting.rates) == ("EUR", tmp_path / "rates.csv")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("reporting: {currency: euro, rates: rates.csv}\n", "three capital letters"),
        ("reporting: {currency: EUR}\n", "rates"),
        ("reporting: {currency: EUR, rate: rates.csv}\n", '"rates"'),
        ("targets: {untagged-cost: 10}\n", "untagged-cost is a share between 0 and 1"),
        ("targets: {untaged-cost: 0.1}\n", "untagged-cost"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, more: str, says: str) -> None:
    with pytest.raises((InputError, InputErrors)) as caught:
        load(tmp_path, more)
    assert "tagrecon.yaml:2" in str(caught.value)
    assert says in str(caught.value)


def test_a_kpi_takes_a_target_of_its_own(tmp_path: Path) -> None:
    targets = load(tmp_path, "targets: {time-to-remediate: 14, allocated-cost: 0.7}\n").targets
    assert (targets["time-to-remediate"], targets["allocated-cost"]) == (Decimal(14), Decimal("0.7"))
    assert targets["M1"] == Decimal("0.95")


def test_a_reporting_currency_is_another_configuration(tmp_path: Path) -> None:
    without = config_hash(load(tmp_path, ""))
    assert config_hash(load(tmp_path, "reporting: {currency: EUR, rates: rates.csv}\n")) != without
