"""What may the identity that writes tags in AWS do? Put and take away tags, and read them just before; nothing else.

Data only, and apart from the reading role's. `WRITE_CALLS`: each request that is ever sent and the permission that it needs.
Sources: AWS, Service Authorization Reference; Resource Groups Tagging API Reference, TagResources (which asks for the
permission of the service that owns a resource too).
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.places.permissions import Permission

_EVERY = "every account whose tags are written"
_OWN = "the account of the credentials"
_ORG = "the management account, or one that is delegated"
_PAYER = "the account that pays"
_READ, _PUT, _DROP = "read the tags just before they are written", "put tags", "take away tags that were put"

_KNOW: Mapping[str, Permission] = {
    "sts:GetCallerIdentity": Permission("sts:GetCallerIdentity", _OWN, "know the own account"),
    "sts:AssumeRole": Permission(
        "sts:AssumeRole", "the role in each other account", "write in other accounts"
    ),
}
_READS: Mapping[str, Permission] = {
    "resourcegroupstaggingapi:GetResources": Permission("tag:GetResources", _EVERY, _READ),
    "sqs:GetQueueUrl": Permission("sqs:GetQueueUrl", _EVERY, "name a queue as its API does"),
    "sqs:ListQueueTags": Permission("sqs:ListQueueTags", _EVERY, _READ),
    "elbv2:DescribeTags": Permission("elasticloadbalancing:DescribeTags", _EVERY, _READ),
    "elb:DescribeTags": Permission("elasticloadbalancing:DescribeTags", _EVERY, _READ),
    "ssm:ListTagsForResource": Permission("ssm:ListTagsForResource", _EVERY, _READ),
    "iam:ListRoleTags": Permission("iam:ListRoleTags", _EVERY, _READ),
    "organizations:ListTagsForResource": Permission("organizations:ListTagsForResource", _ORG, _READ),
}
_WRITES: Mapping[str, Permission] = {
    "resourcegroupstaggingapi:TagResources": Permission("tag:TagResources", _EVERY, _PUT),
    "resourcegroupstaggingapi:UntagResources": Permission("tag:UntagResources", _EVERY, _DROP),
    "sqs:TagQueue": Permission("sqs:TagQueue", _EVERY, _PUT),
    "sqs:UntagQueue": Permission("sqs:UntagQueue", _EVERY, _DROP),
    "elbv2:AddTags": Permission("elasticloadbalancing:AddTags", _EVERY, _PUT),
    "elbv2:RemoveTags": Permission("elasticloadbalancing:RemoveTags", _EVERY, _DROP),
    "elb:AddTags": Permission("elasticloadbalancing:AddTags", _EVERY, _PUT),
    "elb:RemoveTags": Permission("elasticloadbalancing:RemoveTags", _EVERY, _DROP),
    "ssm:AddTagsToResource": Permission("ssm:AddTagsToResource", _EVERY, _PUT),
    "ssm:RemoveTagsFromResource": Permission("ssm:RemoveTagsFromResource", _EVERY, _DROP),
    "iam:TagRole": Permission("iam:TagRole", _EVERY, _PUT),
    "iam:UntagRole": Permission("iam:UntagRole", _EVERY, _DROP),
    "organizations:TagResource": Permission("organizations:TagResource", _ORG, _PUT),
    "organizations:UntagResource": Permission("organizations:UntagResource", _ORG, _DROP),
}
_ACTIVATES: Mapping[str, Permission] = {
    f"ce:{name}": Permission(f"ce:{name}", _PAYER, why)
    for name, why in (
        ("ListCostAllocationTags", "know whether a key is active"),
        ("UpdateCostAllocationTagsStatus", "activate a key"),
        ("ListCostAllocationTagBackfillHistory", "know what was backfilled"),
        ("StartCostAllocationTagBackfill", "backfill activated keys"),
    )
}
WRITE_CALLS: Mapping[str, Permission] = {**_KNOW, **_READS, **_WRITES, **_ACTIVATES}

# What the tagging API asks of the service that owns a resource: (to put, to take away). One that stands not here is
# taken to ask for its TagResource and UntagResource.
OWNERS_ACTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "cloudfront": (("cloudfront:TagResource",), ("cloudfront:UntagResource",)),
    "dynamodb": (("dynamodb:TagResource",), ("dynamodb:UntagResource",)),
    "ec2": (("ec2:CreateTags",), ("ec2:DeleteTags",)),
    "ecr": (("ecr:TagResource",), ("ecr:UntagResource",)),
    "ecs": (("ecs:TagResource",), ("ecs:UntagResource",)),
    "eks": (("eks:TagResource",), ("eks:UntagResource",)),
    "elasticache": (("elasticache:AddTagsToResource",), ("elasticache:RemoveTagsFromResource",)),
    "elasticfilesystem": (("elasticfilesystem:TagResource",), ("elasticfilesystem:UntagResource",)),
    "kms": (("kms:TagResource",), ("kms:UntagResource",)),
    "lambda": (("lambda:TagResource",), ("lambda:UntagResource",)),
    "logs": (("logs:TagResource",), ("logs:UntagResource",)),
    "rds": (("rds:AddTagsToResource",), ("rds:RemoveTagsFromResource",)),
    "route53": (("route53:ChangeTagsForResource",), ("route53:ChangeTagsForResource",)),
    "s3": (
        ("s3:GetBucketTagging", "s3:PutBucketTagging", "s3:TagResource"),
        ("s3:GetBucketTagging", "s3:PutBucketTagging", "s3:UntagResource"),
    ),
    "secretsmanager": (("secretsmanager:TagResource",), ("secretsmanager:UntagResource",)),
    "sns": (("sns:TagResource",), ("sns:UntagResource",)),
}


def owners_actions(service: str, drop: bool) -> tuple[str, ...]:
    """What IAM must allow beside tag:TagResources (`drop`: tag:UntagResources) for a resource of the service."""
    known = OWNERS_ACTIONS.get(service, ((f"{service}:TagResource",), (f"{service}:UntagResource",)))
    return known[drop]


def _owners() -> tuple[Permission, ...]:
    why = "what the tagging API asks of the service that owns a resource"
    names = {name for both in OWNERS_ACTIONS.values() for actions in both for name in actions}
    return tuple(Permission(name, _EVERY, why) for name in sorted(names))


# For a policy in statements: what reads, what writes tags (and can be limited to keys), what activates.
READING: tuple[Permission, ...] = tuple(dict.fromkeys((*_KNOW.values(), *_READS.values())))
TAGGING: tuple[Permission, ...] = tuple(dict.fromkeys((*_WRITES.values(), *_owners())))
ACTIVATING: tuple[Permission, ...] = tuple(_ACTIVATES.values())
WRITE_PERMISSIONS: tuple[Permission, ...] = (*READING, *TAGGING, *ACTIVATING)
