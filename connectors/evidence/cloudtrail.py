"""Which tags did an event of AWS CloudTrail change, on which resources?

Sources: the record contents of the CloudTrail user guide (eventTime, eventName, userIdentity, requestParameters, responseElements,
resources, recipientAccountId, errorCode, eventID), LookupEvents of its API (CloudTrailEvent: the record as JSON text), and the
tagging operations' own request parameters. Which services write which parameter is written from knowledge of their APIs, and not
checked against a real trail; services beyond those are read by the same names, which is a guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.evidence.fields import inside, items, key_names, text, walk
from connectors.evidence.instants import instant
from recon.snapshot.evidence import TagEvent

# TagResource, UntagResources, CreateTags, AddTagsToResource, PutBucketTagging … and with a date behind: TagResource20170331v2
_TAGS = re.compile(
    r"(?:Tag|Untag|AddTags|RemoveTags|CreateTags|CreateOrUpdateTags|DeleteTags|ChangeTags)[A-Za-z]*?(?:\d{8}(?:v\d)?)?"
    r"|(?:Put|Delete|Replace)\w*Tagging"
)
_REPLACES = re.compile(r"(?:Put|Delete|Replace)\w*Tagging")  # what is not named goes
_MAKES = re.compile(r"(?:Create|Run|Request|Register|Allocate|Launch|Start|Import|Put)[A-Z]\w*")
_KEYS = ("tagkeys", "tagkeylist", "tagstoadd", "tagstoremove", "addtags", "removetagkeys")
_TAG_LISTS = ("tags", "tagset", "taglist", "tag")
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[^:\s]*:[^:\s]*:\S+")
# requestParameters → how the ARN is made where only a name is written
_NAMED = {
    "bucketName": "arn:{p}:s3:::{n}",
    "logGroupName": "arn:{p}:logs:{r}:{a}:log-group:{n}",
    "streamName": "arn:{p}:kinesis:{r}:{a}:stream/{n}",
    "loadBalancerNames": "arn:{p}:elasticloadbalancing:{r}:{a}:loadbalancer/{n}",
    "roleName": "arn:{p}:iam::{a}:role/{n}",
    "userName": "arn:{p}:iam::{a}:user/{n}",
    "keyId": "arn:{p}:kms:{r}:{a}:key/{n}",
    "functionName": "arn:{p}:lambda:{r}:{a}:function:{n}",
}
_SHORT = re.compile(r"[a-z]{1,10}-[0-9a-f]{8,17}")
_DEEP = 6


def is_cloudtrail(record: Mapping[str, Any]) -> bool:
    """Whether a record is CloudTrail's: an event, an answer of lookup-events, an event of EventBridge, or a digest."""
    return (
        ("eventName" in record and "eventSource" in record)
        or ("EventName" in record and "EventId" in record)
        or str(record.get("detail-type", "")).endswith("via CloudTrail")
        or "digestS3Bucket" in record
    )


def tag_events(record: Mapping[str, Any]) -> Iterator[TagEvent]:
    """The tag changes of one record; none for what changes no tags, failed, or only reads. Raises ValueError (why)."""
    event = _event(record)
    name = text(event.get("eventName")) or ""
    changes = bool(_TAGS.fullmatch(name))
    if (
        event.get("errorCode")
        or event.get("readOnly") in (True, "true")
        or not (changes or _MAKES.fullmatch(name))
    ):
        return
    request = event.get("requestParameters")
    keys = _keys(request)
    if not changes and not keys:
        return
    at = instant(event.get("eventTime"))
    if at is None:
        raise ValueError("eventTime is no time")
    resources = (_asked(event, request) if changes else _made(event)) or _named(record, event)
    service = str(event.get("eventSource") or "").removesuffix(".amazonaws.com")
    event_id = text(event.get("eventID"))
    if event_id is None:
        raise ValueError("eventID is missing")
    known: list[str | None] = [*dict.fromkeys(keys)]
    if not known or _REPLACES.fullmatch(name):
        known.append(None)
    account = text(event.get("recipientAccountId")) or text(inside(event, "userIdentity", "accountId"))
    for resource in dict.fromkeys(resources):
        own = resource.split(":")[4] if resource.startswith("arn:") and resource.count(":") > 4 else ""
        for key in known:
            yield TagEvent(
                at, _actor(event), f"{service}:{name}", "aws", own or account, resource, key, event_id
            )  # fmt: skip


def _event(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event itself, whatever brought it."""
    if isinstance(inside(record, "detail"), Mapping):
        return dict(record["detail"])
    if "CloudTrailEvent" not in record:
        return record
    try:
        event = json.loads(record["CloudTrailEvent"])
    except (TypeError, ValueError, RecursionError):
        raise ValueError("CloudTrailEvent is no JSON") from None
    if not isinstance(event, dict):
        raise ValueError("CloudTrailEvent is no JSON object")
    return event


def _keys(request: Any) -> list[str]:
    found: list[str] = []
    for name, value in walk(request, _DEEP):
        folded = name.lower()
        if isinstance(value, str):  # redacted: HIDDEN_DUE_TO_SECURITY_REASONS
            continue
        if folded in _TAG_LISTS or folded in _KEYS:
            # {"TagSet": {"Tag": …}} holds a list further in
            if isinstance(value, Mapping) and {k.lower() for k in value} & {"tag", "tagset", "xmlns"}:
                continue
            found += key_names(value)
    return found


def _asked(event: Mapping[str, Any], request: Any) -> list[str]:
    """What a tagging operation was asked to change: ARNs, short ids, else the names of which an ARN can be made."""
    found: list[str] = []
    if not isinstance(request, Mapping):
        return found
    for item in items(request.get("resourcesSet")):  # EC2
        found += [r for r in [text(inside(item, "resourceId"))] if r]
    for name, value in request.items():
        if name == "resourcesSet" or "tag" in name.lower():
            continue
        for each in items(value):
            if isinstance(each, str) and (_ARN.fullmatch(each) or _SHORT.fullmatch(each)):
                found.append(each)
    return found or _of_names(event, request)


def _of_names(event: Mapping[str, Any], request: Mapping[str, Any]) -> list[str]:
    region, account = event.get("awsRegion") or "", event.get("recipientAccountId") or ""
    partition = (
        "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    )
    found = [
        form.format(p=partition, r=region, a=account, n=each)
        for name, form in _NAMED.items()
        for each in items(request.get(name))
        if isinstance(each, str) and each
    ]
    queue = text(request.get("queueUrl"))
    if queue and queue.count("/") >= 4:
        owner, name = queue.rsplit("/", 2)[1:]
        found.append(f"arn:{partition}:sqs:{region}:{owner}:{name}")
    return found


def _made(event: Mapping[str, Any]) -> list[str]:
    """What an operation made, as its answer says: instances of EC2, else its first ARN, else its first short id."""
    answer = event.get("responseElements")
    machines = [text(inside(item, "instanceId")) for item in items(inside(answer, "instancesSet"))]
    if any(machines):
        return [machine for machine in machines if machine]
    texts = [value for name, value in walk(answer, 3) if isinstance(value, str)]
    arns = [value for value in texts if _ARN.fullmatch(value)]
    short = [value for value in texts if _SHORT.fullmatch(value) and not value.startswith("req-")]
    if found := arns[:1] or short[:1]:
        return found
    request = event.get("requestParameters")
    return _of_names(event, request) if isinstance(request, Mapping) else []


def _named(record: Mapping[str, Any], event: Mapping[str, Any]) -> list[str]:
    """The resources that the record lists beside the request."""
    listed = [inside(item, "ARN") for item in items(event.get("resources"))]
    listed += [inside(item, "ResourceName") for item in items(record.get("Resources"))]
    return [found for found in map(text, listed) if found]


def _actor(event: Mapping[str, Any]) -> str | None:
    who = event.get("userIdentity")
    parts = ("arn", "userName", "invokedBy", "principalId", "type")
    return next((found for part in parts if (found := text(inside(who, part)))), None)
