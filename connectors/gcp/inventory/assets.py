"""What does Cloud Asset Inventory find in a scope, page by page?

A page token that is no longer good starts the search anew: what was already named is named again, for pages can't
be told from where they broke.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, InvalidArgument
from google.cloud.asset_v1.types import SearchAllResourcesRequest, SearchAllResourcesResponse

from connectors.gcp.inventory.clients import Clients
from connectors.gcp.inventory.names import CONTAINER_TYPES, PROJECT, Directory, Known
from connectors.places.google_errors import said
from recon.errors import Unreachable

PAGE = 500  # the most that a page may hold
_OPERATION = "cloudasset:SearchAllResources"
_RESTARTS = 2
# Tags and effective tags are asked for by name: the documentation contradicts itself on whether they come unasked.
_FIELDS = (
    *("name", "asset_type", "project", "folders", "organization", "display_name", "location", "labels"),
    *("tags", "effective_tags", "additional_attributes", "parent_full_resource_name"),
)
_PROJECT_FIELDS = ("name", "project", "display_name", "parent_full_resource_name")


def search(clients: Clients, scope: str, asset_types: tuple[str, ...]) -> Iterator[list[Any]]:
    """The pages of `ResourceSearchResult` protobufs of a scope. `asset_types`: names or RE2 patterns, empty for all;
    projects, folders and organizations always come with them. Raises Unreachable."""
    wanted = (*asset_types, *CONTAINER_TYPES) if asset_types else ()
    restarts = 0
    while True:
        try:
            yield from _pages(clients, scope, wanted, _FIELDS)
        except _Expired as expired:
            restarts += 1
            if restarts > _RESTARTS:
                raise Unreachable(scope, f"its page token was refused {restarts} times ({expired})") from None
        else:
            return


def find_projects(clients: Clients, scopes: tuple[str, ...]) -> Directory:
    """The projects of the scopes as the search names them, where Resource Manager does not answer. A scope that can't
    be searched adds none: its own listing will say so."""
    found: dict[str, Known] = {}
    for scope in scopes:
        try:
            for page in _pages(clients, scope, (PROJECT,), _PROJECT_FIELDS):
                for asset in page:
                    word = asset.name.rpartition("/")[2]
                    found[asset.project] = Known(
                        asset.project, id="" if word.isdigit() else word, display_name=asset.display_name
                    )
        except (Unreachable, _Expired):
            continue
    return Directory(found)


def answers(clients: Clients, scope: str) -> None:
    """One cheap question about the scope. Raises Unreachable."""
    next(_pages(clients, scope, (PROJECT,), ("name",), 1))


class _Expired(Exception):
    """The page token is refused."""


def _pages(
    clients: Clients, scope: str, asset_types: tuple[str, ...], fields: tuple[str, ...], size: int = PAGE
) -> Iterator[list[Any]]:
    request = SearchAllResourcesRequest(
        scope=scope,
        asset_types=asset_types,
        page_size=size,
        order_by="name",
        read_mask={"paths": list(fields)},
    )

    def question(settings: dict[str, Any]) -> SearchAllResourcesResponse:
        return next(clients.asset.search_all_resources(request, **settings).pages)

    while True:
        try:
            page = clients.ask(_OPERATION, scope, question)
        except GoogleAPICallError as error:
            if request.page_token and isinstance(error, InvalidArgument):
                raise _Expired(said(error)) from error
            raise Unreachable(scope, f"the search is refused ({said(error)})") from error
        yield list(SearchAllResourcesResponse.pb(page).results)
        if not page.next_page_token:
            return
        if page.next_page_token == request.page_token:
            raise Unreachable(scope, "the search names the same page again and again")
        request.page_token = page.next_page_token
