"""The policy of the identity that applies fixes, apart from the reading one, and what the doctor says of writing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from recon.cli.app import app
from recon.config import RunConfig, load_config
from recon.doctor.policy import CLOUDS, policy
from recon.doctor.write_policy import WRITTEN, needed, raw_keys, write_policy
from recon.doctor.writing import writing
from recon.errors import InputError
from recon.registry import load_registry

_REGISTRY = """\
version: 1
owner: team
keys:
  team: {required: true, aliases: [Squad, owner-team]}
  cost-center: {spelling: {aws: CostCenter}}
  data-class: {fixes: {protected: true}}
"""
_LIVE = """\
registry: registry.yaml
inventory:
  - {name: a, connector: aws, aws: {organization: true, role: audit}}
  - {name: g, gcp: {scopes: [organizations/1]}}
  - {name: z, azure: {management_groups: [root], subscriptions: [s-1]}}
  - {name: k, kubernetes: {cluster: prod}}
"""
_FIX = "fix: {aws: {role: 'arn:aws:iam::{account}:role/deep/tagrecon-write'}}\n"


def configured(folder: Path, text: str = _LIVE) -> RunConfig:
    (folder / "registry.yaml").write_text(_REGISTRY, "utf-8")
    (folder / "tagrecon.yaml").write_text(text, "utf-8")
    return load_config(folder / "tagrecon.yaml")


def statements(cfg: RunConfig) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in json.loads(write_policy(cfg, "aws"))["Statement"]}


def test_the_policy_of_aws_writes_tags_of_the_registry_s_keys_only(tmp_path: Path) -> None:
    said = statements(configured(tmp_path, _LIVE + _FIX))
    assert {"tag:TagResources", "tag:UntagResources", "ec2:CreateTags", "sqs:TagQueue"} <= set(
        said["Tags"]["Action"]
    )
    assert said["Tags"]["Condition"] == {
        "ForAllValues:StringEqualsIgnoreCase": {"aws:TagKeys": ["CostCenter", "Squad", "owner-team", "team"]}
    }
    assert said["OtherAccounts"]["Resource"] == ["arn:aws:iam::*:role/deep/tagrecon-write"]
    assert "ce:UpdateCostAllocationTagsStatus" in said["ActivateForTheBill"]["Action"]
    assert all(action.split(":")[0] == "ce" for action in said["ActivateForTheBill"]["Action"])
    assert not any("Condition" in said[name] for name in ("ReadBeforeWriting", "ActivateForTheBill"))


def test_every_permission_of_the_writer_stands_in_one_statement(tmp_path: Path) -> None:
    said = statements(configured(tmp_path, _LIVE + _FIX))
    actions = [action for each in said.values() for action in each["Action"]]
    assert len(set(actions)) == len(actions)
    assert set(actions) == {permission.name for permission in needed("aws")}


def test_what_reads_in_the_write_policy_changes_nothing(tmp_path: Path) -> None:
    reading = statements(configured(tmp_path))["ReadBeforeWriting"]["Action"]
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe")) for action in reading)


def test_without_a_role_none_is_assumed(tmp_path: Path) -> None:
    assert "OtherAccounts" not in statements(configured(tmp_path))


def test_protected_keys_are_no_keys_of_the_policy(tmp_path: Path) -> None:
    registry = load_registry(configured(tmp_path).registry)
    assert "data-class" not in raw_keys(registry, "aws")
    assert raw_keys(registry, "gcp") == ["Squad", "cost-center", "owner-team", "team"]


def test_azure_and_google_cloud_get_a_role_of_what_their_writers_declare(tmp_path: Path) -> None:
    cfg = configured(tmp_path)
    azure = json.loads(write_policy(cfg, "azure"))
    assert azure["Actions"] == sorted({permission.name for permission in needed("azure")})
    assert azure["AssignableScopes"][0] == "/providers/Microsoft.Management/managementGroups/root"
    gcp = yaml.safe_load(write_policy(cfg, "gcp"))
    assert gcp["includedPermissions"] == sorted({permission.name for permission in needed("gcp")})


@pytest.mark.parametrize("cloud", ["kubernetes", "oracle"])
def test_where_nothing_is_ever_written_there_is_no_policy(tmp_path: Path, cloud: str) -> None:
    with pytest.raises(InputError, match="Name one of aws, azure, gcp"):
        write_policy(configured(tmp_path), cloud)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_reading_policy_is_the_same_with_and_without_a_writer(tmp_path: Path, cloud: str) -> None:
    without = policy(configured(tmp_path), cloud)
    assert policy(configured(tmp_path, _LIVE + _FIX), cloud) == without


def test_the_doctor_says_per_listed_cloud_whether_writing_is_set_up(tmp_path: Path) -> None:
    found = list(writing(configured(tmp_path, _LIVE + _FIX)))
    assert [(check.name, check.state) for check in found] == [
        (f"writing {cloud}", "note") for cloud in WRITTEN
    ]
    assert "not tried: only an approved plan writes" in found[0].says
    assert found[1].says == "not set up (fix.azure is not configured): everything else works"
    assert "`tagrecon doctor --policy azure --write`" in found[1].next


def test_a_cloud_that_is_not_listed_live_is_not_spoken_of(tmp_path: Path) -> None:
    assert list(writing(configured(tmp_path, "registry: registry.yaml\n"))) == []


def test_the_command_prints_nothing_but_the_write_policy(tmp_path: Path) -> None:
    configured(tmp_path)
    config = ["--config", str(tmp_path / "tagrecon.yaml")]
    result = CliRunner().invoke(app, ["doctor", *config, "--policy", "aws", "--write"])
    assert result.exit_code == 0
    assert "Tags" in {each["Sid"] for each in json.loads(result.stdout)["Statement"]}
    alone = CliRunner().invoke(app, ["doctor", *config, "--write"])
    assert (alone.exit_code, "--policy" in alone.output) == (2, True)
