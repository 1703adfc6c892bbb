"""What may the identity do that writes labels and tags of Google Cloud? Per service, nothing but that. Data only."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.gcp.writer.ways import WAYS
from connectors.places.permissions import Permission

_ON = "the projects of the plan"
_OPERATIONS = {
    "compute": ("compute.zoneOperations.get", "compute.regionOperations.get", "compute.globalOperations.get"),
    "container": ("container.operations.get",),
}
_TAG_USER = (
    "the tag values and the resources of the plan (roles/resourcemanager.tagUser, where it writes tags)"
)
BIND, UNBIND = (
    Permission(f"resourcemanager.tagValueBindings.{verb}", _TAG_USER, why)
    for verb, why in (
        ("create", "attach the tag value that an approved plan names"),
        ("delete", "detach the tag value that an undone plan had attached"),
    )
)
LIST_TAGS = Permission(
    "resourcemanager.hierarchyNodes.listEffectiveTags",
    _TAG_USER,
    "read which tags a resource carries itself",
)


def _labels() -> Iterator[Permission]:
    waited = set[str]()
    for way in WAYS:
        if way.lock == "none":
            continue
        kind = way.asset_type.rpartition("/")[2]
        yield Permission(way.reads, _ON, f"read the labels of a {kind} and what locks them")
        yield Permission(way.writes, _ON, f"write the labels of a {kind}")
        if way.service not in waited:
            waited.add(way.service)
            for name in _OPERATIONS.get(way.service, ()):
                yield Permission(name, _ON, "wait for the end of the change")


WRITE_PERMISSIONS: tuple[Permission, ...] = (
    *{permission.name: permission for permission in _labels()}.values(),
    LIST_TAGS,
    *(
        Permission(f"resourcemanager.hierarchyNodes.{verb}", _TAG_USER, why)
        for verb, why in (
            ("listTagBindings", "read by which binding a tag is attached"),
            ("createTagBinding", "attach it to a project, folder or organization"),
            ("deleteTagBinding", "detach it there"),
        )
    ),
    BIND,
    UNBIND,
)
