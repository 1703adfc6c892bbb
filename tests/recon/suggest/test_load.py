"""Does the estate of a real store say what bill, inventory, code and logs said, and does a whole run suggest by it?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from recon.config import load_config
from recon.registry import in_force, load_registry
from recon.run import run
from recon.run.sensitive import masker_of
from recon.store.store import StorePaths
from recon.suggest.estate import Estate
from recon.suggest.load import load_estate
from tests.bills import NOW, line, write_bill
from tests.connectors.terraform.states import instance, resource, state, written

WEB, QUEUE, TOPIC, DB = (f"arn:aws:{kind}:eu-west-1:111:{name}" for kind, name in (
    ("ec2", "instance/i-0abc"), ("sqs", "q"), ("sns", "t"), ("rds", "db/pay-db")))  # fmt: skip
GONE, UNLISTED = "arn:aws:s3:::gone", "arn:aws:s3:::Unlisted"
GROUP = "/subscriptions/S/resourceGroups/Shop"
FILES = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/Files"
ACCOUNT = "arn:aws:organizations::1:account/o/111"
CONFIG = """\
store: var/tagrecon.duckdb
registry: registry.yaml
billing: [{name: bill, connector: focus, location: exports/}]
inventory:
  - {name: live, connector: files, location: inventory/}
  - {name: code, connector: terraform, location: states/}
audit_logs: [{name: trail, location: logs/}]
fix:
  codeowners: [{name: repository, location: code/CODEOWNERS}]
  signals: {siblings: {mode: shadow}}
"""
REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center: {required: true, aliases: [CostCenter], values: {list: [payments, search]}, value_aliases: {payments: [pay]}, inherit: []}
  contact: {required: true, sensitivity: personal, values: {list: [Ann@example.com]}, inherit: []}
  department: {deprecated: {replaced_by: cost-center, sunset: 2026-01-01}, values: {list: [payments, search]}}
"""


def row(identifier: str, tags: dict[str, str], **more: Any) -> dict[str, Any]:
    plain = {"provider": "aws", "account": "111", "id": identifier, "type": "aws:thing", "tags": tags}
    return {**plain, **more}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suggest")
    (folder / "tagrecon.yaml").write_text(CONFIG, "utf-8")
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    write_bill(folder / "exports" / "b.csv", [
        line(3, ResourceId=UNLISTED, tags={"CostCenter": "search"}), line(5, ResourceId=UNLISTED, tags={"user:CostCenter": "PAY"}),
        *(line(5, ResourceId=each) for each in (WEB, QUEUE, TOPIC, DB, GONE)),
    ])  # fmt: skip
    stacked = {"aws:cloudformation:stack-name": "shop"}
    earlier = [row(GONE, {"cost-center": "search"})]
    rows = [
        row(WEB, {"CostCenter": "Payments", "department": "search", "contact": " ann@example.com"}, name="web-1"),
        row(QUEUE, {"cost-center": "pay", "CostCenter": "search", **stacked}), row(TOPIC, {"cost-center": " ", **stacked}),
        row(DB, {}, name="pay-db"), row(ACCOUNT, {"cost-center": "search"}, type="AWS::Organizations::Account"),
        row(FILES, {"contact": "Ann@example.com"}, provider="azure", account="S", type="microsoft.storage/storageaccounts"),
        row(GROUP, {"cost-center": "search"}, provider="azure", account="S", type="microsoft.resources/subscriptions/resourcegroups"),
    ]  # fmt: skip
    written(folder / "inventory" / "2026-10-01.json", [*rows, *earlier])
    written(folder / "inventory" / "2026-11-01.json", rows)
    written(folder / "states" / "shop" / "prod.tfstate", state(
        resource("aws_db_instance", "db", "aws", instance({"arn": DB, "tags_all": {"CostCenter": "PAY", "contact": "nobody"}}))))  # fmt: skip
    (folder / "code").mkdir()
    (folder / "code" / "CODEOWNERS").write_text("* @acme/search-team\n/shop/ @acme/payments\n", "utf-8")
    (folder / "logs").mkdir()
    log = ["at,actor,resource,key,provider,account", f"2026-10-20T00:00:00Z,ci/late,{DB},x,aws,111",
           f"2026-10-02T00:00:00Z,ci/early,{DB},x,aws,111"]  # fmt: skip
    (folder / "logs" / "log.csv").write_text("\n".join(log), "utf-8")
    run(load_config(folder / "tagrecon.yaml"), NOW)
    return folder


@pytest.fixture
def con(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(folder / "var" / "tagrecon.duckdb"), read_only=True)
    yield connection
    connection.close()


@pytest.fixture
def estate(folder: Path, con: duckdb.DuckDBPyConnection) -> Estate:
    cfg = load_config(folder / "tagrecon.yaml")
    registry = load_registry(cfg.registry)
    masker = masker_of(cfg, StorePaths(cfg.store), registry)
    return load_estate(con, in_force(registry, NOW.date()), masker.raw)


def of(estate: Estate, frame: pl.DataFrame, identifier: str) -> list[tuple[Any, ...]]:
    numbers = estate.items.filter(pl.col("resource_id") == identifier)["item_no"].to_list()
    return frame.filter(pl.col("item_no").is_in(numbers)).drop("item_no").rows()


def test_what_is_gone_is_no_resource_and_what_only_the_bill_knows_is_one(estate: Estate) -> None:
    ids = estate.items["resource_id"].to_list()
    assert sorted(ids) == sorted([WEB, QUEUE, TOPIC, DB, ACCOUNT, FILES, GROUP, UNLISTED])
    assert of(estate, estate.known, UNLISTED) == [("cost-center", "payments")]  # as of the newest line
    assert of(estate, estate.raw, UNLISTED) == [("CostCenter", "cost-center", "PAY", "payments", None)]


def test_one_meaning_is_known_two_or_none_are_not(estate: Estate) -> None:
    assert ("cost-center", "payments") in of(
        estate, estate.known, WEB
    )  # what is past its sunset doesn't count
    assert of(estate, estate.known, QUEUE) == []
    assert of(estate, estate.known, TOPIC) == []


def test_an_ended_spelling_is_hidden_with_the_key_that_replaced_it(estate: Estate) -> None:
    assert ("department", "cost-center", "search", None, None) in of(estate, estate.raw, WEB)


def test_a_masked_value_means_its_canonical_mark(estate: Estate) -> None:
    [web] = [value for key, value in of(estate, estate.known, WEB) if key == "contact"]
    [files] = [value for key, value in of(estate, estate.known, FILES) if key == "contact"]
    assert web == files
    assert web.startswith("‹masked:")


def test_names_stacks_groups_code_and_makers_are_known(estate: Estate) -> None:
    items = {row["resource_id"]: row for row in estate.items.iter_rows(named=True)}
    assert items[DB]["name"] == "pay-db"
    assert (items[QUEUE]["stack"], items[DB]["stack"]) == ("shop", "states/shop/prod.tfstate")
    assert items[FILES]["group"] == GROUP.lower()
    assert (items[DB]["creator"], items[WEB]["creator"]) == ("ci/early", None)
    assert of(estate, estate.around("code"), DB) == [("states/shop/prod.tfstate",)]


def test_code_gives_only_valid_values(estate: Estate) -> None:
    assert of(estate, estate.around("managed"), DB) == [
        ("cost-center", "payments", "aws_db_instance.db", "states/shop/prod.tfstate", True)
    ]


def test_containers_of_each_level_are_found_and_nothing_contains_itself(estate: Estate) -> None:
    ids = dict(estate.items.select("item_no", "resource_id").iter_rows())
    places = {(ids[a], level, ids[b]) for a, level, b in estate.around("places").iter_rows()}
    assert {(FILES, "resource-group", GROUP), (DB, "sub-account", ACCOUNT)} <= places
    assert not [place for place in places if place[0] == place[2]]


def test_a_run_keeps_what_each_signal_says(con: duckdb.DuckDBPyConnection) -> None:
    told = con.execute(
        "SELECT ResourceId, signal, value, mode, state FROM suggestions WHERE key = 'cost-center' ORDER BY ALL"
    ).fetchall()
    assert (DB, "terraform", "payments", "on", "leading") in told
    assert (DB, "naming", "payments", "review", "agrees") in told
    assert (
        DB,
        "codeowners",
        "payments",
        "review",
        "agrees",
    ) in told  # the folder's line goes before the line for all


def test_no_value_of_a_sensitive_key_stands_in_suggestions(con: duckdb.DuckDBPyConnection) -> None:
    text = repr(
        con.execute("SELECT * FROM suggestions").fetchall()
        + con.execute("SELECT * FROM fix_actions").fetchall()
    )
    assert "ann@example.com" not in text.lower()


def test_owners_that_changed_are_news_and_a_missing_file_is_a_gap(folder: Path) -> None:
    cfg = load_config(folder / "tagrecon.yaml")
    text = folder / "code" / "CODEOWNERS"
    text.write_text("/shop/ @acme/search\n", "utf-8")
    store = run(cfg, NOW).store
    with duckdb.connect(str(store), read_only=True) as con:
        query = "SELECT value, state FROM suggestions WHERE signal = 'codeowners'"
        assert con.execute(query).fetchall() == [("search", "conflict")]
    text.unlink()
    gaps = run(cfg, NOW).summary["gaps"]
    assert ("missing", "codeowners repository") in [(gap["kind"], gap["scope"]) for gap in gaps]
