"""Nothing but reading verbs are ever sent, each with a permission that is declared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.permissions import CALLS, PERMISSIONS
from connectors.aws.inventory.service_table import LINES
from connectors.aws.inventory.session import Sessions
from connectors.live.pace import Pace
from recon.config.live import AwsScope
from recon.errors import OurBug
from recon.taggability import load_taggability
from tests.clouds.aws import AwsCloud
from tests.clouds.aws_wire import model
from tests.connectors.aws_inventory.conftest import HOME, Opened, listed, rows

Made = Callable[..., Any]
_READING = re.compile(r"(Get|List|Describe|Select)[A-Z]\w*|Search|AssumeRole")


def test_no_writing_operation_is_ever_sent_and_every_request_is_declared_and_counted(
    cloud: AwsCloud, opened: Opened, made: Made
) -> None:
    """Every source, the organization, roles, activations and the probe, as the server saw them."""
    made("organizations").create_organization(FeatureSet="ALL")
    made("sqs").create_queue(QueueName="q", tags={"a": "b"})
    made("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    lister = opened(organization=True, role="reader")
    listed(lister)
    list(lister.activations())
    list(lister.probe())
    cloud.load(rows(3) + rows(3, account="222222222222"))
    other = opened(organization=True, role="reader")
    listed(other)

    sent: dict[str, int] = {}
    for asked in cloud.seen:
        assert _READING.fullmatch(asked.operation), asked.line
        call = f"{asked.service}:{asked.operation}"
        sent[call] = sent.get(call, 0) + 1
    # both kinds of load balancers sign alike, and so do they here
    counted = lister.calls + other.calls
    counted["elbv2:DescribeLoadBalancers"] += counted.pop("elb:DescribeLoadBalancers", 0)
    assert sent == dict(counted)
    assert len(sent) > 30
    assert set(sent) <= set(CALLS)


def test_every_declared_call_reads_and_exists() -> None:
    for call in CALLS:
        service, operation = call.split(":")
        assert _READING.fullmatch(operation), call
        assert operation in model(service).operation_names, call
    assert {p.name for p in PERMISSIONS} == {p.name for p in CALLS.values()}
    assert all(re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", p.name) for p in PERMISSIONS)


def test_every_line_of_the_table_has_its_permissions_and_a_type_that_is_known() -> None:
    taggability = load_taggability()
    unknown = {line.type for line in LINES if not taggability.standing("aws", line.type, None).known}
    assert unknown <= {"iam:role"}, "a role is on no bill, the table of what reaches one leaves it out"
    for line in LINES:
        assert f"{line.service}:{line.operation}" in CALLS
        assert line.detail is None or f"{line.service}:{line.detail.operation}" in CALLS


def test_a_call_that_is_not_declared_is_refused_before_it_is_sent(cloud: AwsCloud) -> None:
    pace = Pace()
    with Desk(Sessions(AwsScope(), pace), pace, "123456789012") as desk, pytest.raises(OurBug):
        desk.ask("sqs", "DeleteQueue", HOME, QueueUrl="x")
    assert [a.operation for a in cloud.seen] == []
