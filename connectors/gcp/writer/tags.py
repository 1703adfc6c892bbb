"""Which tags of Resource Manager does a resource carry itself, and how is one attached or detached?

A key of a tag is namespaced, <parent>/<key>: `123456789012/cost-center`. Labels can hold no slash.
"""

from __future__ import annotations

import re

from google.api_core.exceptions import (
    Forbidden,
    InvalidArgument,
    MethodNotImplemented,
    NotFound,
)

from connectors.gcp.writer.answers import ANSWERS, failed
from connectors.gcp.writer.manager import Manager, Unended
from connectors.gcp.writer.permissions import BIND, UNBIND
from connectors.gcp.writer.ways import Way
from recon.fix.writing import Done, Failed

# an organization by its number, or a project by its id or number; `project_label/…` of an inventory is none
_TAG_KEY = re.compile(r"(?:\d+|[a-z][a-z0-9:.-]{4,})/[^/]+")
_PLACE = re.compile(r"/(?:zones|regions|locations)/([^/]+)/")
_NO_TAGS = (Forbidden, InvalidArgument, NotFound, MethodNotImplemented)


def key_names_tag(key: str) -> bool:
    """Whether a raw key is a tag's and not a label's."""
    return _TAG_KEY.fullmatch(key) is not None


def location_of(way: Way, resource_id: str, region: str) -> str:
    """Where a resource's tags are attached: its own zone or region; "" for what is global."""
    if way.service == "cloudresourcemanager":
        return ""
    hit = _PLACE.search(resource_id)
    return hit[1] if hit else "" if "/global/" in resource_id else region.lower()


class Tags:
    """Bindings of one thread."""

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    def read(self, parent: str, location: str, *, alone: bool) -> dict[str, tuple[str, str]] | None:
        """Namespaced key → value and name of its binding; None where tags can't be read, which is no harm where labels
        can. `alone`: there is nothing but tags. Raises what stands in ANSWERS."""
        try:
            return self._manager.tags(parent, location)
        except _NO_TAGS:
            if alone:
                raise
            return None

    def attach(self, parent: str, location: str, key: str, value: str) -> Done | Failed:
        """Attach a value where the resource has none of this key."""
        try:
            return Done(self._manager.bind(parent, location, f"{key}/{value}"))
        except Unended as error:
            return _unknown(error)
        except NotFound:
            return Failed("rejected", "there is no such tag value, or the resource is gone")
        except ANSWERS as error:
            return failed(error, BIND.name, sent=True)

    def detach(self, binding: str, location: str) -> Done | Failed:
        """Detach what was read, by its name."""
        try:
            return Done(self._manager.unbind(binding, location))
        except Unended as error:
            return _unknown(error)
        except NotFound:
            return Failed("changed", "the tag was detached since it was read")
        except ANSWERS as error:
            return failed(error, UNBIND.name, sent=True)


def _unknown(error: Exception) -> Failed:
    return Failed("unreachable", f"the change was accepted and its end is not known ({error})")
