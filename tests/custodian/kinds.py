"""Which kinds of resources do both list, and how does an item of Custodian's answer say its ARN?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEY, VALID = "owner", ("payments", "search", "platform")
HOME, ACCOUNT = "us-east-1", "123456789012"
_EC2 = f"arn:aws:ec2:{HOME}:{ACCOUNT}:"


@dataclass(frozen=True)
class Kind:
    """`ours`: the type as tagrecon writes it, `theirs`: Custodian's; `id`: the field of its item that `prefix` makes
    an ARN of."""

    ours: str
    theirs: str
    id: str
    prefix: str = ""

    @property
    def policy(self) -> str:
        return self.theirs.replace(".", "-")

    def arn(self, item: Mapping[str, Any]) -> str:
        return self.prefix + str(item[self.id])


# ECR is left out: we take its tags from the tagging API, and moto's knows no repositories; AWS documents that its own
# shows all types but IAM's users and roles (Tagging API Reference, supported services).
KINDS = (
    Kind("ec2:instance", "aws.ec2", "InstanceId", _EC2 + "instance/"),
    Kind("ec2:volume", "aws.ebs", "VolumeId", _EC2 + "volume/"),
    Kind("ec2:security-group", "aws.security-group", "GroupId", _EC2 + "security-group/"),
    Kind("ec2:vpc", "aws.vpc", "VpcId", _EC2 + "vpc/"),
    Kind("ec2:subnet", "aws.subnet", "SubnetId", _EC2 + "subnet/"),
    Kind("rds:db", "aws.rds", "DBInstanceArn"),
    Kind("lambda:function", "aws.lambda", "FunctionArn"),
    Kind("dynamodb:table", "aws.dynamodb-table", "TableArn"),
    Kind("sns:topic", "aws.sns", "TopicArn"),
    Kind("secretsmanager:secret", "aws.secrets-manager", "ARN"),
    Kind("iam:role", "aws.iam-role", "Arn"),
    Kind("logs:log-group", "aws.log-group", "logGroupArn"),
    Kind("kms:key", "aws.kms-key", "Arn"),
    Kind("s3:bucket", "aws.s3", "Name", "arn:aws:s3:::"),
)
# Custodian asks queues at an address of its own making, whatever endpoint it is told; moto never sees the question.
STRAY = Kind("sqs:queue", "aws.sqs", "QueueArn")


def policies() -> dict[str, Any]:
    """Custodian's policy file: one policy per kind, which lists what lacks the key or has another value."""
    wrong = {
        "or": [
            {f"tag:{KEY}": "absent"},
            {"type": "value", "key": f"tag:{KEY}", "op": "not-in", "value": list(VALID)},
        ]
    }
    return {
        "policies": [
            {"name": kind.policy, "resource": kind.theirs, "filters": [wrong]} for kind in (*KINDS, STRAY)
        ]
    }
