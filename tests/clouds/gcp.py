"""Cloud Asset Inventory and Resource Manager on loopback: gRPC over the services' own request and response types.

Beside them the services whose labels are written over REST, and Resource Manager's writes, all over one estate.

Requests are parsed by the SDK's message classes and checked as the services document it; whatever is not served here
answers UNIMPLEMENTED, so a call that nobody expected fails the test that made it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud.asset_v1 import types as asset
from google.cloud.resourcemanager_v3 import types as manager
from google.protobuf.field_mask_pb2 import FieldMask

from tests.clouds.between import Between, run_between
from tests.clouds.gcp_faults import Fault, fail
from tests.clouds.gcp_labels import Labels
from tests.clouds.gcp_manager import ManagerWrites
from tests.clouds.gcp_rest import RestServices

SEARCH = "/google.cloud.asset.v1.AssetService/SearchAllResources"
_PROJECTS, _FOLDERS = (f"/google.cloud.resourcemanager.v3.{kind}/" for kind in ("Projects", "Folders"))
SEARCH_PROJECTS, GET_PROJECT = f"{_PROJECTS}SearchProjects", f"{_PROJECTS}GetProject"
SEARCH_FOLDERS = f"{_FOLDERS}SearchFolders"
_CRM = "//cloudresourcemanager.googleapis.com/"
_SCOPE = re.compile(r"(organizations|folders)/\d+|projects/[\w.:-]+")
_SORTABLE = {"name", "assetType", "project", "displayName", "location", "state"}


@dataclass
class GoogleCloud:
    """An estate: `projects` and `folders` as Resource Manager has them, `assets` as the search finds them."""

    projects: list[manager.Project] = field(default_factory=list)
    folders: list[manager.Folder] = field(default_factory=list)
    assets: list[asset.ResourceSearchResult] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    metadata: list[dict[str, str]] = field(default_factory=list)
    page: int = 1 << 30  # the server may answer with shorter pages than asked for
    at_once: int = 0  # the most calls that were served at the same time
    address: str = ""
    between: list[Between] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.labels = Labels(self)
        self.rest, self.manager = RestServices(self.labels), ManagerWrites(self.labels)

    def start(self, credentials: grpc.ServerCredentials | None = None) -> None:
        """`credentials`: of the server, which then speaks TLS."""
        self._lock, self._now = threading.Lock(), 0
        self._pool = ThreadPoolExecutor(8)
        self._server = grpc.server(self._pool, handlers=(_Router(self),))
        anywhere = "127.0.0.1:0"
        port = (
            self._server.add_secure_port(anywhere, credentials)
            if credentials
            else self._server.add_insecure_port(anywhere)
        )
        self.address = f"127.0.0.1:{port}"
        self._server.start()
        self.rest.start()

    def stop(self) -> None:
        self.rest.stop()
        self._server.stop(0).wait()
        self._pool.shutdown()

    def clear(self) -> None:
        for kept in (self.projects, self.folders, self.assets, self.faults):
            kept.clear()
        for part in (self.between, self.labels.versions, self.rest, self.manager):
            part.clear()
        for told in (self.called, self.requests, self.metadata):
            told.clear()
        self.page, self.at_once = 1 << 30, 0

    def environment(self) -> dict[str, str]:
        """What leads gcloud, and us, here."""
        names = ("CLOUDASSET", "CLOUDRESOURCEMANAGER")
        grpcs = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"http://{self.address}/" for name in names}
        return {**grpcs, **self.rest.environment()}

    # ── the estate ──────────────────────────────────────────────────────────────────────────────────────────────

    def add_project(
        self, project_id: str, number: int, parent: str = "organizations/1", labels: dict[str, str] | None = None,
        display_name: str = "", tags: Iterable[tuple[str, str]] = (), listed: bool = True,
    ) -> None:  # fmt: skip
        """`listed`: the search knows it already."""
        name = f"projects/{number}"
        self.projects.append(
            manager.Project(
                name=name,
                project_id=project_id,
                parent=parent,
                labels=labels or {},
                display_name=display_name,
            )
        )
        if listed:
            self.add(
                f"{_CRM}projects/{project_id}", "cloudresourcemanager.googleapis.com/Project", name,
                location="global", labels=labels or {}, tags=tags, display_name=display_name,
                parent_full_resource_name=f"{_CRM}{parent}", additional_attributes={"projectId": project_id},
            )  # fmt: skip

    def add_folder(
        self, number: int, parent: str, display_name: str, tags: Iterable[tuple[str, str]] = ()
    ) -> None:
        self.folders.append(
            manager.Folder(name=f"folders/{number}", parent=parent, display_name=display_name)
        )
        self.add(
            f"{_CRM}folders/{number}", "cloudresourcemanager.googleapis.com/Folder", "", location="global",
            tags=tags, display_name=display_name, parent_full_resource_name=f"{_CRM}{parent}",
            folders=[f"folders/{number}"],
        )  # fmt: skip

    def add(
        self, name: str, asset_type: str, project: str, tags: Iterable[tuple[str, str]] = (),
        inherited: dict[str, list[tuple[str, str]]] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """`tags`: namespaced key and short value; `inherited`: container → its tags."""
        direct = [_tag(*pair) for pair in tags]
        effective = [
            asset.EffectiveTagDetails(
                attached_resource=holder, effective_tags=[_tag(*pair) for pair in pairs]
            )
            for holder, pairs in {**({name: tags} if direct else {}), **(inherited or {})}.items()
        ]
        more.setdefault("organization", "organizations/1")
        self.assets.append(
            asset.ResourceSearchResult(
                name=name,
                asset_type=asset_type,
                project=project,
                tags=direct,
                effective_tags=effective,
                **more,
            )
        )

    def load(self, resources: Iterable[dict[str, Any]]) -> list[str]:
        """Dicts {account, region, type, id, name, container, tags}: projects, then what lies in them. Returns what
        can't be held here: nothing. An account gets a project of its own, with a number made of its place."""
        rows = list(resources)
        numbers = {
            account: 100_000_000_000 + i for i, account in enumerate(sorted({r["account"] for r in rows}))
        }
        for row in rows:
            number = numbers.get(row["account"], 0)
            if row["type"].endswith("/Project"):
                container = (row.get("container") or "organizations/1").removeprefix(_CRM)
                self.add_project(row["account"], number, container, dict(row["tags"]), row["name"] or "")
            elif row["type"].endswith("/Folder"):
                parent = (row.get("container") or "organizations/1").removeprefix(_CRM)
                tags = [(key if "/" in key else f"1/{key}", value) for key, value in row["tags"].items()]
                self.add_folder(int(row["id"].rpartition("/")[2]), parent, row["name"] or "", tags)
            else:
                self.add(
                    row["id"], row["type"], f"projects/{number}", location=row["region"] or "",
                    labels=dict(row["tags"]), display_name=row["name"] or "",
                )  # fmt: skip
        named = {project.project_id for project in self.projects}
        for account, number in numbers.items():
            if account not in named:
                self.add_project(account, number, listed=False)
        return []

    # ── the services ────────────────────────────────────────────────────────────────────────────────────────────

    def answer(self, method: str, serve: Callable[[Any, Any], Any], request: Any, context: Any) -> bytes:
        with self._lock:
            self._now += 1
            self.at_once = max(self.at_once, self._now)
            self.called.append(method)
            self.requests.append(request)
            self.metadata.append(dict(context.invocation_metadata()))
            fault = self._fault(method)
        try:
            if fault:
                if fault.delay:
                    time.sleep(fault.delay)
                if fault.code != grpc.StatusCode.OK:
                    fail(context, fault.code, fault.text, fault.wait)
                if fault.garbage:
                    return b"\xff\xff\xff no message"
            run_between(self.between, "before", method)
            reply = serve(request, context)
            run_between(self.between, "after", method)
            packed = getattr(type(reply), "serialize", None)  # messages of proto-plus, else plain ones
            return bytes(packed(reply) if packed else reply.SerializeToString())
        finally:
            with self._lock:
                self._now -= 1

    def _fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and fault.left:
                if fault.after:
                    fault.after -= 1
                    return None
                fault.left -= 1
                return fault
        return None

    def search(self, request: asset.SearchAllResourcesRequest, context: Any) -> Any:
        if not _SCOPE.fullmatch(request.scope):
            fail(context, grpc.StatusCode.INVALID_ARGUMENT, f"Invalid scope {request.scope}")
        if any(f.split()[0] not in _SORTABLE for f in request.order_by.split(",") if f.strip()):
            fail(context, grpc.StatusCode.INVALID_ARGUMENT, f"Cannot sort by {request.order_by}")
        mask = FieldMask(paths=asset.SearchAllResourcesRequest.pb(request).read_mask.paths)
        if not mask.IsValidForDescriptor(asset.ResourceSearchResult.pb().DESCRIPTOR):
            fail(context, grpc.StatusCode.INVALID_ARGUMENT, "Invalid field path in read_mask")
        found = [a for a in self.assets if self._in(a, request.scope) and _of_type(a, request.asset_types)]
        rows, token = self._page(
            sorted(found, key=lambda a: a.name), request, min(request.page_size or 100, 500), context
        )
        results = []
        for row in rows:
            masked = asset.ResourceSearchResult()
            mask.MergeMessage(asset.ResourceSearchResult.pb(row), asset.ResourceSearchResult.pb(masked))
            results.append(masked)
        return asset.SearchAllResourcesResponse(results=results, next_page_token=token)

    def search_projects(self, request: manager.SearchProjectsRequest, context: Any) -> Any:
        rows, token = self._page(self.projects, request, request.page_size or 100, context)
        return manager.SearchProjectsResponse(projects=rows, next_page_token=token)

    def search_folders(self, request: manager.SearchFoldersRequest, context: Any) -> Any:
        rows, token = self._page(self.folders, request, request.page_size or 100, context)
        return manager.SearchFoldersResponse(folders=rows, next_page_token=token)

    def get_project(self, request: manager.GetProjectRequest, context: Any) -> Any:
        for project in self.projects:
            if request.name in (project.name, f"projects/{project.project_id}"):
                project.etag = self.labels.lock(f"{_CRM}projects/{project.project_id}")
                return project
        return fail(context, grpc.StatusCode.PERMISSION_DENIED, "The caller does not have permission")

    def _page(self, rows: list[Any], request: Any, size: int, context: Any) -> tuple[list[Any], str]:
        start, end = 0, min(size, self.page)
        if request.page_token:
            if not re.fullmatch(r"at:\d+", request.page_token):
                fail(context, grpc.StatusCode.INVALID_ARGUMENT, "Invalid page token")
            start = int(request.page_token[3:])
        return rows[start : start + end], f"at:{start + end}" if start + end < len(rows) else ""

    def _in(self, row: asset.ResourceSearchResult, scope: str) -> bool:
        if scope.startswith("organizations/"):
            return bool(row.organization == scope)
        if scope.startswith("folders/"):
            home = {p.name: p.parent for p in self.projects}.get(row.project, "")
            return scope in row.folders or scope == home
        names = {f"projects/{p.project_id}": p.name for p in self.projects}
        return bool(row.project) and row.project == names.get(scope, scope)


class _Router(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, cloud: GoogleCloud) -> None:
        self.cloud = cloud
        self.routes: dict[str, tuple[Callable[[bytes], Any], Callable[[Any, Any], Any]]] = {
            SEARCH: (asset.SearchAllResourcesRequest.deserialize, cloud.search),
            SEARCH_PROJECTS: (manager.SearchProjectsRequest.deserialize, cloud.search_projects),
            SEARCH_FOLDERS: (manager.SearchFoldersRequest.deserialize, cloud.search_folders),
            GET_PROJECT: (manager.GetProjectRequest.deserialize, cloud.get_project),
            **cloud.manager.routes(),
        }

    def service(self, details: Any) -> Any:
        route = self.routes.get(details.method)
        if route is None:
            self.cloud.called.append(details.method)
            return None  # the client sees UNIMPLEMENTED
        read, serve = route

        def handle(data: bytes, context: Any) -> bytes:
            return self.cloud.answer(details.method, serve, read(data), context)

        return grpc.unary_unary_rpc_method_handler(handle)


def _tag(key: str, value: str) -> asset.Tag:
    return asset.Tag(tag_key=key, tag_value=f"{key}/{value}")


def _of_type(row: asset.ResourceSearchResult, patterns: Iterable[str]) -> bool:
    wanted = list(patterns)
    return not wanted or any(re.fullmatch(pattern, row.asset_type) for pattern in wanted)
