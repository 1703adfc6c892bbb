"""Which resources of a region have tags, or had some?

The Resource Groups Tagging API never shows what was never tagged; what it shows it shows with its tags as they are.
Source: AWS, Resource Groups Tagging API Reference, GetResources.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.aws.inventory.failures import code
from connectors.aws.inventory.names import tags_of
from connectors.aws.inventory.place import Found, Place
from recon.errors import Unreachable

PAGE = 100  # the most that it gives
_RESTARTS = 3


def tagged(place: Place) -> Iterator[Found]:
    """Resources with their tags, page by page. When a page token expires the listing begins anew: the same
    resource may then come again. Raises Unreachable."""
    for start in range(_RESTARTS + 1):
        try:
            for page in place.desk.pages(
                *("resourcegroupstaggingapi", "GetResources", place.region),
                needs="ResourceTagMappingList",
                ResourcesPerPage=PAGE,
            ):
                for mapping in page["ResourceTagMappingList"]:
                    yield Found(str(mapping.get("ResourceARN", "")), tags_of(mapping.get("Tags")))
            return
        except Unreachable as error:
            cause = error.__cause__
            if not isinstance(cause, Exception) or code(cause) != "PaginationTokenExpiredException":
                raise
            if start == _RESTARTS:
                raise


def answers(place: Place) -> None:
    """One cheap question. Raises Unreachable."""
    place.desk.ask("resourcegroupstaggingapi", "GetResources", place.region, ResourcesPerPage=1)
