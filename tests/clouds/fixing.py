"""How is a plan of fixes tried on three clouds at once? A small estate on loopback, plans by hand, and the command line.

The writers, their SDKs, the log and the commands are the real ones. Waits for throttling go by a clock that only waiting moves.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from recon.cli.app import app
from recon.config import load_config
from recon.fix.document import write_plan
from recon.fix.history import Effect, History
from recon.fix.log import Event, News
from recon.fix.plan_file import sha_of
from recon.fix.planned import Action, Change, Header, Plan
from recon.fix.writing import Target
from recon.model import short_id
from recon.run.fixing.desk import Desk
from tests.clouds.sample_estate import Clouds
from tests.clouds.waits import Waits

NOW = "2026-11-03T06:00:00Z"
AT = datetime(2026, 11, 3, 6, tzinfo=UTC)
OWN, OTHER = "111111111111", "222222222222"  # AWS: whose credentials these are, and where a role leads
SUBSCRIPTION, PROJECT = "5ab1e000-0000-4000-8000-000000000001", "shop-prod"
_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop"
_REGISTRY = """
version: 1
owner: cost-center
keys:
  cost-center: {required: true, spelling: {gcp: cost_center}, values: {list: [payments, search, data]}}
  owner: {required: false, values: {pattern: '.*'}}
"""
KINDS = {"aws": "rds:db", "azure": "Microsoft.Compute/disks", "gcp": "compute.googleapis.com/Instance"}
RAW = {"aws": "cost-center", "azure": "cost-center", "gcp": "cost_center"}
WRITES = {"aws": "TagResources", "azure": "tags/default", "gcp": "setLabels"}
Outcomes = dict[str, str]
Tags = dict[str, dict[str, str]]


def resource(provider: str, n: int, account: str = "") -> str:
    """The id of the n-th resource of the small estate."""
    if provider == "aws":
        return f"arn:aws:rds:eu-west-1:{account or OTHER}:db:db-{n}"
    if provider == "azure":
        return f"{_GROUP}/providers/Microsoft.Compute/disks/disk-{n}"
    return f"//compute.googleapis.com/projects/{PROJECT}/zones/us-b/instances/vm-{n}"


def target(provider: str, n: int) -> Target:
    account = {"aws": OTHER, "azure": SUBSCRIPTION, "gcp": PROJECT}[provider]
    region = {"aws": "eu-west-1", "azure": "westeurope", "gcp": "us-b"}[provider]
    return Target(provider, account, region, KINDS[provider], resource(provider, n))


def action(provider: str, n: int, after: str = "payments", before: str | None = None) -> Action:
    """The action that sets the cost center of the n-th resource."""
    own = target(provider, n)
    return Action(
        short_id("fix", provider, own.account_id, own.resource_id, "cost-center"), own, "cost-center",
        (Change(RAW[provider], before, after),), "untagged", "why", "evidence", "f1", Decimal("0.9"), ("container",), "payments",
    )  # fmt: skip


@dataclass
class Bench:
    """`resources`: how many each cloud holds, each with the tag `team`."""

    folder: Path
    clouds: Clouds
    resources: int = 3
    waits: Waits = field(default_factory=Waits)
    plan: Path = field(init=False)

    def __post_init__(self) -> None:
        self.plan = self.folder / "plan.yaml"

    def lay(self) -> None:
        """Everything as it was in the beginning, and nothing goes wrong."""
        self.clouds.azure.clear()
        self.clouds.gcp.clear()
        self.clouds.gcp.denied.clear()
        for kept in (
            self.clouds.aws.faults,
            self.clouds.aws.seen,
            self.clouds.aws.before,
            self.clouds.aws.after,
        ):
            kept.clear()
        for provider, cloud in (("azure", self.clouds.azure), ("gcp", self.clouds.gcp)):
            cloud.load([_row(target(provider, n)) for n in range(self.resources)])
        self.clouds.aws.load([_row(target("aws", n)) for n in range(self.resources)], own=OWN)

    def configure(self, **more: Any) -> None:
        said = {
            "store": "var/tagrecon.duckdb", "output": "out", "registry": "registry.yaml",
            "inventory": [
                {"name": "aws", "connector": "aws", "aws": {"accounts": [OTHER], "role": "tagrecon-read"}},
                {"name": "azure", "connector": "azure"},
                {"name": "gcp", "connector": "gcp", "gcp": {"scopes": ["organizations/1"]}},
            ],
            "fix": {"aws": {"role": "tagrecon-write"}, "azure": {}, "gcp": {}, "canary": 0, **more.pop("fix", {})},
            **more,
        }  # fmt: skip
        (self.folder / "registry.yaml").write_text(_REGISTRY, "utf-8")
        self.config.write_text(yaml.safe_dump(said, sort_keys=False), "utf-8")

    @property
    def config(self) -> Path:
        return self.folder / "tagrecon.yaml"

    def write_plan(self, actions: Sequence[Action], approved: bool = True) -> Path:
        """A plan of these actions, and an approval of it in the log."""
        write_plan(self.plan, Plan(Header("ana", "run-1", NOW, "c0ffee", "1"), actions))
        if approved:
            said = {"approval": f"approval-of-{sha_of(self.plan)[:8]}", "until": "2027-01-01T00:00:00Z"}
            self.desk.log.append([News("bea", "approve", sha_of(self.plan), said)], AT)
        return self.plan

    @property
    def desk(self) -> Desk:
        return Desk(load_config(self.config), AT, lambda: AT)

    @property
    def events(self) -> list[Event]:
        return self.desk.events()

    @property
    def history(self) -> History:
        return self.desk.history()

    def effect(self, provider: str, n: int) -> Effect:
        own = resource(provider, n)
        return next(e for e in self.history.effects.values() if e.action.target.resource_id == own)

    def apply(self, code: int = 0) -> Outcomes:
        return outcomes(self.go("fix", "apply", str(self.plan), "--write", code=code))

    def roll_back(self, code: int = 0) -> Outcomes:
        return outcomes(self.go("fix", "rollback", str(self.plan), "--write", code=code))

    def verify(self, code: int = 0) -> dict[str, tuple[str, str]]:
        rows = self.go("fix", "verify", str(self.plan), code=code)["verified"]
        return {row["resource"]: (row["found"], row["reason"]) for row in rows}

    def go(self, *words: str, code: int = 0, now: str = NOW, by: str = "ana") -> Any:
        """What a command says as JSON; its exit code is to be `code`."""
        return said(self.config, *words, code=code, now=now, by=by)

    def tags(self) -> dict[str, dict[str, str]]:
        """The tags of everything in the three clouds."""
        return tags_in(self.clouds)

    def tags_of(self, provider: str, n: int) -> dict[str, str]:
        return self.tags()[resource(provider, n)]

    def retag(
        self, provider: str, n: int, put: Mapping[str, str] | None = None, drop: Sequence[str] = ()
    ) -> None:
        """Somebody else's change of tags."""
        own = resource(provider, n)
        if provider == "azure":
            self.clouds.azure.retag(own, dict(put or {}), drop)
        elif provider == "gcp":
            self.clouds.gcp.labels.relabel(own, put, drop)
        else:
            assert self.clouds.aws.estate is not None
            held = self.clouds.aws.estate.find(OTHER, "eu-west-1", own)
            assert held is not None
            held["tags"] = {k: v for k, v in held["tags"].items() if k not in drop} | dict(put or {})

    def written(self) -> Counter[str]:
        """How often each cloud was asked to write."""
        return written_to(self.clouds)


def said(config: Path, *words: str, code: int | None = 0, now: str = NOW, by: str = "ana") -> Any:
    """What a command says as JSON, in this process; its exit code is to be `code`, or stands under `exit`."""
    signed = ("--by", by) if words[0] == "fix" and words[1] not in ("status", "audit") else ()
    at = ("--now", now) if words[:2] != ("fix", "audit") else ()
    got = CliRunner().invoke(app, [*words, *signed, "--config", str(config), *at, "--json"])
    if got.exception is not None and not isinstance(got.exception, SystemExit):
        raise got.exception
    assert code in (None, got.exit_code), f"{words}: {got.exit_code} is not {code}: {got.output[-3000:]}"
    answer = json.loads(got.stdout) if got.stdout.startswith("{") else {"text": got.output}
    return {**answer, "exit": got.exit_code}


def outcomes(answer: Any) -> Outcomes:
    """Resource → outcome, of an answer of apply or rollback."""
    return {row["resource"]: row["outcome"] for row in answer["outcomes"]}


def tags_in(clouds: Clouds) -> dict[str, dict[str, str]]:
    """The tags of everything in the three clouds, by id."""
    assert clouds.aws.estate is not None
    google, azure = clouds.gcp, clouds.azure
    return {
        **clouds.aws.estate.tags(),
        **{row["id"]: dict(row["tags"] or {}) for row in azure.rows},
        **{f"/subscriptions/{own}": dict(each["tags"] or {}) for own, each in azure.subscriptions.items()},
        **{
            row.name: {**google.labels.of(row.name), **google.manager.tags_of(row.name)}
            for row in google.assets
        },
    }


def written_to(clouds: Clouds) -> Counter[str]:
    """How often each cloud was asked to write."""
    aws = sum(
        asked.operation.startswith(("Tag", "Untag", "AddTags", "RemoveTags")) for asked in clouds.aws.seen
    )
    return Counter(aws=aws, azure=len(clouds.azure.wrote), gcp=len(clouds.gcp.rest.wrote))


@contextmanager
def open_clouds(folder: Path, waits: Waits) -> Iterator[Clouds]:
    """Three clouds on loopback, and an environment that leads there, in this process too."""
    clouds = Clouds(folder)
    clouds.start()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_REGION"):
            patch.delenv(name, raising=False)
        for name, value in clouds.environment().items():
            patch.setenv(name, value)
        patch.setattr("connectors.writers.Pace", waits.pace)
        yield clouds
    clouds.stop()


def child_environment(clouds: Clouds) -> dict[str, str]:
    """The environment of a tagrecon in a process of its own."""
    kept = {
        k: v for k, v in os.environ.items() if k not in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN")
    }
    return {**kept, **clouds.environment()}


def _row(own: Target) -> dict[str, Any]:
    name = own.resource_id.rpartition("/")[2].rpartition(":")[2]
    return {
        "account": own.account_id, "region": own.region, "type": own.resource_type, "id": own.resource_id, "name": name,
        "container": None, "tags": {"team": f"of {name}" if own.provider_id != "gcp" else name},
    }  # fmt: skip
