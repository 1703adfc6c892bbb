"""AWS on loopback: moto as a child process behind a front that counts, breaks and answers what moto can't.

Three things are not moto's: what it does not implement (Resource Explorer, cost allocation tags) is answered by
stubs; what it shows in the wrong region (each bucket in every region's GetResources) is taken out; and an estate
with ids of its own (`load`) is answered by `aws_estate`, and written by `aws_writes`. Stubs are checked against
botocore's models.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.clouds import aws_wire
from tests.clouds.aws_costs import CostTags
from tests.clouds.aws_estate import Estate
from tests.clouds.aws_wire import Asked, Refused

HOST, OWN = "127.0.0.1", "123456789012"
_READY = 60  # seconds
Stub = Callable[[Asked], dict[str, Any]]


@dataclass
class Fault:
    """What happens, `left` times after `skip` more, to a request whose line holds each of `match`: an error of the
    service, a `body` as it is, the connection dropped (before any answer, or after `cut` bytes), or `delay` seconds.
    `done`: the request takes effect before that, and only its answer is lost."""

    match: tuple[str, ...]
    code: str = ""
    status: int = 400
    left: int = 1
    skip: int = 0
    body: bytes | None = None
    drop: bool = False
    done: bool = False
    cut: int | None = None
    delay: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "no"


class Moto:
    """moto's server as a child of this process."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        self.url = f"http://{HOST}:{port}"
        quiet = subprocess.DEVNULL
        self._child = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)],
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            env={**os.environ, "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"},
        )
        end = time.monotonic() + _READY
        while True:
            try:
                socket.create_connection((HOST, port), 1).close()
                return
            except OSError:
                assert self._child.poll() is None, "moto ended"
                assert time.monotonic() < end, "moto did not answer"
                time.sleep(0.05)

    def reset(self) -> None:
        request = urllib.request.Request(f"{self.url}/moto-api/reset", b"", method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def stop(self) -> None:
        self._child.terminate()
        self._child.wait(10)


class AwsCloud:
    """The front. `url`: where clients connect; `seen`: the requests so far; `stubs`: `service:Operation` → answer;
    `before`, `after`: `service:Operation` → what runs right before it takes effect and right after, a racing writer;
    `costs`: cost allocation tags and their backfills."""

    def __init__(self, moto: str) -> None:
        self._moto = urlsplit(moto)
        self.faults, self.seen, self.trouble = list[Fault](), list[Asked](), list[str]()
        self.before, self.after = dict[str, Callable[[Asked], None]](), dict[str, Callable[[Asked], None]]()
        self.costs = CostTags()
        self.stubs: dict[str, Stub] = {
            "resource-explorer-2:GetDefaultView": lambda _: {},
            **self.costs.stubs(),
        }
        self.estate: Estate | None = None
        self.buckets: dict[str, str] = {}
        self._lock = threading.Lock()
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None: ...

            def do_any(self) -> None:
                cloud._handle(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_any

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_port}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def load(self, resources: Iterable[Mapping[str, Any]], own: str = OWN, page: int = 100) -> None:
        """From now on the tagging API, Resource Explorer, Organizations, STS and EC2's regions answer with these
        resources ({account, region, type, id, name, container, tags}), whole; other questions still go to moto."""
        self.estate = Estate(resources, own, page)

    def count(self, call: str) -> int:
        return sum(1 for asked in self.seen if f"{asked.service}:{asked.operation}" == call)

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        asked = aws_wire.read(request.command, request.path, dict(request.headers), body)
        with self._lock:
            self.seen.append(asked)
            fault = self._fault(asked)
        if fault is not None and fault.delay:
            time.sleep(fault.delay)
        if fault is not None and fault.done:
            self._said(request, asked, body)
        if fault is not None and fault.drop:
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        if fault is not None and fault.body is not None:
            self._answer(request, fault.status, {"Content-Type": "application/x-amz-json-1.1"}, fault.body)
            return
        if fault is not None and fault.code:
            status, headers, said = aws_wire.error(asked, fault.status, fault.code, fault.message)
            self._answer(request, status, {**headers, **fault.headers}, said)
            return
        try:
            status, headers, said = self._said(request, asked, body)
        except Exception as error:  # noqa: BLE001  a stub that was asked, or said, what AWS does not know
            self.trouble.append(f"{asked.line}: {error}")
            status, headers, said = aws_wire.error(asked, 400, "ValidationException", str(error)[:200])
        self._answer(request, status, headers, said, fault.cut if fault else None)

    def _said(
        self, request: BaseHTTPRequestHandler, asked: Asked, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        call = f"{asked.service}:{asked.operation}"
        if (hook := self.before.get(call)) is not None:
            hook(asked)
        said = self._answered(request, asked, body)
        if (hook := self.after.get(call)) is not None:
            hook(asked)
        return said

    def _answered(
        self, request: BaseHTTPRequestHandler, asked: Asked, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        stub = self.stubs.get(f"{asked.service}:{asked.operation}")
        try:
            said: dict[str, Any] | str | None = self.estate.answers(asked) if self.estate else None
            if said is None and stub is not None:
                aws_wire.check_request(asked)
                said = stub(asked)
        except Refused as no:
            return aws_wire.error(asked, no.status, no.code, no.message)
        if isinstance(said, str):
            return 200, {"Content-Type": "text/xml"}, said.encode()
        if said is not None:
            aws_wire.check_request(asked)
            return aws_wire.answer(asked, said)
        status, headers, content = self._forward(request, asked, body)
        if asked.operation == "GetResources" and status == 200 and self.buckets:
            answer = json.loads(content)
            key = "ResourceTagMappingList"
            answer[key] = [m for m in answer[key] if self._at_home(m["ResourceARN"], asked.region)]
            content = json.dumps(answer).encode()
        return status, headers, content

    def _at_home(self, arn: str, region: str) -> bool:
        return not arn.startswith("arn:aws:s3:::") or self.buckets.get(arn[13:], region) == region

    def _forward(
        self, request: BaseHTTPRequestHandler, asked: Asked, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        headers = dict(request.headers)
        if self.estate is not None:
            headers["x-moto-account-id"] = self.estate.account_of(asked.access_key)
        upstream = http.client.HTTPConnection(str(self._moto.hostname), self._moto.port, timeout=60)
        upstream.request(request.command, request.path, body, headers)
        got = upstream.getresponse()
        content = got.read()
        upstream.close()
        return got.status, dict(got.getheaders()), content

    def _fault(self, asked: Asked) -> Fault | None:
        for fault in self.faults:
            if fault.left and all(part in asked.line for part in fault.match):
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.left -= 1
                return fault
        return None

    def _answer(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        cut: int | None = None,
    ) -> None:
        own = {name.lower() for name in headers}
        request.send_response_only(status)
        if "date" not in own:
            request.send_header("Date", request.date_time_string())
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        if cut is not None:
            request.send_header("Connection", "close")
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            request.close_connection = True
            request.wfile.flush()
            request.connection.shutdown(socket.SHUT_RDWR)
