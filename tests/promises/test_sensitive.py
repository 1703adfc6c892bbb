"""Sensitive values are used for judging and shown nowhere: not in the store's bytes, a report, a log, or a plan."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from recon.hostile import MASK
from tests.bills import line, write_bill, write_config

ROOT = Path(__file__).parents[2]
NOW = "2026-11-03T06:00:00Z"
PERSON, STRANGER = (
    "vera.ockendon",
    "Morwenna Tregeagle",
)  # a listed value of a personal key; one that is not listed
DECLARED = "zanzibar-quokka-77"  # under a key declared secret; looks harmless
AWS_KEY = "AKIAZQ3DRSTUVWXY2345"  # a secret by its look, under any key
TYPED = "password=tortuga-9981"  # the same, as a value of the owner key
RETIRED = "AKIAOLDOLDOLDOLD2345"  # stands in the first delivery only
BROKEN = "broken-ibis-3141"  # under the key declared secret, in rows that can't be read
LIVE_ONLY = "ghp_liveonlyliveonlyliveonlyliveonlyli00"  # stands in the inventory only
PLANTED = (PERSON, STRANGER, DECLARED, AWS_KEY, TYPED, "tortuga-9981", RETIRED, LIVE_ONLY, BROKEN)
REGISTRY = f"""\
version: 1
owner: cost-center
keys:
  cost-center: {{required: true, values: {{list: [payments, search, platform]}}}}
  contact: {{required: true, sensitivity: personal, aliases: [Contact], values: {{list: [{PERSON}]}}}}
  unlock: {{sensitivity: secret}}
"""


def spoken(config: Path, *args: str) -> str:
    """stdout and stderr of one command."""
    done = subprocess.run(
        [sys.executable, "-m", "recon", *args, "--config", str(config)], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "COLUMNS": "400", "TAGRECON_MASK_KEY": "a key of the tests"}, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(config, everything that was said): two runs, the second over a delivery without one of the secrets."""
    folder = tmp_path_factory.mktemp("sensitive")
    config = write_config(
        folder, more="inventory: [{name: live, location: inventory/}]\nmask_key: ${TAGRECON_MASK_KEY}\n"
    )
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    good = {"cost-center": "search", "contact": PERSON}
    kept = [
        line(1, ResourceId="r-good", tags=good),
        line(2, ResourceId="r-variant", tags={"cost-center": "search", "contact": PERSON.upper()}),
        line(
            3,
            ResourceId="r-stranger",
            tags={"cost-center": "search", "contact": STRANGER, "unlock": DECLARED},
        ),
        line(4, ResourceId="r-key", tags={**good, "debug-note": f"login {AWS_KEY} please"}),
        line(5, ResourceId="r-key-2", tags={**good, "other-note": f"login {AWS_KEY} please"}),
        line(6, ResourceId="r-typed", tags={"cost-center": TYPED, "contact": PERSON}),
        line(7, ResourceId="r-live", tags=good),
        {**line(8), "Tags": f'{{"unlock": "{BROKEN}", '},
        {**line(9), "Tags": f'{{"unlock": {{"deep": "{BROKEN}"}}}}'},
        line(10, BilledCost=TYPED),
    ]
    write_bill(
        folder / "exports" / "bill.csv",
        [*kept, line(8, ResourceId="r-gone", tags={**good, "old-note": RETIRED})],
    )
    (folder / "inventory").mkdir()
    _dump(folder / "inventory" / "a.jsonl", 1, {"contact": STRANGER, "token": LIVE_ONLY})
    said = spoken(config, "run", "--now", NOW)
    write_bill(folder / "exports" / "bill.csv", kept)
    _dump(folder / "inventory" / "b.jsonl", 20, {"contact": PERSON})  # drift of a sensitive value
    said += spoken(config, "run", "--now", NOW)
    return config, said


def _dump(path: Path, day: int, tags: dict[str, str]) -> None:
    common = {
        "provider": "aws",
        "account": "111",
        "type": "AWS::EC2::Instance",
        "observed_at": f"2026-10-{day:02}T02:00:00",
    }
    names = ("r-good", "r-variant", "r-stranger", "r-key", "r-key-2", "r-typed")
    rows = [{**common, "id": name, "tags": {}} for name in names]
    rows.append({**common, "id": "r-live", "tags": {"cost-center": "search", **tags}})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def found_in(data: bytes) -> list[str]:
    """The planted values that stand in `data`, in any case, in UTF-8 or UTF-16."""
    folded = data.lower()
    spellings = {value: (value.lower().encode(), value.lower().encode("utf-16-le")) for value in PLANTED}
    return [value for value, spelled in spellings.items() if any(text in folded for text in spelled)]


def rows(scene: tuple[Path, str], sql: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(scene[0].parent / "var" / "tagrecon.duckdb"), read_only=True)
    try:
        return con.execute(sql).fetchall()
    finally:
        con.close()


def test_the_search_finds_a_value_that_is_there(scene: tuple[Path, str]) -> None:
    bill = scene[0].parent / "exports" / "bill.csv"
    assert set(found_in(bill.read_bytes())) == {
        PERSON,
        STRANGER,
        DECLARED,
        AWS_KEY,
        TYPED,
        "tortuga-9981",
        BROKEN,
    }


def test_no_byte_of_the_published_store_holds_a_sensitive_value(scene: tuple[Path, str]) -> None:
    written = (scene[0].parent / "var" / "tagrecon.duckdb").read_bytes()
    assert b"debug-note" in written  # harmless text stands there as it is, so a secret would be found
    assert b"r-stranger" in written
    assert found_in(written) == []


def test_no_text_of_any_table_holds_a_sensitive_value(scene: tuple[Path, str]) -> None:
    # The file packs text, so that its bytes alone prove little: every text column of every table is read as well.
    columns = rows(
        scene,
        "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE data_type LIKE 'VARCHAR%' "
        "ORDER BY table_schema, table_name",
    )
    assert len(columns) > 100
    for (schema, table), named in groupby(columns, key=lambda row: row[:2]):
        texts = ", ".join(f'list(DISTINCT "{column}"::VARCHAR)' for *_, column in named)
        cells = rows(scene, f'SELECT {texts} FROM {schema}."{table}"')
        assert found_in(repr(cells).encode()) == [], f"{schema}.{table}"


def test_no_file_of_any_report_holds_a_sensitive_value(scene: tuple[Path, str]) -> None:
    files = [path for path in (scene[0].parent / "out").rglob("*") if path.is_file()]
    assert {"index.html", "summary.json", "fix-plan.yaml", "findings.csv"} <= {path.name for path in files}
    assert {str(path): found for path in files if (found := found_in(path.read_bytes()))} == {}


def test_no_report_in_parquet_holds_a_sensitive_value(scene: tuple[Path, str]) -> None:
    files = sorted((scene[0].parent / "out" / "latest").rglob("*.parquet"))
    assert files
    for path in files:
        text = repr(pq.read_table(path).to_pylist())
        assert found_in(text.encode()) == [], path.name


def test_nothing_that_was_said_holds_a_sensitive_value(scene: tuple[Path, str]) -> None:
    assert "October 2026" in scene[1]
    assert "reading bills" in scene[1]
    assert found_in(scene[1].encode()) == []


@pytest.mark.parametrize("resource", ["r-good", "r-variant", "r-stranger", "r-key", "r-typed", "r-live"])
def test_explaining_a_resource_shows_no_sensitive_value(scene: tuple[Path, str], resource: str) -> None:
    said = spoken(scene[0], "explain", resource)
    assert resource in said
    assert found_in(said.encode()) == []
    assert MASK.search(said)


def test_what_is_exported_holds_no_sensitive_value(scene: tuple[Path, str], tmp_path: Path) -> None:
    views = ("charges", "verdicts", "resource_tags", "tag_history", "findings", "drift", "fix_actions")
    spoken(scene[0], "export", "csv", *views, "--to", str(tmp_path / "given"))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == len(views)
    assert {path.name: found for path in files if (found := found_in(path.read_bytes()))} == {}


def test_only_the_private_file_holds_the_values(scene: tuple[Path, str]) -> None:
    folder = scene[0].parent
    holders = {path.name for path in folder.rglob("*") if path.is_file() and found_in(path.read_bytes())}
    assert holders == {
        "bill.csv", "a.jsonl", "b.jsonl", "registry.yaml", "tagrecon.duckdb.private.json",
    }  # fmt: skip


def test_a_masked_value_stands_where_the_value_was(scene: tuple[Path, str]) -> None:
    shown = rows(
        scene, "SELECT tag_value FROM base.tagset_entry WHERE tag_key IN ('contact', 'unlock', 'debug-note')"
    )
    assert shown
    assert all(MASK.fullmatch(str(value)) for (value,) in shown)


def test_equal_values_have_one_token_and_different_values_have_two(scene: tuple[Path, str]) -> None:
    def tokens(key: str) -> set[object]:
        return {
            v
            for (v,) in rows(
                scene, f"SELECT DISTINCT tag_value FROM base.tagset_entry WHERE tag_key = '{key}'"
            )
        }

    assert tokens("debug-note") == tokens("other-note")
    assert len(tokens("contact")) == 3  # the listed value, its capitals, the stranger
    assert tokens("contact").isdisjoint(tokens("debug-note"))


def test_judging_works_on_the_values_themselves(scene: tuple[Path, str]) -> None:
    judged = dict(rows(scene, "SELECT ResourceId, verdict FROM verdicts WHERE key = 'contact'"))
    assert {name: judged[name] for name in ("r-good", "r-key", "r-variant", "r-stranger")} == {
        "r-good": "ok", "r-key": "ok", "r-variant": "variant", "r-stranger": "invalid",
    }  # fmt: skip


def test_a_secret_under_the_owner_key_is_invalid_and_masked(scene: tuple[Path, str]) -> None:
    [(verdict, value)] = rows(
        scene,
        "SELECT verdict, billed_value FROM verdicts WHERE key = 'cost-center' AND ResourceId = 'r-typed'",
    )
    assert verdict == "invalid"
    assert MASK.fullmatch(str(value))


def test_the_secret_that_lies_open_is_a_finding(scene: tuple[Path, str]) -> None:
    found = {
        name for (name,) in rows(scene, "SELECT ResourceId FROM findings WHERE check_id = 'sensitive-value'")
    }
    assert {"r-key", "r-key-2"} <= found


def test_rows_that_can_not_be_read_are_named_without_their_text(scene: tuple[Path, str]) -> None:
    found = rows(scene, "SELECT row_number, column_name, text FROM quarantine ORDER BY row_number")
    assert found == [(8, "Tags", None), (9, "Tags", None), (10, "BilledCost", None)]


def test_drift_of_a_sensitive_value_is_told_with_masks(scene: tuple[Path, str]) -> None:
    told = rows(scene, "SELECT before_value, after_value FROM drift WHERE key = 'contact'")
    assert told
    assert all(MASK.fullmatch(str(value)) for pair in told for value in pair)


def test_our_own_key_is_never_printed_or_stored(scene: tuple[Path, str]) -> None:
    key = "a key of the tests"
    assert key not in scene[1]
    folder = scene[0].parent
    shown = [p for p in (folder / "out").rglob("*") if p.is_file()] + [folder / "var" / "tagrecon.duckdb"]
    assert [path.name for path in shown if re.search(re.escape(key.encode()), path.read_bytes())] == []


def test_a_key_declared_personal_later_is_masked_in_what_was_stored_before(tmp_path: Path) -> None:
    config = write_config(tmp_path, more="mask_key: ${TAGRECON_MASK_KEY}\n")
    (tmp_path / "registry.yaml").write_text(
        REGISTRY.replace("sensitivity: personal", "sensitivity: public"), "utf-8"
    )
    write_bill(tmp_path / "exports" / "bill.csv", [line(tags={"cost-center": "search", "contact": PERSON})])
    spoken(config, "run", "--now", NOW)
    (tmp_path / "registry.yaml").write_text(REGISTRY, "utf-8")
    spoken(config, "run", "--now", NOW)
    assert found_in((tmp_path / "var" / "tagrecon.duckdb").read_bytes()) == []
    latest = (tmp_path / "out" / "latest").resolve()
    assert [path.name for path in latest.rglob("*") if path.is_file() and found_in(path.read_bytes())] == []
