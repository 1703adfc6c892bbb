"""A service account's key, TLS and a quota project, over a server of this machine that has a certificate of its own.

The child is a process of its own, because gRPC reads the roots that it trusts once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.clouds.azure_server import write_certificate
from tests.clouds.gcp import SEARCH, GoogleCloud

_CHILD = """
import json
from connectors.gcp.inventory.clients import Tries
from connectors.gcp.inventory.lister import open_lister
from recon.config.live import GcpScope
from recon.errors import Unreachable

scope = GcpScope(scopes=("organizations/1",), quota_project="pays-for-it")
lister = open_lister(scope, tries=Tries(timeout=5, first=0.05, within=0.2))
try:
    (unit,) = lister.units()
    print(json.dumps([resource.id for resource in lister.resources(unit)]))
except Unreachable as error:
    print(json.dumps([error.kind, error.reason]))
lister.close()
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    write_certificate(path)
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[GoogleCloud]:
    pem = certificate.read_bytes()
    cloud = GoogleCloud()
    cloud.start(grpc.ssl_server_credentials([(pem, pem)]))
    cloud.add_project("shop-prod", 42)
    yield cloud
    cloud.stop()


@pytest.fixture
def issuer() -> Iterator[list[int]]:
    """Port of a token endpoint, and the status that it answers with next."""
    told: list[int] = [0, 200]

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            good = {"access_token": "from-the-issuer", "expires_in": 3600, "token_type": "Bearer"}
            bad = {"error": "invalid_grant", "error_description": "Invalid JWT: check your iat"}
            body = json.dumps(good if told[1] == 200 else bad).encode()
            self.send_response(told[1])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    told[0] = server.server_port
    yield told
    server.shutdown()
    server.server_close()


def run_child(cloud: GoogleCloud, issuer: list[int], roots: Path, folder: Path) -> list[str]:
    secret = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = {
        "type": "service_account", "client_email": "tagrecon@shop.example", "private_key": secret.decode(),
        "private_key_id": "1", "project_id": "shop", "token_uri": f"http://127.0.0.1:{issuer[0]}/token",
    }  # fmt: skip
    (folder / "key.json").write_text(json.dumps(key))
    environment = {
        **os.environ, "GOOGLE_APPLICATION_CREDENTIALS": str(folder / "key.json"),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(roots),
        **{name: value.replace("http:", "https:") for name, value in cloud.environment().items()},
    }  # fmt: skip
    out = subprocess.run(
        [sys.executable, "-c", _CHILD], capture_output=True, text=True, env=environment, timeout=30
    )
    assert out.returncode == 0, out.stderr
    found: list[str] = json.loads(out.stdout)
    return found


def test_a_service_account_asks_over_tls_at_its_quota_project_s_expense(
    secure: GoogleCloud, issuer: list[int], certificate: Path, tmp_path: Path
) -> None:
    found = run_child(secure, issuer, certificate, tmp_path)
    assert found == ["//cloudresourcemanager.googleapis.com/projects/shop-prod"]
    assert SEARCH in secure.called
    for metadata in secure.metadata:
        assert metadata["authorization"].startswith("Bearer ")
        assert metadata["x-goog-user-project"] == "pays-for-it"


def test_a_token_that_is_refused_is_no_credential(
    secure: GoogleCloud, issuer: list[int], certificate: Path, tmp_path: Path
) -> None:
    """As where this machine's clock is wrong: the issuer refuses what was signed in the future."""
    issuer[1] = 400
    kind, reason = run_child(secure, issuer, certificate, tmp_path)
    assert kind == "denied" and "no credentials" in reason and "check your iat" in reason
    assert secure.called == []


def test_a_server_whose_certificate_nobody_knows_gets_no_token(
    secure: GoogleCloud, issuer: list[int], tmp_path: Path
) -> None:
    write_certificate(tmp_path / "other.pem")
    kind, _ = run_child(secure, issuer, tmp_path / "other.pem", tmp_path)
    assert (kind, secure.called) == ("unreadable", [])
