"""What AWS never takes is not sent, the limit of tags is kept, and no reason repeats a value."""

from __future__ import annotations

import logging

import pytest

from recon.fix.writing import Edit, Failed, Seen, Target
from tests.clouds.aws import AwsCloud, Fault
from tests.connectors.aws_inventory.conftest import rows
from tests.connectors.aws_writer.conftest import HOME, OWN, Opened, changed, kinds, sent, target

GET, TAG = "resourcegroupstaggingapi:GetResources", "resourcegroupstaggingapi:TagResources"
SECRET = "hunter2-hunter2"


def one(cloud: AwsCloud, writer: object, volumes: list[Target], put: dict[str, str]) -> Failed:
    [said] = changed(writer, volumes[:1], put).values()  # type: ignore[arg-type]
    assert isinstance(said, Failed), said
    return said


def test_the_51st_tag_is_over_the_limit_and_is_not_sent(cloud: AwsCloud, opened: Opened) -> None:
    full = {f"k{n}": "v" for n in range(50)} | {"aws:cloudformation:stack-name": "s"}
    cloud.load(rows(1, **full))
    volume = target(rows(1)[0]["id"])
    writer = opened()
    assert kinds(changed(writer, [volume], {"k0": "new"})) == ["done"], "AWS's own tags are not counted"
    assert kinds(changed(writer, [volume], {"one": "more"})) == ["over-limit"]
    assert sent(cloud) == [GET, TAG, GET]


def test_the_51st_tag_that_somebody_else_made_it_is_told_by_aws(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(2, **{f"k{n}": "v" for n in range(49)}))
    volumes = [target(row["id"]) for row in rows(2)]

    def fill(_: object) -> None:
        assert cloud.estate is not None
        cloud.estate.find(OWN, HOME, volumes[0].resource_id)["tags"]["other"] = "x"  # type: ignore[index]

    cloud.before[TAG] = fill
    assert kinds(changed(opened(), volumes, {"team": "payments"})) == ["over-limit", "done"]


@pytest.mark.parametrize(
    ("put", "drop"),
    [
        ({"aws:x": "1"}, ()),
        ({"AWS:x": "1"}, ()),
        ({"team": "aws:x"}, ()),
        ({}, ("aws:x",)),
        ({"team": "a"}, ("team",)),
        ({"": "1"}, ()),
        ({"k" * 129: "1"}, ()),
        ({"team": "v" * 257}, ()),
        ({"team": "a\x00b"}, ()),
    ],
)
def test_what_aws_never_takes_is_rejected_and_not_sent(
    cloud: AwsCloud, opened: Opened, volumes: list[Target], put: dict[str, str], drop: tuple[str, ...]
) -> None:
    assert kinds(changed(opened(), volumes[:2], put, drop)) == ["rejected"] * 2
    assert sent(cloud) == [GET]


def test_no_reason_no_repr_and_no_log_repeats_a_value(
    cloud: AwsCloud, opened: Opened, volumes: list[Target], caplog: pytest.LogCaptureFixture
) -> None:
    cloud.faults.append(
        Fault((TAG,), "InvalidParameterException", message=f"the value {SECRET} is no value of team")
    )
    with caplog.at_level(logging.INFO):
        said = one(cloud, opened(), volumes, {"team": SECRET})
    assert said.kind == "rejected"
    assert "InvalidParameterException" in said.reason
    assert SECRET not in said.reason + repr(said) + caplog.text
    assert SECRET not in repr(Edit(volumes[0], {"team": SECRET})) + repr(Seen({"team": SECRET}))
    cloud.faults.append(Fault((TAG,), "InvalidParameterException", message=f"no good: {SECRET[:10]}…"))
    assert SECRET[:10] not in one(cloud, opened(), volumes, {"team": SECRET}).reason
    cloud.faults.append(Fault((TAG,), "InvalidParameterException", message="the tag policy forbids it"))
    assert "the tag policy forbids it" in one(cloud, opened(), volumes, {"team": SECRET}).reason
