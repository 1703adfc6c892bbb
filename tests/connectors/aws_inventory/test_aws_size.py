"""Two thousand resources of four kinds in moto: how many questions that takes, and that none is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.clouds.aws import AwsCloud
from tests.connectors.aws_inventory.conftest import HOME, Opened, listed, rows

Made = Callable[..., Any]
_ESTATE, _MOTO = 2_000, 400


def test_two_thousand_resources_take_a_question_for_a_hundred(cloud: AwsCloud, opened: Opened) -> None:
    kinds = ("volume", "instance", "natgateway", "snapshot")
    estate = [
        {**row, "id": row["id"].replace("volume", kinds[n % 4]), "tags": {"n": str(n)} if n % 5 else {}}
        for n, row in enumerate(rows(_ESTATE))
    ]
    cloud.load(estate, page=1000)
    lister = opened(untagged="resource-explorer")
    began = time.perf_counter()
    found, unseen = listed(lister)
    print(
        f"{len(found)} resources, {sum(lister.calls.values())} requests, {time.perf_counter() - began:.2f} s"
    )
    assert unseen == []
    assert {r.id: dict(r.tags) for r in found} == {str(r["id"]): r["tags"] for r in estate}
    assert lister.calls["resourcegroupstaggingapi:GetResources"] == 16
    assert lister.calls["resource-explorer-2:ListResources"] == 3 + 1


def test_moto_mixed_resources_are_all_told_whatever_its_pages_hold(
    cloud: AwsCloud, opened: Opened, made: Made
) -> None:
    sqs, sns, logs, ec2 = (made(service) for service in ("sqs", "sns", "logs", "ec2"))
    zone = f"{HOME}a"

    def make(n: int) -> None:
        tags = {"n": str(n)} if n % 2 else {}
        pairs = [{"Key": k, "Value": v} for k, v in tags.items()]
        spec = {"TagSpecifications": [{"ResourceType": "volume", "Tags": pairs}]} if pairs else {}
        sqs.create_queue(QueueName=f"q{n}", tags=tags)
        sns.create_topic(Name=f"t{n}", Tags=pairs)
        logs.create_log_group(logGroupName=f"g{n}", tags=tags)
        ec2.create_volume(AvailabilityZone=zone, Size=1, **spec)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(_MOTO // 4)))
    lister = opened(untagged="services")
    began = time.perf_counter()
    found, unseen = listed(lister)
    print(
        f"{len(found)} resources, {sum(lister.calls.values())} requests, {time.perf_counter() - began:.2f} s"
    )
    assert unseen == []
    kinds = ("sqs:queue", "sns:topic", "logs:log-group", "ec2:volume")
    mine = [r for r in found if r.type in kinds]
    assert len({r.id for r in mine}) == len(mine) == _MOTO
    assert sum(1 for r in mine if r.tags) == _MOTO // 2
