"""Does a nightly job over live clouds say what it says over dumps of the same clouds, and what when a part is denied?

The sample estate lies in files, and in three clouds on loopback that real SDK clients ask. The live route has no past:
it gets the one that a user's has, by a night for each day of which there are dumps (the first is left out of both, for
no verdict rests on it, as is the first month's bill). Where a tagging dump is empty the routes differ: it names no account, a listing does.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from configs.sample import clock
from configs.sample.company import accounts_of
from configs.sample.write import write_estate
from recon.cli.conclusion import exit_code
from recon.config import load_config
from recon.run import run
from recon.run.publishing import Result
from tests.clouds.aws import Fault
from tests.clouds.azure import Fault as AzureFault
from tests.clouds.sample_estate import DAYS, Clouds, level_dumps, write_live_config

STAGES = frozenset({"snapshot", "ingest", "reconcile"})
SNAPSHOT = frozenset({"snapshot"})
AWS, AZURE, GCP = "400100200302", "5ab1e000-0000-4000-8000-000000000002", "lantern-ml"
DENIED = (AWS, AZURE, GCP)
SCOPES = tuple(f"projects/{account.id}" for account in accounts_of("gcp"))
FOREVER = 1 << 30
# Dumps spell AWS's types as CloudFormation does, the tagging API as ARNs do; both stand in one row of the table.
FINDINGS = """SELECT * REPLACE (json_merge_patch(evidence, '{"resource_type": null}') AS evidence)
FROM findings ORDER BY ALL"""
ALIVE = "SELECT account_id, resource_id FROM base.resource WHERE deleted_at IS NULL ORDER BY ALL"


@dataclass
class Night:
    """What a run said, and what its store held then."""

    result: Result
    findings: list[tuple[Any, ...]]
    alive: list[tuple[Any, ...]]

    @property
    def summary(self) -> dict[str, Any]:
        return self.result.summary


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    write_estate(folder, scale=0.05)  # the smallest with a tagged resource in every account
    shutil.rmtree(folder / "inventory" / clock.SNAPSHOTS[0].isoformat())
    for month in (folder / "exports").glob(f"*/{clock.PERIODS[0]}*"):
        shutil.rmtree(month) if month.is_dir() else month.unlink()
    level_dumps(folder)
    return folder


@pytest.fixture(scope="module")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    clouds = Clouds(tmp_path_factory.mktemp("clouds"))
    clouds.start()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_REGION"):
            patch.delenv(name, raising=False)
        for name, value in clouds.environment().items():
            patch.setenv(name, value)
        yield clouds
    clouds.stop()
    assert clouds.aws.trouble == [], (
        "a question that the estate can't answer, or an answer that AWS could not give"
    )


@pytest.fixture(scope="module")
def by_files(estate: Path) -> Night:
    return night(estate / "tagrecon.yaml", clock.NOW)


@pytest.fixture(scope="module")
def by_live(estate: Path, clouds: Clouds) -> Night:
    config = write_live_config(estate)
    for day in DAYS[1:]:
        clouds.show(estate, day)
        at = datetime.fromisoformat(f"{day}T{clock.SNAPSHOT_HOUR:02}:00:00")
        assert run(load_config(config), at, stages=SNAPSHOT).status == "ok"
    return night(config, clock.NOW)


@pytest.fixture(scope="module")
def denied(estate: Path, clouds: Clouds, by_live: Night) -> Night:
    """The night after, in which one account of each cloud can't be read."""
    config = write_live_config(estate, SCOPES)
    clouds.show(estate, DAYS[-1])
    clouds.aws.faults.append(Fault(("sts:AssumeRole", AWS), code="AccessDenied", status=403, left=FOREVER))
    clouds.azure.hidden.add(AZURE)
    clouds.azure.faults.append(
        AzureFault(f"/subscriptions/{AZURE}/resource", 403, "AuthorizationFailed", left=FOREVER)
    )
    clouds.gcp.denied.add(f"projects/{GCP}")
    return night(config, clock.NOW + timedelta(days=1))


def night(config: Path, now: datetime) -> Night:
    result = run(load_config(config), now, stages=STAGES)
    with duckdb.connect(str(result.store), read_only=True) as con:
        return Night(result, con.execute(FINDINGS).fetchall(), con.execute(ALIVE).fetchall())


def gaps_of(said: Night) -> dict[str, dict[str, Any]]:
    return {gap["scope"]: gap for gap in said.summary["gaps"] if not gap["limitation"]}


def test_both_routes_give_the_same_verdicts_and_money(by_files: Night, by_live: Night) -> None:
    assert by_files.summary["verdicts_by_key"] == by_live.summary["verdicts_by_key"]
    planted = {row["verdict"] for row in by_files.summary["verdicts_by_key"]}
    assert {
        "untagged",
        "variant",
        "conflict",
        "tagged-late",
        "deleted",
        "not-activated",
        "inherited",
    } <= planted


def test_both_routes_give_the_same_findings(by_files: Night, by_live: Night) -> None:
    assert by_files.findings == by_live.findings
    assert len(by_files.findings) > 50


def test_both_routes_give_the_same_summary(by_files: Night, by_live: Night) -> None:
    # dumps tell names that AWS's listings don't: what signals read from names, and how often they are right, differs
    parts = set(by_files.summary) - {"run", "fixes", "slis"}
    assert [part for part in sorted(parts) if by_files.summary[part] != by_live.summary[part]] == []
    slis, live_slis = ([s for s in n.summary["slis"] if s["id"] != "M9"] for n in (by_files, by_live))
    assert slis == live_slis
    assert abs(by_files.summary["fixes"]["proposed"] - by_live.summary["fixes"]["proposed"]) < 10
    assert (by_live.result.status, gaps_of(by_live)) == ("ok", {})


def test_both_routes_see_the_same_resources(by_files: Night, by_live: Night) -> None:
    assert by_files.alive == by_live.alive


def test_a_night_in_which_something_is_denied_is_partial(denied: Night) -> None:
    assert denied.result.status == "partial"
    assert exit_code(denied.result.status, [], False) == 3


def test_the_gaps_name_exactly_what_was_denied_with_the_permission(denied: Night) -> None:
    said = {scope: (gap["kind"], gap["permission"], gap["touched"]) for scope, gap in gaps_of(denied).items()}
    assert said == {
        f"aws {AWS}": ("denied", f"sts:AssumeRole on arn:aws:iam::{AWS}:role/tagrecon-read", [AWS]),
        f"azure {AZURE}": ("denied", "Microsoft.Resources/subscriptions/resourceGroups/read", [AZURE]),
        f"gcp {GCP}": ("denied", "cloudasset.assets.searchAllResources", [GCP]),
    }


def test_nothing_of_what_was_denied_is_gone(by_live: Night, denied: Night) -> None:
    assert denied.alive == by_live.alive
    assert {account for account, _ in denied.alive} >= set(DENIED)


def test_figures_name_the_gaps_that_touch_them(denied: Night) -> None:
    ids = {scope: gap["id"] for scope, gap in gaps_of(denied).items()}
    rows = {(row["scope"], row["key"]): set(row["gap_ids"]) for row in denied.summary["coverage"] if row["billing_period"] == "2026-10"}  # fmt: skip
    for provider, account in zip(("aws", "azure", "gcp"), DENIED, strict=True):
        assert ids[f"{provider} {account}"] in rows[f"account:{account}", "cost-center"]
        assert ids[f"{provider} {account}"] in rows[f"provider:{provider}", "cost-center"]
    assert rows["account:400100200301", "cost-center"] & set(ids.values()) == set()


def test_the_money_of_what_was_denied_stays_what_it_was(by_live: Night, denied: Night) -> None:
    assert denied.summary["closing"] == by_live.summary["closing"]
    assert all(row["difference_billed"] == "0" for row in denied.summary["closing"])


def test_what_is_left_on_the_disk_holds_no_listing(estate: Path, denied: Night) -> None:
    left = list((estate / "var-live").rglob("*.jsonl.gz"))
    assert left == []
    shutil.rmtree(estate / "var-live", ignore_errors=True)
