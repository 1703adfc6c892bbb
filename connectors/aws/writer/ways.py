"""Which call writes the tags of a resource? A table: the services' own where it names them, else the tagging API.

Only calls that add to the tags that are there, or take away the named ones. S3 goes through the tagging API and never through
PutBucketTagging, which replaces the whole set. Sources: AWS, the services' models in botocore; CloudFormation in the Resource
Groups Tagging API Reference, TagResources: tagging a stack set updates its stacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.aws.inventory.names import Arn
from connectors.aws.inventory.session import GLOBAL_REGIONS


@dataclass(frozen=True)
class Way:
    """`named`: the parameters that name the resource ({arn}, {name}, {last}, {url}); `found`: path of the tags in what `read`
    answers (JMESPath); `holds`: path without which the answer knows no such resource; `as_map`: tags are put as a map, else as
    pairs; `keys`: parameter of the keys to take away, `bare` where it holds texts, else pairs; `url`: the call that says
    {url}; `by_management`: the organization is asked, with the own credentials."""

    service: str
    read: str
    put: str
    drop: str
    named: Mapping[str, Any]
    found: str = "Tags"
    as_map: bool = False
    keys: str = "TagKeys"
    bare: bool = True
    url: str = ""
    holds: str = ""
    by_management: bool = False

    def putting(self, tags: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of `put` beside those that name the resource."""
        return {"Tags": dict(tags) if self.as_map else [{"Key": k, "Value": v} for k, v in tags.items()]}

    def dropping(self, keys: tuple[str, ...]) -> dict[str, Any]:
        """The parameters of `drop` beside those that name the resource."""
        return {self.keys: list(keys) if self.bare else [{"Key": key} for key in keys]}


_ELBV2 = Way(
    *("elbv2", "DescribeTags", "AddTags", "RemoveTags", {"ResourceArns": ["{arn}"]}),
    found="TagDescriptions[0].Tags", holds="TagDescriptions[0]",
)  # fmt: skip
_ELB = Way(
    *("elb", "DescribeTags", "AddTags", "RemoveTags", {"LoadBalancerNames": ["{last}"]}),
    found="TagDescriptions[0].Tags", holds="TagDescriptions[0]", keys="Tags", bare=False,
)  # fmt: skip
_SSM = Way(
    *("ssm", "ListTagsForResource", "AddTagsToResource", "RemoveTagsFromResource"),
    named={"ResourceType": "Parameter", "ResourceId": "{name}"}, found="TagList",
)  # fmt: skip
_SQS = Way(
    *("sqs", "ListQueueTags", "TagQueue", "UntagQueue", {"QueueUrl": "{url}"}), as_map=True, url="GetQueueUrl"
)
_IAM = Way("iam", "ListRoleTags", "TagRole", "UntagRole", {"RoleName": "{last}"})
_ORG = Way(
    *("organizations", "ListTagsForResource", "TagResource", "UntagResource", {"ResourceId": "{last}"}),
    by_management=True,
)
# service of the ARN, what its resource part matches, way: the first that fits
_WAYS: tuple[tuple[str, re.Pattern[str], Way], ...] = (
    ("elasticloadbalancing", re.compile(r"loadbalancer/(?!app/|net/|gwy/)[^/]+"), _ELB),
    ("elasticloadbalancing", re.compile(r".+"), _ELBV2),
    ("ssm", re.compile(r"parameter/.+"), _SSM),
    ("sqs", re.compile(r"[^:/]+"), _SQS),
    ("iam", re.compile(r"role/.+"), _IAM),
    ("organizations", re.compile(r"(?:account|ou|root)/.+"), _ORG),
)
_NEVER: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "cloudformation",
        re.compile(r"stack(?:set)?/.+"),
        "tagging a stack updates it, and may change what it made; change its template",
    ),
    (
        "autoscaling",
        re.compile(r".+"),
        "a tag of an Auto Scaling group also says whether instances get it, which the tagging API can't keep; change it at its source",
    ),
    ("iam", re.compile(r"user/.+"), "the tagging API does not take users of IAM; change it in IAM"),
    (
        "s3",
        re.compile(r".+/.+", re.DOTALL),
        "tags of objects are replaced as a whole; change it at its source",
    ),
)


def way_of(arn: Arn) -> Way | None:
    """The service's own way; None: the tagging API."""
    fits = (way for service, rest, way in _WAYS if service == arn.service and rest.fullmatch(arn.rest))
    return next(fits, None)


def never(arn: Arn) -> str | None:
    """Why the resource is not written at all, in words."""
    fits = (why for service, rest, why in _NEVER if service == arn.service and rest.fullmatch(arn.rest))
    return next(fits, None)


def named(way: Way, arn: Arn, url: str = "") -> dict[str, Any]:
    """The parameters that name the resource in the service's own words."""
    words = {"arn": arn.text, "last": arn.text.rsplit("/", 1)[-1], "name": _parameter(arn), "url": url}

    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: words[found[1]], text)

    return {
        k: [filled(each) for each in v] if isinstance(v, list) else filled(v) for k, v in way.named.items()
    }


def home(arn: Arn, region: str) -> str:
    """The region that is asked about the resource; "" where it is not known."""
    if arn.is_global:
        return GLOBAL_REGIONS.get(arn.text.split(":")[1], "")
    return arn.region or region


def _parameter(arn: Arn) -> str:
    """The name of a Systems Manager parameter: one in a hierarchy begins with a slash, which its ARN has only once."""
    rest = arn.rest.removeprefix("parameter/")
    return f"/{rest}" if "/" in rest else rest
