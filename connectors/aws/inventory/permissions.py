"""What may the identity that lists AWS do? Nothing but list, describe and read tags.

Data only. `CALLS`: each request that is ever sent and the permission that it needs; `Desk` sends no other.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.places.permissions import Permission

_EVERY = "every listed account"
_OWN = "the account of the credentials"
_ORG = "the management account, or one that is delegated"
_UNTAGGED = "find resources that never had a tag"
_SERVICES = f"{_UNTAGGED}, where Resource Explorer and Config do not answer"

_LISTED: Mapping[str, tuple[str, str, str]] = {
    "sts:GetCallerIdentity": ("sts:GetCallerIdentity", _OWN, "know the own account"),
    "sts:AssumeRole": ("sts:AssumeRole", "the role in each other account", "read the other accounts"),
    "ec2:DescribeRegions": ("ec2:DescribeRegions", _EVERY, "know the enabled regions"),
    "resourcegroupstaggingapi:GetResources": ("tag:GetResources", _EVERY, "read resources and their tags"),
    "organizations:ListAccounts": ("organizations:ListAccounts", _ORG, "know the accounts"),
    "organizations:ListRoots": ("organizations:ListRoots", _ORG, "know what accounts lie in"),
    "organizations:ListOrganizationalUnitsForParent": (
        "organizations:ListOrganizationalUnitsForParent",
        _ORG,
        "know what accounts lie in",
    ),
    "organizations:ListAccountsForParent": (
        "organizations:ListAccountsForParent",
        _ORG,
        "know what accounts lie in",
    ),
    "organizations:ListTagsForResource": (
        "organizations:ListTagsForResource",
        _ORG,
        "read the tags of accounts and units",
    ),
    "resource-explorer-2:GetDefaultView": ("resource-explorer-2:GetDefaultView", _EVERY, _UNTAGGED),
    "resource-explorer-2:GetView": ("resource-explorer-2:GetView", _EVERY, _UNTAGGED),
    "resource-explorer-2:ListResources": ("resource-explorer-2:ListResources", _EVERY, _UNTAGGED),
    "config:DescribeConfigurationRecorders": (
        "config:DescribeConfigurationRecorders",
        _EVERY,
        "know whether Config records all types",
    ),
    "config:DescribeConfigurationRecorderStatus": (
        "config:DescribeConfigurationRecorderStatus",
        _EVERY,
        "know whether Config records",
    ),
    "config:SelectResourceConfig": ("config:SelectResourceConfig", _EVERY, _UNTAGGED),
    "config:SelectAggregateResourceConfig": ("config:SelectAggregateResourceConfig", _OWN, _UNTAGGED),
    "ce:ListCostAllocationTags": (
        "ce:ListCostAllocationTags",
        "the account that pays",
        "know which tag keys reach the bill",
    ),
}
_DESCRIBED = {
    "ec2": (
        "DescribeInstances DescribeVolumes DescribeSnapshots DescribeSecurityGroups DescribeVpcs DescribeSubnets "
        "DescribeNatGateways DescribeAddresses"
    ),
    "rds": "DescribeDBInstances DescribeDBClusters DescribeDBSnapshots",
    "lambda": "ListFunctions",
    "dynamodb": "ListTables",
    "sqs": "ListQueues",
    "sns": "ListTopics",
    "elbv2": "DescribeLoadBalancers",
    "elb": "DescribeLoadBalancers",
    "elasticache": "DescribeCacheClusters",
    "ecr": "DescribeRepositories",
    "ecs": "ListClusters",
    "eks": "ListClusters DescribeCluster",
    "kms": "ListKeys DescribeKey",
    "logs": "DescribeLogGroups",
    "secretsmanager": "ListSecrets",
    "efs": "DescribeFileSystems",
    "iam": "ListRoles ListRoleTags",
    "cloudfront": "ListDistributions",
    "route53": "ListHostedZones",
    "s3": "ListBuckets",
}
# Where IAM spells a service or an action otherwise than its API. Source: AWS Service Authorization Reference.
_PREFIX = {"elbv2": "elasticloadbalancing", "elb": "elasticloadbalancing", "efs": "elasticfilesystem"}
_OTHERWISE = {"s3:ListBuckets": "s3:ListAllMyBuckets"}


def _described() -> dict[str, Permission]:
    found = {}
    for service, operations in _DESCRIBED.items():
        for operation in operations.split():
            call = f"{service}:{operation}"
            name = _OTHERWISE.get(call, f"{_PREFIX.get(service, service)}:{operation}")
            found[call] = Permission(name, _EVERY, _SERVICES)
    return found


CALLS: Mapping[str, Permission] = {
    **{call: Permission(*words) for call, words in _LISTED.items()},
    **_described(),
}
PERMISSIONS: tuple[Permission, ...] = tuple(dict.fromkeys(CALLS.values()))
