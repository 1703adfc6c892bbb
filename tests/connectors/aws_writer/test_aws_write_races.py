"""Somebody else changes, adds and takes away tags between our read and our write: is any key of theirs ever touched?"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from recon.fix.writing import Done, Edit, Seen, Target
from tests.clouds.aws import AwsCloud, Fault
from tests.connectors.aws_inventory.conftest import rows
from tests.connectors.aws_writer.conftest import HOME, OWN, Opened, changed, kinds, sent, target

API = "resourcegroupstaggingapi"
BALANCER = f"arn:aws:elasticloadbalancing:{HOME}:{OWN}:loadbalancer/app/front/1234567890abcdef"
QUEUE = f"arn:aws:sqs:{HOME}:{OWN}:orders"
ACCOUNT = f"arn:aws:organizations::{OWN}:account/o-exampleorgid/{OWN}"
_THEIRS = {"keep": "me", "change": "old", "go": "away"}
_WRITES = (f"{API}:TagResources", f"{API}:UntagResources", "elbv2:AddTags", "sqs:TagQueue", "organizations:TagResource")  # fmt: skip


@pytest.fixture
def estate(cloud: AwsCloud) -> list[Target]:
    """Three kinds that the tagging API writes, and three of services with calls of their own, all with others' tags."""
    made = [
        *rows(3, **_THEIRS),
        {**rows(1, **_THEIRS)[0], "id": "arn:aws:s3:::ledger", "type": "s3:bucket"},
        {**rows(1, **_THEIRS)[0], "id": BALANCER},
        {**rows(1, **_THEIRS)[0], "id": QUEUE},
        {**rows(1, **_THEIRS)[0], "id": ACCOUNT, "type": "organizations:account"},
    ]
    cloud.load(made)
    return [target(row["id"]) for row in made]


def race(cloud: AwsCloud, change: Callable[[dict[str, str]], None]) -> Callable[[Any], None]:
    """What changes the tags of every resource, as another writer with rights of its own."""

    def run(_: Any) -> None:
        assert cloud.estate is not None
        for each in (*cloud.estate.accounts.values(), *(r for p in cloud.estate.places.values() for r in p)):
            change(each["tags"])

    return run


def once(cloud: AwsCloud, calls: tuple[str, ...], hook: Callable[[Any], None]) -> None:
    """The hook runs before the first of the calls that comes."""

    def run(asked: Any) -> None:
        cloud.before.clear()
        hook(asked)

    cloud.before.update(dict.fromkeys(calls, run))


def tags(cloud: AwsCloud) -> dict[str, dict[str, str]]:
    assert cloud.estate is not None
    return cloud.estate.tags()


def test_keys_that_others_change_add_and_take_away_between_read_and_write_stay_as_they_left_them(
    cloud: AwsCloud, opened: Opened, estate: list[Target]
) -> None:
    def other(tags: dict[str, str]) -> None:
        tags |= {"change": "new", "added": "x"}
        del tags["go"]

    once(cloud, _WRITES, race(cloud, other))
    writer = opened()
    seen = writer.read(estate)
    assert all(said == Seen(_THEIRS) for said in seen.values())
    told = writer.write([(Edit(each, {"team": "payments"}), seen[each]) for each in estate])  # type: ignore[misc]
    assert kinds(told) == ["done"] * 7
    theirs = {"keep": "me", "change": "new", "added": "x"}
    assert tags(cloud) == {each.resource_id: {**theirs, "team": "payments"} for each in estate}
    calls = [f"{API}:TagResources", "elbv2:AddTags", "sqs:TagQueue", "organizations:TagResource"]
    assert [call for call in sent(cloud) if call in _WRITES] == calls, "and nothing else is written"


def test_keys_of_others_stay_when_ours_are_taken_away(
    cloud: AwsCloud, opened: Opened, estate: list[Target]
) -> None:
    writer = opened()
    changed(writer, estate, {"team": "payments"})
    undo = (f"{API}:UntagResources", "elbv2:RemoveTags", "sqs:UntagQueue", "organizations:UntagResource")
    once(cloud, undo, race(cloud, lambda tags: tags.update(added="x", change="new")))
    assert kinds(changed(writer, estate, {}, ("team",))) == ["done"] * 7
    assert tags(cloud) == {
        each.resource_id: {"keep": "me", "change": "new", "go": "away", "added": "x"} for each in estate
    }


def test_the_same_key_that_somebody_sets_in_the_one_call_window_is_seen_by_the_next_read(
    cloud: AwsCloud, opened: Opened, estate: list[Target]
) -> None:
    """On AWS no call takes back what was read: ours wins here, and theirs after it. Both are what a fresh read tells."""
    volume = estate[:1]
    writer = opened()
    once(cloud, _WRITES, race(cloud, lambda tags: tags.update(team="theirs")))
    assert kinds(changed(writer, volume, {"team": "ours"})) == ["done"]
    assert writer.read(volume) == {volume[0]: Seen({**_THEIRS, "team": "ours"})}
    cloud.after[f"{API}:TagResources"] = race(cloud, lambda tags: tags.update(team="theirs"))
    assert kinds(changed(writer, volume, {"team": "ours"})) == ["done"]
    assert writer.read(volume) == {volume[0]: Seen({**_THEIRS, "team": "theirs"})}


def test_what_others_do_while_we_are_throttled_stays(
    cloud: AwsCloud, opened: Opened, estate: list[Target]
) -> None:
    cloud.faults.append(Fault((f"{API}:TagResources",), "ThrottledException", left=2))
    cloud.after[f"{API}:GetResources"] = race(cloud, lambda tags: tags.update(added="x"))
    writer = opened()
    # throttled, it is told at once; whoever tries again reads again, and sees what others did meanwhile
    assert kinds(changed(writer, estate[:3], {"team": "payments"})) == ["throttled"] * 3
    assert kinds(changed(writer, estate[:3], {"team": "payments"})) == ["throttled"] * 3
    seen = writer.read(estate[:3])
    assert all(isinstance(each, Seen) and each.tags["added"] == "x" for each in seen.values())
    assert kinds(changed(writer, estate[:3], {"team": "payments"})) == ["done"] * 3
    for each in estate[:3]:
        assert tags(cloud)[each.resource_id] == {**_THEIRS, "added": "x", "team": "payments"}


_KEYS = ["team", "env", "keep", "change"]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_others_do_only_the_named_keys_differ_from_what_they_left(
    cloud: AwsCloud, opened: Opened, seed: int
) -> None:
    """Random tags, edits and others' changes, of each resource its own, each between our read and our write."""
    dice = random.Random(seed)

    def some() -> dict[str, str]:
        return {key: dice.choice("abc") for key in _KEYS if dice.random() < 0.5}

    made = [{**row, "tags": some()} for row in rows(6)] + [{**rows(1)[0], "id": QUEUE, "tags": some()}]
    cloud.load(made)
    edits = []
    for row in made:
        put = some()
        edits.append(Edit(target(row["id"]), put, tuple(sorted({*some()} - {*put}))))
    left: dict[str, dict[str, str]] = {}

    def other(_: Any) -> None:
        if left:
            return
        for row in made:
            assert cloud.estate is not None
            resource = cloud.estate.find(OWN, HOME, row["id"])
            assert resource is not None
            resource["tags"] = some()
            left[row["id"]] = dict(resource["tags"])

    writer = opened()
    seen = writer.read([edit.target for edit in edits])
    cloud.before |= dict.fromkeys(
        (f"{API}:TagResources", f"{API}:UntagResources", "sqs:TagQueue", "sqs:UntagQueue"), other
    )
    told = writer.write([(edit, before) for edit in edits if isinstance(before := seen[edit.target], Seen)])
    assert kinds(told) == ["done"] * 7
    assert left
    for edit in edits:
        arn = edit.target.resource_id
        others = {k: v for k, v in left[arn].items() if k not in edit.put and k not in edit.drop}
        assert tags(cloud)[arn] == {**others, **edit.put}


def test_done_says_nothing_of_tags_that_the_answer_does_not_tell(
    cloud: AwsCloud, opened: Opened, estate: list[Target]
) -> None:
    told = changed(opened(), estate, {"team": "payments"})
    assert all(isinstance(said, Done) and said.tags is None for said in told.values())
