"""How are labels and tags put on Google Cloud's resources so that no change of anybody else is lost?

Every request of labels carries the whole map, made from what `read` saw, and the lock that was read with it. Where the
lock is stale, the service refuses, and so do we: what changed is for the next plan to see. Keys of the form
<parent>/<key> are tags of Resource Manager, attached and detached one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import google.auth
from google.auth.exceptions import GoogleAuthError

from connectors.gcp.inventory.clients import Clients, Tries, address_of, endpoint
from connectors.gcp.writer.answers import ANSWERS, failed
from connectors.gcp.writer.labels import Labelled, Labels
from connectors.gcp.writer.manager import Manager
from connectors.gcp.writer.permissions import LIST_TAGS
from connectors.gcp.writer.rest import Rest
from connectors.gcp.writer.tags import Tags, key_names_tag, location_of
from connectors.gcp.writer.version import Version, version_of
from connectors.gcp.writer.ways import BASES, Way, way_of
from connectors.live.pace import Pace
from recon.config.live import GcpScope
from recon.fix.writing import Done, Edit, Failed, Seen, Target
from recon.hostile import shown

_MOST = 64
_RESERVED = "goog"  # keys that Google itself writes
_NO_LOCK = "its API takes labels without a fingerprint: a change of somebody else could be lost; change it at its source"
_TAGS_ONLY = "folders and organizations carry no labels: a tag of theirs is named <parent>/<key>"
_TAGS_UNREAD = "its tags could not be read, so none is attached or detached"
_EXCHANGE = "a tag's value can't be exchanged in one call: the resource would stand without it; change it at its source"


def open_writer(scope: GcpScope, pace: Pace, tries: Tries | None = None) -> GcpWriter:
    """The writer of the Google Cloud that `scope` names; asks nothing yet."""
    return GcpWriter(Clients(scope.quota_project, pace, tries or Tries()))


class GcpWriter:
    """A `Writer` of labels under their services' locks, and of tags."""

    provider = "gcp"
    fenced = True

    def __init__(self, clients: Clients) -> None:
        self._clients, self._rest, self._manager = clients, Rest(clients), Manager(clients)
        self._labels, self._tags = Labels(clients, self._rest, self._manager), Tags(self._manager)
        self._actor: str | None = None

    @property
    def calls(self) -> Counter[str]:
        """Requests so far, each attempt counted."""
        return self._clients.calls

    @property
    def actor(self) -> str:
        """The service account whose credentials these are; "" where they are a person's, or none."""
        if self._actor is None:
            self._actor = _service_account()
        return self._actor

    def actor_in(self, account_id: str) -> str:
        """The same identity everywhere."""
        return self.actor

    def refuses(self, target: Target) -> str | None:
        return None if way_of(target.resource_id) else _NO_LOCK

    def batches(self, edits: Sequence[Edit]) -> list[list[Edit]]:
        """Each resource by itself: no service takes more in a call."""
        return [[edit] for edit in sorted(edits, key=lambda edit: edit.target)]

    def read(self, targets: Sequence[Target]) -> Mapping[Target, Seen | Failed]:
        return {target: self._read(target) for target in targets}

    def write(self, edits: Sequence[tuple[Edit, Seen]]) -> Mapping[Target, Done | Failed]:
        return {edit.target: self._write(edit, seen) for edit, seen in edits}

    def close(self) -> None:
        self._rest.close()
        self._clients.close()

    def _read(self, target: Target) -> Seen | Failed:
        if (found := way_of(target.resource_id)) is None:
            return Failed("unsupported", _NO_LOCK)
        way, path = found
        needed = LIST_TAGS.name if way.lock == "none" else way.reads
        try:
            seen = self._labels.read(way, path, target.resource_id)
            needed = LIST_TAGS.name
            place = location_of(way, target.resource_id, target.region)
            tags = self._tags.read(seen.parent, place, alone=way.lock == "none")
        except ANSWERS as error:
            return failed(error, needed, sent=False)
        bindings = None if tags is None else {key: name for key, (_, name) in tags.items()}
        values = {key: value for key, (value, _) in (tags or {}).items()}
        return Seen({**seen.labels, **values}, Version(seen.lock, seen.parent, bindings).text())

    def _write(self, edit: Edit, seen: Seen) -> Done | Failed:
        found, version = way_of(edit.target.resource_id), version_of(seen.version)
        if found is None or version is None:
            return Failed("unsupported", _NO_LOCK if found is None else "it was not read here before")
        if why := _refused(edit, seen, found[0], version):
            return why
        done = Done()
        for number, step in enumerate(self._steps(edit, seen, *found, version)):
            outcome = step()
            if isinstance(outcome, Failed):
                if number:
                    why_half = f"only a part of the change took effect ({outcome.kind}: {outcome.reason})"
                    return Failed("unreachable", why_half, outcome.permission)
                return outcome
            done = outcome
        return done

    def _steps(
        self, edit: Edit, seen: Seen, way: Way, path: str, version: Version
    ) -> Iterator[Callable[[], Done | Failed]]:
        """The calls that an edit takes: one for all labels, one for each tag."""
        whole, gone = _labels_after(edit, seen)
        if whole != _labels_of(seen):
            labelled = Labelled(_labels_of(seen), version.lock, version.parent)
            yield partial(self._labels.write, way, path, labelled, whole, gone)
        place, bindings = (
            location_of(way, edit.target.resource_id, edit.target.region),
            version.bindings or {},
        )
        for key in sorted(filter(key_names_tag, edit.drop)):
            if key in bindings:
                yield partial(self._tags.detach, bindings[key], place)
        for key in sorted(filter(key_names_tag, edit.put)):
            if key not in bindings:
                yield partial(self._tags.attach, version.parent, place, key, edit.put[key])


def _refused(edit: Edit, seen: Seen, way: Way, version: Version) -> Failed | None:
    """Why an edit is not even tried."""
    keys = sorted({*edit.put, *edit.drop})
    tags = [key for key in keys if key_names_tag(key)]
    for key in keys:
        if key.startswith(_RESERVED):
            return Failed("rejected", f"Google Cloud keeps names like {shown(key, 80)} for itself")
        if "/" in key and key not in tags:
            return Failed("unsupported", f"{shown(key, 80)} is neither a label nor a tag <parent>/<key>")
    if len(tags) < len(keys) and way.lock == "none":
        return Failed("unsupported", _TAGS_ONLY)
    if tags and version.bindings is None:
        return Failed("denied", _TAGS_UNREAD, LIST_TAGS.name)
    if any(key in seen.tags and seen.tags[key] != edit.put[key] for key in tags if key in edit.put):
        return Failed("unsupported", _EXCHANGE)
    whole, _ = _labels_after(edit, seen)
    if len(whole) > max(_MOST, len(_labels_of(seen))):
        return Failed(
            "over-limit", f"the resource would carry {len(whole)} labels, Google Cloud allows {_MOST}"
        )
    return None


def _labels_of(seen: Seen) -> dict[str, str]:
    return {key: value for key, value in seen.tags.items() if "/" not in key}


def _labels_after(edit: Edit, seen: Seen) -> tuple[dict[str, str], tuple[str, ...]]:
    """The whole map after an edit, and the keys that are gone from it."""
    before = _labels_of(seen)
    gone = tuple(sorted(key for key in edit.drop if key in before and key not in edit.put))
    put = {key: value for key, value in edit.put.items() if "/" not in key}
    after = {**before, **put}
    return {key: after[key] for key in sorted(after) if key not in gone}, gone


def _service_account() -> str:
    if address_of(endpoint("compute", BASES["compute"]))[
        1
    ]:  # on this machine nobody is asked for credentials
        return ""
    try:
        credentials, _ = google.auth.default()
    except GoogleAuthError:
        return ""
    name = str(getattr(credentials, "service_account_email", "") or "")
    return name if "@" in name else ""
