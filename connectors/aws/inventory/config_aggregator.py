"""What does AWS Config show of a region, things that never had a tag among them?

Config shows what its recorder records: in an account that is asked itself the recorder must run and record all
types. An aggregator is asked with the own credentials and can't tell that; there no row at all means that the
region is not in it, since no region is empty (a default VPC, an IAM role). Source: AWS, Config API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.names import parse, tags_of
from connectors.aws.inventory.place import Found, Place
from recon.errors import Unreachable
from recon.snapshot.listing import Unseen

PAGE = 100
# Records about resources, which are none themselves.
_NO_RESOURCES = (
    "AWS::Config::ResourceCompliance",
    "AWS::SSM::AssociationCompliance",
    "AWS::SSM::PatchCompliance",
)


def recorded(place: Place, aggregator: str | None) -> Iterator[Found | Unseen]:
    """Resources page by page, with the tags that Config recorded, which lag. Raises Unreachable where it is not
    set up (kind missing), denied or broken."""
    if aggregator is None:
        _recording(place)
    sessions = place.desk.sessions
    own = Desk(sessions, place.desk.pace, sessions.account) if aggregator else nullcontext(place.desk)
    any_row, nameless = False, set()
    with own as desk:
        for row in _rows(desk, place, aggregator):
            any_row = True
            arn, kind = row.get("arn"), str(row.get("resourceType", ""))
            if parse(arn) is not None:
                yield Found(str(arn), tags_of(row.get("tags")))
            elif kind not in _NO_RESOURCES and kind not in nameless:
                nameless.add(kind)
                reason = "AWS Config names no ARN for resources of this type"
                yield Unseen("aws", place.account, reason, place.region, kind)
    if not any_row:
        raise Unreachable(place.what, "AWS Config shows nothing of this region", None, "missing")


def _rows(desk: Desk, place: Place, aggregator: str | None) -> Iterator[dict[str, object]]:
    regions = ([f"'{place.region}'"] if place.regional else []) + (["'global'"] if place.everywhere else [])
    query = f"SELECT resourceType, arn, tags WHERE awsRegion IN ({', '.join(regions)})"
    if aggregator:
        asked = {"ConfigurationAggregatorName": aggregator}
        query += f" AND accountId = '{place.account}'"
        call, region = "SelectAggregateResourceConfig", desk.sessions.region
    else:
        asked, call, region = {}, "SelectResourceConfig", place.region
    for page in desk.pages("config", call, region, needs="Results", Expression=query, Limit=PAGE, **asked):
        for text in page["Results"]:
            try:
                row = json.loads(text)
            except (TypeError, ValueError):
                row = None
            if not isinstance(row, dict):
                raise Unreachable(place.what, f"an answer that can't be read: a row of config:{call}")
            yield row


def _recording(place: Place) -> None:
    """Raises Unreachable where the recorder does not record all types."""
    desk, region = place.desk, place.region
    status = desk.ask("config", "DescribeConfigurationRecorderStatus", region)
    running = {s.get("name") for s in status.get("ConfigurationRecordersStatus", ()) if s.get("recording")}
    if not running:
        raise Unreachable(place.what, "AWS Config does not record here", None, "missing")
    recorders = desk.ask("config", "DescribeConfigurationRecorders", region).get("ConfigurationRecorders", ())
    groups = [r.get("recordingGroup", {}) for r in recorders if r.get("name") in running]
    if not any(g.get("allSupported") for g in groups):
        raise Unreachable(place.what, "AWS Config records some types only", None, "missing")
