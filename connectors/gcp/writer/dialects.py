"""How does each service say labels and their lock, and how does it want them back?

A change is always the whole map, made from the labels that were read, under the lock that was read with them: nobody
asks for the lock again. Keys that go are named with null where the service merges, and left out of the map elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.gcp.writer.ways import Way


@dataclass(frozen=True)
class Request:
    """A request below a service's base."""

    service: str
    method: str
    path: str
    body: dict[str, Any] | None = field(default=None, repr=False)
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def reading(way: Way, path: str) -> Request:
    """The question for the labels of a resource."""
    params = {"projection": "noAcl"} if way.lock == "metageneration" else {}
    return Request(way.service, "GET", _rest_path(way, path), params=params)


def labels_in(way: Way, said: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """The labels of an answer, and the lock. Raises ValueError, KeyError, TypeError, AttributeError where it has none."""
    if way.lock == "resourceLabels":
        found, lock = said.get("resourceLabels"), said["labelFingerprint"]
    elif way.lock == "settingsVersion":
        found, lock = said["settings"].get("userLabels"), said["settings"]["settingsVersion"]
    else:
        found, lock = said.get("labels"), said[way.lock]
    if not isinstance(lock, str | int) or lock == "":
        raise ValueError("an answer without a lock")
    return {str(key): str(value) for key, value in sorted((found or {}).items())}, str(lock)


def writing(way: Way, path: str, labels: Mapping[str, str], gone: tuple[str, ...], lock: str) -> Request:
    """The request that makes `labels` the whole of a resource's, of which `gone` is taken away."""
    own = _rest_path(way, path)
    whole, merged = dict(labels), {**labels, **dict.fromkeys(gone)}
    match way.lock:
        case "labelFingerprint":
            body: dict[str, Any] = {"labels": whole, "labelFingerprint": lock}
            return Request(way.service, "POST", f"{own}/setLabels", body)
        case "resourceLabels":
            body = {"resourceLabels": whole, "labelFingerprint": lock}
            return Request(way.service, "POST", f"{own}:setResourceLabels", body)
        case "metageneration":
            params = {"ifMetagenerationMatch": lock, "projection": "noAcl"}
            return Request(way.service, "PATCH", own, {"labels": merged}, params)
        case "etag":
            return Request(way.service, "PATCH", own, {"labels": merged}, headers={"If-Match": lock})
        case "settingsVersion":
            body = {"settings": {"userLabels": merged, "settingsVersion": lock}}
            return Request(way.service, "PATCH", own, body)
        case _:
            raise AssertionError(f"{way.asset_type} is not written by REST")


def operation(way: Way, path: str, said: Mapping[str, Any]) -> Request | None:
    """The question how a change goes on that is not at its end; None where it is."""
    if not way.operates or said.get("status") == "DONE":
        return None
    own, name = _rest_path(way, path), quote(str(said["name"]), safe="")
    home = own.rsplit("/", 2)[0]
    return Request(way.service, "GET", f"{home}/operations/{name}")


def failure_of(said: Mapping[str, Any]) -> tuple[int, str] | None:
    """Status and word of an operation that ended in an error; None where it ended well. Source: the services' REST
    references of Operation."""
    error = said.get("error")
    if not error:
        return None
    words = [str(each.get("code", "")) for each in error.get("errors", ()) if isinstance(each, dict)]
    status = said.get("httpErrorStatusCode") or _HTTP.get(error.get("code"), 0)
    return int(status), next((word for word in words if word), "")


# google.rpc.Code of an operation's error → HTTP's status of the same meaning
_HTTP = {3: 400, 5: 404, 7: 403, 8: 429, 9: 412, 10: 409, 13: 500, 14: 503}


def _rest_path(way: Way, path: str) -> str:
    if way.lock == "metageneration":
        return f"b/{quote(path, safe='')}"
    parts = [quote(part, safe="") for part in path.split("/")]
    if way.lock == "resourceLabels":
        parts[2] = "locations"  # where an asset still names a zone
    return "/".join(parts)
