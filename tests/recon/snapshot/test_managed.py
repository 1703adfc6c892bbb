"""Does the store know which code manages which resource, does `explain` say it, and does it follow the files?

The files of Terraform are written by hand: see tests/connectors/terraform/states.py.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.terraform.reader import read_managed
from recon.config import load_config
from recon.run import run
from recon.snapshot.managed import Managed, ManagedSource, record_managed
from recon.snapshot.snapshot import InventorySource
from recon.store.masking import Masker
from recon.store.store import create_schema
from tests.bills import NOW, line, write_bill
from tests.connectors.terraform.states import instance, resource, state, written

ARN = "arn:aws:ec2:eu-west-1:111:instance/i-0abc"
ARM = "/subscriptions/S/resourceGroups/Shop/providers/Microsoft.Storage/storageAccounts/Files"
STACK = "arn:aws:cloudformation:eu-west-1:111:stack/shop/7"
VIEW = "SELECT ResourceId, in_inventory, tool, address, file, tags FROM managed_resources ORDER BY ALL"
CONFIG = """\
store: var/tagrecon.duckdb
output: out
registry: registry.yaml
billing:
  - {name: bill, connector: focus, location: exports/}
inventory:
  - {name: live, connector: files, location: inventory/}
  - {name: code, connector: terraform, location: states/}
"""
REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center: {required: true, aliases: [CostCenter], values: {list: [payments, search]}}
  contact: {sensitivity: personal}
"""


def in_state(kind: str, cloud: str, **attributes: Any) -> dict[str, Any]:
    return resource(kind, "x", cloud, instance(attributes))


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    (tmp_path / "tagrecon.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "registry.yaml").write_text(REGISTRY, "utf-8")
    write_bill(tmp_path / "exports" / "b.csv", [line(5, ResourceId=ARN, tags={"cost-center": "search"})])
    stacked = {f"aws:cloudformation:{name}": value for name, value in
               (("stack-name", "shop"), ("stack-id", STACK), ("logical-id", "Queue"))}  # fmt: skip
    rows = [
        {
            "provider": "aws",
            "account": "111",
            "id": ARN,
            "type": "ec2:instance",
            "tags": {"cost-center": "search"},
        },
        {
            "provider": "aws",
            "account": "111",
            "id": "arn:aws:sqs:eu-west-1:111:q",
            "type": "sqs:queue",
            "tags": stacked,
        },
        {
            "provider": "azure",
            "account": "S",
            "id": ARM,
            "type": "microsoft.storage/storageaccounts",
            "tags": {},
        },
    ]
    written(tmp_path / "inventory" / "2026-11-01.json", rows)
    written(tmp_path / "states" / "prod.tfstate", state(
        resource("aws_instance", "web", "aws", instance({"arn": ARN, "tags_all": {"CostCenter": "payments", "x": "y"}}),
                 module="module.shop"),
        in_state("azurerm_storage_account", "azurerm", id=ARM.upper() + "/", tags={"contact": "ann@example.com"}),
        in_state("aws_sns_topic", "aws", arn="arn:aws:sns:eu-west-1:111:t"),
    ))  # fmt: skip
    return tmp_path


def ask(folder: Path, days: int = 0) -> list[tuple[Any, ...]]:
    store = run(load_config(folder / "tagrecon.yaml"), NOW + timedelta(days=days)).store
    con = duckdb.connect(str(store), read_only=True)
    try:
        return con.execute(VIEW).fetchall()
    finally:
        con.close()


def test_the_view_names_the_code_of_each_resource(estate: Path) -> None:
    queue, topic, web, storage = sorted(
        ask(estate), key=lambda row: ("sqs" not in row[0], "sns" not in row[0], row[0] == ARM)
    )
    assert queue == ("arn:aws:sqs:eu-west-1:111:q", True, "cloudformation", "shop/Queue", STACK, None)
    assert topic[:3] == ("arn:aws:sns:eu-west-1:111:t", False, "terraform")
    assert web[:5] == (ARN, True, "terraform", "module.shop.aws_instance.web", "states/prod.tfstate")
    assert json.loads(web[5]) == {"CostCenter": "payments", "x": "y"}
    assert storage[:2] == (ARM, True)  # met without regard to case, as Azure compares its ids


def test_a_sensitive_value_is_masked_in_the_published_store(estate: Path) -> None:
    (storage,) = (row for row in ask(estate) if row[0] == ARM)
    assert json.loads(storage[5])["contact"].startswith("‹masked:")
    assert b"ann@example.com" not in (estate / "var" / "tagrecon.duckdb").read_bytes()


def test_the_code_adds_neither_a_resource_nor_a_tag(estate: Path) -> None:
    ask(estate)
    con = duckdb.connect(str(estate / "var" / "tagrecon.duckdb"), read_only=True)
    assert con.execute("SELECT count(*) FROM resources WHERE in_inventory").fetchall() == [(3,)]
    assert con.execute("SELECT count(*) FROM resource_tags WHERE tag_value = 'payments'").fetchall() == [(0,)]


def test_a_changed_state_replaces_what_it_said(estate: Path) -> None:
    assert len(ask(estate)) == 4
    web = resource("aws_instance", "moved", "aws", instance({"arn": ARN}))
    written(estate / "states" / "prod.tfstate", state(web, serial=8))
    assert [row[3] for row in ask(estate, 1) if row[2] == "terraform"] == ["aws_instance.moved"]


def test_a_state_that_can_not_be_read_is_a_gap_and_others_count(estate: Path) -> None:
    written(estate / "states" / "old.tfstate", {"version": 3, "lineage": "x", "modules": []})
    result = run(load_config(estate / "tagrecon.yaml"), NOW)
    assert any("version 4 is read" in gap["reason"] for gap in result.summary["gaps"])
    assert sum(row[2] == "terraform" for row in ask(estate)) == 3


def test_explain_names_the_code_and_where_it_differs(
    estate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from recon.cli.app import app

    ask(estate)

    def told(*more: str) -> str:
        with pytest.raises(SystemExit):
            app(
                ["explain", *more, "--config", str(estate / "tagrecon.yaml"), "--now", "2026-11-03T06:00:00Z"]
            )
        return " ".join(capsys.readouterr().out.split())

    text = told(ARN)
    assert (
        "managed by terraform: module.shop.aws_instance.web (states/prod.tfstate), which says CostCenter=payments"
        in text
    )
    assert 'differs from live: cost-center is "payments" in the code, "search" on the resource' in text
    (row,) = json.loads(told(ARN, "--json"))["managed"]
    assert row["differs"] == [{"key": "cost-center", "code": ["payments"], "live": ["search"]}]
    stack = told("arn:aws:sqs:eu-west-1:111:q")
    assert f"managed by cloudformation: shop/Queue ({STACK})" in stack and "differs" not in stack


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    create_schema(made)
    return made


def _source(folder: Path) -> ManagedSource:
    from connectors.places import list_files

    return ManagedSource(
        "code", tuple(list_files(str(folder), folder)), lambda *_: None, base=folder.parent, read=read_managed
    )  # type: ignore[arg-type, return-value]


def test_a_source_is_read_again_only_when_a_file_is_new_changed_or_gone(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    masker, folder, reads = Masker(b"k", lambda key: False), tmp_path / "states", list[str]()

    def record() -> list[str]:
        reads.clear()
        source = _source(folder)

        def read(path: Path, name: str) -> Any:
            reads.append(path.name)
            return read_managed(path, name)

        object.__setattr__(source, "read", read)
        assert record_managed(con, [source], masker, NOW) == []
        return sorted(row[0] for row in con.execute("SELECT ids[1] FROM base.managed_resource").fetchall())

    for name in ("a", "b"):
        written(folder / f"{name}.tfstate", state(in_state("aws_instance", "aws", id=f"i-{name}")))
    assert (record(), reads) == (["i-a", "i-b"], ["a.tfstate", "b.tfstate"])
    assert (record(), reads) == (["i-a", "i-b"], [])
    (folder / "b.tfstate").unlink()
    assert record() == ["i-a"]
    assert record_managed(con, [], masker, NOW) == []  # no longer configured
    assert con.execute("SELECT count(*) FROM base.managed_resource").fetchall() == [(0,)]


def test_an_inventory_is_left_alone(con: duckdb.DuckDBPyConnection) -> None:
    inventory = InventorySource("live", (), lambda *_: None)  # type: ignore[arg-type, return-value]
    assert record_managed(con, [inventory], Masker(b"k", lambda key: False), NOW) == []


def _met(con: duckdb.DuckDBPyConnection, *managed: Managed) -> list[tuple[str, bool]]:
    from recon.snapshot.managed import _write

    _write(con, "code", list(managed), Masker(b"k", lambda key: False))
    return con.execute("SELECT ResourceId, in_inventory FROM managed_resources ORDER BY address").fetchall()


def test_another_id_that_the_inventory_knows_meets_too_and_the_surest_decides(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("INSERT INTO base.resource (resource_no, provider_id, resource_id, folded_id) VALUES "
                "(1, 'gcp', '//x/one', '//x/one'), (2, 'gcp', '//x/two', '//x/two')")  # fmt: skip
    con.execute("INSERT INTO base.resource_alias VALUES (1, 'n-1'), (1, 'both'), (2, 'both')")
    found = _met(
        con,
        Managed("gcp", "n-1", "terraform", "a", "f"),
        Managed("gcp", "nowhere", "terraform", "b", "f", {}, ("//x/two", "n-1")),
        Managed("gcp", "both", "terraform", "c", "f"),
        Managed("aws", "//x/one", "terraform", "d", "f"),
    )
    assert found == [("//x/one", True), ("//x/two", True), ("both", False), ("//x/one", False)]
