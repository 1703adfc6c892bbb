"""The API server of a cluster on loopback, over TLS with a certificate of its own, and a kubeconfig that leads to it.

It serves lists as the API conventions write them: `limit` and `continue`, whole objects or their metadata alone (by the
Accept header), Status objects as errors, 401 without its token. What is not served answers 404, and `wrote` keeps
every request that is no GET.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.clouds.azure_server import Told, write_certificate

TOKEN = "loopback-token-7f3a"
# plural → group and kind, as `kubectl api-resources` names them
SERVED = {
    "namespaces": ("", "Namespace"),
    "nodes": ("", "Node"),
    "pods": ("", "Pod"),
    "persistentvolumeclaims": ("", "PersistentVolumeClaim"),
    "deployments": ("apps", "Deployment"),
    "statefulsets": ("apps", "StatefulSet"),
    "daemonsets": ("apps", "DaemonSet"),
    "jobs": ("batch", "Job"),
    "cronjobs": ("batch", "CronJob"),
}
_PLURAL = {kind.lower(): plural for plural, (_, kind) in SERVED.items()}
_PATH = re.compile(r"/(?:api|apis/(\w+))/v1(?:/namespaces/([^/]+))?/(\w+)")
_ONE_NAMESPACE = re.compile(r"/api/v1/namespaces/([^/]+)")


@dataclass
class Fault:
    """What happens to the next `left` requests whose path and query hold `match`, after `after` of them went well:
    another status, other text, silence for `delay` seconds, or a reset after `cut` bytes of the body."""

    match: str
    status: int = 200
    reason: str = "ToldToFail"
    headers: dict[str, str] = field(default_factory=dict)
    left: int = 1
    after: int = 0
    text: str | None = None
    delay: float = 0
    cut: int | None = None


@dataclass
class Cluster:
    """An estate: `objects` by plural; `denied`: plurals that the identity may not list."""

    folder: Path
    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, path with query, Authorization
    page: int = 500  # the most that a page holds, whatever is asked for

    def start(self) -> None:
        self._lock = threading.Lock()
        self.certificate = self.folder / "cluster.pem"
        write_certificate(self.certificate)
        self._server = _serve(self)
        self.url = f"https://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def clear(self) -> None:
        for kept in (self.objects, self.denied, self.faults, self.asked):
            kept.clear()
        self.page = 500

    def kubeconfig(self, token: str = TOKEN) -> Path:
        """A kubeconfig whose current context leads here."""
        path = self.folder / f"config-{token[-4:]}"
        user = {"name": "u", "user": {"token": token}}
        cluster = {"server": self.url, "certificate-authority": str(self.certificate)}
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "here", "users": [user],
            "clusters": [{"name": "c", "cluster": cluster}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        }  # fmt: skip
        path.write_text(json.dumps(config), "utf-8")
        return path

    def add(
        self, kind: str, name: str, namespace: str | None = None, labels: Any = None, **more: Any
    ) -> dict[str, Any]:
        """An object of a kind (`pod`); `spec` and further fields of `metadata` as named."""
        plural = _PLURAL[kind]
        spec = more.pop("spec", {})
        meta = {"name": name, "uid": f"uid-{kind}-{namespace}-{name}", **more}
        if namespace is not None:
            meta["namespace"] = namespace
        if labels is not None:
            meta["labels"] = labels
        group, word = SERVED[plural]
        made = {"apiVersion": f"{group}/v1".strip("/"), "kind": word, "metadata": meta, "spec": spec}
        self.objects.setdefault(plural, []).append(made)
        return made

    def load(self, resources: Iterable[dict[str, Any]]) -> list[str]:
        """Take an estate as rows; returns what of it can't be made: what is none of the kinds that are served."""
        left = []
        for row in resources:
            kind = str(row["type"]).removeprefix("k8s:")
            if kind not in _PLURAL:
                left.append(str(row["id"]))
                continue
            container = row.get("container")
            namespace = str(container).rpartition("/")[2] if container else None
            self.add(kind, str(row["name"]), namespace, dict(row["tags"]) or None)
        return left

    def count(self, match: str) -> int:
        return sum(match in path for _, path, _ in self.asked)

    @property
    def wrote(self) -> list[tuple[str, str, str]]:
        return [request for request in self.asked if request[0] != "GET"]

    def answer(self, method: str, path: str, authorization: str, accept: str) -> Told:
        with self._lock:
            self.asked.append((method, path, authorization))
            fault = self._fault(path)
        if fault and fault.delay:
            time.sleep(fault.delay)
        if fault and fault.text is not None:
            return Told(fault.status, fault.text, fault.headers)
        if fault and fault.status != 200:
            return _status(fault.status, fault.reason, fault.headers)
        if authorization.partition(" ")[::2] not in (("Bearer", TOKEN), ("bearer", TOKEN)):
            return _status(401, "Unauthorized")
        told = self._served(method, path, accept)
        return Told(told.status, told.text, told.headers, fault.cut if fault else None)

    def _fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.match in path and fault.left:
                if fault.after:
                    fault.after -= 1
                    return None
                fault.left -= 1
                return fault
        return None

    def _served(self, method: str, path: str, accept: str) -> Told:
        url, query = urlsplit(path), parse_qs(urlsplit(path).query)
        if method != "GET":
            return _status(405, "MethodNotAllowed")
        if one := _ONE_NAMESPACE.fullmatch(url.path):
            return self._namespace(unquote(one[1]))
        hit = _PATH.fullmatch(url.path)
        if hit is None or hit[3] not in SERVED or SERVED[hit[3]][0] != (hit[1] or ""):
            return _status(404, "the server could not find the requested resource")
        plural, namespace = hit[3], unquote(hit[2] or "")
        if plural in self.denied:
            return _status(403, f'{plural} is forbidden: User "viewer" cannot list resource "{plural}"')
        if unknown := query.keys() - {"limit", "continue"}:
            return _status(400, f"unknown parameters {unknown}")
        found = [
            one for one in self.objects.get(plural, [])
            if not namespace or one["metadata"].get("namespace") == namespace
        ]  # fmt: skip
        limit = min(int(query.get("limit", ["0"])[0]) or len(found), self.page)
        start = int(query.get("continue", ["at-0"])[0].removeprefix("at-"))
        items = found[start : start + limit]
        meta: dict[str, Any] = {"resourceVersion": "1"}
        if start + limit < len(found):
            meta |= {"continue": f"at-{start + limit}", "remainingItemCount": len(found) - start - limit}
        group, kind = SERVED[plural]
        whole: dict[str, Any] = {
            "kind": f"{kind}List",
            "apiVersion": f"{group}/v1".strip("/"),
            "metadata": meta,
        }
        parts: tuple[str, ...] = ("metadata", "spec")
        if "as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" in accept:
            whole |= {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
            parts = ("metadata",)
        # within a list, items carry neither kind nor apiVersion; an empty one is null where Go has no slice
        said = [{name: part for name, part in one.items() if name in parts} for one in items]
        return Told(200, json.dumps(whole | {"items": said or None}, ensure_ascii=False))

    def _namespace(self, name: str) -> Told:
        if "namespaces" in self.denied:
            return _status(403, 'namespaces is forbidden: User "viewer" cannot get resource "namespaces"')
        for one in self.objects.get("namespaces", []):
            if one["metadata"]["name"] == name:
                return Told(200, json.dumps(one, ensure_ascii=False))
        return _status(404, f'namespaces "{name}" not found')


def _status(code: int, message: str, headers: dict[str, str] | None = None) -> Told:
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return Told(code, json.dumps(said), headers or {})


def _serve(cluster: Cluster) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None: ...

        def any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = self.headers
            told = cluster.answer(
                self.command, self.path, said.get("Authorization", ""), said.get("Accept", "")
            )
            data = told.text.encode("utf-8", "surrogatepass")
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: told.cut])
            if told.cut is not None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = any

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None: ...  # connections that a test broke off

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cluster.certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
