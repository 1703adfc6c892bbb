"""How is an update of tags waited for that Resource Manager goes on with after its answer?

The SDK's own poller does it, with the waits of the pace: a poll is only a question and is asked again when throttled,
the update itself never is.
"""

from __future__ import annotations

from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError
from azure.mgmt.core.polling.arm_polling import ARMPolling

from connectors.azure.inventory.clients import throttled
from connectors.live.pace import Pace

_PAUSE = 2.0  # seconds between two polls where Azure names none


class Endless(AzureError):
    """Patience is over and Azure still works on it."""


class PacedPolling(ARMPolling):
    """Polls by the pace's clock and gives up with its patience. `request_id`: Azure's own of the update."""

    def __init__(self, pace: Pace, share: str) -> None:
        super().__init__(timeout=_PAUSE)
        self._pace, self._share, self._waited = pace, share, 0.0
        self.request_id: str | None = None

    def initialize(self, client: Any, initial_response: Any, deserialization_callback: Any) -> None:
        self.request_id = initial_response.http_response.headers.get("x-ms-correlation-request-id")
        super().initialize(client, initial_response, deserialization_callback)

    def request_status(self, status_link: str) -> Any:
        def asked() -> Any:
            answer = super(PacedPolling, self).request_status(status_link)
            if answer.http_response.status_code == 429:
                raise HttpResponseError(response=answer.http_response)
            return answer

        return self._pace.ask(self._share, asked, throttled)

    def _sleep(self, delay: float) -> None:
        if self._waited + delay > self._pace.patience:
            raise Endless("the update did not end in time")
        self._waited += delay
        self._pace.sleep(delay)
