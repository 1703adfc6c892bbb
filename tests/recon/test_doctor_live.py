"""What the doctor says of clouds that are listed live, and the rights that it prints to paste."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from recon.cli.app import app
from recon.config import Inventory, RunConfig, load_config
from recon.doctor.live import live
from recon.doctor.policy import CLOUDS, policy
from recon.errors import InputError, Unreachable
from recon.snapshot.listing import Unit, Unseen
from tests.connectors.live.told import ToldLister, unit

SOURCE = Inventory(name="live", connector="aws")
EVERYTHING = """\
registry: registry.yaml
billing:
  - {name: cur, location: 's3://bills/cur/*.parquet'}
  - {name: az, location: 'az://account.blob.core.windows.net/container/x/'}
  - {name: warehouse, location: 'bigquery://p.d.gcp_billing_export_v1_X'}
controls:
  - {via: cost-explorer, account: '111111111111'}
  - {via: cost-management, account: a, scope: /subscriptions/s}
inventory:
  - {name: a, connector: aws, aws: {organization: true, role: audit}}
  - {name: b, connector: aws, aws: {accounts: ['222222222222'], role: 'arn:aws:iam::{account}:role/deep/audit'}}
  - {name: g, gcp: {scopes: [organizations/1]}}
  - {name: z, azure: {management_groups: [root], subscriptions: [s-1]}}
  - {name: k, kubernetes: {cluster: prod}}
"""


def said(lister: ToldLister) -> list[tuple[str, str, str]]:
    return [(check.state, check.says, check.next) for check in live(SOURCE, lambda source, pace: lister)]


def test_scopes_that_answer_are_one_line() -> None:
    lister = ToldLister({unit("1", "a"): [], unit("1", "b"): [], unit("2"): []})
    assert said(lister) == [("ok", "aws: 3 scopes answer in 2 accounts", "")]
    assert lister.closed


def test_each_scope_that_does_not_answer_is_named_with_what_it_needs() -> None:
    denied = Unseen("aws", "222222222222", "access denied", kind="denied", permission="tag:GetResources")
    [fine, wrong] = said(ToldLister({unit("1"): []}, unseen=[denied]))
    assert fine[0] == "ok"
    assert wrong == (
        "wrong",
        "222222222222: access denied",
        "grant tag:GetResources (`tagrecon doctor --policy aws` prints all that is needed)",
    )


def test_of_many_scopes_that_don_t_answer_the_rest_is_counted() -> None:
    unseen = [Unseen("aws", f"{n}", "denied") for n in range(25)]
    found = said(ToldLister({}, unseen=unseen))
    assert len(found) == 11
    assert found[-1][1] == "15 more scopes don't answer"


def test_a_client_that_breaks_in_its_own_way_is_one_line_and_no_bug_of_ours() -> None:
    class Broken(ToldLister):
        def probe(self) -> Iterator[Unit | Unseen]:
            raise ValueError("Invalid endpoint: nowhere\x1b[31m")

    [(state, says, remedy)] = said(Broken({unit("1"): []}))
    assert (state, says) == (
        "wrong",
        "its client can't ask (ValueError: Invalid endpoint: nowhere\ufffd[31m)",
    )
    assert "credentials are set" in remedy


def test_nothing_to_list_is_wrong() -> None:
    [(state, says, _)] = said(ToldLister({}))
    assert (state, says) == ("wrong", "aws: there is nothing to list")


def test_a_cloud_that_can_t_be_asked_is_one_line() -> None:
    class Blind(ToldLister):
        def probe(self) -> Any:
            raise Unreachable("AWS", "no credentials", "sts:GetCallerIdentity", "denied")

    [(state, says, remedy)] = said(Blind({}))
    assert state == "wrong"
    assert "no credentials" in says
    assert "sts:GetCallerIdentity" in remedy


def test_a_missing_library_is_said_with_its_extra() -> None:
    def missing(source: Inventory, pace: object) -> ToldLister:
        raise InputError("boto3 is not installed. pip install 'tagrecon[aws]'")

    [check] = live(SOURCE, missing)  # type: ignore[arg-type]
    assert "tagrecon[aws]" in check.says


@pytest.fixture
def everything(tmp_path: Path) -> RunConfig:
    (tmp_path / "registry.yaml").write_text(
        "version: 1\nowner: team\nkeys: {team: {required: true}}\n", "utf-8"
    )
    (tmp_path / "tagrecon.yaml").write_text(EVERYTHING, "utf-8")
    return load_config(tmp_path / "tagrecon.yaml")


def test_the_policy_of_aws_is_one_and_names_just_what_is_configured(everything: RunConfig) -> None:
    said = json.loads(policy(everything, "aws"))
    by_sid = {s["Sid"]: s for s in said["Statement"]}
    assert by_sid["OtherAccounts"] == {
        "Sid": "OtherAccounts",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole"],
        "Resource": ["arn:aws:iam::*:role/audit", "arn:aws:iam::*:role/deep/audit"],
    }
    assert by_sid["ListBills1"]["Condition"] == {"StringLike": {"s3:prefix": "cur/*"}}
    assert by_sid["ReadBills1"]["Resource"] == "arn:aws:s3:::bills/cur/*"
    assert "tag:GetResources" in by_sid["Inventory"]["Action"]
    assert by_sid["ControlTotals"]["Action"] == ["ce:GetCostAndUsage"]


def test_the_role_of_azure_is_assignable_where_it_is_configured(everything: RunConfig) -> None:
    said = json.loads(policy(everything, "azure"))
    assert said["AssignableScopes"] == [
        "/providers/Microsoft.Management/managementGroups/root",
        "/subscriptions/s-1",
    ]
    assert "Microsoft.ResourceGraph/resources/read" in said["Actions"]
    assert said["DataActions"] == ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]


def test_the_role_of_google_cloud_has_the_warehouse_where_one_is_read(everything: RunConfig) -> None:
    said = yaml.safe_load(policy(everything, "gcp"))["includedPermissions"]
    assert {"cloudasset.assets.searchAllResources", "bigquery.jobs.create"} <= set(said)
    assert "storage.objects.get" not in said


def test_the_cluster_role_of_kubernetes_only_gets_and_lists(everything: RunConfig) -> None:
    said = yaml.safe_load(policy(everything, "kubernetes"))
    assert {verb for rule in said["rules"] for verb in rule["verbs"]} == {"get", "list"}


_WRITES = re.compile(r"(?i)(:|/|\.)(put|create(?!$)|update|delete|write|set|tag|untag|modify|attach)\w*$")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_policy_lets_anything_be_written(everything: RunConfig, cloud: str) -> None:
    said = policy(everything, cloud)
    names = [word.strip(' ",-') for word in said.splitlines()]
    jobs = {"bigquery.jobs.create"}  # a query is a job
    assert [name for name in names if _WRITES.search(name) and name not in jobs] == []
    assert '"*:' not in said


def test_a_cloud_that_nothing_asks_has_no_policy(tmp_path: Path, everything: RunConfig) -> None:
    text = "registry: registry.yaml\nbilling: [{name: b, location: bills/}]\n"
    (tmp_path / "tagrecon.yaml").write_text(text, "utf-8")
    for cloud in CLOUDS:
        with pytest.raises(InputError, match="nothing in the configuration asks"):
            policy(load_config(tmp_path / "tagrecon.yaml"), cloud)
    with pytest.raises(InputError, match="Name one of aws, azure, gcp, kubernetes"):
        policy(everything, "oracle")


def test_the_command_prints_nothing_but_the_policy(tmp_path: Path, everything: RunConfig) -> None:
    result = CliRunner().invoke(
        app, ["doctor", "--config", str(tmp_path / "tagrecon.yaml"), "--policy", "aws"]
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout)["Version"] == "2012-10-17"
