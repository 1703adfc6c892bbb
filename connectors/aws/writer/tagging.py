"""How does the tagging API read and write tags: many resources in one call, each with an outcome of its own?

Source: AWS, Resource Groups Tagging API Reference: GetResources, TagResources, UntagResources. Success is a 200 whose
FailedResourcesMap does not name the resource.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.failures import passing, throttled
from connectors.aws.inventory.names import parse, tags_of
from connectors.aws.writer.outcomes import SDK_ERRORS, answered, failed, status
from connectors.aws.writer.permissions import owners_actions
from recon.errors import OurBug, Unreachable
from recon.fix.writing import Done, Failed, Seen

API = "resourcegroupstaggingapi"
READ, WRITE = 100, 20  # ARNs in one call
_UNSURE = Failed("unreachable", "an answer that can't be read: it names resources that were not asked about")


def read(desk: Desk, region: str, arns: Sequence[str]) -> dict[str, Seen | Failed]:
    """The tags of the resources as they are now. One that never had a tag is not in the answer, and neither is one that does
    not exist: both carry none; writing tells them apart."""
    told: dict[str, Seen | Failed] = {}
    for at in range(0, len(arns), READ):
        part = arns[at : at + READ]
        try:
            told |= _asked(desk, region, part)
        except Unreachable as error:
            told |= dict.fromkeys(part, failed(error, API, "tag:GetResources", ()))
    return told


def _asked(desk: Desk, region: str, arns: Sequence[str]) -> dict[str, Seen | Failed]:
    answer = desk.ask(API, "GetResources", region, ResourceARNList=list(arns))
    if not isinstance(answer.get("ResourceTagMappingList"), list):
        raise Unreachable(
            f"aws/{desk.account}/{region}", "an answer that can't be read: GetResources lacks its list"
        )
    if answer.get("PaginationToken") and len(arns) > 1:
        # a list of ARNs has no pages: what is too much for one answer is asked in halves
        half = len(arns) // 2
        return {**_asked(desk, region, arns[:half]), **_asked(desk, region, arns[half:])}
    told: dict[str, Seen | Failed] = {arn: Seen({}) for arn in arns}
    for each in answer["ResourceTagMappingList"]:
        if (arn := str(each.get("ResourceARN", ""))) in told:
            told[arn] = Seen(tags_of(each.get("Tags")))
    return told


def put(
    desk: Desk, region: str, arns: Sequence[str], tags: Mapping[str, str], values: Collection[str]
) -> dict[str, Done | Failed]:
    """Add the tags to each of the resources. `values`: what no reason may repeat."""
    return _changed(desk, region, "TagResources", arns, {"Tags": dict(tags)}, values)


def drop(
    desk: Desk, region: str, arns: Sequence[str], keys: Sequence[str], values: Collection[str]
) -> dict[str, Done | Failed]:
    """Take the keys away from each of the resources."""
    return _changed(desk, region, "UntagResources", arns, {"TagKeys": list(keys)}, values)


def _changed(
    desk: Desk,
    region: str,
    operation: str,
    arns: Sequence[str],
    asked: Mapping[str, Any],
    values: Collection[str],
) -> dict[str, Done | Failed]:
    if len(arns) > WRITE:
        raise OurBug(f"{operation} takes {WRITE} resources, not {len(arns)}")
    needs, share = desk.needs(API, operation), desk.share(API, region)
    try:
        answer = desk.pace.at_once(
            share,
            lambda: desk.once(API, operation, region, ResourceARNList=list(arns), **asked),
            lambda error: throttled(error, API),
        )
    except SDK_ERRORS as error:
        return dict.fromkeys(arns, failed(error, API, needs, values))
    wrongs = answer.get("FailedResourcesMap") or {}
    if set(wrongs) - set(arns):
        return dict.fromkeys(arns, _UNSURE)
    done = Done(answer.get("ResponseMetadata", {}).get("RequestId"))
    told = {
        arn: _outcome(arn, wrongs[arn], operation, needs, values) if arn in wrongs else done for arn in arns
    }
    if any(isinstance(each, Failed) and each.kind == "throttled" for each in told.values()):
        desk.pace.slow(share)
    return told


def _outcome(arn: str, wrong: Any, operation: str, needs: str, values: Collection[str]) -> Failed:
    error, service = answered(wrong), _service(arn)
    both = ", ".join((needs, *owners_actions(service, operation == "UntagResources")))
    said = failed(error, service, both, values)
    # AWS calls it safe to ask again after its own trouble; a 404 says that it does not take the type
    again = throttled(error, service) is not None or (passing(error) and status(error) != 404)
    return Failed("throttled", said.reason) if again else said


def _service(arn: str) -> str:
    known = parse(arn)
    return known.service if known else ""
