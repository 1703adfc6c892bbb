"""AWS on loopback for the writer, and what a test asks of it again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from connectors.aws.writer.writer import AwsWriter
from recon.config.live import AwsScope
from recon.fix.writing import Done, Edit, Failed, Seen, Target
from tests.clouds.aws import AwsCloud
from tests.clouds.waits import Waits
from tests.connectors.aws_inventory.conftest import HOME, cloud, made, moto_server, rows

__all__ = ["HOME", "cloud", "made", "moto_server"]  # fixtures of the lister's tests

OWN, OTHER = "123456789012", "222222222222"
Opened = Callable[..., AwsWriter]
_BUSINESS = "GetCallerIdentity AssumeRole".split()  # who one is: asked once, and no business of a test


@pytest.fixture
def opened() -> Iterator[Opened]:
    """A writer that waits in no real time; the options of its scope."""
    writers: list[AwsWriter] = []

    def make(waits: Waits | None = None, today: Any = None, **options: Any) -> AwsWriter:
        pace = (waits or Waits()).pace(patience=30.0, first=1.0, most=4.0)
        more = {} if today is None else {"today": lambda: today}
        writers.append(AwsWriter(AwsScope(**options), pace, **more))
        return writers[-1]

    yield make
    for each in writers:
        each.close()


@pytest.fixture
def volumes(cloud: AwsCloud) -> list[Target]:
    """25 volumes of an invented estate, which carry `keep: me`."""
    cloud.load(rows(25, keep="me"))
    return [target(row["id"]) for row in rows(25)]


def target(arn: str, account: str = OWN, region: str = HOME, kind: str = "") -> Target:
    return Target("aws", account, region, kind, arn)


def changed(
    writer: AwsWriter, targets: Sequence[Target], put: Mapping[str, str], drop: tuple[str, ...] = ()
) -> dict[Target, Done | Failed]:
    """Each batch read and written, as applying does it."""
    told: dict[Target, Done | Failed] = {}
    for batch in writer.batches([Edit(each, put, drop) for each in targets]):
        seen = writer.read([edit.target for edit in batch])
        pairs = [(edit, before) for edit in batch if isinstance(before := seen[edit.target], Seen)]
        assert len(pairs) == len(batch), seen
        told |= writer.write(pairs)
    return told


def kinds(told: Mapping[Target, Done | Failed]) -> list[str]:
    return ["done" if isinstance(each, Done) else each.kind for each in told.values()]


def sent(cloud: AwsCloud) -> list[str]:
    """The calls that came, in order."""
    return [f"{a.service}:{a.operation}" for a in cloud.seen if a.operation not in _BUSINESS]
