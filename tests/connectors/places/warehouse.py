"""A BigQuery on this machine: its REST interface over one billing export table, whose queries DuckDB runs.

Only what the real one would take is taken: a query that is no dry run must carry `maximumBytesBilled` and
every value as a parameter.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb

TABLE = "pay-1.billing.gcp_billing_export_resource_v1_0A_1B"
_FIELDS: dict[str, Any] = {
    "billing_account_id": "STRING",
    "service": {"id": "STRING", "description": "STRING"},
    "labels": [{"key": "STRING", "value": "STRING"}],
    "export_time": "TIMESTAMP",
    "cost": "FLOAT",
    "credits": [{"name": "STRING", "amount": "FLOAT"}],
    "invoice": {"month": "STRING"},
}
_LOOKED = {
    "month": "STRING",
    "row_count": "INTEGER",
    **dict.fromkeys(("exported", "first", "last"), "TIMESTAMP"),
}
_DDL = """CREATE TABLE export (_PARTITIONTIME TIMESTAMP, billing_account_id TEXT,
    service STRUCT(id TEXT, description TEXT), labels STRUCT("key" TEXT, "value" TEXT)[], export_time TIMESTAMP,
    cost DOUBLE, credits STRUCT("name" TEXT, amount DOUBLE)[], invoice STRUCT("month" TEXT))"""


@dataclass
class Refusal:
    """An answer of ours, `left` times, to requests whose line holds `match`."""

    match: str
    status: int
    reason: str
    left: int = 1
    message: str = "no"

    @property
    def body(self) -> dict[str, Any]:
        errors = [{"reason": self.reason, "message": self.message}]
        return {"error": {"code": self.status, "message": self.message, "errors": errors}}


@dataclass
class Warehouse:
    """`queries`: the configurations of queries that ran; `dry`: of dry runs; `lines`: all requests."""

    bytes_processed: int = 123_000_000
    refusals: list[Refusal] = field(default_factory=list)
    queries: list[dict[str, Any]] = field(default_factory=list)
    dry: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = 'UTC'")
        self._con.execute(_DDL)
        self._results: dict[str, tuple[dict[str, Any], list[Any]]] = {}
        self._lock = threading.Lock()
        warehouse = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def do_GET(self) -> None:
                warehouse.handle(self)

            do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._con.close()

    def add(
        self, partition: str, month: str | None, cost: float = 1.0, exported: str = "", team: str = "a"
    ) -> None:
        """One row, that arrived in this partition, for this invoice month."""
        at = datetime.fromisoformat(exported or f"{partition}T12:00:00")
        row = ["0A-1B", {"id": "6F81", "description": "Compute"}, [{"key": "team", "value": team}], at, cost]
        credits = [{"name": "free", "amount": -0.1}]
        self._con.execute(
            "INSERT INTO export VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [datetime.fromisoformat(partition), *row, credits, {"month": month}],
        )

    def forget(self, month: str) -> None:
        self._con.execute("DELETE FROM export WHERE invoice.month = ?", [month])

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers.get("Content-Length") or 0)) or b"{}")
        line = f"{request.command} {request.path}"
        with self._lock:
            self.lines.append(line)
            status, answer = self._answer(line, body)
        text = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def _answer(self, line: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        dry = body.get("configuration", {}).get("dryRun", False)
        for refusal in self.refusals:
            if refusal.left and refusal.match in (line + " dry" if dry else line):
                refusal.left -= 1
                return refusal.status, refusal.body
        url = urlsplit(line.partition(" ")[2])
        if line.startswith("POST") and url.path.endswith("/jobs"):
            return self._insert(body, dry)
        name = url.path.rpartition("/")[2]
        if "/jobs/" in url.path:
            return 200, self._job(name)
        return 200, self._page(name, {k: v[0] for k, v in parse_qs(url.query).items()})

    def _insert(self, body: dict[str, Any], dry: bool) -> tuple[int, dict[str, Any]]:
        configuration, name = body["configuration"], body["jobReference"].get("jobId", "dry")
        problem = _not_allowed(configuration, dry)
        if problem:
            return 400, Refusal("", 400, "invalidQuery", message=problem).body
        (self.dry if dry else self.queries).append(configuration)
        if dry:
            return 200, {**self._job(name), "statistics": _statistics(self.bytes_processed)}
        limit = int(configuration["query"]["maximumBytesBilled"])
        if limit < self.bytes_processed:
            return 400, Refusal("", 400, "bytesBilledLimitExceeded", message="over the limit").body
        self._results[name] = self._run(configuration["query"])
        return 200, self._job(name)

    def _run(self, query: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
        sql = (
            query["query"]
            .replace(f"`{TABLE}`", "export")
            .replace("TIMESTAMP_SECONDS(0)", "TIMESTAMP 'epoch'")
        )
        sql = re.sub(r"@(\w+)", r"$\1", sql.replace("SELECT *", "SELECT * EXCLUDE (_PARTITIONTIME)"))
        values = {p["name"]: _value(p) for p in query.get("queryParameters", ())}
        rows = self._con.execute(sql, values).fetchall()
        return (_FIELDS if "EXCLUDE" in sql else _LOOKED), rows

    def _job(self, name: str) -> dict[str, Any]:
        destination = {"projectId": "pay-1", "datasetId": "_anon", "tableId": name}
        return {
            "jobReference": {"projectId": "pay-1", "jobId": name, "location": "EU"},
            "configuration": {"query": {"destinationTable": destination}, "jobType": "QUERY"},
            "status": {"state": "DONE"},
            "statistics": _statistics(self.bytes_processed),
        }

    def _page(self, name: str, asked: dict[str, str]) -> dict[str, Any]:
        """A page of a result; the first token leads to an empty page, which the real one may give too."""
        fields, rows = self._results[name]
        size, token = int(asked.get("maxResults", 1000)), asked.get("pageToken", "0")
        start = int(token.removeprefix("empty"))
        end = start if token.startswith("empty") else start + size
        page = {
            "jobReference": {"projectId": "pay-1", "jobId": name, "location": "EU"},
            "schema": {"fields": [_field(n, t) for n, t in fields.items()]},
            "jobComplete": True,
            "totalRows": str(len(rows)),
            "rows": [
                {"f": [_cell(v, t) for v, t in zip(r, fields.values(), strict=True)]} for r in rows[start:end]
            ],
        }
        if end < len(rows) and size:
            page["pageToken"] = f"empty{end}" if start == 0 and end else str(end)
        return page


def _not_allowed(configuration: dict[str, Any], dry: bool) -> str:
    query = configuration["query"]
    if not dry and "maximumBytesBilled" not in query:
        return "a query without maximumBytesBilled"
    if f"`{TABLE}`" not in query["query"] or "_PARTITIONTIME" not in query["query"]:
        return "a query without a back-ticked table and a bound on _PARTITIONTIME"
    if "'" in query["query"].replace("''", "") or not query.get("queryParameters"):
        return "a query with a value in its text"
    return "" if query.get("useLegacySql") is False else "a query in legacy SQL"


def _statistics(size: int) -> dict[str, Any]:
    return {
        "totalBytesProcessed": str(size),
        "query": {"totalBytesProcessed": str(size), "statementType": "SELECT"},
    }


def _value(parameter: dict[str, Any]) -> Any:
    text = parameter["parameterValue"]["value"]
    if parameter["parameterType"]["type"] == "STRING":
        return text
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _field(name: str, kind: Any) -> dict[str, Any]:
    if isinstance(kind, str):
        return {"name": name, "type": kind, "mode": "NULLABLE"}
    repeated = isinstance(kind, list)
    inner = kind[0] if repeated else kind
    fields = [_field(n, t) for n, t in inner.items()]
    return {"name": name, "type": "RECORD", "mode": "REPEATED" if repeated else "NULLABLE", "fields": fields}


def _cell(value: Any, kind: Any) -> dict[str, Any]:
    if value is None:
        return {"v": None}
    if isinstance(kind, list):
        return {"v": [_cell(one, kind[0]) for one in value]}
    if isinstance(kind, dict):
        return {"v": {"f": [_cell(value[n], t) for n, t in kind.items()]}}
    if isinstance(value, datetime):
        since = value - datetime(1970, 1, 1)
        return {"v": str((since.days * 86400 + since.seconds) * 10**6 + since.microseconds)}
    return {"v": repr(value) if isinstance(value, float) else str(value)}
