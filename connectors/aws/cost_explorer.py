"""What does AWS itself say that each month of a payer account sums to?

Asked is GetCostAndUsage of Cost Explorer, for all months in one request: no filter and no grouping, so the whole
payer with every account below it, tax, credits and support. It answers on one endpoint for all regions (us-east-1),
and AWS charges 0.01 USD for each request, each further page and each retry. Net cost (after private discounts)
counts where the account has it, as it does in its bill.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from recon.errors import Unreachable
from recon.hostile import shown
from recon.money import exact

PERMISSION = "ce:GetCostAndUsage"
_REGION = "us-east-1"
_METRICS = ("NetUnblendedCost", "UnblendedCost")  # the first that a month has counts
_ATTEMPTS, _CONNECT, _READ = 4, 10, 60  # requests in all; seconds
_THROTTLED = {"LimitExceededException", "RequestLimitExceeded", "Throttling", "ThrottlingException"}


def totals(
    account: str, scope: str | None, periods: list[str], *, today: date | None = None
) -> list[tuple[str, str, Decimal]]:
    """Billing period, currency and total of each asked month that Cost Explorer has, exact as it says them.

    `account`: the payer, whose credentials must be at hand: Cost Explorer knows only the account that asks. `scope`
    is not used. Cost Explorer keeps this month and the 13 before; other months are left out and not asked for.
    Raises Unreachable.
    """
    asked = _kept(periods, today or datetime.now(UTC).date())
    if not asked:
        return []
    what = f"Cost Explorer of {shown(account, 40)}"
    with _explained(what):
        session = boto3.session.Session()
        _same_account(session, account, what)
        results = list(_results(_client(session, "ce"), asked[0], asked[-1]))
    return [
        (period, *total)
        for result in results
        if (period := result["TimePeriod"]["Start"][:7]) in asked
        and (total := _total(result.get("Total", {}), f"{what}, {period}"))
    ]


def _kept(periods: list[str], today: date) -> list[str]:
    """The months that Cost Explorer has: a request that begins earlier or later is refused as a whole."""
    oldest = today.replace(year=today.year - 1, day=1) - timedelta(days=1)
    return sorted(period for period in set(periods) if f"{oldest:%Y-%m}" <= period <= f"{today:%Y-%m}")


def _client(session: Any, service: str) -> Any:
    retries = {"mode": "standard", "total_max_attempts": _ATTEMPTS}
    config = Config(retries=retries, connect_timeout=_CONNECT, read_timeout=_READ)
    return session.client(service, region_name=_REGION, config=config)


def _same_account(session: Any, account: str, what: str) -> None:
    """Totals of another account must not pass for this one's. The question needs no permission and is free."""
    asking = _client(session, "sts").get_caller_identity()["Account"]
    if asking != account:
        raise Unreachable(
            what,
            f"the credentials are of account {shown(asking, 40)}, and Cost Explorer tells an account only its own cost: "
            "use a role in the payer account",
            PERMISSION,
            "denied",
        )


def _results(client: Any, first: str, last: str) -> Iterator[dict[str, Any]]:
    end = (date.fromisoformat(f"{last}-01") + timedelta(days=31)).replace(day=1)  # exclusive
    asked: dict[str, Any] = {
        "TimePeriod": {"Start": f"{first}-01", "End": f"{end:%Y-%m-%d}"},
        "Granularity": "MONTHLY",
        "Metrics": list(_METRICS),
    }
    while True:
        page = client.get_cost_and_usage(**asked)
        yield from page["ResultsByTime"]
        token = page.get("NextPageToken")
        if not token or token == asked.get("NextPageToken"):  # each page costs: never the same one twice
            return
        asked["NextPageToken"] = token


def _total(said: dict[str, Any], what: str) -> tuple[str, Decimal] | None:
    """Currency and amount; None for a month without cost data, which has no amount or the unit N/A."""
    metric = next((said[name] for name in _METRICS if said.get(name, {}).get("Amount")), None)
    if metric is None or not metric.get("Unit", "").isalpha():
        return None
    amount = exact(metric["Amount"])
    if amount is None:
        raise Unreachable(what, f'it says "{shown(metric["Amount"], 40)}", which is no exact number')
    return metric["Unit"].upper(), amount[0]


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """boto3's errors in words."""
    try:
        yield
    except ClientError as error:
        raise _of_answer(what, error) from error
    except (NoConnection, HTTPClientError) as error:
        raise Unreachable(what, shown(f"no connection ({error})".rstrip("."), 300)) from error
    except BotoCoreError as error:  # no credentials, an expired login, a profile that isn't there
        raise Unreachable(what, shown(str(error).rstrip("."), 300), PERMISSION, "denied") from error


def _of_answer(what: str, error: ClientError) -> Unreachable:
    code = str(error.response["Error"].get("Code", ""))
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    said = shown(f"{code}: {error.response['Error'].get('Message', '')}".rstrip(". "), 300)
    if code in _THROTTLED or status in (429, 503):
        return Unreachable(what, f"throttled to the end ({said})", None, "throttled")
    if code == "DataUnavailableException":
        return Unreachable(what, f"it has no data yet ({said})", None, "missing")
    # Also an account that has never opened Cost Explorer, whose answer says so. It comes with status 400.
    if status in (401, 403) or code in ("AccessDeniedException", "UnrecognizedClientException"):
        return Unreachable(what, f"access denied ({said})", PERMISSION, "denied")
    return Unreachable(what, said)
