"""How is the API server asked, and what do its errors mean?

Being throttled (429, API Priority and Fairness) is the pace's matter; what is broken is asked again a few times here.
Only the requests that are named here leave, and only as GET.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import urllib3.exceptions as broken
from kubernetes import client

from connectors.kubernetes.inventory.credentials import configuration
from connectors.kubernetes.inventory.kinds import KINDS, Kind
from connectors.kubernetes.inventory.permissions import NEEDED
from connectors.live.pace import Pace
from recon.config.live import KubernetesScope
from recon.errors import Unreachable
from recon.hostile import shown

_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_GET_NAMESPACE = "kubernetes:get namespaces"
# path of each request that may leave → the name it is counted by
_ASKED = (
    *(
        (
            re.compile(rf".*{kind.path}/{r'(namespaces/[^/]+/)?' if kind.namespaced else ''}{kind.plural}"),
            kind.call,
        )
        for kind in KINDS
    ),
    (re.compile(r".*/api/v1/namespaces/[^/]+"), _GET_NAMESPACE),
)


@dataclass(frozen=True)
class Tries:
    """`connect`, `read`: seconds until a connection stands, and between two bytes of an answer; `again`: how often what
    broke is asked again; `first`: seconds before the second time."""

    connect: float = 10
    read: float = 60
    again: int = 3
    first: float = 0.8


class Answered(Exception):
    """The API server answered with an error. `wait`: seconds that it wants us to wait."""

    def __init__(self, status: int, said: str, wait: float) -> None:
        super().__init__(f"{status} {said}")
        self.status, self.said, self.wait = status, said, wait


class Clients:
    """Clients of one cluster, for any number of threads. `calls`: requests so far, each attempt counted."""

    def __init__(self, scope: KubernetesScope, pace: Pace, tries: Tries) -> None:
        self.scope, self.pace, self.tries = scope, pace, tries
        self.calls: Counter[str] = Counter()
        self._lock, self._opening = threading.Lock(), threading.Lock()

    @cached_property
    def api(self) -> client.ApiClient:
        api = client.ApiClient(configuration(self.scope))
        api.rest_client = _OnlyReads(api.rest_client, self._count)  # type: ignore[assignment]
        return api

    def page(self, kind: Kind, namespace: str | None, token: str | None, limit: int) -> dict[str, Any]:
        """One page of a kind, in all namespaces or in one. Raises Unreachable; Answered for a 403, 404 or 410."""
        where = f" in namespace {shown(namespace, 100)}" if namespace else ""
        method = "list_" + ("namespaced_" if namespace else "") + _snake(kind.name)
        if kind.namespaced and not namespace:
            method += "_for_all_namespaces"
        settings: dict[str, Any] = {"limit": limit} | ({"_continue": token} if token else {})
        if not kind.whole:
            settings["_headers"] = {"Accept": _METADATA}

        def asked(settled: dict[str, Any]) -> Any:
            listing = getattr(getattr(client, kind.api)(self._opened()), method)
            return listing(*([namespace] if namespace else []), **settings, **settled)

        return self._ask(kind.call, f"{kind.plural}{where}", asked)

    def namespace(self, name: str) -> dict[str, Any]:
        """One namespace. Raises Unreachable; Answered for a 403 or 404."""
        return self._ask(
            _GET_NAMESPACE,
            f"namespace {shown(name, 100)}",
            lambda settled: client.CoreV1Api(self._opened()).read_namespace(name, **settled),
        )

    def close(self) -> None:
        if "api" in self.__dict__:
            self.__dict__.pop("api").rest_client.close()

    def _opened(self) -> client.ApiClient:
        with self._opening:
            return self.api

    def _ask(self, call: str, what: str, question: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        what = f"cluster {shown(self.scope.cluster, 100)}, {what}"
        settled = {"_preload_content": False, "_request_timeout": (self.tries.connect, self.tries.read)}
        for attempt in range(self.tries.again + 1):
            try:
                return self.pace.ask("kubernetes", lambda: self._read(question(settled)), _throttled)
            except Answered as error:
                if error.status in (403, 404, 410):
                    raise
                if error.status < 500 or attempt == self.tries.again:
                    raise _unreachable(what, call, error) from error
            except (broken.HTTPError, ConnectionError, TimeoutError, client.ApiException) as error:
                if attempt == self.tries.again:
                    reason = f"the connection broke ({type(error).__name__})"
                    raise Unreachable(what, reason) from error
            except (ValueError, TypeError) as error:
                raise Unreachable(what, f"its answer can't be read ({type(error).__name__})") from error
            time.sleep(self.tries.first * 2**attempt)
        raise AssertionError  # the last attempt returns or raises

    def _read(self, response: Any) -> dict[str, Any]:
        try:
            found = json.loads(response.data)
        finally:
            response.release_conn()
        if not isinstance(found, dict):
            raise ValueError("no object")
        return found

    def _count(self, call: str) -> None:
        with self._lock:
            self.calls[call] += 1


class _OnlyReads:
    """The client's own REST client, through which every request goes: counts each where it leaves, stops any that is
    none of ours, and makes an answer that is no success an `Answered`."""

    def __init__(self, own: Any, count: Callable[[str], None]) -> None:
        self.own, self.count = own, count

    def request(self, method: str, url: str, headers: Any = None, **more: Any) -> Any:
        path = urlsplit(url).path
        for known, call in _ASKED:
            if method == "GET" and known.fullmatch(path):
                self.count(call)
                answer = self.own.request(method, url, headers=headers, **more)
                if answer.status != 200:
                    raise _answered(answer, (headers or {}).get("authorization", ""))
                return answer
        raise Unreachable(shown(path, 200), f"a request that is not asked here ({method})")

    def close(self) -> None:
        self.own.close()


def _answered(answer: Any, authorization: str) -> Answered:
    """What the server said of an error, without our own token, should it repeat it."""
    try:
        text = str(json.loads(answer.read())["message"])
    except (ValueError, KeyError, TypeError):
        text = "no reason given"
    secret = authorization.rpartition(" ")[2]
    said = shown(text.replace(secret, "…") if secret else text, 300).rstrip(".")
    return Answered(answer.status, said, _seconds(answer.headers.get("Retry-After")))


def _throttled(error: Exception) -> float | None:
    """Seconds that the server asks us to wait, 0 where it names none; None for any other error."""
    return error.wait if isinstance(error, Answered) and error.status == 429 else None


def _seconds(text: str | None) -> float:
    return float(text) if text and text.strip().isdigit() else 0.0


def _snake(name: str) -> str:
    words = {
        "statefulset": "stateful_set",
        "daemonset": "daemon_set",
        "cronjob": "cron_job",
        "persistentvolumeclaim": "persistent_volume_claim",
    }
    return words.get(name, name)


def _unreachable(what: str, call: str, error: Answered) -> Unreachable:
    if error.status == 401:
        return Unreachable(what, f"the credentials are refused ({error.said})", NEEDED[call].name, "denied")
    if error.status == 429:
        return Unreachable(what, f"throttled to the end ({error.said})", None, "throttled")
    return Unreachable(what, f"the API server answered {error.status} ({error.said})")
