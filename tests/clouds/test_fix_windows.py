"""Is it found out who changed a key in the one call that AWS and Azure can't fence, and is our own event never taken for foreign?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recon.fix.order import GOOD
from recon.run.fixing.desk import Desk
from recon.run.fixing.doing import apply
from tests.clouds.aws_wire import Asked
from tests.clouds.between import Between
from tests.clouds.fixing import AT, OTHER, OWN, SUBSCRIPTION, Bench, action, open_clouds, resource
from tests.clouds.waits import Waits

US = f"arn:aws:sts::{OTHER}:assumed-role/tagrecon-write/tagrecon"
CARL = f"arn:aws:sts::{OTHER}:assumed-role/deploy/carl"
# a name that holds ours is somebody else's
PIPELINE = f"arn:aws:sts::{OTHER}:assumed-role/tagrecon-write/tagrecon-pipeline"


class Ticking:
    """Seven seconds pass each time that somebody looks."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=7)
        return self.now


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder, waits = tmp_path_factory.mktemp("clouds"), Waits()
    with open_clouds(folder, waits) as clouds:
        yield Bench(folder, clouds)


@pytest.fixture
def bench(opened: Bench, tmp_path: Path) -> Bench:
    one = Bench(tmp_path, opened.clouds)
    one.lay()
    one.configure(audit_logs=[{"name": "trail", "location": "logs/"}])
    return one


def apply_at(bench: Bench) -> Ticking:
    """Apply the plan while time passes."""
    clock = Ticking()
    desk = Desk(bench.desk.cfg, AT, clock)
    _, found = apply(desk, bench.plan, "ana", write=True)
    assert {each.outcome for each in found} <= GOOD
    return clock


def trail(
    bench: Bench, *events: tuple[datetime, str], key: str = "cost-center", provider: str = "aws"
) -> None:
    """The log that the cloud wrote of them, taken into the store."""
    folder = bench.folder / "logs"
    folder.mkdir(exist_ok=True)
    records = [
        cloudtrail(n, at, who, key) if provider == "aws" else activity(n, at, who, key)
        for n, (at, who) in enumerate(events)
    ]
    name = {"aws": "Records", "azure": "value"}[provider]
    (folder / "log.json").write_text(json.dumps({name: records}), "utf-8")
    bench.go("snapshot", now="2026-11-03T07:00:00Z")


def cloudtrail(n: int, at: datetime, who: str, key: str) -> dict[str, Any]:
    return {
        "eventVersion": "1.11", "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}", "eventSource": "tagging.amazonaws.com",
        "eventName": "TagResources", "awsRegion": "eu-west-1", "userIdentity": {"type": "AssumedRole", "arn": who},
        "requestParameters": {"resourceARNList": [resource("aws", 0)], "tags": {key: "HIDDEN"}}, "eventID": f"event-{n}",
        "readOnly": False, "recipientAccountId": OTHER, "errorCode": None,
    }  # fmt: skip


def activity(n: int, at: datetime, who: str, key: str) -> dict[str, Any]:
    scope = f"{resource('azure', 0)}/providers/Microsoft.Resources/tags/default"
    body = {"operation": "Merge", "properties": {"tags": {key: "x"}}}
    return {
        "eventTimestamp": f"{at:%Y-%m-%dT%H:%M:%S.%f}7Z", "operationName": {"value": "Microsoft.Resources/tags/write"},
        "resourceId": scope, "status": {"value": "Succeeded"}, "caller": who, "eventDataId": f"event-{n}",
        "correlationId": f"c-{n}", "subscriptionId": SUBSCRIPTION, "properties": {"requestbody": json.dumps(body)},
    }  # fmt: skip


def read_and_end(bench: Bench, provider: str) -> tuple[datetime, datetime]:
    effect = bench.effect(provider, 0)
    return tuple(datetime.fromisoformat(text).astimezone(UTC) for text in (effect.read_at, effect.at))  # type: ignore[return-value]


@pytest.fixture
def applied(bench: Bench) -> Bench:
    """Carl's change was lost in the window: ours came after it and stands."""
    bench.write_plan([action("aws", 0), action("azure", 0)])

    def carl(_: Asked) -> None:
        bench.retag("aws", 0, {"cost-center": "data"})

    bench.clouds.aws.before["resourcegroupstaggingapi:TagResources"] = carl
    bench.clouds.azure.between.append(
        Between("PATCH", lambda: bench.retag("azure", 0, {"cost-center": "data"}))
    )
    apply_at(bench)
    assert bench.tags_of("aws", 0)["cost-center"] == bench.tags_of("azure", 0)["cost-center"] == "payments"
    return bench


def found(bench: Bench, provider: str, code: int) -> tuple[str, str]:
    return bench.verify(code)[resource(provider, 0)]


@pytest.mark.parametrize("who", [CARL, PIPELINE])
def test_a_loss_in_the_window_on_aws_is_raced_and_names_who(applied: Bench, who: str) -> None:
    begin, end = read_and_end(applied, "aws")
    assert timedelta(seconds=7) < end - begin
    trail(applied, (begin + timedelta(seconds=3), who), (end - timedelta(seconds=2), US))
    state, why = found(applied, "aws", 3)
    assert state == "raced"
    assert who in why
    assert "HIDDEN" not in why
    assert applied.effect("aws", 0).state == "raced"
    assert found(applied, "azure", 3)[0] == "verified"


def test_a_change_right_after_the_re_read_is_in_the_window_though_the_log_tells_whole_seconds(
    bench: Bench,
) -> None:
    bench.write_plan([action("aws", 0)])
    clock = Ticking()
    clock.now += timedelta(milliseconds=900)
    apply(Desk(bench.desk.cfg, AT, clock), bench.plan, "ana", write=True)
    begin, _ = read_and_end(bench, "aws")
    assert begin.microsecond == 900_000
    trail(bench, (begin + timedelta(milliseconds=50), CARL))
    assert found(bench, "aws", 3)[0] == "raced"


@pytest.mark.parametrize("away", [timedelta(seconds=-2), timedelta(seconds=3)])
def test_a_change_outside_the_window_is_none_of_ours(applied: Bench, away: timedelta) -> None:
    begin, end = read_and_end(applied, "aws")
    trail(applied, (begin + away if away < timedelta() else end + away, CARL), (end, US))
    assert found(applied, "aws", 0)[0] == "verified"


def test_our_own_event_is_not_foreign(applied: Bench) -> None:
    begin, end = read_and_end(applied, "aws")
    assert applied.effect("aws", 0).actor == US
    trail(applied, (begin, US), (end, US.upper()))
    assert found(applied, "aws", 0)[0] == "verified"


def test_a_change_of_another_key_in_the_window_is_no_race(applied: Bench) -> None:
    begin, _ = read_and_end(applied, "aws")
    trail(applied, (begin, CARL), key="team")
    assert found(applied, "aws", 0)[0] == "verified"


def test_another_spelling_of_the_key_is_the_key(applied: Bench) -> None:
    begin, _ = read_and_end(applied, "aws")
    trail(applied, (begin, CARL), key="Cost-Center")
    assert found(applied, "aws", 3)[0] == "raced"


def test_a_loss_in_the_window_on_azure_is_raced_and_names_who(applied: Bench) -> None:
    begin, end = read_and_end(applied, "azure")
    assert applied.effect("azure", 0).actor == "", "the token of the loopback names nobody"
    trail(applied, (begin, "carl@example.com"), (end, "0f-our-principal"), provider="azure")
    state, why = found(applied, "azure", 3)
    assert state == "raced"
    assert "carl@example.com" in why
    assert "one of them is tagrecon" in why


def test_where_we_do_not_know_ourselves_one_caller_of_the_window_is_us(applied: Bench) -> None:
    """However many events tell of the one change."""
    begin, end = read_and_end(applied, "azure")
    trail(applied, (begin, "0f-our-principal"), (end, "0f-our-principal"), provider="azure")
    assert found(applied, "azure", 0)[0] == "verified"


def test_the_own_account_knows_us_by_our_own_name(bench: Bench) -> None:
    """No role leads to the account of the credentials: CloudTrail names them, not a session."""
    own = resource("aws", 0, OWN)
    from connectors.aws.writer import open_writer
    from recon.config.live import AwsScope

    writer = open_writer(AwsScope(role="tagrecon-write"), Waits().pace())
    try:
        assert own.split(":")[4] == OWN
        assert (writer.actor_in(OTHER), writer.actor_in(OWN)) == (US, writer.actor)
    finally:
        writer.close()
