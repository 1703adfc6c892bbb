"""What does Resource Explorer show of a region, things that never had a tag among them?

Its default view must include tags and leave nothing out; else what it shows proves nothing. A region that it
indexes has an index of its own, so that each region is asked itself. Source: AWS, Resource Explorer API Reference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.aws.inventory.names import tags_of
from connectors.aws.inventory.place import Found, Place
from recon.errors import Unreachable

PAGE = 999  # with 1000 it gives no token for the next page, and looks complete
_SERVICE = "resource-explorer-2"


def explored(place: Place) -> Iterator[Found]:
    """Resources page by page, with the tags that the index knows, which lag. Raises Unreachable where it is not
    set up (kind missing), denied or broken."""
    view = _view(place)
    filters = [f"region:{place.region}"] if place.regional else []
    filters += ["region:global"] if place.everywhere else []
    for text in filters:
        for page in place.desk.pages(
            *(_SERVICE, "ListResources", place.region),
            needs="Resources",
            ViewArn=view,
            MaxResults=PAGE,
            Filters={"FilterString": text},
        ):
            for item in page["Resources"]:
                yield Found(str(item.get("Arn", "")), _tags(item))


def _view(place: Place) -> str:
    said = place.desk.ask(_SERVICE, "GetDefaultView", place.region).get("ViewArn")
    if not said:
        raise Unreachable(place.what, "Resource Explorer has no default view here", None, "missing")
    view = place.desk.ask(_SERVICE, "GetView", place.region, ViewArn=said).get("View", {})
    if not any(each.get("Name") == "tags" for each in view.get("IncludedProperties", ())):
        raise Unreachable(
            place.what, "Resource Explorer's default view does not include tags", None, "missing"
        )
    if view.get("Filters", {}).get("FilterString"):
        raise Unreachable(
            place.what, "Resource Explorer's default view shows a part of the resources", None, "missing"
        )
    return str(said)


def _tags(item: Mapping[str, Any]) -> dict[str, str]:
    """The property `tags`: a list of pairs, or that list as JSON text."""
    for each in item.get("Properties", ()):
        if each.get("Name") == "tags":
            data = each.get("Data")
            if isinstance(data, str):
                try:
                    data = json.loads(data)
                except ValueError:
                    data = None
            return tags_of(data)
    return {}
