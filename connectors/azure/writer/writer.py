"""How are tags put on Azure's resources so that nobody else's are touched?

Resource Manager merges: `Merge` sets the named tags and keeps the others, whoever put them there in between. `Delete`
goes by name and value, so that only what still says what was read goes away. Neither can be fenced by a version.
Source: Microsoft, Resource Manager REST API, "Tags - Update At Scope".
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError
from azure.core.polling.base_polling import OperationFailed
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.models import Tags, TagsPatchResource

from connectors.azure.inventory.clients import Clients, Tries, throttled
from connectors.azure.writer.answers import ANSWERS, failed, is_locked
from connectors.azure.writer.permissions import READ, WRITE, WRITE_REQUESTS
from connectors.azure.writer.polling import PacedPolling
from connectors.azure.writer.scopes import folded, is_reserved, most_tags, path_of, present_spelling, refusal
from connectors.live.pace import Pace
from recon.config.live import AzureScope
from recon.fix.writing import Done, Edit, Failed, Seen, Target
from recon.hostile import shown

_BUSY_PAUSE = 5.0  # seconds until a resource that another operation holds is read and written again


def open_writer(scope: AzureScope, pace: Pace, tries: Tries | None = None) -> AzureWriter:
    """The writer of the Azure that `scope` names; asks nothing yet."""
    return AzureWriter(Clients(scope.cloud, pace, tries or Tries(), WRITE_REQUESTS))


class AzureWriter:
    """A `Writer` over Resource Manager's tags at scope."""

    provider = "azure"
    fenced = False

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._manager: ResourceManagementClient | None = None
        self._actor: str | None = None

    @property
    def calls(self) -> Counter[str]:
        """Requests so far, each attempt counted."""
        return self._clients.calls

    @property
    def actor(self) -> str:
        """The caller as the activity log names it: a user's name, or the object id of a service principal."""
        if self._actor is None:
            try:
                self._actor = _caller(self._clients.token())
            except AzureError:
                self._actor = ""
        return self._actor

    def actor_in(self, account_id: str) -> str:
        """The same identity everywhere."""
        return self.actor

    def refuses(self, target: Target) -> str | None:
        return refusal(target)

    def batches(self, edits: Sequence[Edit]) -> list[list[Edit]]:
        """Each resource by itself: Azure takes no more in a call."""
        return [[edit] for edit in sorted(edits, key=lambda edit: edit.target)]

    def read(self, targets: Sequence[Target]) -> Mapping[Target, Seen | Failed]:
        return {target: self._read(target) for target in targets}

    def write(self, edits: Sequence[tuple[Edit, Seen]]) -> Mapping[Target, Done | Failed]:
        return {edit.target: self._write(edit, seen) for edit, seen in edits}

    def close(self) -> None:
        if self._manager is not None:
            self._manager.close()
            self._manager = None
        self._clients.close()

    def _read(self, target: Target) -> Seen | Failed:
        if why := refusal(target):
            return Failed("unsupported", why)
        try:
            answer = self._clients.pace.ask(
                _share(target), lambda: self._tags.get_at_scope(path_of(target.resource_id)), throttled
            )
            return Seen(_tags_of(answer))
        except ANSWERS as error:
            return failed(error, READ, sent=False)

    def _write(self, edit: Edit, seen: Seen) -> Done | Failed:
        steps = _steps(edit, seen)
        if isinstance(steps, Failed):
            return steps
        done = Done(tags=dict(seen.tags))
        for number, (operation, tags) in enumerate(steps):
            outcome = self._send(edit.target, operation, tags)
            if isinstance(outcome, Failed) and number:
                why = f"only the first half of the change took effect, {steps[0][0]} ({outcome.kind}: {outcome.reason})"
                return Failed("unreachable", why, outcome.permission)
            if isinstance(outcome, Failed):
                return outcome
            done = outcome
        return done

    def _send(self, target: Target, operation: str, tags: Mapping[str, str]) -> Done | Failed:
        patch = TagsPatchResource(operation=operation, properties=Tags(tags=dict(tags)))
        polling = PacedPolling(self._clients.pace, _share(target))
        try:
            poller = self._begin(target, patch, polling)
        except (
            ResourceExistsError
        ) as error:  # the SDK's name for 409: another operation holds it, and nothing was changed
            if is_locked(error):
                return failed(error, WRITE, sent=True)
            self._clients.pace.slow(_share(target), _BUSY_PAUSE)
            return Failed("throttled", "another operation works on the resource")
        except ANSWERS as error:
            return failed(error, WRITE, sent=True)
        try:
            now = _tags_of(poller.result())
        except ANSWERS as error:
            return _of_poll(error, polling)
        if operation == "Delete" and {*map(folded, tags)} & {*map(folded, now)}:
            return Failed("changed", "a tag to take away no longer says what was read")
        return Done(polling.request_id, now)

    def _begin(self, target: Target, patch: TagsPatchResource, polling: PacedPolling) -> Any:
        """The update under way. It is sent once and now: what was read before it must not grow old while we wait."""
        share = _share(target)
        return self._clients.pace.at_once(
            share,
            lambda: self._tags.begin_update_at_scope(path_of(target.resource_id), patch, polling=polling),
            throttled,
        )

    @property
    def _tags(self) -> Any:
        if self._manager is None:
            self._manager = self._clients.manager("tags-at-scope")  # a scope names its own subscription
        return self._manager.tags


def _steps(edit: Edit, seen: Seen) -> list[tuple[str, dict[str, str]]] | Failed:
    """The calls that an edit takes, in order, or why none is made."""
    if why := refusal(edit.target):
        return Failed("unsupported", why)
    for key in (*edit.put, *edit.drop):
        if is_reserved(key):
            return Failed("rejected", f"Azure keeps names like {shown(key, 80)} for itself")
    put = {present_spelling(seen.tags, key): value for key, value in sorted(edit.put.items())}
    if len({folded(key) for key in (*edit.put, *edit.drop)}) < len(edit.put) + len(edit.drop):
        return Failed("rejected", "two of the keys are one in Azure: names differ there in more than case")
    names = (present_spelling(seen.tags, key) for key in sorted(edit.drop))
    drop = {name: seen.tags[name] for name in names if name in seen.tags}
    count, most = len({*seen.tags, *put}), max(most_tags(edit.target.resource_id), len(seen.tags))
    if put and count - len(drop) > most:
        return Failed("over-limit", f"the resource would carry {count - len(drop)} tags, Azure allows {most}")
    steps = [(name, tags) for name, tags in (("Merge", put), ("Delete", drop)) if tags]
    return steps[::-1] if count > most else steps  # there must be room for what is put


def _of_poll(error: Exception, polling: PacedPolling) -> Failed:
    """What is wrong with an update that was accepted. Only an answer about the update itself says how it ended."""
    told = failed(error, WRITE, sent=True)
    if isinstance(error, HttpResponseError) and error.status_code in (400, 409, 412):
        return told
    if isinstance(error.__cause__, OperationFailed):
        return Failed("rejected", "Azure took the change and says that it failed")
    return Failed("unreachable", f"the change was accepted and its end is not known ({told.reason})")


def _tags_of(answer: Any) -> dict[str, str]:
    """Raises TypeError, AttributeError where the answer is none of tags."""
    tags = answer.properties.tags
    if tags is None:
        return {}
    return {str(key): "" if value is None else str(value) for key, value in sorted(tags.items())}


def _share(target: Target) -> str:
    return f"tags/{target.account_id}"


def _caller(token: str) -> str:
    """Who a token speaks for; "" where it does not say it."""
    try:
        middle = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return str(said.get("upn") or said.get("unique_name") or said.get("oid") or "")
    except (IndexError, ValueError, AttributeError):
        return ""
