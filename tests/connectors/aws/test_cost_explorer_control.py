"""Cost Explorer over a real connection: moto on this machine, behind a proxy that listens and can refuse."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from connectors.aws.cost_explorer import totals
from recon.errors import Unreachable
from tests.connectors.places.servers import Fault, Proxy, moto

ACCOUNT = "123456789012"  # moto's own
TODAY = date(2026, 11, 3)
MONTHS = ["2026-09", "2026-10"]


class Listening(Proxy):
    """A proxy that keeps what was asked."""

    def __init__(self, upstream: str) -> None:
        self.asked: list[dict[str, Any]] = []
        super().__init__(upstream)

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.asked.append(json.loads(body))
        request.rfile = io.BufferedReader(io.BytesIO(body))
        super().handle(request)


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with moto() as url:
        yield url


@pytest.fixture
def explorer(moto_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Listening]:
    _post(f"{moto_url}/moto-api/reset", {})
    proxy = Listening(moto_url)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_COST_EXPLORER", proxy.url)
    yield proxy
    proxy.close()


def _post(url: str, content: object) -> None:
    request = urllib.request.Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def month(period: str, unit: str = "USD", **metrics: str) -> dict[str, Any]:
    """One month of an answer; metrics as net=…, gross=…"""
    names = {"net": "NetUnblendedCost", "gross": "UnblendedCost"}
    total = {names[name]: {"Amount": amount, "Unit": unit} for name, amount in metrics.items()}
    return {"TimePeriod": {"Start": f"{period}-01", "End": "…"}, "Total": total, "Estimated": False}


def answers(proxy: Proxy, *pages: list[dict[str, Any]]) -> None:
    """What Cost Explorer will say, page by page."""
    said = [{"ResultsByTime": months, "NextPageToken": f"page-{n}"} for n, months in enumerate(pages)]
    del said[-1]["NextPageToken"]
    url = f"http://{proxy.upstream.netloc}/moto-api/static/ce/cost-and-usage-results"
    _post(url, {"results": said})


def refusal(status: int, code: str, message: str = "no", left: int = 9) -> Fault:
    body = json.dumps({"__type": code, "message": message}).encode()
    return Fault("POST /", left, status, body, {"Content-Type": "application/x-amz-json-1.1"})


def ask(periods: list[str] = MONTHS) -> list[tuple[str, str, Decimal]]:
    return totals(ACCOUNT, None, periods, today=TODAY)


def test_a_total_is_exact_to_the_last_digit(explorer: Listening) -> None:
    answers(explorer, [month("2026-10", net="12345.678901234567890123")])
    assert ask() == [("2026-10", "USD", Decimal("12345.678901234567890123"))]


def test_all_months_are_one_request_that_ends_before_the_next_month(explorer: Listening) -> None:
    answers(explorer, [month("2026-09", net="1"), month("2026-10", net="2")])
    assert [total[0] for total in ask()] == MONTHS
    (asked,) = explorer.asked
    assert asked["TimePeriod"] == {"Start": "2026-09-01", "End": "2026-11-01"}
    assert asked["Granularity"] == "MONTHLY"


def test_the_whole_payer_is_asked_for_without_filter_or_groups(explorer: Listening) -> None:
    ask()
    assert explorer.asked[0].keys() == {"TimePeriod", "Granularity", "Metrics"}


def test_the_december_request_ends_in_january(explorer: Listening) -> None:
    totals(ACCOUNT, None, ["2026-12"], today=date(2026, 12, 31))
    assert explorer.asked[0]["TimePeriod"] == {"Start": "2026-12-01", "End": "2027-01-01"}


def test_net_cost_counts_before_gross(explorer: Listening) -> None:
    answers(explorer, [month("2026-10", net="90", gross="100")])
    assert ask() == [("2026-10", "USD", Decimal(90))]


def test_without_net_cost_the_gross_one_counts(explorer: Listening) -> None:
    answers(explorer, [month("2026-10", gross="100")])
    assert ask() == [("2026-10", "USD", Decimal(100))]


def test_pages_are_followed_by_their_token(explorer: Listening) -> None:
    answers(explorer, [month("2026-09", net="1")], [month("2026-10", net="2")])
    assert ask() == [("2026-09", "USD", Decimal(1)), ("2026-10", "USD", Decimal(2))]
    assert [page.get("NextPageToken") for page in explorer.asked] == [None, "page-0"]


def test_a_month_that_it_does_not_have_is_left_out(explorer: Listening) -> None:
    empty = month("2026-09")
    answers(explorer, [empty, month("2026-10", unit="N/A", net="0")])
    assert ask() == []


def test_a_month_between_that_nobody_asked_for_is_left_out(explorer: Listening) -> None:
    answers(explorer, [month(f"2026-{n:02}", net="1") for n in (8, 9, 10)])
    assert [total[0] for total in ask(["2026-10", "2026-08"])] == ["2026-08", "2026-10"]


def test_each_month_keeps_its_currency(explorer: Listening) -> None:
    answers(explorer, [month("2026-09", net="1"), month("2026-10", unit="EUR", net="2")])
    assert ask() == [("2026-09", "USD", Decimal(1)), ("2026-10", "EUR", Decimal(2))]


def test_what_cost_explorer_no_longer_keeps_is_not_asked_for(explorer: Listening) -> None:
    ask(["2020-01", "2025-09", "2025-10", "2026-10", "2026-12"])
    assert explorer.asked[0]["TimePeriod"] == {"Start": "2025-10-01", "End": "2026-11-01"}


def test_with_only_old_months_nothing_is_asked_and_nothing_paid(explorer: Listening) -> None:
    assert ask(["2025-09"]) == []
    assert explorer.asked == []


def test_a_denied_identity_is_told_its_permission(explorer: Listening) -> None:
    explorer.faults.append(refusal(400, "AccessDeniedException", "not authorized to perform"))
    with pytest.raises(Unreachable) as told:
        ask()
    assert (told.value.kind, told.value.permission) == ("denied", "ce:GetCostAndUsage")
    assert "not authorized" in told.value.reason
    assert len(explorer.asked) == 1


def test_credentials_of_another_account_are_not_taken_for_the_payer_s(explorer: Listening) -> None:
    with pytest.raises(Unreachable, match=f"credentials are of account {ACCOUNT}") as told:
        totals("999999999999", None, MONTHS, today=TODAY)
    assert told.value.kind == "denied"
    assert explorer.asked == []


def test_without_credentials_the_gap_says_so(explorer: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Unreachable, match="credentials") as told:
        ask()
    assert told.value.kind == "denied"


def test_throttling_is_waited_out(explorer: Listening) -> None:
    answers(explorer, [month("2026-10", net="2")])
    explorer.faults.append(refusal(400, "LimitExceededException", left=1))
    assert ask() == [("2026-10", "USD", Decimal(2))]


def test_throttled_to_the_end_is_its_own_gap(explorer: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.aws.cost_explorer._ATTEMPTS", 2)
    explorer.faults.append(refusal(400, "LimitExceededException"))
    with pytest.raises(Unreachable) as told:
        ask()
    assert (told.value.kind, len(explorer.asked)) == ("throttled", 2)


def test_data_that_is_not_there_yet_is_missing_and_no_zero(explorer: Listening) -> None:
    explorer.faults.append(refusal(400, "DataUnavailableException"))
    with pytest.raises(Unreachable) as told:
        ask()
    assert told.value.kind == "missing"


def test_an_amount_that_is_no_number_is_not_guessed(explorer: Listening) -> None:
    answers(explorer, [month("2026-10", net="1,000.00")])
    with pytest.raises(Unreachable, match="no exact number"):
        ask()


def test_a_dead_endpoint_is_no_connection(explorer: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.aws.cost_explorer._ATTEMPTS", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_COST_EXPLORER", "http://127.0.0.1:1")
    with pytest.raises(Unreachable, match="no connection"):
        ask()
