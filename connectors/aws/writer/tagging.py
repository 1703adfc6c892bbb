"""How does the tagging API read and write tags: many resources in one call, each with an outcome of its own?

Source: AWS, Resource Groups Tagging API Reference: GetResources, TagResources, UntagResources. Success is a 200 whose
FailedResourcesMap does not name the resource.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.failures import TRIES, passing, throttled
from connectors.aws.inventory.names import parse, tags_of
from connectors.aws.writer.outcomes import SDK_ERRORS, answered, failed, status
from connectors.aws.writer.permissions import owners_actions
from recon.errors import OurBug, Unreachable
from recon.fix.writing import Done, Failed, Seen

API = "resourcegroupstaggingapi"
READ, WRITE = 100, 20  # ARNs in one call
_UNSURE = Failed("unreachable", "an answer that can't be read: it names resources that were not asked about")


class _Again(Exception):
    """Some of the resources are to be asked again."""


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
    needs = desk.needs(API, operation)
    told: dict[str, Done | Failed] = {}
    left, stumbled = list(arns), 0

    def question() -> None:
        nonlocal left, stumbled
        answer = desk.once(API, operation, region, ResourceARNList=left, **asked)
        wrongs = answer.get("FailedResourcesMap") or {}
        if set(wrongs) - set(left):
            told.update(dict.fromkeys(left, _UNSURE))
            return
        stumbled += 1
        again = []
        for arn in left:
            if arn not in wrongs:
                told[arn] = Done(answer.get("ResponseMetadata", {}).get("RequestId"))
                continue
            error = answered(wrongs[arn])
            service = _service(arn)
            both = ", ".join((needs, *owners_actions(service, operation == "UntagResources")))
            told[arn] = failed(error, service, both, values)
            # AWS calls it safe to ask again after its own trouble; a 404 says that it does not take the type
            trouble = passing(error) and status(error) != 404 and stumbled < TRIES
            if throttled(error, service) is not None or trouble:
                again.append(arn)
        left = again
        if again:
            raise _Again

    def wait(error: Exception) -> float | None:
        return 0.0 if isinstance(error, _Again) else throttled(error, API)

    try:
        desk.pace.ask(desk.share(API, region), question, wait)
    except _Again:
        pass  # patience is at its end, and each has its last answer
    except SDK_ERRORS as error:
        told |= dict.fromkeys(left, failed(error, API, needs, values))
    return told


def _service(arn: str) -> str:
    known = parse(arn)
    return known.service if known else ""
