"""Are recorded answers of the clouds' own inventory services read whole: every resource, every tag?

The folder that TAGRECON_REAL_DATA names holds recorded answers, and PROFILE.json with counts that others took.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.files import open_dump
from recon.config import load_config
from recon.run import run
from recon.tagset import parse_tags
from tests.bills import NOW, REGISTRY

DATA = os.environ.get("TAGRECON_REAL_DATA", "")
pytestmark = pytest.mark.skipif(
    not DATA,
    reason="TAGRECON_REAL_DATA is not set: name the folder of public bills and inventories to test against",
)
SEARCH = "cloud-custodian/gcp-flights/instance-asset-query.get-v1p1beta1-projects-cloud-custodian-resources-searchAll_1.json"
CASSETTE = "cloud-custodian/azure-vcr/ResourceGraphSource.test_resource_graph_and_arm_sources_storage_are_equivalent.json"
Resource = Mapping[str, Any]


def profiled(kind: str) -> list[Mapping[str, Any]]:
    """The records of PROFILE.json of one kind (rgta: AWS tagging API; cai: Cloud Asset Inventory)."""
    if not DATA:
        return []
    return [r for r in json.loads((Path(DATA) / "PROFILE.json").read_text("utf-8")) if r["kind"] == kind]


def opened(path: Path) -> tuple[list[Resource], str, bool]:
    """(resources with their tags parsed, shape of the dump, whether it lists untagged resources)."""
    con = duckdb.connect()
    dump = open_dump(con, path, "dump")
    found = con.execute(f"SELECT * FROM {dump.relation}")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    con.close()
    return [{**row, "tags": parse_tags(row["tags"])} for row in rows], dump.shape, dump.lists_untagged


def keys_of(resources: list[Resource]) -> Counter[str]:
    return Counter(key for resource in resources for key in resource["tags"])


@pytest.mark.parametrize("record", profiled("rgta"), ids=lambda r: Path(r["file"]).name.split(".tagging")[0])
def test_a_page_of_the_aws_tagging_api_is_read_whole(record: Mapping[str, Any]) -> None:
    resources, shape, lists_untagged = opened(Path(DATA) / record["file"])
    assert (shape, lists_untagged) == ("aws_tagging", False)
    assert len(resources) == record["rows"]
    assert len({resource["id"] for resource in resources}) == record["distinct_resources"]
    assert sum(not resource["tags"] for resource in resources) == record["untagged"]
    assert keys_of(resources) == record["tag_keys"]


@pytest.mark.parametrize(
    "record", profiled("cai"), ids=lambda r: r["file"].removeprefix("gcp-policy-library/")
)
def test_an_export_of_cloud_asset_inventory_is_read_whole(record: Mapping[str, Any]) -> None:
    resources, shape, _ = opened(Path(DATA) / record["file"])
    assert shape == "gcp_assets"
    assert len(resources) == record["rows"]
    assert len({resource["id"] for resource in resources}) == record["distinct_resources"]
    assert sum(bool(resource["tags"]) for resource in resources) == record["with_labels"]
    assert keys_of(resources) == record["tag_keys"]


def test_there_are_many_recorded_answers_to_read() -> None:
    assert len(profiled("rgta")) > 50
    assert len(profiled("cai")) >= 10


def test_a_recorded_asset_search_is_read_with_its_labels() -> None:
    [resource], shape, _ = opened(Path(DATA) / SEARCH)
    assert shape == "gcp_assets"
    assert (resource["account"], resource["type"]) == ("cloud-custodian", "compute.googleapis.com/Instance")
    assert resource["tags"] == {"quarantined": "testing"}


def test_a_recorded_resource_graph_answer_is_read_whole(tmp_path: Path) -> None:
    cassette = json.loads((Path(DATA) / CASSETTE).read_text("utf-8"))
    [answer] = [
        interaction["response"]["body"]["data"]
        for interaction in cassette["interactions"]
        if "Microsoft.ResourceGraph" in interaction["request"]["uri"]
    ]
    (tmp_path / "graph.json").write_text(json.dumps(answer), "utf-8")
    resources, shape, _ = opened(tmp_path / "graph.json")
    names = [column["name"] for column in answer["data"]["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in answer["data"]["rows"]]
    assert shape == "azure_graph"
    assert len(resources) == len(rows)
    assert [resource["id"] for resource in resources] == [row["id"] for row in rows]
    assert [resource["tags"] for resource in resources] == [row["tags"] or {} for row in rows]
    assert {resource["account"] for resource in resources} == {row["subscriptionId"] for row in rows}


def test_the_job_takes_all_recorded_answers_into_its_store(tmp_path: Path) -> None:
    (tmp_path / "registry.yaml").write_text(REGISTRY, "utf-8")
    (tmp_path / "tagrecon.yaml").write_text(
        "registry: registry.yaml\ninventory:\n"
        f"  - {{name: aws, location: '{DATA}/cloud-custodian/aws-tagging/*.json', lists_untagged: false, observed_at: 2026-11-01}}\n"
        f"  - {{name: gcp, location: '{DATA}/gcp-policy-library/**/data.json', observed_at: 2026-11-01}}\n",
        "utf-8",
    )
    result = run(
        load_config(tmp_path / "tagrecon.yaml"), NOW, stages=frozenset({"snapshot", "ingest", "reconcile"})
    )
    con = duckdb.connect(str(result.store), read_only=True)
    found = dict(con.execute("SELECT x_ProviderId, count(*) FROM resources GROUP BY ALL").fetchall())
    read = con.execute(
        "SELECT source, count(*), sum(rows)::BIGINT FROM base.inventory_file GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    con.close()
    kinds = {"aws": profiled("rgta"), "gcp": profiled("cai")}
    assert read == [(name, len(records), sum(r["rows"] for r in records)) for name, records in kinds.items()]
    ids = {
        name: {resource["id"] for record in records for resource in opened(Path(DATA) / record["file"])[0]}
        for name, records in kinds.items()
    }
    assert found == {name: len(distinct) for name, distinct in ids.items()}
