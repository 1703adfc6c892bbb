"""The sample estate in three clouds on loopback: what lies in which on a day, how clients get there, how it is configured.

What the clouds show is read from the estate's own inventory dumps, so that dumps and clouds tell of one estate.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import grpc  # type: ignore[import-untyped]
import yaml

from configs.sample import clock
from configs.sample.company import MANAGEMENT, accounts_of
from connectors.files import open_dump
from recon.tagset import parse_tags
from tests.clouds.aws import AwsCloud
from tests.clouds.aws_estate import ORGANIZATION
from tests.clouds.azure import Azure
from tests.clouds.gcp import GoogleCloud
from tests.clouds.gcp_faults import fail

DAYS = tuple(day.isoformat() for day in clock.SNAPSHOTS)
LIVE = "tagrecon-live.yaml"
_FIELDS = ("account", "region", "type", "id", "name", "container", "tags")
_NOBODY = (
    "http://127.0.0.1:9"  # the estate answers everything; a question that would go on to moto fails the test
)
_ROLE = "tagrecon-read"


@dataclass
class DenyingGoogle(GoogleCloud):
    """Google Cloud that refuses to search in some scopes."""

    denied: set[str] = field(default_factory=set)

    def search(self, request: Any, context: Any) -> Any:
        if request.scope in self.denied:
            fail(context, grpc.StatusCode.PERMISSION_DENIED, f"Permission denied on {request.scope}")
        return super().search(request, context)


class Clouds:
    """AWS, Google Cloud and Azure on loopback. `folder`: for a certificate."""

    def __init__(self, folder: Path) -> None:
        self.aws, self.gcp, self.azure = AwsCloud(_NOBODY), DenyingGoogle(), Azure(folder)

    def start(self) -> None:
        for cloud in (self.aws, self.gcp, self.azure):
            cloud.start()

    def stop(self) -> None:
        for cloud in (self.aws, self.gcp, self.azure):
            cloud.stop()

    def environment(self) -> dict[str, str]:
        """What leads the three SDKs here, with credentials that are none. Files of the user's own are not read."""
        return {
            "AWS_ENDPOINT_URL": self.aws.url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "no-config", "AWS_SHARED_CREDENTIALS_FILE": "no-credentials",
            **self.gcp.environment(), **self.azure.environment(),
        }  # fmt: skip

    def show(self, estate: Path, day: str) -> None:
        """From now on the clouds hold what the estate's dumps of `day` list, and nothing goes wrong."""
        [home] = (estate / "inventory").glob(f"{day}*")
        self.gcp.clear()
        self.azure.clear()
        self.aws.faults.clear()
        self.aws.seen.clear()
        self.gcp.denied.clear()
        aws = [*dumped(home, "aws/[0-9]*.jsonl"), *dumped(home, "aws-tagging/*.json")]
        self.aws.load(aws, own=MANAGEMENT.id)
        self.gcp.load(dumped(home, "gcp/*.jsonl"))
        self.azure.load(dumped(home, "azure/*.json"))


def level_dumps(estate: Path) -> None:
    """Make the estate's dumps say what a listing says of itself: the hour at which they were taken, which the dumps of
    Azure and Google Cloud don't tell, and the organization's root, which is no account."""
    row = {
        "provider": "aws", "account": MANAGEMENT.id, "region": "global", "type": "organizations:root", "name": "Root",
        "id": f"arn:aws:organizations::{MANAGEMENT.id}:root/{ORGANIZATION}/r-root", "tags": {},
    }  # fmt: skip
    for home in sorted((estate / "inventory").iterdir()):
        day = home.name
        seen = {"observed_at": f"{day}T{clock.SNAPSHOT_HOUR:02}:00:00Z"}
        (home / "aws" / "root.jsonl").write_text(json.dumps({**row, **seen}) + "\n", "utf-8")
        home.rename(home.with_name(f"{day}T{clock.SNAPSHOT_HOUR:02}0000Z"))


def dumped(home: Path, pattern: str) -> list[dict[str, Any]]:
    """Rows of the dumps, as a loopback cloud takes them."""
    rows = []
    with duckdb.connect() as con:
        for path in sorted(home.glob(pattern)):
            relation = open_dump(con, path, "dump").relation
            for row in con.execute(f"SELECT {', '.join(_FIELDS)} FROM {relation}").fetchall():
                said = dict(zip(_FIELDS, row, strict=True))
                rows.append({**said, "tags": parse_tags(said["tags"])})
    return rows


def live_inventory(scopes: tuple[str, ...]) -> list[dict[str, Any]]:
    """The estate's inventory sources, asked live. One account shows tagged resources only, as its dumps do."""
    complete = [a.id for a in accounts_of("aws") if a.listing == "complete"]
    tagged = [a.id for a in accounts_of("aws") if a.listing != "complete"]
    return [
        {
            "name": "aws-live",
            "connector": "aws",
            "aws": {"organization": True, "accounts": complete, "role": _ROLE},
        },
        {
            "name": "aws-tagging",
            "connector": "aws",
            "aws": {"accounts": tagged, "role": _ROLE, "untagged": "none"},
        },
        {"name": "azure-live", "connector": "azure"},
        {"name": "gcp-live", "connector": "gcp", "gcp": {"scopes": [*scopes]}},
    ]


def write_live_config(estate: Path, scopes: tuple[str, ...] = ("organizations/1",)) -> Path:
    """The estate's configuration with its inventory asked live, beside its own. `scopes`: of Google Cloud."""
    said = yaml.safe_load((estate / "tagrecon.yaml").read_text("utf-8"))
    said |= {"store": "var-live/tagrecon.duckdb", "output": "out-live", "inventory": live_inventory(scopes)}
    path = estate / LIVE
    path.write_text(yaml.safe_dump(said, sort_keys=False), "utf-8")
    return path
