"""Every metric is described, exampled, and indifferent to the order of its rows."""

from __future__ import annotations

import doctest
import inspect
from functools import cached_property
from importlib import import_module
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from recon.metrics.catalogue import HEADINGS, PAGE, Metric, metrics, page
from recon.metrics.facts import Facts
from recon.metrics.measure import SCHEMA

METRICS = [pytest.param(metric, id=metric.name) for metric in metrics()]


class Rearranged:
    """The facts with every frame's rows in another order."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def __getattr__(self, name: str) -> object:
        found = getattr(self.facts, name)
        return found.sample(fraction=1, shuffle=True, seed=3) if isinstance(found, pl.DataFrame) else found


def test_docs_metrics_is_what_the_modules_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m recon.metrics"


def test_the_folder_is_scanned() -> None:
    assert {"coverage", "drift_rate", "allocation_error"} <= {metric.name for metric in metrics()}


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_has_every_heading(metric: Metric) -> None:
    assert tuple(metric.sections) == HEADINGS


@pytest.mark.parametrize("metric", METRICS)
def test_the_example_of_a_metric_is_true(metric: Metric) -> None:
    result = doctest.testmod(import_module(f"recon.metrics.{metric.name}"))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("metric", METRICS)
def test_what_a_metric_reads_is_an_attribute_of_facts(metric: Metric) -> None:
    for name in inspect.signature(metric.measure).parameters:
        assert name == "now" or isinstance(getattr(Facts, name), cached_property)


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_does_not_depend_on_the_order_of_rows(metric: Metric, estate: Any) -> None:
    facts: Facts = estate.facts
    assert_frame_equal(metric.of(Rearranged(facts)), metric.of(facts))


@pytest.mark.parametrize("metric", [m for m in METRICS if m.id != "coverage"])
def test_a_metric_hands_back_the_one_shape(metric: Metric, estate: Any) -> None:
    assert dict(metric.of(estate.facts).schema) == dict(pl.DataFrame(schema=SCHEMA).schema)
