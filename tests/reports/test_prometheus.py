"""metrics.prom is valid, exact and safe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from reports.prometheus import metrics
from reports.summary import parse_summary

LINE = re.compile(r'[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? -?[0-9]+(\.[0-9]+)?')


def test_every_line_is_in_the_text_format(published: Path) -> None:
    lines = (published / "metrics.prom").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("# ") and not LINE.fullmatch(line)] == []


def test_no_series_stands_twice(published: Path) -> None:
    lines = (published / "metrics.prom").read_text(encoding="utf-8").splitlines()
    series = [line.rsplit(" ", 1)[0] for line in lines]
    assert len(series) == len(set(series))


def test_a_label_value_cannot_end_its_quotes(summary: dict[str, Any]) -> None:
    summary["owners"][0].update(owner='a"} 1\nevil 1\\', billing_period="2026-09")
    text = metrics(parse_summary(summary), "2026-09")
    assert 'owner="a\\"} 1 evil 1\\\\"' in text
    assert not any(line.startswith("evil") for line in text.splitlines())


def test_an_amount_keeps_all_its_digits(summary: dict[str, Any]) -> None:
    summary["verdicts"][0]["billed_cost"] = "1.000000000000000000000001"
    assert " 1.000000000000000000000001\n" in metrics(parse_summary(summary), "2026-09")


def test_a_share_that_is_not_known_has_no_sample(summary: dict[str, Any]) -> None:
    for row in summary["coverage"]:
        row["by_cost"] = None
    assert "tagrecon_coverage_by_cost_ratio" not in metrics(parse_summary(summary), "2026-09")
