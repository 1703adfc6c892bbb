"""By which names does a resource of Google Cloud go, and in which project does it lie?

Cloud Asset Inventory names it in full: `//compute.googleapis.com/projects/shop/zones/z/instances/web`. A bill may write
the project by its number and an instance by its number, and a bucket by its name alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MANAGER = "//cloudresourcemanager.googleapis.com/"
PROJECT, FOLDER, ORGANIZATION = (
    f"cloudresourcemanager.googleapis.com/{kind}" for kind in ("Project", "Folder", "Organization")
)
CONTAINER_TYPES = (PROJECT, FOLDER, ORGANIZATION)
_IN_PROJECT = re.compile(r"(//[^/]+/(?:[^/]+/)*?projects/)([^/]+)(.*)", re.DOTALL)
_BUCKET = "//storage.googleapis.com/"


@dataclass(frozen=True)
class Known:
    """A project, folder or organization, `projects/12`, as Resource Manager tells it. `id`: of a project, its id."""

    name: str
    parent: str = ""
    id: str = ""
    display_name: str = ""
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Directory:
    """Containers by name (`projects/12`, `folders/3`)."""

    known: dict[str, Known] = field(default_factory=dict)

    def project_id(self, word: str) -> str:
        """The id of a project given by id or number; the number itself where nobody knows its id."""
        found = self.known.get(f"projects/{word}")
        return found.id if found and found.id else word

    def learn(self, number: str, project_id: str) -> None:
        """Keep a project's id that a resource's own name tells, where Resource Manager does not show the project."""
        self.known.setdefault(f"projects/{number}", Known(f"projects/{number}", id=project_id))

    def name_of(self, scope: str) -> str:
        """`projects/12` for `projects/shop`, where its number is known; any other scope as it is."""
        kind, _, word = scope.partition("/")
        found = (name for name, known in self.known.items() if known.id == word)
        return next(found, scope) if kind == "projects" else scope

    def below(self, name: str, scope: str) -> bool:
        """Whether the container `name` is `scope` or lies in it, as far as parents are known."""
        passed: set[str] = set()
        while name and name != scope and name not in passed:
            passed.add(name)
            name = self.known[name].parent if name in self.known else ""
        return bool(name) and name == scope

    def container(self, name: str) -> str:
        """Full resource name of `projects/12`, `folders/3` or its full name; a project by its id, as its asset is."""
        path = name.removeprefix(MANAGER)
        kind, _, word = path.partition("/")
        return f"{MANAGER}{kind}/{self.project_id(word) if kind == 'projects' else word}"


def project_in(name: str) -> str:
    """The project that a full resource name holds, id or number; empty where it holds none."""
    hit = _IN_PROJECT.match(name)
    return hit[2] if hit and hit[2] != "_" else ""


def other_names(name: str, project_id: str, number: str, instance: str) -> tuple[str, ...]:
    """Names beside `name` by which a bill may write it: the project by id and by number, the resource by the number
    that it was given (`instance`, where known), a bucket as Cloud Storage's own path and alone."""
    if name.startswith(_BUCKET) and (bucket := name.removeprefix(_BUCKET)) and "/" not in bucket:
        return (bucket, f"{_BUCKET}projects/_/buckets/{bucket}")
    hit = _IN_PROJECT.match(name)
    if not hit:
        return ()
    words = dict.fromkeys(w for w in (hit[2], project_id, number) if w and hit[2] in (project_id, number))
    rests = [hit[3]]
    if instance and "/" in hit[3]:
        rests.append(f"{hit[3].rpartition('/')[0]}/{instance}")
    found = [f"{hit[1]}{word}{rest}" for rest in rests for word in words or (hit[2],)]
    return tuple(dict.fromkeys(other for other in found if other != name))
