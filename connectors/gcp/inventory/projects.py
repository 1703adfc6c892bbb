"""Which projects and folders are there, by number and id, with their labels, and what lies in what?

Resource Manager's search names all projects and folders that the identity may see, 1,000 a page: two requests for
most estates, where walking down the folders would take one for each. Projects configured alone are asked for by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.resourcemanager_v3.types import (
    GetProjectRequest,
    Project,
    SearchFoldersRequest,
    SearchProjectsRequest,
)

from connectors.gcp.inventory.clients import Clients
from connectors.gcp.inventory.names import Directory, Known
from connectors.places.google_errors import said
from recon.errors import Unreachable

_PAGE = 1000
_WHAT = "Resource Manager"


def read_directory(clients: Clients, scopes: tuple[str, ...]) -> Directory:
    """The containers that Resource Manager shows. Raises Unreachable."""
    alone = all(scope.startswith("projects/") for scope in scopes)
    try:
        found = _named(clients, scopes) if alone else [*_projects(clients), *_folders(clients)]
    except GoogleAPICallError as error:
        raise Unreachable(_WHAT, f"it refuses the question ({said(error)})") from error
    return Directory({known.name: known for known in found})


def answers(clients: Clients) -> None:
    """One cheap question. Raises Unreachable."""
    request = SearchProjectsRequest(page_size=1)
    try:
        clients.ask(
            "cloudresourcemanager:SearchProjects",
            _WHAT,
            lambda settings: clients.projects.search_projects(request, **settings),
        )
    except GoogleAPICallError as error:
        raise Unreachable(_WHAT, f"it refuses the question ({said(error)})") from error


def _named(clients: Clients, scopes: tuple[str, ...]) -> Iterator[Known]:
    for scope in scopes:
        request = GetProjectRequest(name=scope)

        def question(settings: dict[str, Any], request: GetProjectRequest = request) -> Project:
            return clients.projects.get_project(request, **settings)

        try:
            yield _project(clients.ask("cloudresourcemanager:GetProject", scope, question))
        except Unreachable:
            continue  # whether it can be listed is the search's to say


def _projects(clients: Clients) -> Iterator[Known]:
    request = SearchProjectsRequest(page_size=_PAGE)

    def question(settings: dict[str, Any]) -> Any:
        return next(clients.projects.search_projects(request, **settings).pages)

    while True:
        page = clients.ask("cloudresourcemanager:SearchProjects", _WHAT, question)
        yield from map(_project, page.projects)
        if not _turn(request, page.next_page_token):
            return


def _folders(clients: Clients) -> Iterator[Known]:
    request = SearchFoldersRequest(page_size=_PAGE)

    def question(settings: dict[str, Any]) -> Any:
        return next(clients.folders.search_folders(request, **settings).pages)

    while True:
        page = clients.ask("cloudresourcemanager:SearchFolders", _WHAT, question)
        for folder in page.folders:
            yield Known(folder.name, folder.parent, display_name=folder.display_name)
        if not _turn(request, page.next_page_token):
            return


def _turn(request: SearchProjectsRequest | SearchFoldersRequest, token: str) -> bool:
    """Whether there is another page, which `request` then asks for."""
    if token and token == request.page_token:
        raise Unreachable(_WHAT, "it names the same page again and again")
    request.page_token = token
    return bool(token)


def _project(project: Project) -> Known:
    return Known(project.name, project.parent, project.project_id, project.display_name, dict(project.labels))
