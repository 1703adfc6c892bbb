"""Resource Manager's writes on loopback: a project's labels under its etag, and bindings of tags to values.

As documented: an etag that is not the newest is refused, a resource has one value of a key, a binding is deleted by
its own name, and each change is an operation that is asked about until it is done.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

import grpc
from google.cloud.asset_v1 import types as asset
from google.cloud.resourcemanager_v3 import types as manager
from google.longrunning.operations_pb2 import GetOperationRequest, Operation
from google.protobuf.empty_pb2 import Empty

from tests.clouds.gcp_faults import fail
from tests.clouds.gcp_labels import Labels

_V3 = "/google.cloud.resourcemanager.v3."
UPDATE_PROJECT = f"{_V3}Projects/UpdateProject"
CREATE_BINDING, DELETE_BINDING = f"{_V3}TagBindings/CreateTagBinding", f"{_V3}TagBindings/DeleteTagBinding"
LIST_BINDINGS, EFFECTIVE_TAGS = f"{_V3}TagBindings/ListTagBindings", f"{_V3}TagBindings/ListEffectiveTags"
GET_OPERATION = "/google.longrunning.Operations/GetOperation"
Code = grpc.StatusCode


@dataclass
class ManagerWrites:
    """`values`: namespaced tag values that exist, beside those that something carries; `polls`: how often an operation
    goes on before it ends; `ends`: the code of the error in which it ends, having changed nothing."""

    labels: Labels
    values: set[str] = field(default_factory=set)
    polls: int = 0
    ends: int = 0
    _open: dict[str, int] = field(default_factory=dict)
    _results: dict[str, Any] = field(default_factory=dict)

    def clear(self) -> None:
        self.values.clear()
        self._open.clear()
        self.polls = self.ends = 0

    def routes(self) -> dict[str, tuple[Callable[[bytes], Any], Callable[[Any, Any], Any]]]:
        return {
            UPDATE_PROJECT: (manager.UpdateProjectRequest.deserialize, self.update_project),
            CREATE_BINDING: (manager.CreateTagBindingRequest.deserialize, self.create_binding),
            DELETE_BINDING: (manager.DeleteTagBindingRequest.deserialize, self.delete_binding),
            LIST_BINDINGS: (manager.ListTagBindingsRequest.deserialize, self.list_bindings),
            EFFECTIVE_TAGS: (manager.ListEffectiveTagsRequest.deserialize, self.effective_tags),
            GET_OPERATION: (GetOperationRequest.FromString, self.get_operation),
        }

    def tags_of(self, name: str) -> dict[str, str]:
        """Namespaced key → short value of what a resource carries itself."""
        row = self._row(name, None)
        return {tag.tag_key: tag.tag_value.removeprefix(f"{tag.tag_key}/") for tag in row.tags}

    def retag(self, name: str, key: str, value: str | None) -> None:
        """Somebody else's change of a tag; None: it is detached."""
        row = self._row(name, None)
        kept = [tag for tag in row.tags if tag.tag_key != key]
        row.tags = [
            *kept,
            *([asset.Tag(tag_key=key, tag_value=f"{key}/{value}")] if value is not None else []),
        ]

    # ── the service ─────────────────────────────────────────────────────────────────────────────────────────────

    def update_project(self, request: manager.UpdateProjectRequest, context: Any) -> Operation:
        name = request.project.name
        known = self.labels.project(name)
        if known is None or not name.removeprefix("projects/").isdigit():
            return fail(context, Code.PERMISSION_DENIED, "The caller does not have permission")
        if list(request.update_mask.paths) != ["labels"] or not request.project.etag:
            return fail(context, Code.INVALID_ARGUMENT, "labels alone, with an etag")
        full = f"//cloudresourcemanager.googleapis.com/projects/{known.project_id}"
        if request.project.etag != self.labels.lock(full):
            return fail(context, Code.ABORTED, "There were concurrent changes")
        return self._operation(
            lambda: self.labels.write(full, dict(request.project.labels)), manager.Project.pb(known)
        )

    def create_binding(self, request: manager.CreateTagBindingRequest, context: Any) -> Operation:
        row, value = (
            self._row(request.tag_binding.parent, context),
            request.tag_binding.tag_value_namespaced_name,
        )
        key, _, short = value.rpartition("/")
        if value not in self._values():
            return fail(context, Code.NOT_FOUND, f"no tag value {value}")
        if any(tag.tag_value == value for tag in row.tags):
            return fail(context, Code.ALREADY_EXISTS, "it is bound")
        if any(tag.tag_key == key for tag in row.tags):
            return fail(context, Code.FAILED_PRECONDITION, "another value of the key is bound")
        return self._operation(
            lambda: self.retag(row.name, key, short), manager.TagBinding.pb(request.tag_binding)
        )

    def delete_binding(self, request: manager.DeleteTagBindingRequest, context: Any) -> Operation:
        parent, value = _parts(request.name)
        row = self._row(parent, context)
        bound = [tag for tag in row.tags if _value_id(tag.tag_value) == value]
        if not bound:
            return fail(context, Code.NOT_FOUND, "no such binding")
        return self._operation(lambda: self.retag(row.name, bound[0].tag_key, None), Empty())

    def list_bindings(self, request: manager.ListTagBindingsRequest, context: Any) -> Any:
        row = self._row(request.parent, context)
        home = f"tagBindings/{quote(request.parent, safe='')}"
        return manager.ListTagBindingsResponse(
            tag_bindings=[
                manager.TagBinding(name=f"{home}/{own}", parent=request.parent, tag_value=own)
                for own in (_value_id(tag.tag_value) for tag in row.tags)
            ]
        )

    def effective_tags(self, request: manager.ListEffectiveTagsRequest, context: Any) -> Any:
        row = self._row(request.parent, context)
        inherited = [
            tag
            for part in row.effective_tags
            if part.attached_resource != row.name
            for tag in part.effective_tags
        ]
        return manager.ListEffectiveTagsResponse(
            effective_tags=[
                manager.EffectiveTag(
                    tag_value=_value_id(tag.tag_value), namespaced_tag_value=tag.tag_value,
                    namespaced_tag_key=tag.tag_key, inherited=far,
                )
                for far, tags in ((False, row.tags), (True, inherited)) for tag in tags
            ]
        )  # fmt: skip

    def get_operation(self, request: GetOperationRequest, context: Any) -> Operation:
        if request.name not in self._open:
            return fail(context, Code.NOT_FOUND, "no such operation")
        self._open[request.name] -= 1
        return self._said(request.name)

    def _operation(self, effect: Callable[[], None], result: Any) -> Operation:
        """A change under way, whose end will bring `result`, as the client library checks."""
        if not self.ends:
            effect()
        name = f"operations/cp.{len(self._open) + 1}"
        self._open[name], self._results[name] = self.polls, result
        return self._said(name)

    def _said(self, name: str) -> Operation:
        said = Operation(name=name, done=self._open[name] <= 0)
        if said.done and self.ends:
            said.error.code = self.ends
            said.error.message = "it failed"
        elif said.done:
            said.response.Pack(self._results[name])
        return said

    def _values(self) -> set[str]:
        return self.values | {tag.tag_value for row in self.labels.estate.assets for tag in row.tags}

    def _row(self, name: str, context: Any) -> Any:
        row = self.labels.asset(name)
        if row is None:
            if context is not None:
                fail(context, Code.NOT_FOUND, f"no resource {name}")
            raise AssertionError(f"nothing is there: {name}")
        return row


def _parts(binding: str) -> tuple[str, str]:
    """The resource and the value that a binding's name holds."""
    parent, _, value = binding.removeprefix("tagBindings/").partition("/")
    return unquote(parent), value


def _value_id(value: str) -> str:
    return f"tagValues/{zlib.crc32(value.encode())}"
