"""Does the store have the views that docs/store.md promises, with these columns, types and stable ids?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from configs.sample import clock, write_estate
from recon.config import load_config
from recon.run import run
from tests.bills import NOW, line, write_bill, write_config

ROOT = Path(__file__).parents[2]
MONEY = "DECIMAL(38,24)"
# Views whose rows have an id: the columns that hold one.
IDS = {
    "charges": ("charge_id", "tagset_id"),
    "verdicts": ("charge_id",),
    "findings": ("finding_id",),
    "ledger": ("entry_id", "transaction_id"),
    "suggestions": ("suggestion_id", "finding_id"),
    "fix_actions": ("action_id",),
}
# The stable views of the product's contract.
PROMISED = {
    *(
        "charges",
        "resources",
        "resource_tags",
        "tag_history",
        "verdicts",
        "findings",
        "coverage",
        "slis",
        "ledger",
    ),
    *("suggestions", "fix_actions", "audit_log", "source_files", "quarantine", "runs"),
}
READER = """
import duckdb, json, sys
con = duckdb.connect(sys.argv[1], read_only=True)
views = sys.argv[2].split()
print(json.dumps({v: con.execute(f"SELECT count(*) FROM (SELECT * FROM {v})").fetchone()[0] for v in views}))
"""


def documented() -> dict[str, list[str]]:
    """View → its columns, in the order of docs/store.md."""
    found: dict[str, list[str]] = {}
    for section in (ROOT / "docs/store.md").read_text("utf-8").split("\n## ")[1:]:
        names = section.splitlines()[0]
        columns = re.search(r"^`([^`]+)`$", section, re.MULTILINE)
        assert columns, f"section {names} of docs/store.md lists no columns"
        found |= {name.strip(): columns[1].split(", ") for name in names.split(",")}
    return found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("views")
    write_estate(folder, seed=7, scale=0.02)
    config = load_config(folder / "tagrecon.yaml")
    return run(config, clock.NOW, stages=frozenset({"snapshot", "ingest", "reconcile"})).store


@pytest.fixture
def con(store: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(store), read_only=True)
    yield connection
    connection.close()


def views_of(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """View of the public schema → its columns and their types, in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for view, column, kind in con.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'main' ORDER BY table_name, ordinal_position"
    ).fetchall():
        found.setdefault(view, []).append((column, kind))
    return found


def test_the_page_lists_exactly_the_views_that_the_store_has(con: duckdb.DuckDBPyConnection) -> None:
    assert documented().keys() == views_of(con).keys()


def test_the_contract_s_views_are_all_there(con: duckdb.DuckDBPyConnection) -> None:
    assert views_of(con).keys() >= PROMISED


@pytest.mark.parametrize("view", sorted(documented()))
def test_a_view_has_the_documented_columns_in_their_order(con: duckdb.DuckDBPyConnection, view: str) -> None:
    assert [name for name, _ in views_of(con)[view]] == documented()[view]


@pytest.mark.parametrize("view", sorted(documented()))
def test_every_column_of_a_view_can_be_read(con: duckdb.DuckDBPyConnection, view: str) -> None:
    con.execute(f"SELECT * FROM {view}").fetchall()


def test_another_process_reads_the_store_while_nothing_runs(store: Path) -> None:
    views = sorted(documented())
    told = subprocess.run(
        [sys.executable, "-c", READER, str(store), " ".join(views)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(told.stdout)
    empty = {view for view, count in rows.items() if not count}
    # the sample has no approved fix, no bad row, no second delivery, FOCUS files only, no infrastructure as code, no logs
    never = {
        "closures",
        "audit_log",
        "fix_history",
        "incidents",
        "managed_resources",
        "quarantine",
        "restatements",
        "reviews",
        "source_steps",
        "tag_events",
    }
    assert empty <= never


def test_money_is_decimal_in_every_view_and_table(con: duckdb.DuckDBPyConnection) -> None:
    money = con.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE regexp_matches(column_name, "
        "'(?i)(cost|billed|effective|at_stake|recovered|monthly)') AND data_type NOT IN ('VARCHAR', 'BOOLEAN', 'INTEGER') "
        "AND column_name NOT LIKE 'by_cost%'"
    ).fetchall()
    assert {
        "BilledCost",
        "billed_at_stake",
        "effective_recovered",
        "monthly_effective",
        "difference_billed",
    } <= {column for _, column, _ in money}
    assert [row for row in money if row[2] != MONEY] == []


def test_only_shares_and_indicators_are_floating_point(con: duckdb.DuckDBPyConnection) -> None:
    floats = con.execute(
        "SELECT DISTINCT column_name FROM information_schema.columns WHERE data_type IN ('DOUBLE', 'FLOAT', 'REAL')"
    ).fetchall()
    measured = {"score", "precision", "recall", "least", "low", "high", "expected"}  # of signals
    shares = {"by_cost", "by_cost_taggable", "by_cost_with_inherited", "by_count", "by_count_taggable"}
    assert {column for (column,) in floats} == {*shares, "value", "target", "confidence", *measured}


@pytest.mark.parametrize(
    ("view", "column"), [(view, column) for view, found in IDS.items() for column in found]
)
def test_ids_are_sixteen_or_more_hex_digits(con: duckdb.DuckDBPyConnection, view: str, column: str) -> None:
    found = [value for (value,) in con.execute(f"SELECT DISTINCT {column} FROM {view}").fetchall()]
    assert found
    assert [v for v in found if not re.fullmatch(r"[0-9a-f]{16,}", str(v)) and v != "empty"] == []


@pytest.mark.parametrize("view", ["charges", "findings", "ledger", "fix_actions"])
def test_an_id_names_one_row_of_its_view(con: duckdb.DuckDBPyConnection, view: str) -> None:
    column = IDS[view][0]
    found = [value for (value,) in con.execute(f"SELECT {column} FROM {view}").fetchall()]
    assert [value for value, count in Counter(found).items() if count > 1] == []


def test_a_charge_has_one_verdict_for_each_key(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute("SELECT charge_id, list(key ORDER BY key) FROM verdicts GROUP BY ALL").fetchall()
    keys = {tuple(keys) for _, keys in rows}
    assert len(keys) == 1
    assert len(set(keys.pop())) > 1
    assert len(rows) == con.execute("SELECT count(*) FROM charges").fetchall()[0][0]


def test_ids_do_not_depend_on_the_folder_or_on_what_else_is_delivered(tmp_path: Path) -> None:
    found = []
    for name, days in (("one", range(5, 9)), ("two", range(1, 9))):
        config = write_config(tmp_path / name)
        write_bill(
            tmp_path / name / "exports" / f"{name}.csv",
            [line(day, tags={"cost-center": "search"}) for day in days],
        )
        result = run(load_config(config), NOW, stages=frozenset({"snapshot", "ingest", "reconcile"}))
        con = duckdb.connect(str(result.store), read_only=True)
        found.append(dict(con.execute("SELECT x_ChargeDate::VARCHAR, charge_id FROM charges").fetchall()))
        con.close()
    one, two = found
    assert len(one) == 4
    assert len(two) == 8
    assert one == {day: two[day] for day in one}
