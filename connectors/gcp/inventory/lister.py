"""What lies in the configured part of Google Cloud now, with its labels and tags?

A unit is one scope. A search over an organization of 100,000 resources takes 200 requests of 500; one search for each
of 2,000 projects would take 2,000 at the least, five minutes of the 400 a minute that one project may ask. A search
that breaks is repeated as a whole, and that costs less than asking project by project saves. Nothing below a scope
can be denied alone: who may search a scope is shown all of it.

A resource carries its labels and the tags attached to itself. What it inherits stands on the project, folder or
organization that has it; those above a scope, which no search shows, are told by the effective tags of those below.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from connectors.gcp.inventory import assets, projects
from connectors.gcp.inventory.clients import Clients, Tries
from connectors.gcp.inventory.effective_tags import container_tags, handed_down, own_tags
from connectors.gcp.inventory.names import (
    CONTAINER_TYPES,
    FOLDER,
    MANAGER,
    ORGANIZATION,
    PROJECT,
    Directory,
    other_names,
    project_in,
)
from connectors.live.pace import Pace
from recon.config.live import GcpScope
from recon.errors import Unreachable
from recon.snapshot.listing import Resource, Unit, Unseen

_SHARE = "cloudasset"
_KINDS = {"projects": PROJECT, "folders": FOLDER, "organizations": ORGANIZATION}


def open_lister(scope: GcpScope, pace: Pace | None = None, tries: Tries | None = None) -> GcpLister:
    """The lister of a configured part of Google Cloud; asks nothing yet."""
    return GcpLister(scope, Clients(scope.quota_project, pace or Pace(), tries or Tries()))


class GcpLister:
    """A `Lister` over Cloud Asset Inventory and Resource Manager. A scope is listed again from its beginning where its
    page token expires; resources that were already named are then named twice, alike but for what changed since."""

    provider = "gcp"
    lists_untagged = True

    def __init__(self, scope: GcpScope, clients: Clients) -> None:
        self._scopes = tuple(dict.fromkeys(scope.scopes))
        self._types, self._clients = scope.asset_types, clients
        self._directory: Directory | None = None
        self._lock = threading.Lock()

    @property
    def calls(self) -> Counter[str]:
        return self._clients.calls

    def units(self) -> Iterator[Unit | Unseen]:
        """One unit for each configured scope that lies in no other one."""
        known = self._known()
        for scope in self._scopes:
            if not any(other != scope and _within(known, scope, other) for other in self._scopes):
                yield self._unit(scope, known)

    def resources(self, unit: Unit) -> Iterator[Resource | Unseen]:
        """What the unit's scope holds, projects, folders and organizations among it. Raises Unreachable."""
        known, scope = self._known(), unit.key
        seen: set[str] = set()  # containers only: as many as there are projects and folders
        above: dict[str, dict[str, Any]] = {}
        for page in assets.search(self._clients, scope, self._types):
            for asset in page:
                for container, tags in handed_down(asset.effective_tags):
                    above.setdefault(known.container(container), {}).update({t.tag_value: t for t in tags})
                resource = _resource(asset, known)
                if asset.asset_type in CONTAINER_TYPES:
                    seen.add(resource.id)
                yield resource
        yield from _unlisted_projects(known, scope, seen)
        for container, carried in above.items():
            if container not in seen:
                yield _from_above(container, list(carried.values()), known)

    def activations(self) -> tuple[()]:
        """None: labels and tags reach a Google bill without being activated."""
        return ()

    def probe(self) -> Iterator[Unit | Unseen]:
        """Each scope that a search of one project answers, and whether Resource Manager answers."""
        try:
            projects.answers(self._clients)
        except Unreachable as error:
            yield Unseen("gcp", "", str(error), type=PROJECT, kind=error.kind, permission=error.permission)
        for scope in self._scopes:
            unit = self._unit(scope, Directory())
            try:
                assets.answers(self._clients, scope)
                yield unit
            except Unreachable as error:
                yield Unseen("gcp", unit.account, str(error), kind=error.kind, permission=error.permission)

    def close(self) -> None:
        self._clients.close()

    def _unit(self, scope: str, known: Directory) -> Unit:
        kind, _, word = scope.partition("/")
        account = known.project_id(word) if kind == "projects" else ""
        return Unit(key=scope, provider="gcp", account=account, share=_SHARE)

    def _known(self) -> Directory:
        """The containers, read once. Where Resource Manager does not answer, the search names the projects: that is
        enough to know their ids, so it leaves no gap."""
        with self._lock:
            if self._directory is None:
                try:
                    self._directory = projects.read_directory(self._clients, self._scopes)
                except Unreachable:
                    self._directory = assets.find_projects(self._clients, self._scopes)
            return self._directory


def _within(known: Directory, scope: str, other: str) -> bool:
    return known.below(known.name_of(scope), known.name_of(other))


def _resource(asset: Any, known: Directory) -> Resource:
    name, number = str(asset.name), str(asset.project).removeprefix("projects/")
    word = project_in(name) or number
    if number and not word.isdigit():
        known.learn(number, word)
    account = known.project_id(number if word == number else word)
    fields = {
        "provider": "gcp",
        "account": account,
        "region": str(asset.location),
        "type": str(asset.asset_type),
        "name": str(asset.display_name) or name.rpartition("/")[2],
    }
    if asset.asset_type in CONTAINER_TYPES:
        own = known.container(name)
        return Resource(
            **fields,
            id=own,
            container=_parent(asset, known, own),
            tags=container_tags(asset.labels, asset.tags),
            also=_other_containers(name, own, number),
        )
    instance = asset.additional_attributes.fields.get("id")
    return Resource(
        **fields,
        id=name,
        container=_home(asset, account, known),
        tags=own_tags(asset.labels, asset.tags),
        also=other_names(name, account, number, _digits(instance)),
    )


def _home(asset: Any, account: str, known: Directory) -> str | None:
    """The nearest container: the project, else the folder, else the organization."""
    if account:
        return known.container(f"projects/{account}")
    if asset.folders:
        parent = str(asset.parent_full_resource_name)
        return parent if parent.startswith(f"{MANAGER}folders/") else known.container(asset.folders[0])
    return known.container(asset.organization) if asset.organization else None


def _parent(asset: Any, known: Directory, own: str) -> str | None:
    told = str(asset.parent_full_resource_name)
    if not told and asset.project and asset.project in known.known:
        told = known.known[asset.project].parent
    if not told:
        path = own.removeprefix(MANAGER)
        told = known.known[path].parent if path in known.known else ""
    return known.container(told) if told else None


def _other_containers(name: str, own: str, number: str) -> tuple[str, ...]:
    by_number = f"{MANAGER}projects/{number}" if number else own
    return tuple(dict.fromkeys(other for other in (name, by_number) if other != own))


def _digits(value: Any) -> str:
    """A resource's own number, which a Struct holds as text, or as a binary number that may have lost digits."""
    return value.string_value if value is not None and value.string_value.isdigit() else ""


def _unlisted_projects(known: Directory, scope: str, seen: set[str]) -> Iterator[Resource]:
    """Projects of the scope that Resource Manager shows and the search, which lags behind, does not yet."""
    for name, project in list(known.known.items()):
        own = known.container(name)
        if project.id and own not in seen and _within(known, name, scope):
            yield Resource(
                "gcp",
                project.id,
                "global",
                PROJECT,
                own,
                project.display_name or project.id,
                known.container(project.parent) if project.parent else None,
                container_tags(project.labels, ()),
                (f"{MANAGER}{name}",),
            )


def _from_above(container: str, tags: list[Any], known: Directory) -> Resource:
    """A container that lies above the scope, or that the search shows to nobody, by what it hands down."""
    path = container.removeprefix(MANAGER)
    kind, _, word = path.partition("/")
    found = known.known.get(path)
    return Resource(
        "gcp",
        word if kind == "projects" else "",
        "global",
        _KINDS.get(kind, FOLDER),
        container,
        found.display_name if found and found.display_name else word,
        known.container(found.parent) if found and found.parent else None,
        container_tags({}, tags),
    )
