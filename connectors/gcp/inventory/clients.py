"""How are Cloud Asset Inventory and Resource Manager asked, and what do their errors mean?

Credentials come from Application Default Credentials. gcloud's own variables CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDASSET
and …_CLOUDRESOURCEMANAGER lead to another endpoint: http:// on this machine goes without TLS and credentials,
anything else keeps both. Being throttled is the pace's matter; what is broken is asked again a few times here.
"""

from __future__ import annotations

import ipaddress
import os
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

import google.auth
import grpc  # type: ignore[import-untyped]
from google.api_core.exceptions import (
    DeadlineExceeded,
    GoogleAPICallError,
    InternalServerError,
    ResourceExhausted,
    RetryError,
    ServiceUnavailable,
)
from google.api_core.retry import Retry, if_exception_type
from google.api_core.timeout import ConstantTimeout
from google.auth.exceptions import GoogleAuthError
from google.cloud.asset_v1 import AssetServiceClient
from google.cloud.asset_v1.services.asset_service.transports import AssetServiceGrpcTransport
from google.cloud.resourcemanager_v3 import FoldersClient, ProjectsClient
from google.cloud.resourcemanager_v3.services.folders.transports import FoldersGrpcTransport
from google.cloud.resourcemanager_v3.services.projects.transports import ProjectsGrpcTransport
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]

from connectors.gcp.inventory.permissions import NEEDED
from connectors.live.pace import Pace
from connectors.places.google_errors import answer_of, said
from recon.errors import Unreachable
from recon.hostile import shown

T = TypeVar("T")
_BROKEN = if_exception_type(ServiceUnavailable, DeadlineExceeded, InternalServerError)
_ANY_SIZE = ("grpc.max_receive_message_length", -1)


@dataclass(frozen=True)
class Tries:
    """`timeout`: seconds that one request may take; what broke is asked again after `first` seconds, then after twice
    as many, and given up `within` seconds after the first request."""

    timeout: float = 60
    first: float = 1
    within: float = 90


class Clients:
    """The clients, made when first asked, for any number of threads. `calls`: requests so far, each attempt counted."""

    def __init__(self, quota_project: str | None, pace: Pace, tries: Tries) -> None:
        self.quota_project, self.pace, self.tries = quota_project, pace, tries
        self.calls: Counter[str] = Counter()
        self._lock, self._channels = threading.Lock(), list[grpc.Channel]()

    @cached_property
    def asset(self) -> AssetServiceClient:
        return AssetServiceClient(transport=self.transport("cloudasset", AssetServiceGrpcTransport))

    @cached_property
    def projects(self) -> ProjectsClient:
        return ProjectsClient(transport=self.transport("cloudresourcemanager", ProjectsGrpcTransport))

    @cached_property
    def folders(self) -> FoldersClient:
        return FoldersClient(transport=self.transport("cloudresourcemanager", FoldersGrpcTransport))

    def ask(self, operation: str, what: str, question: Callable[[dict[str, Any]], T]) -> T:
        """The answer to `question`, which gets the settings of the request. `operation`: `service:Method`; `what` is
        asked about. Raises Unreachable, except where the service refuses the request as wrong (GoogleAPICallError)."""
        tries = self.tries
        settings = {
            "retry": Retry(
                predicate=_BROKEN, initial=tries.first, maximum=tries.within, timeout=tries.within
            ),
            "timeout": ConstantTimeout(tries.timeout),  # type: ignore[no-untyped-call]
        }
        try:
            return self.pace.ask(operation.partition(":")[0], lambda: question(settings), throttled)
        except RetryError as error:
            answer = answer_of(error)
            raise _unreachable(what, operation, answer) if answer else _silent(what) from error
        except GoogleAPICallError as error:
            if int(error.code or 0) == 400:
                raise
            raise _unreachable(what, operation, error) from error
        except GoogleAuthError as error:
            raise _no_credentials(what, operation, str(error)) from error

    def close(self) -> None:
        with self._lock:
            channels, self._channels = self._channels, []
        for channel in channels:
            channel.close()

    def transport(self, service: str, kind: Any, default: str = "") -> Any:
        """A gRPC transport of `kind`, closed with the clients. `default`: the host, where it is not the service's own
        and no variable leads elsewhere."""
        address = endpoint(service, default or kind.DEFAULT_HOST)
        host, bare = address_of(address)
        if bare:
            channel = grpc.insecure_channel(host, options=[_ANY_SIZE])
        else:
            credentials, _ = google.auth.default(
                scopes=list(kind.AUTH_SCOPES), quota_project_id=self.quota_project
            )
            channel = kind.create_channel(
                host, credentials=credentials, quota_project_id=self.quota_project, options=[_ANY_SIZE]
            )
        with self._lock:
            self._channels.append(channel)
        return kind(channel=grpc.intercept_channel(channel, _Counting(service, self)))

    def count(self, call: str) -> None:
        with self._lock:
            self.calls[call] += 1


class _Counting(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Counts each request where it leaves, so that none is forgotten."""

    def __init__(self, service: str, clients: Clients) -> None:
        self.service, self.clients = service, clients

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        method = details.method
        name = (method.decode() if isinstance(method, bytes) else method).rpartition("/")[2]
        self.clients.count(f"{self.service}:{name}")
        return continuation(details, request)


def endpoint(service: str, default: str) -> str:
    """Where a service is asked: where gcloud's variable leads, else `default`."""
    return os.environ.get(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}") or default


def address_of(address: str) -> tuple[str, bool]:
    """Host and port, and whether it goes without TLS and credentials: only http:// on this machine does."""
    url = urlsplit(address if "//" in address else f"https://{address}")
    host = url.hostname or ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return url.netloc.rpartition("@")[2], url.scheme == "http" and here


def throttled(error: Exception) -> float | None:
    """Seconds that the service asks us to wait, 0 where it names none; None for any other error."""
    if not isinstance(error, ResourceExhausted):
        return None
    waits = [detail.retry_delay for detail in error.details or () if isinstance(detail, RetryInfo)]
    return max((wait.seconds + wait.nanos / 1e9 for wait in waits), default=0.0)


def _unreachable(what: str, operation: str, error: GoogleAPICallError) -> Unreachable:
    status, text = int(error.code or 0), said(error)
    if "metadata from plugin failed" in str(
        error.message
    ):  # gRPC's words for a credential that can't be renewed
        return _no_credentials(what, operation, text)
    if status in (401, 403):
        return Unreachable(what, f"access denied ({text})", NEEDED[operation].name, "denied")
    if status == 404:
        return Unreachable(what, f"it does not exist ({text})", None, "missing")
    if status == 429:
        return Unreachable(what, f"throttled to the end ({text})", None, "throttled")
    if isinstance(error, DeadlineExceeded):
        return _silent(what)
    return Unreachable(what, f"{operation.partition(':')[0]} answered {status} ({text})")


def _silent(what: str) -> Unreachable:
    return Unreachable(what, "no answer in time")


def _no_credentials(what: str, operation: str, text: str) -> Unreachable:
    first = shown((text.splitlines() or [""])[0].rstrip("."), 200)
    return Unreachable(what, f"no credentials ({first})", NEEDED[operation].name, "denied")
