"""Servers on this machine that places are tested on: emulators as children, and a proxy that breaks things."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

HOST = "127.0.0.1"
_AZURITE = "node_modules/azurite/dist/src/blob/main.js"
_READY = 30  # seconds


@contextmanager
def moto() -> Iterator[str]:
    with _child(lambda port: [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]) as url:
        yield url


@contextmanager
def azurite(folder: Path) -> Iterator[str]:
    """Azurite's blob service, in memory. `folder` takes its log, if it writes one."""
    script = azurite_script()
    assert script is not None

    def command(port: int) -> list[str]:
        flags = ["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"]
        return ["node", str(script), "--blobHost", HOST, "--blobPort", str(port), *flags]

    with _child(command, folder) as url:
        yield url


def azurite_script() -> Path | None:
    """Azurite as `make system` installs it beside the interpreter; None where it or node is not there."""
    script = Path(sys.prefix) / "azurite" / _AZURITE
    return script if script.exists() and shutil.which("node") else None


@contextmanager
def gcs_emulator() -> Iterator[str]:
    code = "from gcp_storage_emulator.__main__ import main; main()"
    flags = ["start", "--host", HOST, "--in-memory", "--port"]
    with _child(lambda port: [sys.executable, "-c", code, *flags, str(port)]) as url:
        yield url


@contextmanager
def _child(command: Callable[[int], Sequence[str]], folder: Path | None = None) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    quiet = subprocess.DEVNULL
    child = subprocess.Popen(command(port), stdin=quiet, stdout=quiet, stderr=quiet, cwd=folder)
    try:
        _wait(child, port)
        yield f"http://{HOST}:{port}"
    finally:
        child.terminate()
        child.wait(10)


def _wait(child: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _READY
    while True:
        assert child.poll() is None, f"{child.args!r} ended with {child.returncode}"
        try:
            return socket.create_connection((HOST, port), 1).close()
        except OSError:
            assert time.monotonic() < end, f"{child.args!r} did not answer in {_READY} s"
            time.sleep(0.05)


@dataclass
class Fault:
    """What happens, `left` times, to a request whose method and path hold `match`: an answer of ours, or the
    real one cut after `cut` bytes of the body."""

    match: str
    left: int = 1
    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]


class Proxy:
    """A reverse proxy before a server, that answers or breaks off as told. `seen`: the requests so far."""

    def __init__(self, upstream: str) -> None:
        self.upstream, self.faults, self.seen = urlsplit(upstream), list[Fault](), list[Seen]()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None: ...

            def do_any(self) -> None:
                proxy.handle(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_any

        self.server = ThreadingHTTPServer((HOST, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{HOST}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.seen.append(Seen(request.command, request.path, dict(request.headers)))
        fault = self._fault(f"{request.command} {request.path}")
        if fault and fault.cut is None:
            return _answer(request, fault.status, list(fault.headers.items()), fault.body)
        upstream = http.client.HTTPConnection(str(self.upstream.hostname), self.upstream.port, timeout=30)
        upstream.request(request.command, request.path, body, dict(request.headers))
        got = upstream.getresponse()
        content = got.read()
        upstream.close()
        cut = fault.cut if fault else None
        return _answer(request, got.status, got.getheaders(), content, cut, got.getheader("Content-Length"))

    def _fault(self, line: str) -> Fault | None:
        for fault in self.faults:
            if fault.left and fault.match in line:
                fault.left -= 1
                return fault
        return None


def _answer(
    request: BaseHTTPRequestHandler,
    status: int,
    headers: list[tuple[str, str]],
    body: bytes,
    cut: int | None = None,
    length: str | None = None,
) -> None:
    request.send_response(status)
    for name, value in headers:
        if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
            request.send_header(name, value)
    head = request.command == "HEAD"
    request.send_header("Content-Length", (length or "0") if head else str(len(body)))
    request.send_header("Connection", "close")
    request.end_headers()
    if not head:
        request.wfile.write(body if cut is None else body[:cut])
    request.close_connection = True
