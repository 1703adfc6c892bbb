"""How is a query run so that it can't cost more than the user said?

A dry run, which is free, says what it would read; over the cap it is not run. The run itself carries the cap
as `maximum_bytes_billed`. Credentials come from Application Default Credentials; BIGQUERY_EMULATOR_HOST, the
SDK's own variable, leads to an emulator, without credentials.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import google.auth
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY, DEFAULT_RETRY
from google.cloud.bigquery.table import RowIterator
from requests.exceptions import RequestException

from connectors.places.bigquery_address import BigQueryAddress
from connectors.places.google_errors import answer_of, said
from connectors.places.located import Unreachable
from recon.hostile import shown

Parameter = bigquery.ScalarQueryParameter
PAGE = 10_000  # rows of one answer, and held in memory
_RETRY = DEFAULT_RETRY.with_timeout(60)
_JOB_RETRY = DEFAULT_JOB_RETRY.with_timeout(120)
_REQUEST, _QUERY = 60, 1800  # seconds for one request, for a whole query
_SCOPE = "https://www.googleapis.com/auth/bigquery"
_LABELS = {"application": "tagrecon"}  # so that our own queries show in the bill


class Warehouse:
    """BigQuery, as one export table is read through it."""

    def __init__(self, address: BigQueryAddress, tell: Callable[[str], None] | None = None) -> None:
        self.address, self.tell = address, tell
        with explained(address):
            self.client = bigquery.Client(
                project=address.job_project, credentials=_credentials(), location=address.region
            )

    def cost(self, sql: str, parameters: Sequence[Parameter]) -> int:
        """Bytes that the query would process, by a dry run."""
        config = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False, query_parameters=parameters)
        with explained(self.address):
            job = self.client.query(sql, job_config=config, retry=_RETRY, timeout=_REQUEST, job_retry=None)
            return int(job.total_bytes_processed or 0)

    def run(self, sql: str, parameters: Sequence[Parameter], purpose: str) -> RowIterator:
        """The rows, page by page. Raises Unreachable, also when the query would read more than the cap.
        Pages are fetched while the rows are walked: walk them within `explained`."""
        size = self.cost(sql, parameters)
        if self.tell:
            self.tell(f"{self.address.url}: {purpose} reads {in_gb(size)} (at most {self._cap})")
        if size > self.address.max_bytes:
            raise self._too_large(purpose, f"would read {in_gb(size)} ({size} bytes)")
        config = bigquery.QueryJobConfig(
            maximum_bytes_billed=self.address.max_bytes, query_parameters=parameters, labels=_LABELS
        )
        with explained(self.address):
            try:
                job = self.client.query(
                    sql, job_config=config, retry=_RETRY, timeout=_REQUEST, job_retry=_JOB_RETRY
                )
                rows: RowIterator = job.result(page_size=PAGE, retry=_RETRY, timeout=_QUERY)
            except GoogleAPICallError as error:
                if "bytesBilledLimitExceeded" in _reasons(error):
                    raise self._too_large(purpose, "would bill more than its cap") from error
                raise
        return rows

    @property
    def _cap(self) -> str:
        return in_gb(self.address.max_bytes)

    def _too_large(self, purpose: str, what: str) -> Unreachable:
        return Unreachable(
            self.address.url,
            f"{purpose} {what}, over the cap of {self._cap}: raise max_gb= in the location, "
            "or lower lookback_days=",
            None,
            "too-large",
        )


def in_gb(size: int) -> str:
    """Bytes as people pay for them; a dry run's figure, so two digits are enough."""
    return f"{size / 10**9:.2f} GB"


def _credentials() -> Any:
    if os.environ.get("BIGQUERY_EMULATOR_HOST"):
        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    return google.auth.default(scopes=[_SCOPE])[0]


@contextmanager
def explained(address: BigQueryAddress) -> Iterator[None]:
    """The SDK's errors in words."""
    permission = f"bigquery.jobs.create on {address.job_project} and bigquery.tables.getData on {address.id}"
    try:
        yield
    except GoogleAPICallError as error:
        raise _of_answer(address.url, permission, error) from error
    except RetryError as error:
        answer = answer_of(error)
        if answer is not None:
            raise _of_answer(address.url, permission, answer) from error
        raise Unreachable(address.url, "no answer in time") from error
    except (RequestException, ConnectionError, TimeoutError) as error:
        raise Unreachable(address.url, f"no connection ({type(error).__name__})") from error
    except GoogleAuthError as error:
        text = shown(str(error).splitlines()[0].rstrip("."), 200)
        raise Unreachable(address.url, f"no credentials ({text})", permission, "denied") from error


def _of_answer(url: str, permission: str, error: GoogleAPICallError) -> Unreachable:
    status, reasons, text = error.code or 0, _reasons(error), said(error)
    if reasons & {"rateLimitExceeded", "quotaExceeded", "jobRateLimitExceeded"} or status in (429, 503):
        return Unreachable(url, f"throttled to the end ({text})", None, "throttled")
    if status in (401, 403):
        return Unreachable(url, f"access denied ({text})", permission, "denied")
    if status == 404:
        return Unreachable(url, f"it does not exist ({text})", None, "missing")
    if "_PARTITIONTIME" in text or "invoice" in text:
        return Unreachable(
            url, f"it is no standard or detailed billing export, nor a copy partitioned like one ({text})"
        )
    return Unreachable(url, f"BigQuery answered {int(status)} ({text})")


def _reasons(error: GoogleAPICallError) -> set[str]:
    return {str(part.get("reason", "")) for part in error.errors or () if isinstance(part, dict)}
