"""How are Resource Graph and Resource Manager asked, and what do their errors mean?

Credentials come from azure-identity's default chain. AZURE_RESOURCE_MANAGER_URL leads to another Resource Manager, over
TLS as ever. Being throttled is the pace's matter; what is broken is asked again a few times by the SDK. The SDK's own
pipeline would register resource providers where one is missing, which is a write: ours has no such part, and lets
only the requests through that are named here.
"""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

from azure.core import AzureClouds
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceResponseError,
)
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    ContentDecodePolicy,
    HeadersPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.identity import AzureAuthorityHosts, DefaultAzureCredential
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.core.tools import get_arm_endpoints
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.resourcegraph import ResourceGraphClient

from connectors.azure.inventory.permissions import NEEDED
from connectors.live.pace import Pace
from recon.errors import Unreachable
from recon.hostile import shown

T = TypeVar("T")
# Of the public cloud AZURE_AUTHORITY_HOST may name another authority.
_CLOUDS: dict[str, tuple[AzureClouds, dict[str, str]]] = {
    "public": (AzureClouds.AZURE_PUBLIC_CLOUD, {}),
    "china": (AzureClouds.AZURE_CHINA_CLOUD, {"authority": AzureAuthorityHosts.AZURE_CHINA}),
    "usgov": (AzureClouds.AZURE_US_GOVERNMENT, {"authority": AzureAuthorityHosts.AZURE_GOVERNMENT}),
}
# method and path of each request that may leave, with the name it is counted by
Allowed = tuple[tuple[str, re.Pattern[str], str], ...]
READS: Allowed = (
    ("GET", re.compile(r"/subscriptions/?"), "subscriptions:List"),
    ("POST", re.compile(r"/providers/Microsoft\.ResourceGraph/resources", re.I), "resourcegraph:Resources"),
    ("GET", re.compile(r"/subscriptions/[^/]+/resources", re.I), "resources:List"),
    ("GET", re.compile(r"/subscriptions/[^/]+/resourcegroups", re.I), "resourceGroups:List"),
)
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)(?:\.\d+)?")


@dataclass(frozen=True)
class Tries:
    """`connect`, `read`: seconds until a connection stands, and between two bytes of an answer; `again`: how often what
    broke is asked again; `first`: seconds before the second time."""

    connect: float = 10
    read: float = 60
    again: int = 3
    first: float = 0.8


class Clients:
    """Clients of one Azure, for any number of threads. `calls`: requests so far, each attempt counted; `allowed`: the
    only requests that leave."""

    def __init__(self, cloud: str, pace: Pace, tries: Tries, allowed: Allowed = READS) -> None:
        self.pace, self.tries, self.calls, self.allowed = pace, tries, Counter[str](), allowed
        self._cloud, self._authority = _CLOUDS[cloud]
        endpoints = get_arm_endpoints(self._cloud)
        own = os.environ.get("AZURE_RESOURCE_MANAGER_URL", "").rstrip("/")
        self.url, self._scopes = (
            own or endpoints["resource_manager"].rstrip("/"),
            endpoints["credential_scopes"],
        )
        self._lock = threading.Lock()

    @cached_property
    def graph(self) -> ResourceGraphClient:
        return ResourceGraphClient(self.credential, self.url, **self._settings())

    @cached_property
    def subscriptions(self) -> SubscriptionClient:
        return SubscriptionClient(self.credential, self.url, **self._settings())

    def manager(self, subscription: str) -> ResourceManagementClient:
        """A client of one subscription, to be closed by whoever asked for it."""
        return ResourceManagementClient(self.credential, subscription, self.url, **self._settings())

    @cached_property
    def credential(self) -> DefaultAzureCredential:
        return DefaultAzureCredential(**self._authority)

    def token(self) -> str:
        """An access token of Resource Manager."""
        return self.credential.get_token(*self._scopes).token

    def ask(self, operation: str, share: str, what: str, question: Callable[[], T]) -> T:
        """The answer to `question`. `operation`: as it is counted; `what` is asked about. Raises Unreachable."""
        try:
            return self.pace.ask(share, question, throttled)
        except HttpResponseError as error:
            raise _of_answer(what, operation, error) from error
        except (ServiceResponseError, ConnectionError, TimeoutError) as error:
            raise Unreachable(what, f"the connection broke ({type(error).__name__})") from error
        except AzureError as error:
            raise Unreachable(what, f"no connection ({type(error).__name__})") from error
        except (
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
        ) as error:  # the SDK reading what is no such answer
            raise Unreachable(what, f"its answer can't be read ({type(error).__name__})") from error

    def close(self) -> None:
        for name in ("graph", "subscriptions", "credential"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    def _settings(self) -> dict[str, Any]:
        tries = self.tries
        pipeline = [
            RequestIdPolicy(),
            HeadersPolicy(),
            UserAgentPolicy(sdk_moniker="tagrecon"),
            ProxyPolicy(),
            ContentDecodePolicy(),
            _Broken(retry_total=tries.again, retry_backoff_factor=tries.first),
            ARMChallengeAuthenticationPolicy(self.credential, *self._scopes),
            _OnlyAllowed(urlsplit(self.url).netloc, self.allowed, self._count),
        ]
        return {
            "policies": pipeline,
            "cloud_setting": self._cloud,
            "connection_timeout": tries.connect,
            "read_timeout": tries.read,
        }

    def _count(self, call: str) -> None:
        with self._lock:
            self.calls[call] += 1


class _Broken(RetryPolicy[Any, Any]):
    """Asks again what broke, and leaves a 429 to the pace, which all workers share. A write that broke may have taken
    effect: it is never sent again here, whatever the answer proposes."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._method_whitelist = frozenset(("GET", "POST"))  # the only POST asks a question

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        if response.http_response.status_code == 429 or response.http_request.method == "PATCH":
            return False
        return bool(super().is_retry(settings, response))


class _OnlyAllowed(SansIOHTTPPolicy[Any, Any]):
    """Counts each request where it leaves, and stops any that is none of ours: another method or path, or a next page
    on a host that is not Resource Manager's, which would be sent our token."""

    def __init__(self, host: str, allowed: Allowed, count: Callable[[str], None]) -> None:
        self.host, self.allowed, self.count = host, allowed, count

    def on_request(self, request: PipelineRequest[Any]) -> None:
        method, url = request.http_request.method, urlsplit(request.http_request.url)
        if url.netloc.lower() != self.host.lower() or url.scheme != "https":
            raise Unreachable(shown(url.netloc), "an answer leads away from Resource Manager")
        for known, path, name in self.allowed:
            if method == known and path.fullmatch(url.path):
                return self.count(name)
        raise Unreachable(shown(url.path), f"an answer leads to a request that is not asked here ({method})")


class QuotaSpent(Exception):
    """The last answer said that no request is left before `wait` seconds are over."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"no request is left for {wait:.1f} s")
        self.wait = wait


def throttled(error: Exception) -> float | None:
    """Seconds that Azure asks us to wait, 0 where it names none; None for any other error."""
    if isinstance(error, QuotaSpent):
        return error.wait
    if not isinstance(error, HttpResponseError) or error.status_code != 429:
        return None
    response: Any = error.response
    headers = response.headers if response is not None else {}
    waits = [seconds(headers.get(name)) for name in ("Retry-After", "x-ms-user-quota-resets-after")]
    if (millis := headers.get("x-ms-retry-after-ms", "")).isdigit():
        waits.append(int(millis) / 1000)
    return max(waits)


def seconds(text: str | None) -> float:
    """`7`, or `00:00:05`, as seconds; 0 for anything else."""
    if hit := _CLOCK.fullmatch(text or ""):
        return int(hit[1]) * 3600.0 + int(hit[2]) * 60 + int(hit[3])
    return float(text) if text and text.isdigit() else 0.0


def _of_answer(what: str, operation: str, error: HttpResponseError) -> Unreachable:
    status, permission = error.status_code or 0, NEEDED[operation].name
    said = shown(" ".join(str(error.message).split()).rstrip("."), 300)
    if isinstance(error, ClientAuthenticationError) and not status:  # no credential in the whole chain
        return Unreachable(what, f"no credentials ({said})", permission, "denied")
    if status in (401, 403):
        return Unreachable(what, f"access denied ({said})", permission, "denied")
    if status == 429:
        return Unreachable(what, f"throttled to the end ({said})", None, "throttled")
    if status == 404:
        return Unreachable(what, f"it does not exist ({said})", None, "missing")
    if isinstance(error, DecodeError) or status < 400:
        return Unreachable(what, "its answer can't be read")
    return Unreachable(what, f"Azure answered {status} ({said})")
