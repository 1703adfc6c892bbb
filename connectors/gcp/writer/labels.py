"""What labels does a resource carry, and how are all of them written back under the lock that was read with them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.gcp.inventory.clients import Clients
from connectors.gcp.writer.answers import ANSWERS, failed, of_status
from connectors.gcp.writer.dialects import failure_of, labels_in, operation, reading, writing
from connectors.gcp.writer.manager import Manager, Unended
from connectors.gcp.writer.rest import Rest
from connectors.gcp.writer.ways import MANAGER, Way
from recon.fix.writing import Done, Failed

_PAUSE = 2.0  # seconds between two questions whether a change is done


@dataclass(frozen=True)
class Labelled:
    """`lock`: what the service wants back; `parent`: the name by which tags are attached to the resource."""

    labels: Mapping[str, str] = field(repr=False)
    lock: str
    parent: str


class Labels:
    """Labels of the types that `ways.py` names. One thread uses it."""

    def __init__(self, clients: Clients, rest: Rest, manager: Manager) -> None:
        self._pace, self._rest, self._manager = clients.pace, rest, manager

    def read(self, way: Way, path: str, resource_id: str) -> Labelled:
        """Labels and lock as they are now. Raises what stands in ANSWERS."""
        if way.lock == "none":
            return Labelled({}, "", resource_id)
        if way.lock == "project":
            project = self._manager.project(path)
            if not project.etag:
                raise ValueError("a project without an etag")
            return Labelled(dict(sorted(project.labels.items())), project.etag, f"{MANAGER}{project.name}")
        said = self._rest.ask(reading(way, path))
        return Labelled(*labels_in(way, said), _tagged_as(way, resource_id, said))

    def write(
        self, way: Way, path: str, seen: Labelled, labels: Mapping[str, str], gone: tuple[str, ...]
    ) -> Done | Failed:
        """Make `labels` the whole of the resource's, unless anything changed since `seen`; `gone`: keys taken away."""
        try:
            if way.lock == "project":
                name = seen.parent.removeprefix(MANAGER)
                return Done(self._manager.label_project(name, labels, seen.lock))
            said = self._rest.ask(writing(way, path, labels, gone, seen.lock))
        except Unended as error:
            return _unknown(str(error))
        except ANSWERS as error:
            return failed(error, way.writes, sent=True)
        try:
            return self._ended(way, path, said)
        except ANSWERS as error:  # whatever a question about the end meets, the change is under way
            return _unknown(failed(error, way.writes, sent=False).reason)

    def _ended(self, way: Way, path: str, said: Mapping[str, Any]) -> Done | Failed:
        name, waited = str(said["name"]) if way.operates else None, 0.0
        while (question := operation(way, path, said)) is not None:
            if waited + _PAUSE > self._pace.patience:
                return _unknown("no end in time")
            self._pace.sleep(_PAUSE)
            waited += _PAUSE
            said = self._rest.ask(question)
        if way.lock in ("labelFingerprint", "resourceLabels", "settingsVersion") and (
            bad := failure_of(said)
        ):
            return _of_operation(*bad, way)
        return Done(name)


def _of_operation(status: int, word: str, way: Way) -> Failed:
    if not 400 <= status < 500:
        return Failed("rejected", f"Google Cloud took the change and says that it failed ({word or status})")
    return of_status(status, word, way.writes, sent=True)


def _unknown(why: str) -> Failed:
    return Failed("unreachable", f"the change was accepted and its end is not known ({why})")


def _tagged_as(way: Way, resource_id: str, said: Mapping[str, Any]) -> str:
    """Compute Engine's tags hang on a number, a bucket's on its path. Source: Google Cloud, "Attach tags"."""
    number = str(said.get("id", ""))
    if way.lock == "labelFingerprint" and number.isdigit():
        return f"{resource_id.rpartition('/')[0]}/{number}"
    if way.lock == "metageneration":
        return f"//storage.googleapis.com/projects/_/buckets/{resource_id.rpartition('/')[2]}"
    if way.lock == "settingsVersion":
        return resource_id.replace("//cloudsql.", "//sqladmin.", 1)
    return resource_id
