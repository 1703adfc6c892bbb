"""The services of Google Cloud that take labels over REST, on loopback, over the estate's assets.

As documented: setLabels and setResourceLabels replace the whole map and want the fingerprint that was read, a bucket's
metageneration, a dataset's etag and a database's settings version are conditions of a patch, which merges labels and
takes null for one to go. A stale one is refused. A write without any is refused here too, so that none goes unseen.
"""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.clouds.azure_server import Told, serve
from tests.clouds.between import Between, run_between
from tests.clouds.gcp_faults import RestFault
from tests.clouds.gcp_labels import Labels

SERVICES = ("COMPUTE", "CONTAINER", "STORAGE", "BIGQUERY", "SQL")
_ROUTES = (
    (re.compile(r"/compute/v1/(projects/[^/]+/.+?/[^/]+/[^/]+?)(/setLabels)?"), "//compute.googleapis.com/"),
    (re.compile(r"/v1/(projects/[^/]+/locations/[^/]+/clusters/[^/:]+)(:setResourceLabels)?"), "//container.googleapis.com/"),
    (re.compile(r"/storage/v1/b/([^/]+)()"), "//storage.googleapis.com/"),
    (re.compile(r"/bigquery/v2/(projects/[^/]+/datasets/[^/]+(?:/tables/[^/]+)?)()"), "//bigquery.googleapis.com/"),
    (re.compile(r"/v1/(projects/[^/]+/instances/[^/]+)()"), "//cloudsql.googleapis.com/"),
)  # fmt: skip
_OPERATION = re.compile(
    r"/(?:compute/)?v1/projects/.+/operations/([^/]+)|/v1/projects/[^/]+/operations/([^/]+)"
)
_KEY, _VALUE = re.compile(r"[\w-]{1,63}"), re.compile(r"[\w-]{0,63}")


@dataclass
class RestServices:
    """`asked`: method, path, body; `polls`: how often a change says that it goes on before it ends; `ends`: the error
    in which it ends (an operation's own), having changed nothing."""

    labels: Labels
    faults: list[RestFault] = field(default_factory=list)
    between: list[Between] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    polls: int = 0
    ends: dict[str, Any] | None = None
    _open: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        self._lock = threading.Lock()
        self._server = serve(self.answer, None, header="If-Match")
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def clear(self) -> None:
        for kept in (self.faults, self.between, self.asked):
            kept.clear()
        self._open.clear()
        self.polls, self.ends = 0, None

    def environment(self) -> dict[str, str]:
        return {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"{self.url}/" for name in SERVICES}

    @property
    def wrote(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.asked if method != "GET"]

    def answer(self, method: str, path: str, body: dict[str, Any], if_match: str) -> Told:
        line = f"{method} {path}"
        with self._lock:
            self.asked.append((method, path, body))
            fault = self._fault(line)
        if fault and fault.delay:
            time.sleep(fault.delay)
        if fault and fault.status >= 300:
            said = json.dumps(_error(fault.status, fault.reason, fault.word))
            return Told(fault.status, fault.text or said, fault.headers, fault.cut)
        run_between(self.between, "before", line)
        status, answered = self._respond(method, path, body, if_match)
        run_between(self.between, "after", line)
        text = fault.text if fault and fault.text is not None else json.dumps(answered)
        return Told(status, text, {}, fault.cut if fault else None)

    def _fault(self, line: str) -> RestFault | None:
        for fault in self.faults:
            if fault.left and fault.match in line:
                if fault.after:
                    fault.after -= 1
                    return None
                fault.left -= 1
                return fault
        return None

    def _respond(self, method: str, path: str, body: dict[str, Any], if_match: str) -> tuple[int, Any]:
        url = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if method == "GET" and (hit := _OPERATION.fullmatch(url.path)):
            return self._poll(hit[1] or hit[2])
        for route, host in _ROUTES:
            if hit := route.fullmatch(url.path):
                own = unquote(hit[1])
                row = self.labels.asset(host + own) or self.labels.asset(
                    host + own.replace("/locations/", "/zones/")
                )
                if row is None:
                    return 404, _error(404, "notFound")
                if method == "GET" and not hit[2]:
                    return 200, self._shown(row.name)
                return self._write(
                    method, row.name, hit[2], body, query.get("ifMetagenerationMatch") or if_match
                )
        return 404, _error(404, "NotServed")

    def _shown(self, name: str) -> dict[str, Any]:
        labels, lock, version = self.labels.of(name), self.labels.lock(name), str(self.labels.versions[name])
        service = name.split("/")[2].partition(".")[0]
        if service == "cloudsql":
            settings = {"userLabels": labels, "settingsVersion": version, "tier": "db-f1-micro"}
            return {"name": name.rpartition("/")[2], "settings": settings}
        if service == "compute":
            shown: dict[str, Any] = {"id": self.labels.number(name), "labelFingerprint": lock}
        elif service == "container":
            return {
                "name": name.rpartition("/")[2],
                "labelFingerprint": lock,
                **({"resourceLabels": labels} if labels else {}),
            }
        else:
            shown = {"id": name.rpartition("/")[2], "metageneration": version, "etag": lock}
        return {**shown, **({"labels": labels} if labels else {})}

    def _write(
        self, method: str, name: str, verb: str, body: dict[str, Any], condition: str
    ) -> tuple[int, Any]:
        labels, version = self.labels, str(self.labels.versions[name])
        service = name.split("/")[2].partition(".")[0]
        before = labels.of(name)
        if (method, verb) in (("POST", "/setLabels"), ("POST", ":setResourceLabels")):
            given, after = (
                body.get("labelFingerprint"),
                body.get("labels" if verb == "/setLabels" else "resourceLabels"),
            )
            right = labels.lock(name)
        elif method == "PATCH" and service == "cloudsql":
            settings = body.get("settings", {})
            given, right, after = (
                settings.get("settingsVersion"),
                version,
                patched(before, settings.get("userLabels", {})),
            )
        elif method == "PATCH" and service in ("storage", "bigquery"):
            given, right = condition, version if service == "storage" else labels.lock(name)
            after = patched(before, body.get("labels", {}))
        else:
            return 404, _error(404, "NotServed")
        if not given or after is None:
            return 400, _error(400, "required")
        if given != right:
            return (
                (400, _error(400, "failedPrecondition", "FAILED_PRECONDITION"))
                if service == "container"
                else (412, _error(412, "conditionNotMet"))
            )
        if len(after) > 64 or not all(_KEY.fullmatch(k) and _VALUE.fullmatch(v) for k, v in after.items()):
            return 400, _error(400, "invalid")
        if not (service in ("compute", "container", "cloudsql") and self.ends):
            labels.write(name, after)
        if service in ("storage", "bigquery"):
            return 200, self._shown(name)
        number = f"operation-{len(self._open) + 1}"
        self._open[number] = self.polls
        return 200, self._operation(number)

    def _poll(self, number: str) -> tuple[int, Any]:
        if number not in self._open:
            return 404, _error(404, "notFound")
        self._open[number] -= 1
        return 200, self._operation(number)

    def _operation(self, number: str) -> dict[str, Any]:
        if self._open[number] > 0:
            return {"name": number, "status": "RUNNING"}
        return {"name": number, "status": "DONE", **(self.ends or {})}


def patched(before: dict[str, str], labels: dict[str, str | None]) -> dict[str, str]:
    after = {**before, **labels}
    return {key: value for key, value in after.items() if value is not None}


def _error(status: int, reason: str, word: str = "") -> dict[str, Any]:
    said: dict[str, Any] = {"code": status, "message": f"{reason or word} (loopback)"}
    if reason:
        said["errors"] = [{"reason": reason, "domain": "global", "message": said["message"]}]
    if word:
        said["status"] = word
    return {"error": said}
