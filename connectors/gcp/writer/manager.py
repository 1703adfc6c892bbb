"""How are projects' labels and everybody's tags read and written by Resource Manager?

A project carries an etag. A tag is a binding of a resource to a value; a resource has one of each key, so a binding is
put where there is none and taken away by its own name, which holds its value: neither can lose what somebody else put
there. Source: Google Cloud, Resource Manager v3 reference, Project and TagBinding; "Tags overview" for locations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from google.api_core.exceptions import (
    DeadlineExceeded,
    GoogleAPICallError,
    InternalServerError,
    RetryError,
    ServiceUnavailable,
    from_grpc_status,
)
from google.api_core.retry import Retry, if_exception_type
from google.api_core.timeout import ConstantTimeout
from google.auth.exceptions import GoogleAuthError
from google.cloud.resourcemanager_v3 import TagBindingsClient
from google.cloud.resourcemanager_v3.services.tag_bindings.transports import TagBindingsGrpcTransport
from google.cloud.resourcemanager_v3.types import (
    CreateTagBindingRequest,
    DeleteTagBindingRequest,
    GetProjectRequest,
    ListEffectiveTagsRequest,
    ListTagBindingsRequest,
    Project,
    TagBinding,
    UpdateProjectRequest,
)
from google.longrunning.operations_pb2 import GetOperationRequest  # type: ignore[import-untyped]

from connectors.gcp.inventory.clients import Clients, throttled

T = TypeVar("T")
SHARE = "cloudresourcemanager"
_HOST = "cloudresourcemanager.googleapis.com"
_BROKEN = if_exception_type(ServiceUnavailable, DeadlineExceeded, InternalServerError)
_LOCATION = re.compile(r"[a-z]+(-[a-z0-9]+)*")
_PAUSE = 2.0  # seconds between two questions whether a change is done


class Unended(Exception):
    """Patience is over and Google Cloud still works on a change."""


class Manager:
    """Resource Manager for one thread. Its methods raise GoogleAPICallError, RetryError, GoogleAuthError, Unended."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._bindings: dict[str, TagBindingsClient] = {}

    def project(self, path: str) -> Project:
        """`projects/ID` or `projects/NUMBER` as it is now."""
        request = GetProjectRequest(name=path)
        return self._read(lambda settings: self._clients.projects.get_project(request, **settings))

    def label_project(self, name: str, labels: Mapping[str, str], etag: str) -> str:
        """Make `labels` the project's, where its etag is still `etag`. The name of the change."""
        project = Project(name=name, labels=dict(labels), etag=etag)
        request = UpdateProjectRequest(project=project, update_mask={"paths": ["labels"]})
        return self._change(
            self._clients.projects,
            lambda settings: self._clients.projects.update_project(request, **settings),
        )

    def tags(self, parent: str, location: str) -> dict[str, tuple[str, str]]:
        """Namespaced key → short value and name of the binding, of the tags that a resource carries itself."""
        client = self._client(location)
        effective = self._pages(client.list_effective_tags, ListEffectiveTagsRequest(parent=parent))
        own = {tag.tag_value: tag for tag in effective if not tag.inherited}
        if not own:
            return {}
        bound = self._pages(client.list_tag_bindings, ListTagBindingsRequest(parent=parent))
        names = {binding.tag_value: binding.name for binding in bound}
        return {
            tag.namespaced_tag_key: (
                tag.namespaced_tag_value.removeprefix(f"{tag.namespaced_tag_key}/"),
                names[value],
            )
            for value, tag in sorted(own.items())
            if value in names
        }

    def bind(self, parent: str, location: str, value: str) -> str:
        """Attach the namespaced value `123/env/prod`. The name of the change."""
        client = self._client(location)
        binding = TagBinding(parent=parent, tag_value_namespaced_name=value)
        request = CreateTagBindingRequest(tag_binding=binding)
        return self._change(client, lambda settings: client.create_tag_binding(request, **settings))

    def unbind(self, name: str, location: str) -> str:
        """Detach by the binding's own name, which holds its value. The name of the change."""
        client = self._client(location)
        request = DeleteTagBindingRequest(name=name)
        return self._change(client, lambda settings: client.delete_tag_binding(request, **settings))

    def _client(self, location: str) -> TagBindingsClient:
        """Bindings of what lies in a region or zone are asked for there."""
        place = location if _LOCATION.fullmatch(location) and location != "global" else ""
        if place not in self._bindings:
            host = f"{place}-{_HOST}" if place else _HOST
            transport = self._clients.transport(SHARE, TagBindingsGrpcTransport, host)
            self._bindings[place] = TagBindingsClient(transport=transport)
        return self._bindings[place]

    def _pages(self, method: Callable[..., Any], request: Any) -> list[Any]:
        return self._read(lambda settings: list(method(request, **settings)))

    def _read(self, question: Callable[[dict[str, Any]], T]) -> T:
        tries = self._clients.tries
        retry = Retry(predicate=_BROKEN, initial=tries.first, maximum=tries.within, timeout=tries.within)
        return self._asked(question, retry)

    def _asked(self, question: Callable[[dict[str, Any]], T], retry: Retry | None) -> T:
        timeout = ConstantTimeout(self._clients.tries.timeout)  # type: ignore[no-untyped-call]
        settings = {"retry": retry, "timeout": timeout}
        return self._clients.pace.ask(SHARE, lambda: question(settings), throttled)

    def _change(self, client: Any, question: Callable[[dict[str, Any]], Any]) -> str:
        """Send a change, once, and wait for its end by the pace's clock."""
        now = self._asked(question, None).operation
        name, waited = str(now.name), 0.0
        request = GetOperationRequest(name=name)
        while not now.done:
            if waited + _PAUSE > self._clients.pace.patience:
                raise Unended("no end in time")
            self._clients.pace.sleep(_PAUSE)
            waited += _PAUSE
            try:
                now = self._read(lambda settings: client.get_operation(request, **settings))
            except (GoogleAPICallError, RetryError, GoogleAuthError) as error:
                raise Unended(f"no answer about it, {type(error).__name__}") from error
        if now.HasField("error"):
            raise _error(now.error.code)
        return name


def _error(code: int) -> GoogleAPICallError:
    """The error of a change that ended badly, without its sentence, which may quote a tag."""
    known: GoogleAPICallError = from_grpc_status(code, "the change failed")  # type: ignore[no-untyped-call]
    return known
