"""Where is a resource asked: in which account and region, by which calls? Or why is it never written?"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.aws.inventory.names import Arn, parse
from connectors.aws.writer import activation, tagging
from connectors.aws.writer.ways import Way, home, never, way_of
from recon.fix.writing import Edit, Target
from recon.hostile import shown


@dataclass(frozen=True)
class Road:
    """`account`: "" is the one of the credentials; `arn`: None for cost allocation; `way`: None for the tagging API."""

    account: str
    region: str = ""
    arn: Arn | None = None
    way: Way | None = None


def road_to(target: Target) -> Road | str:
    """The road; a text says why there is none."""
    if target.resource_type in (activation.TAG, activation.BACKFILL):
        return Road(target.account_id) if target.account_id else "the account that pays is not known"
    arn = parse(target.resource_id)
    if arn is None:
        return "its id is no ARN, and AWS tags by ARN; change it at its source"
    if (why := never(arn)) is not None:
        return why
    way = way_of(arn)
    if way is not None and way.by_management:
        return Road("", home(arn, ""), arn, way)
    account = target.account_id or arn.account
    if not account:
        return "its account is not known: an inventory that lists it would tell"
    if arn.account not in ("", "aws", account):
        return f"it belongs to account {shown(arn.account, 20)}, and is changed there"
    region = home(arn, "" if target.region == "global" else target.region)
    if not region:
        return "its region is not known: an inventory that lists it would tell"
    return Road(account, region, arn, way)


def call_of(edit: Edit) -> tuple[object, int]:
    """What the edits of one call have in common, and how many it takes."""
    road = road_to(edit.target)
    if isinstance(road, str) or road.way is not None or edit.target.resource_type == activation.BACKFILL:
        return (edit.target, frozenset(edit.put.items()), edit.drop), 1
    if road.arn is None:
        return (activation.TAG, road.account), activation.KEYS
    alike = (frozenset(edit.put.items()), frozenset(edit.drop))
    return (road.account, road.region, *alike), tagging.WRITE
