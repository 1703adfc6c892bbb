"""Does the table of nights show what live labels were at each instant, and what a fix did to them?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recon.metrics.labels import LABELS
from recon.metrics.nights import nights
from recon.registry import Rules, in_force, load_registry
from recon.taggability import load_taggability

BEFORE, AFTER, BACK = (datetime(2026, 11, day, 2) for day in (3, 4, 5))
REGISTRY = """
version: 1
owner: owner
keys:
  owner: {required: {account: '1'}, values: {list: [a, b]}}
  note: {}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    return in_force(load_registry(tmp_path / "registry.yaml"), BACK.date())


def states(*rows: tuple[int, str, int, datetime, datetime | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "resource_no": number, "provider_id": "aws", "account": account, "region": "eu", "resource_type": "vm",
                "resource": f"r{number}", "tagset_no": tagset, "valid_from": begins, "valid_to": ends,
            }
            for number, account, tagset, begins, ends in rows
        ],
        schema_overrides={"tagset_no": pl.Int32, "valid_to": pl.Datetime("us")},
    )  # fmt: skip


def snapshots(*rows: tuple[str, datetime, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"provider_id": "aws", "account": account, "observed_at": at, "complete": whole}
            for account, at, whole in rows
        ]
    )


LABELLED = pl.DataFrame(
    [("aws", 2, "owner", "a", True), ("aws", 3, "owner", "x", False)], schema=LABELS, orient="row"
)


def shares(rules: Rules, held: pl.DataFrame, seen: pl.DataFrame) -> list[Any]:
    found = nights(held, seen, LABELLED, rules, load_taggability())
    return found.select("observed_at", "key", "resources", "labelled", "taggable", "taggable_labelled").rows()


def test_a_fix_shows_on_its_night_and_its_rollback_too(rules: Rules) -> None:
    held = states(
        (1, "1", 1, BEFORE, AFTER),
        (1, "1", 2, AFTER, BACK),
        (1, "1", 1, BACK, None),
        (2, "1", 2, BEFORE, None),
    )
    seen = snapshots(*(("1", at, True) for at in (BEFORE, AFTER, BACK)))
    assert shares(rules, held, seen) == [
        (BEFORE, "owner", 2, 1, 2, 1),
        (AFTER, "owner", 2, 2, 2, 2),
        (BACK, "owner", 2, 1, 2, 1),
    ]


def test_an_invalid_value_counts_as_none(rules: Rules) -> None:
    held = states((1, "1", 3, BEFORE, None))
    assert shares(rules, held, snapshots(("1", BEFORE, True))) == [(BEFORE, "owner", 1, 0, 1, 0)]


def test_where_a_key_is_not_asked_for_only_those_that_carry_it_count_as_taggable(rules: Rules) -> None:
    held = states((1, "2", 1, BEFORE, None), (2, "2", 2, BEFORE, None))
    assert shares(rules, held, snapshots(("2", BEFORE, True))) == [(BEFORE, "owner", 2, 1, 1, 1)]


def test_a_scope_that_was_not_seen_whole_does_not_count(rules: Rules) -> None:
    held = states((1, "1", 2, BEFORE, None), (2, "2", 1, BEFORE, None))
    seen = snapshots(("1", BEFORE, True), ("2", BEFORE, False))
    assert shares(rules, held, seen) == [(BEFORE, "owner", 1, 1, 1, 1)]


def test_a_scope_that_was_not_read_that_night_stands_as_it_was_last_seen(rules: Rules) -> None:
    held = states((1, "1", 1, BEFORE, AFTER), (1, "1", 2, AFTER, None), (2, "2", 2, BEFORE, None))
    seen = snapshots(("1", BEFORE, True), ("2", BEFORE, True), ("1", AFTER, True))
    assert [row[2:4] for row in shares(rules, held, seen)] == [(2, 1), (2, 2)]
