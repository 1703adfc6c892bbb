"""Resource Manager's tags at scope on loopback, over the rows of the estate, so that a later listing shows a change.

As documented: names fold and keep the casing that came first, Merge keeps what it does not name, Delete goes by name
and value, more than 50 tags (15 for some types) are refused. Replacing all of a resource's tags is not served.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

Answered = tuple[int, Any, dict[str, str]]
_TAGS = re.compile(r"(/subscriptions/.+)/providers/Microsoft\.Resources/tags/default", re.I)
_RESULT = re.compile(r"/subscriptions/[^/]+/providers/Microsoft\.Resources/tagOperationResults/(\d+)", re.I)
_FEW = re.compile(
    r"/providers/Microsoft\.(Automation|Cdn)/|/providers/Microsoft\.Network/(private)?dnsZones/", re.I
)
_NAME = re.compile(r"[^<>%&\\?/]{1,512}")


class Estate(Protocol):
    url: str
    subscriptions: dict[str, dict[str, Any]]
    rows: list[dict[str, Any]]


@dataclass
class TagsAtScope:
    """`polls`: how often a change says that it goes on before it ends, 0: its answer is the end; `ends`: status and
    code of the error in which it ends."""

    polls: int = 0
    ends: tuple[int, str] | None = None
    _open: dict[str, list[Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def clear(self) -> None:
        self.polls, self.ends = 0, None
        self._open.clear()

    def answer(self, estate: Estate, method: str, where: str, body: dict[str, Any]) -> Answered | None:
        """None: it is no request of tags."""
        if method == "GET" and (hit := _RESULT.fullmatch(where)):
            return self._poll(hit[1])
        hit = _TAGS.fullmatch(unquote(where))
        if not hit or method not in ("GET", "PATCH"):
            return None
        holder = holder_of(estate, hit[1])
        if holder is None:
            return refused(404, "ResourceNotFound")
        if method == "GET":
            return 200, _said(hit[1], holder), {}
        return self._patch(estate, hit[1], holder, body)

    def _patch(self, estate: Estate, scope: str, holder: dict[str, Any], body: dict[str, Any]) -> Answered:
        tags = body.get("properties", {}).get("tags")
        operation = body.get("operation")
        if operation not in ("Merge", "Delete") or not isinstance(tags, dict) or not tags:
            return refused(400, "InvalidRequestContent")
        for name, value in tags.items():
            if not _NAME.fullmatch(name):
                return refused(400, "InvalidTagNameCharacters")
            if len(value) > 256:
                return refused(400, "InvalidTagValueLength")
        most = 15 if _FEW.search(scope) else 50
        if operation == "Merge" and len(merged(holder["tags"] or {}, tags)) > most:
            return refused(400, "TooManyTags")
        known = {"x-ms-correlation-request-id": "0a1b2c3d-0000-4000-8000-00000000000f"}

        def effect() -> Answered:
            with self._lock:
                before = holder["tags"] or {}
                holder["tags"] = merged(before, tags) if operation == "Merge" else without(before, tags)
            return 200, _said(scope, holder), known

        if not self.polls:
            return effect()
        number = str(len(self._open) + 1)
        self._open[number] = [self.polls, effect]
        account = scope.split("/")[2]
        there = (
            f"{estate.url}/subscriptions/{account}/providers/Microsoft.Resources/tagOperationResults/{number}"
        )
        return 202, {}, {**known, "Location": f"{there}?api-version=2025-04-01", "Retry-After": "7"}

    def _poll(self, number: str) -> Answered:
        if number not in self._open:
            return refused(404, "OperationNotFound")
        left, effect = self._open[number]
        if left > 1:
            self._open[number][0] -= 1
            return 202, {}, {"Retry-After": "7"}
        if self.ends:
            return refused(*self.ends)
        done: Callable[[], Answered] = effect
        return done()


def holder_of(estate: Estate, scope: str) -> dict[str, Any] | None:
    """What has the tags of a scope under `tags`: a row, or a subscription."""
    for own, said in estate.subscriptions.items():
        if scope.lower() == f"/subscriptions/{own}".lower():
            return said
    return next((row for row in estate.rows if row["id"].lower() == scope.lower()), None)


def merged(before: dict[str, str], put: dict[str, str]) -> dict[str, str]:
    after, casing = dict(before), {name.casefold(): name for name in before}
    for name, value in put.items():
        after[casing.setdefault(name.casefold(), name)] = value
    return after


def without(before: dict[str, str], drop: dict[str, str]) -> dict[str, str]:
    gone = {name.casefold(): value for name, value in drop.items()}
    return {name: value for name, value in before.items() if gone.get(name.casefold()) not in ("", value)}


def refused(status: int, code: str) -> Answered:
    return status, {"error": {"code": code, "message": f"{code} (loopback)"}}, {}


def _said(scope: str, holder: dict[str, Any]) -> dict[str, Any]:
    own = f"{scope}/providers/Microsoft.Resources/tags/default"
    tags = dict(holder["tags"] or {})
    return {"id": own, "name": "default", "type": "Microsoft.Resources/tags", "properties": {"tags": tags}}
