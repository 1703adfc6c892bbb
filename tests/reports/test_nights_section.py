"""Does the section of nights tell each fix with the night that first shows it?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb

from reports.nights import nights
from reports.questions import Store

NIGHTS = ("2026-11-03 02:00:00", "2026-11-04 02:00:00", "2026-11-05 02:00:00")


def store(folder: Path, fixes: list[tuple[str, str, str, str | None]]) -> Store:
    with duckdb.connect(str(folder / "store.duckdb")) as con:
        con.execute(
            "CREATE TABLE live_coverage (observed_at TIMESTAMP, key VARCHAR, x_ProviderId VARCHAR, resources BIGINT, labelled BIGINT, "
            "taggable BIGINT, taggable_labelled BIGINT)"
        )
        con.execute(
            "CREATE TABLE fix_history (state VARCHAR, sent_at TIMESTAMP, ended_at TIMESTAMP, undo VARCHAR, undone_at TIMESTAMP)"
        )
        for n, at in enumerate(NIGHTS):
            for provider in ("aws", "gcp"):
                con.execute(
                    "INSERT INTO live_coverage VALUES (?, 'owner', ?, 10, ?, 8, ?)",
                    [at, provider, 2 + n, 2 + n],
                )
        con.execute("INSERT INTO live_coverage VALUES (?, 'bare', 'aws', 5, 0, 0, 0)", [NIGHTS[2]])
        for state, ended, undo, undone in fixes:
            con.execute("INSERT INTO fix_history VALUES (?, ?, ?, ?, ?)", [state, ended, ended, undo, undone])
    return Store(folder / "store.duckdb")


def test_shares_are_those_of_all_providers_together_newest_night_first(tmp_path: Path) -> None:
    found = nights(store(tmp_path, []))
    assert found.keys == ["bare", "owner"]
    owner = [row.shares[1] for row in found.rows]
    assert [(s.share, s.labelled, s.taggable) for s in owner if s] == [
        (Decimal("0.5"), 8, 16), (Decimal("0.375"), 6, 16), (Decimal("0.25"), 4, 16)
    ]  # fmt: skip
    assert found.rows[0].shares[0] is not None
    assert found.rows[0].shares[0].share is None  # nothing can carry it
    assert found.rows[1].shares[0] is None  # not asked for then


def test_a_fix_stands_with_the_night_that_first_shows_it(tmp_path: Path) -> None:
    fixes = [
        ("verified", "2026-11-03 09:00:00", "", None),
        (
            "reverted",
            "2026-11-03 02:00:00",
            "",
            None,
        ),  # at the very instant of a listing: the next one shows it
        ("denied", "2026-11-03 10:00:00", "", None),
        ("verified", "2026-11-03 11:00:00", "applied", "2026-11-04 12:00:00"),
        ("applied", "2026-11-05 03:00:00", "", None),  # no listing shows it yet
    ]
    told = [row.fixes for row in nights(store(tmp_path, fixes)).rows]
    assert told == ["1 fix rolled back", "3 fixes applied, 1 fix denied", ""]


def test_without_inventories_there_is_no_section(tmp_path: Path) -> None:
    held = store(tmp_path, [])
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{tmp_path / 'empty.duckdb'}' AS other")
        for table in ("live_coverage", "fix_history"):
            con.execute(f"ATTACH '{tmp_path / 'store.duckdb'}' AS s (READ_ONLY)")
            con.execute(f"CREATE TABLE other.{table} AS SELECT * FROM s.{table} LIMIT 0")
            con.execute("DETACH s")
    held.__exit__()
    assert nights(Store(tmp_path / "empty.duckdb")).rows == []
