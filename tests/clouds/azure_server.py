"""The servers that Azure on loopback is made of: HTTPS with a certificate of its own, and an identity endpoint."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Told:
    """An answer; `cut`: the connection is reset after so many bytes of it."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


Answer = Callable[[str, str, dict[str, Any], str], Told]


def serve(answer: Answer, certificate: Path | None, header: str = "Authorization") -> ThreadingHTTPServer:
    """A running server of method, path, body and one header; with a certificate over TLS."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None: ...

        def any(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told = answer(self.command, self.path, json.loads(data or b"{}"), self.headers.get(header, ""))
            body = told.text.encode("utf-8", "surrogatepass")
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json; charset=utf-8", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: told.cut])
            if told.cut is not None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = any

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None: ...  # connections that a test broke off

    server = Quiet(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def serve_identity() -> ThreadingHTTPServer:
    """What IDENTITY_ENDPOINT leads to: a token for whoever asks, without TLS as on an App Service."""

    def token(*_: object) -> Told:
        said = {"access_token": "loopback-token", "expires_on": str(int(time.time()) + 3600)}
        return Told(200, json.dumps({**said, "resource": "arm", "token_type": "Bearer"}))

    return serve(token, None)


def write_certificate(path: Path) -> None:
    """A certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now, own = datetime.now(UTC), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([own]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
