"""Cost Management over a real TLS connection: a Resource Manager on this machine, with a certificate of its own."""

from __future__ import annotations

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.azure import cost_management
from connectors.azure.cost_management import _client, totals
from recon.errors import InputError, Unreachable

SCOPE = "/providers/Microsoft.Billing/billingAccounts/86420135"
TODAY = date(2026, 11, 3)
MONTHS = ["2026-09", "2026-10"]
QPU = "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after"


def table(rows: str, cost: str = "Cost", link: str = "null") -> str:
    """An answer as text, so that numbers stand in it as written."""
    columns = f'[{{"name":"{cost}","type":"Number"}},{{"name":"Currency","type":"String"}}]'
    return f'{{"id":"q","properties":{{"nextLink":{link},"columns":{columns},"rows":{rows}}}}}'


@dataclass
class Arm:
    """`said`: the answer for each month, `refused`: (status, code, headers) of the next requests;
    `asked`: path, body and authorization of all of them."""

    said: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, str, dict[str, str]]:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.asked.append((request.path, body, request.headers["Authorization"]))
        if self.refused:
            status, code, headers = self.refused.pop(0)
            return status, json.dumps({"error": {"code": code, "message": f"{code} here"}}), headers
        text = self.said.get(body["timePeriod"]["from"][:7], table("[]"))
        return (200 if text else 204), text, {}

    @property
    def months(self) -> list[str]:
        return [body["timePeriod"]["from"][:7] for _, body, _ in self.asked]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class Token:
    """A credential without a directory behind it."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(f"for {' '.join(scopes)}", 2**31)


@pytest.fixture
def arm(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arm]:
    fake = Arm()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            status, text, headers = fake.answer(self)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    fake.url = f"https://127.0.0.1:{server.server_port}"
    here = partial(_client, Token(), base_url=fake.url, connection_verify=str(certificate))
    monkeypatch.setattr(cost_management, "_client", here)
    yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the SDK would have made."""
    slept: list[float] = []
    monkeypatch.setattr(
        "azure.core.pipeline.transport.RequestsTransport.sleep", lambda _, duration: slept.append(duration)
    )
    return slept


def ask(periods: list[str] = MONTHS, scope: str | None = SCOPE) -> list[tuple[str, str, Decimal]]:
    return totals("86420135", scope, periods, today=TODAY)


def test_a_total_is_exact_as_the_answer_writes_it(arm: Arm) -> None:
    arm.said["2026-10"] = table('[[12345678901.123456789012345678,"USD"]]')
    assert ask() == [("2026-10", "USD", Decimal("12345678901.123456789012345678"))]


@pytest.mark.parametrize(("text", "total"), [("-0.1", "-0.1"), ("7", "7"), ("1.5E-7", "0.00000015")])
def test_every_way_to_write_a_number_is_read(arm: Arm, text: str, total: str) -> None:
    arm.said["2026-10"] = table(f'[[{text},"usd"]]')
    assert ask() == [("2026-10", "USD", Decimal(total))]


def test_each_month_is_asked_for_whole_and_ungrouped(arm: Arm) -> None:
    ask()
    path, body, authorization = arm.asked[0]
    assert path.partition("?")[0] == f"{SCOPE}/providers/Microsoft.CostManagement/query"
    assert (body["type"], body["timeframe"]) == ("ActualCost", "Custom")
    assert body["timePeriod"] == {"from": "2026-09-01T00:00:00Z", "to": "2026-09-30T23:59:59Z"}
    assert body["dataset"] == {"aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}}}
    assert authorization.startswith("Bearer for https://management")
    assert arm.months == MONTHS


def test_the_column_may_go_by_the_name_that_we_gave_it(arm: Arm) -> None:
    arm.said["2026-10"] = table('[[1.5,"USD"]]', cost="totalCost")
    assert ask() == [("2026-10", "USD", Decimal("1.5"))]


def test_currencies_are_totals_of_their_own(arm: Arm) -> None:
    arm.said["2026-10"] = table('[[1,"EUR"],[2,"USD"]]')
    assert ask() == [("2026-10", "EUR", Decimal(1)), ("2026-10", "USD", Decimal(2))]


@pytest.mark.parametrize("nothing", [table("[]"), ""], ids=["no row", "no content"])
def test_a_month_that_it_does_not_have_is_left_out_and_no_zero(arm: Arm, nothing: str) -> None:
    arm.said |= {"2026-09": nothing, "2026-10": table('[[2,"USD"]]')}
    assert ask() == [("2026-10", "USD", Decimal(2))]


def test_a_month_to_come_is_not_asked_for_because_last_year_s_would_be_told(arm: Arm) -> None:
    ask(["2026-11", "2026-12"])
    assert arm.months == ["2026-11"]


def test_a_month_that_it_no_longer_keeps_is_not_asked_for(arm: Arm) -> None:
    ask(["2023-10", "2023-11"])
    assert arm.months == ["2023-11"]


@pytest.mark.parametrize("scope", [SCOPE, SCOPE.strip("/"), f"{SCOPE}/"])
def test_slashes_around_a_scope_don_t_matter(arm: Arm, scope: str) -> None:
    ask(scope=scope)
    assert arm.asked[0][0].startswith(f"{SCOPE}/providers/Microsoft.CostManagement")


@pytest.mark.parametrize(
    "scope", [None, "", "86420135", "subscriptions/1?x=/y", "//elsewhere/subscriptions/1"]
)
def test_what_is_no_scope_is_refused_before_anything_is_asked(arm: Arm, scope: str | None) -> None:
    with pytest.raises(InputError, match="no scope of Cost Management"):
        ask(scope=scope)
    assert arm.asked == []


@pytest.mark.parametrize(("status", "code"), [(401, "Unauthorized"), (403, "AuthorizationFailed")])
def test_a_denied_identity_is_told_its_role(arm: Arm, status: int, code: str) -> None:
    arm.refused = [(status, code, {})] * 9
    with pytest.raises(Unreachable, match=code) as told:
        ask()
    assert (told.value.kind, told.value.permission) == ("denied", "Cost Management Reader")
    assert len(arm.asked) == 1


def test_without_credentials_the_gap_says_so(arm: Arm, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZURE_USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    monkeypatch.setattr(cost_management, "_client", partial(_client, base_url=arm.url))
    with pytest.raises(Unreachable, match="no credentials") as told:
        ask()
    assert told.value.kind == "denied"


def test_the_longest_of_its_own_waits_is_waited(arm: Arm, waits: list[float]) -> None:
    entity = QPU.replace("qpu", "entity")
    arm.said["2026-09"] = table('[[2,"USD"]]')
    arm.refused = [(429, "TooManyRequests", {QPU: "7", entity: "11", "Retry-After": "3"})]
    assert ask() == [("2026-09", "USD", Decimal(2))]
    assert waits == [11]


def test_no_answer_makes_a_run_wait_for_hours(arm: Arm, waits: list[float]) -> None:
    arm.refused = [(429, "TooManyRequests", {"Retry-After": "86400"})]
    ask()
    assert waits == [60]


def test_throttled_to_the_end_is_its_own_gap(arm: Arm, waits: list[float]) -> None:
    arm.refused = [(429, "TooManyRequests", {QPU: "1"})] * 99
    with pytest.raises(Unreachable, match="throttled to the end") as told:
        ask()
    assert (told.value.kind, waits) == ("throttled", [1, 1, 1])


def test_a_scope_that_is_not_there_is_missing(arm: Arm) -> None:
    arm.refused = [(404, "NotFound", {})]
    with pytest.raises(Unreachable) as told:
        ask()
    assert told.value.kind == "missing"


@pytest.mark.parametrize(
    "answer",
    [
        '{"properties": null}',
        table('[[1,"USD"]]', cost="UsageQuantity"),
        table("[[1]]"),
        table('[[1,"USD"]]', link='"https://more"'),
        table('[["1,000","USD"]]'),
        table('[[NaN,"USD"]]'),
        '{"properties": ',
    ],
    ids=["no table", "other columns", "short row", "several pages", "no number", "not a number", "cut off"],
)
def test_an_answer_that_can_not_be_read_is_a_gap_and_no_guess(arm: Arm, answer: str) -> None:
    arm.said["2026-09"] = answer
    with pytest.raises(Unreachable):
        ask()
