"""Does a resource's story agree with the bill, the truth that was planted, and itself?"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.errors import InputError
from recon.explain import Story, bill_lines, explain, find
from recon.explain.reasons import reason
from recon.export import open_store
from recon.registry import load_registry
from recon.verdicts import VERDICTS
from reports.questions import Store


@pytest.fixture
def store(published_estate: Any) -> Iterator[Store]:
    with open_store(published_estate.cfg.store) as opened:
        yield opened


@pytest.fixture
def truth(published_estate: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((published_estate.folder / "truth.json").read_text("utf-8"))[
        "defects"
    ]
    return rows


@pytest.fixture
def tell(published_estate: Any, store: Store) -> Any:
    registry = load_registry(published_estate.cfg.registry)

    def told(wanted: str, periods: tuple[str, str] | None = None) -> Story:
        return explain(store, wanted, registry, date(2026, 11, 3), periods)

    return told


@pytest.fixture
def read(published_estate: Any) -> Any:
    registry = load_registry(published_estate.cfg.registry)
    return lambda *asked: bill_lines(published_estate.cfg, registry, *asked)


def planted(truth: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(row for row in truth if row["kind"] == kind and row["resource"])


def test_a_resource_is_found_by_its_id_by_its_last_part_and_by_its_end(store: Store) -> None:
    (arn,) = [
        str(row["ResourceId"])
        for row in store.ask(
            "SELECT ResourceId FROM resources WHERE ResourceId LIKE '%instance/i-%' ORDER BY 1 LIMIT 1"
        )
    ]
    short = arn.rpartition("/")[2]
    hits = [find(store, wanted) for wanted in (arn, arn.upper(), short, short[4:])]
    assert len(set(hits)) == 1
    assert arn in hits[0].ids


def test_an_end_that_several_resources_share_lists_them(store: Store) -> None:
    with pytest.raises(InputError) as several:
        find(store, "1")
    lines = str(several.value).splitlines()
    assert "give more of the id" in lines[0]
    assert len(lines) > 2


def test_a_resource_that_is_nowhere_is_a_sentence(store: Store) -> None:
    with pytest.raises(InputError, match='no resource "nowhere-at-all"'):
        find(store, "nowhere-at-all")


def test_bill_and_inventory_spellings_are_one_resource(store: Store, truth: list[dict[str, Any]]) -> None:
    row = next(r for r in truth if r["billed_as"] and r["resource"] and r["billed_as"] != r["resource"])
    assert find(store, row["billed_as"]) == find(store, row["resource"])


@pytest.mark.parametrize(
    "kind",
    ["variant-value", "typo", "conflict-live", "not-billed", "untagged", "wrong-owner-catalogue", "deleted"],
)
def test_the_planted_verdict_is_told_with_a_reason_that_names_the_values(
    kind: str, tell: Any, truth: list[dict[str, Any]]
) -> None:
    row = planted(truth, kind)
    story = tell(row["resource"] if kind != "deleted" else row["billed_as"] or row["resource"])
    key = next(k for k in story.keys if k["key"] == row["key"])
    told = [v for v in key["verdicts"] if v["verdict"] == row["check"]]
    assert told, key["verdicts"]
    for verdict in told:
        for value in ("billed_value", "expected_value") if kind.startswith("wrong") else ("billed_value",):
            if verdict[value]:
                assert f'"{verdict[value]}"' in verdict["reason"]


def test_charges_verdicts_ledger_and_lines_sum_to_the_same(
    tell: Any, truth: list[dict[str, Any]], read: Any, store: Store
) -> None:
    story = tell(planted(truth, "variant-value")["resource"])
    found = read(store, story.hit, story.billing_periods, 100_000)
    charged = sum((row["billed_cost"] for row in story.charges), Decimal(0))
    assert charged == sum((row["own_billed"] for row in story.ledger), Decimal(0))
    for key in story.keys:
        assert charged == sum((row["billed_cost"] for row in key["verdicts"]), Decimal(0))
    assert charged == sum((Decimal(line.cells["BilledCost"] or "0") for line in found.lines), Decimal(0))
    assert found.total == len(found.lines) == sum(row["lines"] for row in story.charges)


def test_a_bill_line_is_named_by_the_row_at_which_it_stands(
    tell: Any, truth: list[dict[str, Any]], read: Any, store: Store
) -> None:
    gcp = next(r for r in truth if r["provider"] == "gcp" and r["billed_as"])
    story = tell(gcp["billed_as"])
    found = read(store, story.hit, story.billing_periods, 3)
    line = found.lines[0]
    with Path(line.path).open(newline="", encoding="utf-8") as file:
        records = list(csv.DictReader(file))
    assert records[line.row - 1]["ResourceId"] in story.hit.ids
    assert records[line.row - 1]["BilledCost"] == line.cells["BilledCost"]


def test_a_period_leaves_the_others_out(tell: Any, truth: list[dict[str, Any]]) -> None:
    story = tell(planted(truth, "untagged")["resource"], ("2026-09", "2026-09"))
    assert story.billing_periods == ["2026-09"]
    assert {row["billing_period"] for row in story.ledger} == {"2026-09"}


def test_the_history_of_a_tag_tells_its_intervals(tell: Any, truth: list[dict[str, Any]]) -> None:
    row = planted(truth, "tagged-late-history")
    story = tell(row["resource"])
    key = next(k for k in story.keys if k["key"] == row["key"])
    assert [part["valid_to"] for part in key["history"]] == [None]
    assert not key["history"][0]["assumed_start"]


def test_a_file_that_has_changed_since_is_said_to_have(
    tell: Any, truth: list[dict[str, Any]], read: Any, store: Store, published_estate: Any
) -> None:
    story = tell(planted(truth, "untagged")["resource"])
    folder = published_estate.folder
    path = next(
        folder / r["path"] for r in store.ask("SELECT path FROM source_files WHERE source = 'gcp-bill'")
    )
    before = path.read_bytes()
    try:
        path.write_bytes(before + b"\n")
        found = read(store, story.hit, ["2026-08", "2026-09", "2026-10"], 5)
    finally:
        path.write_bytes(before)
    assert [(Path(file.path), file.reason) for file in found.skipped] == [
        (path, "has changed since it was read; run tagrecon ingest")
    ]


def test_a_sensitive_value_is_masked_on_the_bill_line_as_in_the_store(
    read: Any, tell: Any, truth: list[dict[str, Any]], store: Store
) -> None:
    row = planted(truth, "sensitive-value")
    story = tell(row["resource"])
    found = read(store, story.hit, story.billing_periods, 1_000)
    told = {line.tags["debug-note"] for line in found.lines if line.tags and "debug-note" in line.tags}
    (live,) = store.ask(
        "SELECT DISTINCT tag_value FROM tag_history WHERE tag_key = 'debug-note' AND ResourceId = ?",
        row["resource"],
    )
    assert told == {live["tag_value"]}
    assert all(value.startswith("‹masked:") for value in told)


def test_every_verdict_has_a_reason() -> None:
    values = {"billed_value": "a", "live_value": "b", "expected_value": "c", "resolved_value": "d"}
    row = {**values, "live_known": True}
    reasons = {verdict: reason({"verdict": verdict, **row}) for verdict in VERDICTS}
    assert all(text.endswith(".") and len(text) > 20 for text in reasons.values())
    assert len(set(reasons.values())) == len(VERDICTS)


def test_a_reason_shows_hostile_values_harmlessly() -> None:
    hostile = {"verdict": "invalid", "billed_value": "a\x1b[31m\u202e" + "x" * 10_000}
    said = reason(hostile)
    assert len(said) < 200
    assert not {"\x1b", "\u202e"} & set(said)
