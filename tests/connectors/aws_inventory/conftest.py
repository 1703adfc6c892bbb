"""AWS on loopback for the lister: one moto for all tests, a front of its own and a fresh moto for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from connectors.aws.inventory import open_lister
from recon.config.live import AwsScope
from recon.snapshot.listing import Lister, Resource, Unit, Unseen
from tests.clouds.aws import AwsCloud, Moto
from tests.clouds.waits import Waits

HOME = "us-east-1"
Opened = Callable[..., Lister]


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Moto]:
    moto = Moto()
    yield moto
    moto.stop()


@pytest.fixture
def cloud(moto_server: Moto, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AwsCloud]:
    moto_server.reset()
    cloud = AwsCloud(moto_server.url)
    cloud.start()
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", HOME)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    yield cloud
    cloud.stop()
    assert cloud.trouble == [], "a stub was asked, or said, what AWS does not know"


@pytest.fixture
def opened() -> Opened:
    """A lister with short pauses; the options of its scope, one region unless told otherwise."""

    def make(**options: Any) -> Lister:
        options.setdefault("regions", (HOME,))
        return open_lister(AwsScope(**options), Waits().pace(patience=0.5, first=0.005, most=0.02))

    return make


@pytest.fixture
def made(moto_server: Moto) -> Iterator[Callable[..., Any]]:
    """A client that writes into moto, past the front."""
    clients = []

    def client(service: str, region: str = HOME, **credentials: str) -> Any:
        clients.append(
            boto3.session.Session().client(
                service, region_name=region, endpoint_url=moto_server.url, **credentials
            )
        )
        return clients[-1]

    yield client
    for each in clients:
        each.close()


def unit_of(lister: Lister, region: str = HOME) -> Unit:
    (unit,) = [u for u in lister.units() if isinstance(u, Unit) and u.region == region]
    return unit


def listed(lister: Lister) -> tuple[list[Resource], list[Unseen]]:
    """Everything that a lister tells, unit after unit."""
    found: list[Resource] = []
    unseen: list[Unseen] = []
    for unit in list(lister.units()):
        for each in [unit] if isinstance(unit, Unseen) else lister.resources(unit):
            if isinstance(each, Unseen):
                unseen.append(each)
            else:
                found.append(each)
    return found, unseen


def rows(count: int, account: str = "123456789012", region: str = HOME, **tags: str) -> list[dict[str, Any]]:
    """Volumes of an invented estate."""
    return [
        {
            "account": account,
            "region": region,
            "type": "ec2:volume",
            "id": f"arn:aws:ec2:{region}:{account}:volume/vol-{n:017x}",
            "tags": tags,
        }
        for n in range(count)
    ]
