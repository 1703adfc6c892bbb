"""Which resources does each service list itself? A table: one line per type.

For what never had a tag, where neither Resource Explorer nor Config answers. Types that stand not here and never had
a tag stay unseen then. Source: the services' models in botocore.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Detail:
    """A question about one item. `takes`: the parameter and the path of its value in the item; `tags`: path in the
    answer; `unless`: path whose value means that the item does not count."""

    operation: str
    takes: tuple[str, str]
    tags: str = ""
    unless: str = ""


@dataclass(frozen=True)
class Line:
    """`items`: path in a page; `id`: path in an item; `arn`: made of the id ({tail}: what stands after its last
    slash); `owner`: path of the account that shares it; `unless`: path that is true for what does not count.
    Paths are JMESPath. `tags`: path in an item, "" where the service gives none with its list: what GetResources
    does not show then never had one."""

    type: str
    service: str
    operation: str
    items: str
    id: str
    arn: str = "{id}"
    tags: str = ""
    owner: str = ""
    unless: str = ""
    asked: Mapping[str, object] = field(default_factory=dict)
    detail: Detail | None = None
    everywhere: bool = False


_EC2 = "arn:{partition}:ec2:{region}:{account}:"
# Without a page size EC2 answers with everything at once.
_PAGED = {"MaxResults": 500}
_SELF = {"OwnerIds": ["self"], **_PAGED}
_HOME = {"MaxBuckets": 1000, "BucketRegion": "{region}"}

# fmt: off
LINES: tuple[Line, ...] = (
    Line("ec2:instance", "ec2", "DescribeInstances", "Reservations[].Instances[]", "InstanceId", _EC2 + "instance/{id}", "Tags", unless="State.Name == 'terminated'", asked=_PAGED),
    Line("ec2:volume", "ec2", "DescribeVolumes", "Volumes", "VolumeId", _EC2 + "volume/{id}", "Tags", asked=_PAGED),
    Line("ec2:snapshot", "ec2", "DescribeSnapshots", "Snapshots", "SnapshotId", _EC2 + "snapshot/{id}", "Tags", asked=_SELF),
    Line("ec2:security-group", "ec2", "DescribeSecurityGroups", "SecurityGroups", "GroupId", _EC2 + "security-group/{id}", "Tags", owner="OwnerId", asked=_PAGED),
    Line("ec2:vpc", "ec2", "DescribeVpcs", "Vpcs", "VpcId", _EC2 + "vpc/{id}", "Tags", owner="OwnerId", asked=_PAGED),
    Line("ec2:subnet", "ec2", "DescribeSubnets", "Subnets", "SubnetId", _EC2 + "subnet/{id}", "Tags", owner="OwnerId", asked=_PAGED),
    Line("ec2:natgateway", "ec2", "DescribeNatGateways", "NatGateways", "NatGatewayId", _EC2 + "natgateway/{id}", "Tags", unless="State == 'deleted'", asked=_PAGED),
    Line("ec2:elastic-ip", "ec2", "DescribeAddresses", "Addresses", "AllocationId", _EC2 + "elastic-ip/{id}", "Tags"),
    Line("rds:db", "rds", "DescribeDBInstances", "DBInstances", "DBInstanceArn", tags="TagList"),
    Line("rds:cluster", "rds", "DescribeDBClusters", "DBClusters", "DBClusterArn", tags="TagList"),
    Line("rds:snapshot", "rds", "DescribeDBSnapshots", "DBSnapshots", "DBSnapshotArn", tags="TagList"),
    Line("lambda:function", "lambda", "ListFunctions", "Functions", "FunctionArn"),
    Line("dynamodb:table", "dynamodb", "ListTables", "TableNames", "@", "arn:{partition}:dynamodb:{region}:{account}:table/{id}"),
    Line("sqs:queue", "sqs", "ListQueues", "QueueUrls", "@", "arn:{partition}:sqs:{region}:{account}:{tail}", asked={"MaxResults": 1000}),
    Line("sns:topic", "sns", "ListTopics", "Topics", "TopicArn"),
    Line("elasticloadbalancing:loadbalancer", "elbv2", "DescribeLoadBalancers", "LoadBalancers", "LoadBalancerArn"),
    Line("elasticloadbalancing:loadbalancer", "elb", "DescribeLoadBalancers", "LoadBalancerDescriptions", "LoadBalancerName", "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{id}"),
    Line("elasticache:cluster", "elasticache", "DescribeCacheClusters", "CacheClusters", "ARN"),
    Line("ecr:repository", "ecr", "DescribeRepositories", "repositories", "repositoryArn"),
    Line("ecs:cluster", "ecs", "ListClusters", "clusterArns", "@"),
    Line("eks:cluster", "eks", "ListClusters", "clusters", "@", "arn:{partition}:eks:{region}:{account}:cluster/{id}", detail=Detail("DescribeCluster", ("name", "@"), "cluster.tags")),
    Line("kms:key", "kms", "ListKeys", "Keys", "KeyArn", detail=Detail("DescribeKey", ("KeyId", "KeyId"), unless="KeyMetadata.KeyManager == 'AWS'")),
    Line("logs:log-group", "logs", "DescribeLogGroups", "logGroups", "logGroupArn || arn"),
    Line("secretsmanager:secret", "secretsmanager", "ListSecrets", "SecretList", "ARN", tags="Tags"),
    Line("elasticfilesystem:file-system", "efs", "DescribeFileSystems", "FileSystems", "FileSystemArn", tags="Tags"),
    Line("s3:bucket", "s3", "ListBuckets", "Buckets", "Name", "arn:{partition}:s3:::{id}", asked=_HOME, unless="BucketRegion && BucketRegion != '{region}'"),
    # GetResources does not show roles: their tags are asked for one by one, or they would look untagged.
    Line("iam:role", "iam", "ListRoles", "Roles", "Arn", detail=Detail("ListRoleTags", ("RoleName", "RoleName"), "Tags"), everywhere=True),
    Line("cloudfront:distribution", "cloudfront", "ListDistributions", "DistributionList.Items", "ARN", everywhere=True),
    Line("route53:hostedzone", "route53", "ListHostedZones", "HostedZones", "Id", "arn:{partition}:route53:::hostedzone/{tail}", everywhere=True),
)
# fmt: on
