"""How are the services asked whose labels are written over REST, and what do they refuse?

google-auth's session asks: the SDK of Compute Engine alone takes seconds to load. CLOUDSDK_API_ENDPOINT_OVERRIDES_…
leads elsewhere as in the inventory: http:// on this machine goes without TLS and credentials. A question that broke
is asked again a few times, a write never; what is throttled was not done and is asked again by the pace.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import google.auth
import requests
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession

from connectors.gcp.inventory.clients import Clients, address_of, endpoint
from connectors.gcp.writer.dialects import Request
from connectors.gcp.writer.ways import BASES

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,80}")
_TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"}
_AGAIN = 3


class Refused(Exception):
    """A service's answer that is no success. `word`: its own for what is wrong, never its sentence, which may quote a
    label; `wait`: seconds that it wants us to wait."""

    def __init__(self, status: int, word: str = "", wait: float = 0.0) -> None:
        super().__init__(f"{status} {word}")
        self.status, self.word, self.wait = status, word, wait

    @property
    def throttled(self) -> bool:
        return self.status == 429 or (self.status == 403 and self.word in _TOO_FAST)


class Rest:
    """One session per service, made when first asked. One thread uses it."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._sessions: dict[str, tuple[AuthorizedSession, str]] = {}

    def ask(self, request: Request) -> dict[str, Any]:
        """The answer. Raises Refused, requests' and google-auth's own errors, ValueError where it can't be read."""
        pace, tries = self._clients.pace, self._clients.tries
        for left in reversed(range(_AGAIN if request.method == "GET" else 1)):
            try:
                return pace.ask(request.service, lambda: self._once(request), _wanted)
            except (Refused, requests.RequestException) as error:
                broken = not isinstance(error, Refused) or error.status >= 500
                if not broken or not left:
                    raise
                pace.sleep(tries.first)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        sessions, self._sessions = self._sessions, {}
        for session, _ in sessions.values():
            session.close()  # type: ignore[no-untyped-call]

    def _once(self, request: Request) -> dict[str, Any]:
        session, base = self._session(request.service)
        self._clients.count(f"{request.service}:{request.method}")
        answer = session.request(  # type: ignore[no-untyped-call]
            request.method,
            base + request.path,
            data=None if request.body is None else json.dumps(request.body).encode(),
            params=dict(request.params),
            headers={"Content-Type": "application/json", **request.headers},
            timeout=self._clients.tries.timeout,
            allow_redirects=False,
        )
        if answer.status_code // 100 != 2:
            raise Refused(answer.status_code, _word(answer), _seconds(answer.headers.get("Retry-After")))
        said = answer.json()
        if not isinstance(said, dict):
            raise ValueError("no object")
        return said

    def _session(self, service: str) -> tuple[AuthorizedSession, str]:
        if service not in self._sessions:
            self._sessions[service] = self._opened(service)
        return self._sessions[service]

    def _opened(self, service: str) -> tuple[AuthorizedSession, str]:
        address = endpoint(service, BASES[service])
        host, bare = address_of(address)
        # a variable of gcloud's names the version for some services, and the host alone for others
        path = urlsplit(address if "//" in address else f"https://{address}").path.strip("/")
        base = f"{'http' if bare else 'https'}://{host}/{path or urlsplit(BASES[service]).path.strip('/')}/"
        if bare:
            credentials: Any = AnonymousCredentials()  # type: ignore[no-untyped-call]
        else:
            credentials, _ = google.auth.default(
                scopes=[_SCOPE], quota_project_id=self._clients.quota_project
            )
        session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        session.trust_env = not bare  # no proxy stands between us and this machine
        return session, base


def _wanted(error: Exception) -> float | None:
    return error.wait if isinstance(error, Refused) and error.throttled else None


def _word(answer: Any) -> str:
    try:
        error = answer.json()["error"]
        words = [each.get("reason") for each in error.get("errors", ())] + [error.get("status")]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return next((word for word in words if isinstance(word, str) and _WORD.fullmatch(word)), "")


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdigit() else 0.0
