"""How does a tag key reach the bill, and the months before? Cost allocation tags and their backfill, as edits of tags.

Two pseudo resources of the account that pays: `cost-allocation-tag/<key>` with the one tag Status, and
`cost-allocation-backfill` with the one tag BackfillFrom. Source: AWS, Cost Explorer API Reference:
UpdateCostAllocationTagsStatus, StartCostAllocationTagBackfill.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.failures import code, throttled
from connectors.aws.writer.outcomes import SDK_ERRORS, answered, failed
from recon.errors import OurBug, Unreachable
from recon.fix.writing import Done, Edit, Failed, Seen, Target

TAG, BACKFILL = "cost-allocation-tag", "cost-allocation-backfill"  # resource types
STATUS, FROM = "Status", "BackfillFrom"  # the tags of the two
KEYS = 20  # in one call that changes their status
_NAMED, _PAGE = 100, 1000  # keys in one question, entries in one answer
_STATES = ("Active", "Inactive")
_MONTHS = 12  # back to which a backfill reaches
_FIRST = re.compile(r"(\d{4})-(0[1-9]|1[0-2])-01T00:00:00Z")
_UNKNOWN = Failed(
    "gone", "AWS has not seen this key yet; it can be activated up to 24 h after it is first used"
)
_ONE_A_DAY = "AWS takes one backfill in 24 hours, and none while one is at work; apply it later"
_UNSURE = Failed("unreachable", "an answer that can't be read: it names keys that were not asked about")


def key_of(target: Target) -> str:
    """The tag key that a pseudo resource stands for."""
    return target.resource_id.removeprefix(f"{TAG}/")


def read(desk: Desk, targets: Sequence[Target]) -> dict[Target, Seen | Failed]:
    """The status of each key, or where the newest backfill begins."""
    told: dict[Target, Seen | Failed] = {}
    tags = [target for target in targets if target.resource_type == TAG]
    for at in range(0, len(tags), _NAMED):
        told |= _statuses(desk, tags[at : at + _NAMED])
    for target in targets:
        if target.resource_type == BACKFILL:
            told[target] = _backfilled(desk)
    return told


def _statuses(desk: Desk, targets: Sequence[Target]) -> dict[Target, Seen | Failed]:
    keys = sorted({key_of(target) for target in targets})
    known: dict[str, str] = {}
    try:
        for page in desk.pages(
            *("ce", "ListCostAllocationTags", desk.sessions.global_region),
            needs="CostAllocationTags", TagKeys=keys, MaxResults=_PAGE,
        ):  # fmt: skip
            known |= {str(tag["TagKey"]): str(tag["Status"]) for tag in page["CostAllocationTags"]}
    except Unreachable as error:
        return dict.fromkeys(targets, failed(error, "ce", error.permission or "", ()))
    return {
        target: Seen({STATUS: known[key]}) if (key := key_of(target)) in known else _UNKNOWN
        for target in targets
    }


def _backfilled(desk: Desk) -> Seen | Failed:
    newest: tuple[str, str] | None = None
    try:
        for page in desk.pages(
            *("ce", "ListCostAllocationTagBackfillHistory", desk.sessions.global_region),
            needs="BackfillRequests", MaxResults=_PAGE,
        ):  # fmt: skip
            for each in page["BackfillRequests"]:
                if each.get("BackfillStatus") in ("PROCESSING", "SUCCEEDED"):
                    asked = (_utc(str(each.get("RequestedAt", ""))), _utc(str(each.get("BackfillFrom", ""))))
                    newest = max(newest or asked, asked)
    except Unreachable as error:
        return failed(error, "ce", error.permission or "", ())
    except ValueError:
        return Failed("unreachable", "an answer that can't be read: the history of backfills has no time")
    return Seen({FROM: newest[1]} if newest else {})


def _utc(text: str) -> str:
    at = dt.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("it names no zone")
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def refused(edit: Edit, today: dt.date) -> Failed | None:
    """What can't be asked of Cost Explorer; None where the edit can be sent."""
    backfill = edit.target.resource_type == BACKFILL
    if edit.drop and backfill:
        return Failed("unsupported", "a backfill can't be undone; the status of the keys can")
    if edit.drop:
        return Failed("unsupported", "a status can't be taken away: put Inactive")
    if set(edit.put) != {FROM if backfill else STATUS}:
        return Failed("rejected", f"only {FROM if backfill else STATUS} can be put here")
    if not backfill:
        allowed = edit.put[STATUS] in _STATES
        return None if allowed else Failed("rejected", f"a status is one of {', '.join(_STATES)}")
    found = _FIRST.fullmatch(edit.put[FROM])
    if found is None:
        return Failed("rejected", "a backfill begins on the first of a month: YYYY-MM-01T00:00:00Z")
    back = (today.year - int(found[1])) * 12 + today.month - int(found[2])
    if not 0 <= back <= _MONTHS:
        return Failed("rejected", f"a backfill begins at most {_MONTHS} months back, and not in the future")
    return None


def change(desk: Desk, edits: Sequence[Edit]) -> dict[Target, Done | Failed]:
    """Change the status of up to 20 keys, or start a backfill."""
    if edits[0].target.resource_type == BACKFILL:
        return {edit.target: _backfill(desk, edit.put[FROM]) for edit in edits}
    if len(edits) > KEYS:
        raise OurBug(f"UpdateCostAllocationTagsStatus takes {KEYS} keys, not {len(edits)}")
    wanted = [{"TagKey": key_of(edit.target), STATUS: edit.put[STATUS]} for edit in edits]
    operation = "UpdateCostAllocationTagsStatus"
    needs = desk.needs("ce", operation)
    try:
        answer = _asked(desk, operation, CostAllocationTagsStatus=wanted)
    except SDK_ERRORS as error:
        return dict.fromkeys((edit.target for edit in edits), failed(error, "ce", needs, ()))
    wrongs = {str(each.get("TagKey", "")): each for each in answer.get("Errors") or ()}
    if set(wrongs) - {each["TagKey"] for each in wanted}:
        return dict.fromkeys((edit.target for edit in edits), _UNSURE)
    told: dict[Target, Done | Failed] = {}
    for edit in edits:
        wrong = wrongs.get(key_of(edit.target))
        if wrong is None:
            told[edit.target] = Done(_request(answer))
            continue
        said = {"ErrorCode": wrong.get("Code"), "ErrorMessage": wrong.get("Message"), "StatusCode": 400}
        told[edit.target] = failed(answered(said), "ce", needs, ())
    return told


def _backfill(desk: Desk, start: str) -> Done | Failed:
    operation = "StartCostAllocationTagBackfill"
    try:
        return Done(_request(_asked(desk, operation, BackfillFrom=start)))
    except SDK_ERRORS as error:
        if code(error) in ("LimitExceededException", "BackfillLimitExceededException"):
            return Failed("rejected", _ONE_A_DAY)
        return failed(error, "ce", desk.needs("ce", operation), ())


def _asked(desk: Desk, operation: str, **asked: Any) -> Mapping[str, Any]:
    region = desk.sessions.global_region
    return desk.pace.at_once(
        desk.share("ce", region),
        lambda: desk.once("ce", operation, region, **asked),
        lambda error: throttled(error, "ce"),
    )


def _request(answer: Mapping[str, Any]) -> str | None:
    found = answer.get("ResponseMetadata", {}).get("RequestId")
    return None if found is None else str(found)
