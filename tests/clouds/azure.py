"""Resource Manager and Resource Graph on loopback, over TLS with a certificate of their own, and an identity endpoint.

Requests are checked as the services document them: api version, token, page size, a query that names id and sorts by
it. Whatever is not served here answers 404 with the code NotServed, and `wrote` keeps every request that would write.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.clouds.azure_server import Told, serve, serve_identity, write_certificate
from tests.clouds.azure_tags import TagsAtScope, holder_of, merged
from tests.clouds.between import Between, run_between

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
SUBSCRIPTION = "microsoft.resources/subscriptions"
GROUP = f"{SUBSCRIPTION}/resourcegroups"


@dataclass
class Fault:
    """What happens to the next `left` requests whose path and query hold `match`, after `after` of them went well:
    another status, other text, silence for `delay` seconds, or a reset after `cut` bytes of the body."""

    match: str
    status: int = 200
    code: str = "ToldToFail"
    headers: dict[str, str] = field(default_factory=dict)
    left: int = 1
    after: int = 0
    text: str | None = None
    delay: float = 0
    cut: int | None = None


@dataclass
class Azure:
    """An estate: `subscriptions` by id (display name, tags, state), `rows` of resources and groups; `hidden`:
    subscriptions that Resource Graph does not show; `parents`: subscription → management groups above it."""

    folder: Path
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    parents: dict[str, set[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)  # added to every answer of Resource Graph
    more: dict[str, Any] = field(default_factory=dict)  # laid over every answer of Resource Graph
    page: int = 1000
    graph_page: int = 1000
    next_host: str = ""
    at_scope: TagsAtScope = field(default_factory=TagsAtScope)
    between: list[Between] = field(default_factory=list)

    def start(self) -> None:
        self._lock = threading.Lock()
        self.certificate = self.folder / "own.pem"
        write_certificate(self.certificate)
        self._servers = [serve(self.answer, self.certificate), serve_identity()]
        self.url = f"https://127.0.0.1:{self._servers[0].server_port}"
        self.identity = f"http://127.0.0.1:{self._servers[1].server_port}/msi/token"

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def clear(self) -> None:
        for kept in (self.subscriptions, self.rows, self.hidden, self.parents, self.faults, self.asked):
            kept.clear()
        self.between.clear()
        self.at_scope.clear()
        for told in (self.tokens, self.headers, self.more):
            told.clear()
        self.page = self.graph_page = 1000
        self.next_host = ""

    def environment(self) -> dict[str, str]:
        """What leads the SDK, and us, here, with a token of the identity endpoint."""
        return {
            "AZURE_RESOURCE_MANAGER_URL": self.url, "REQUESTS_CA_BUNDLE": str(self.certificate),
            "IDENTITY_ENDPOINT": self.identity, "IDENTITY_HEADER": "loopback",
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        }  # fmt: skip

    @property
    def wrote(self) -> list[str]:
        return [
            f"{m} {p}" for m, p, _ in self.asked if m != "GET" and (m, p.partition("?")[0]) != ("POST", GRAPH)
        ]

    def count(self, match: str) -> int:
        return sum(match.lower() in path.lower() for _, path, _ in self.asked)

    # ── the estate ──────────────────────────────────────────────────────────────────────────────────────────────

    def add_subscription(
        self, account: str, name: str = "", tags: dict[str, Any] | None = None, state: str = "Enabled"
    ) -> None:
        self.subscriptions[account] = {"displayName": name or account, "tags": tags, "state": state}

    def add_group(self, account: str, name: str, location: str = "westeurope", tags: Any = None) -> None:
        self.add(f"/subscriptions/{account}/resourceGroups/{name}", GROUP, name, location, tags)

    def add(self, own: str, kind: str, name: str, location: str = "westeurope", tags: Any = None) -> None:
        self.rows.append({"id": own, "type": kind, "name": name, "location": location, "tags": tags})

    def load(self, resources: Iterable[dict[str, Any]]) -> list[str]:
        """Dicts {account, region, type, id, name, container, tags}. Returns what can't be held here: nothing."""
        for row in resources:
            tags = dict(row["tags"]) or None
            if row["type"].lower() == SUBSCRIPTION:
                self.add_subscription(row["account"], row["name"] or "", tags)
            else:
                self.subscriptions.setdefault(
                    row["account"], {"displayName": row["account"], "tags": None, "state": "Enabled"}
                )
                self.add(row["id"], row["type"], row["name"] or "", row["region"] or "", tags)
        return []

    def tags_of(self, scope: str) -> dict[str, str]:
        """The tags that a resource, group or subscription has now."""
        holder = holder_of(self, scope)
        assert holder is not None, "nothing is there"
        return dict(holder["tags"] or {})

    def retag(self, scope: str, put: dict[str, str] | None = None, drop: Iterable[str] = ()) -> None:
        """Somebody else's change of the tags, past our client."""
        holder, gone = holder_of(self, scope), {name.casefold() for name in drop}
        assert holder is not None, "nothing is there"
        kept = {name: value for name, value in (holder["tags"] or {}).items() if name.casefold() not in gone}
        holder["tags"] = merged(kept, put or {})

    # ── the services ────────────────────────────────────────────────────────────────────────────────────────────

    def answer(self, method: str, path: str, body: dict[str, Any], token: str) -> Told:
        with self._lock:
            self.asked.append((method, path, body))
            self.tokens.add(token)
            fault = self._fault(path, json.dumps(body))
        if fault and fault.delay:
            time.sleep(fault.delay)
        if fault and fault.status >= 300:
            error = {"error": {"code": fault.code, "message": f"{fault.code} here"}}
            return Told(fault.status, fault.text or json.dumps(error), fault.headers, fault.cut)
        run_between(self.between, "before", f"{method} {path}")
        status, said, headers = self._respond(method, path, body, token)
        run_between(self.between, "after", f"{method} {path}")
        text = fault.text if fault and fault.text is not None else json.dumps(said)
        return Told(
            status, text, {**headers, **(fault.headers if fault else {})}, fault.cut if fault else None
        )

    def _fault(self, path: str, body: str) -> Fault | None:
        for fault in self.faults:
            if fault.left and (fault.match.lower() in path.lower() or fault.match in body):
                if fault.after:
                    fault.after -= 1
                    return None
                fault.left -= 1
                return fault
        return None

    def _respond(
        self, method: str, path: str, body: dict[str, Any], token: str
    ) -> tuple[int, Any, dict[str, str]]:
        url = urlsplit(path)
        query = {key.lower(): values[0] for key, values in parse_qs(url.query).items()}
        if not token.startswith("Bearer "):
            return _refused(401, "AuthenticationFailed")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", query.get("api-version", "")):
            return _refused(400, "MissingApiVersionParameter")
        if "$filter" in query:
            return _refused(400, "NotServed")
        where = url.path.rstrip("/")
        if method == "POST" and where == GRAPH:
            return self._graph(body)
        if method == "GET" and where == "/subscriptions":
            rows = [
                {"id": f"/subscriptions/{own}", "subscriptionId": own, **said}
                for own, said in self.subscriptions.items()
            ]
            return 200, self._listed(where, rows, query), {}
        if method == "GET" and (
            hit := re.fullmatch(r"/subscriptions/([^/]+)/(resources|resourcegroups)", where, re.I)
        ):
            home, groups = f"/subscriptions/{hit[1]}/".lower(), hit[2].lower() == "resourcegroups"
            rows = [
                r
                for r in self.rows
                if r["id"].lower().startswith(home) and (r["type"].lower() == GROUP) == groups
            ]
            if groups:  # as the list writes it
                rows = [{**row, "type": "Microsoft.Resources/resourceGroups"} for row in rows]
            return 200, self._listed(where, rows, query), {}
        return self.at_scope.answer(self, method, where, body) or _refused(404, "NotServed")

    def _listed(self, where: str, rows: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("$skiptoken", "0"))
        said: dict[str, Any] = {"value": rows[start : start + self.page]}
        if start + self.page < len(rows):  # absolute, as Resource Manager writes it
            said["nextLink"] = (
                f"{self.next_host or self.url}{where}?api-version={query['api-version']}&$skiptoken={start + self.page}"
            )
        return said

    def _graph(self, body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        text, options = body.get("query", ""), body.get("options", {})
        top = options.get("$top", 100)
        if (
            not 1 <= top <= 1000
            or len(body.get("subscriptions", [])) > 1000
            or options.get("resultFormat") != "objectArray"
        ):
            return _refused(400, "BadRequest")
        if not re.search(r"\| project id,.*\| order by id asc$", text):
            return _refused(400, "InvalidQuery")
        rows = self._table(text.partition(" ")[0], GROUP in text, body)
        start = 0
        if token := options.get("$skipToken"):
            try:
                start = int(base64.b64decode(token, validate=True).decode().removeprefix("at:"))
            except ValueError:
                return _refused(400, "InvalidSkipToken")
        end = start + min(top, self.graph_page)
        said: dict[str, Any] = {
            "totalRecords": len(rows),
            "count": len(rows[start:end]),
            "data": rows[start:end],
            "facets": [],
        }
        said["resultTruncated"] = "false"
        if end < len(rows):
            said["$skipToken"] = base64.b64encode(f"at:{end}".encode()).decode()
        quota = {"x-ms-user-quota-remaining": "14", "x-ms-user-quota-resets-after": "00:00:05"}
        return 200, {**said, **self.more}, {**quota, **self.headers}

    def _table(self, table: str, groups: bool, body: dict[str, Any]) -> list[dict[str, Any]]:
        above = set(body.get("managementGroups", []))
        wanted = {own.lower() for own in body.get("subscriptions", [])}
        seen = {
            own
            for own in self.subscriptions
            if (own.lower() in wanted) or above & self.parents.get(own, set())
        }
        seen -= self.hidden
        rows: list[dict[str, Any]] = []
        if table == "resourcecontainers":
            for own in seen:
                said = self.subscriptions[own]
                rows.append(
                    {
                        "id": f"/subscriptions/{own}",
                        "name": said["displayName"],
                        "type": SUBSCRIPTION,
                        "location": "",
                        "tags": said["tags"],
                        "subscriptionId": own,
                    }
                )
        for row in self.rows if groups or table == "resources" else ():
            account = row["id"].split("/")[2]
            if account in seen and (row["type"].lower() == GROUP) == (table == "resourcecontainers"):
                rows.append(
                    {**row, "type": row["type"].lower(), "subscriptionId": account, "resourceGroup": ""}
                )
        return sorted(rows, key=lambda row: row["id"])


def _refused(status: int, code: str) -> tuple[int, Any, dict[str, str]]:
    return status, {"error": {"code": code, "message": f"{code} (loopback)"}}, {}
