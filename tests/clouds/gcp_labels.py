"""Who holds which labels in Google Cloud on loopback, and under which lock? One version per resource, told in each
service's own words: a fingerprint, a metageneration, an etag, a settings version."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

_CRM = "//cloudresourcemanager.googleapis.com/"


class Estate(Protocol):
    projects: list[Any]
    assets: list[Any]


@dataclass
class Labels:
    """Labels of the estate's assets and projects. `versions`: how often each was changed."""

    estate: Estate
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 1))

    def of(self, name: str) -> dict[str, str]:
        project = self.project(name)
        row = self.asset(name)
        assert row is not None or project is not None, f"nothing is there: {name}"
        return dict(project.labels if project is not None else row.labels)

    def write(self, name: str, labels: Mapping[str, str]) -> None:
        """The whole map of a resource, by whomever."""
        self.versions[self._own(name)] += 1
        if (project := self.project(name)) is not None:
            project.labels = dict(labels)
            project.etag = self.lock(name)
        if (row := self.asset(name)) is not None:
            row.labels = dict(labels)

    def relabel(self, name: str, put: Mapping[str, str] | None = None, drop: Iterable[str] = ()) -> None:
        """Somebody else's change, past our client."""
        gone = set(drop)
        self.write(name, {**{k: v for k, v in self.of(name).items() if k not in gone}, **(put or {})})

    def touch(self, name: str) -> None:
        """A change of something that is no label, which makes a lock stale all the same."""
        self.write(name, self.of(name))

    def lock(self, name: str) -> str:
        own = self._own(name)
        digest = hashlib.sha256(f"{own}#{self.versions[own]}".encode()).digest()
        return base64.b64encode(digest[:8]).decode()

    def _own(self, name: str) -> str:
        row = self.asset(name)
        return name if row is None else str(row.name)

    def number(self, name: str) -> str:
        """The number that a resource was given."""
        return str(10**12 + zlib.crc32(name.encode()))

    def asset(self, name: str) -> Any | None:
        return next((row for row in self.estate.assets if name in self.names(row.name)), None)

    def project(self, name: str) -> Any | None:
        word = name.removeprefix(_CRM)
        return next((p for p in self.estate.projects if word in (p.name, f"projects/{p.project_id}")), None)

    def names(self, name: str) -> tuple[str, ...]:
        """All names that a service knows a resource by."""
        if name.startswith("//compute."):
            return (name, f"{name.rpartition('/')[0]}/{self.number(name)}")
        if name.startswith("//storage."):
            return (name, f"//storage.googleapis.com/projects/_/buckets/{name.rpartition('/')[2]}")
        if name.startswith("//cloudsql."):
            return (name, name.replace("//cloudsql.", "//sqladmin.", 1))
        project = self.project(name) if name.startswith(f"{_CRM}projects/") else None
        return (name, f"{_CRM}{project.name}") if project is not None else (name,)
