"""What does Azure itself say that each month of a scope sums to?

Asked is the query of Cost Management, one request for each month: the sum of ActualCost, without grouping, which
comes back once for each billing currency. Asking is free, but rationed: an answer 429 says how long to wait, and that
is waited out within reason. Credentials come from azure-identity's default chain.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceResponseError,
)
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import RetryPolicy
from azure.identity import DefaultAzureCredential
from azure.mgmt.costmanagement import CostManagementClient
from azure.mgmt.costmanagement.models import (
    QueryAggregation,
    QueryDataset,
    QueryDefinition,
    QueryTimePeriod,
)

from recon.errors import InputError, Unreachable
from recon.hostile import shown
from recon.money import exact

PERMISSION = "Cost Management Reader"
_CONNECT, _READ, _LONGEST = 10, 60, 60  # seconds; _LONGEST: to wait before one request is made again
_SCOPE = re.compile(r"(subscriptions|providers)/[\w./:;@() -]+")
_WAITS = re.compile(r"x-ms-ratelimit-microsoft\.[\w-]+-retry-after", re.I)
_COST = ("cost", "totalcost")


def totals(
    account: str, scope: str | None, periods: list[str], *, today: date | None = None
) -> list[tuple[str, str, Decimal]]:
    """Billing period, currency and total for each currency of each asked month, exact as the answer writes them.

    `scope`: a billing account, billing profile, subscription or resource group, as Azure writes it. Months that have
    not begun, for which Azure would answer with last year's, and months older than it keeps (this one and the 36
    before) are left out and not asked for. Raises InputError for what is no scope, and Unreachable.
    """
    path = (scope or "").strip().strip("/")
    if not _SCOPE.fullmatch(path):
        raise InputError(
            f'controls: "{shown(scope or "", 200)}" is no scope of Cost Management. Write '
            "/providers/Microsoft.Billing/billingAccounts/…, a billing profile of it, or /subscriptions/…"
        )
    day = today or datetime.now(UTC).date()
    oldest, newest = f"{day.year - 3}-{day.month:02}", f"{day:%Y-%m}"
    asked = sorted(period for period in set(periods) if oldest <= period <= newest)
    if not asked:
        return []
    what = f"Cost Management of {shown(account, 100)}"
    with _explained(what), _client() as client:
        return [
            (period, *total)
            for period in asked
            for total in _read(_ask(client, path, period), f"{what}, {period}")
        ]


class _Patience(RetryPolicy[Any, Any]):
    """Cost Management says how long to wait in headers of its own, one for each ration; the longest counts."""

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        waits = [super().get_retry_after(response) or 0.0]
        for name, value in response.http_response.headers.items():
            if _WAITS.fullmatch(name) and value.isdigit():
                waits.append(float(value))
        return min(max(waits), _LONGEST) or None


def _client(credential: TokenCredential | None = None, **settings: Any) -> CostManagementClient:
    """`settings`: those of the SDK's client, such as another endpoint."""
    return CostManagementClient(
        credential or DefaultAzureCredential(),
        retry_policy=_Patience(),
        connection_timeout=_CONNECT,
        read_timeout=_READ,
        **settings,
    )


def _ask(client: CostManagementClient, scope: str, period: str) -> str:
    """The answer as text: the SDK's own reading would turn the amounts into binary numbers."""
    year, month = int(period[:4]), int(period[5:])
    last = monthrange(year, month)[1]
    question = QueryDefinition(
        type="ActualCost",
        timeframe="Custom",
        time_period=QueryTimePeriod(
            from_property=datetime(year, month, 1, tzinfo=UTC),
            to=datetime(year, month, last, 23, 59, 59, tzinfo=UTC),
        ),
        dataset=QueryDataset(aggregation={"totalCost": QueryAggregation(name="Cost", function="Sum")}),
    )
    # A POST that only asks may be made again; by itself the SDK would give up at a 429 without Retry-After.
    answer: Any = client.query.usage(scope, question, cls=_text, retry_on_methods=["POST"])
    return str(answer)


def _text(response: PipelineResponse[Any, Any], *_: object) -> str:
    return str(response.http_response.text())


def _read(text: str, what: str) -> list[tuple[str, Decimal]]:
    """Currency and amount of each row."""
    if not text.strip():  # 204: nothing was billed
        return []
    try:
        said = json.loads(text, parse_float=str, parse_int=str)["properties"]
        names = [str(column["name"]).lower() for column in said["columns"]]
        currency, cost = names.index("currency"), next(at for at, name in enumerate(names) if name in _COST)
        rows = [(str(row[currency]).upper(), str(row[cost])) for row in said["rows"]]
    except (ValueError, KeyError, TypeError, IndexError, StopIteration) as error:
        raise Unreachable(what, "its answer is no table of cost and currency") from error
    if said.get("nextLink"):
        raise Unreachable(what, "it answered with several pages, where one row for each currency is due")
    found = []
    for code, text in rows:
        amount = exact(text)
        if amount is None:
            raise Unreachable(what, f'it says "{shown(text, 40)}", which is no exact number')
        found.append((code, amount[0]))
    return found


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """The SDK's errors in words."""
    try:
        yield
    except HttpResponseError as error:
        raise _of_answer(what, error) from error
    except (ServiceResponseError, ConnectionError, TimeoutError) as error:
        raise Unreachable(what, f"the connection broke ({type(error).__name__})") from error
    except AzureError as error:
        raise Unreachable(what, f"no connection ({type(error).__name__})") from error


def _of_answer(what: str, error: HttpResponseError) -> Unreachable:
    status = error.status_code or 0
    said = shown(" ".join(str(error.message).split()).rstrip("."), 300)
    if isinstance(error, ClientAuthenticationError) and not status:  # no credential in the whole chain
        return Unreachable(what, f"no credentials ({said})", PERMISSION, "denied")
    if status in (401, 403):
        return Unreachable(what, f"access denied ({said})", PERMISSION, "denied")
    if status in (429, 503):
        return Unreachable(what, f"throttled to the end ({said})", None, "throttled")
    if status == 404:
        return Unreachable(what, f"the scope does not exist ({said})", None, "missing")
    return Unreachable(what, f"Azure answered {status} ({said})")
