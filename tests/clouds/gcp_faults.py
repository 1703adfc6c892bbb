"""How Google Cloud on loopback goes wrong when told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status


@dataclass
class Fault:
    """What happens to the next `left` calls of `method`, after `after` of them went well: an error, an answer that is
    no message (`garbage`), or silence for `delay` seconds."""

    method: str
    code: grpc.StatusCode = grpc.StatusCode.OK
    text: str = "told to fail"
    left: int = 1
    after: int = 0
    wait: float | None = None
    garbage: bool = False
    delay: float = 0


@dataclass
class RestFault:
    """What happens to the next `left` requests whose line (`POST /path`) holds `match`, after `after` of them went
    well: another status with its `reason` or `word`, silence for `delay` seconds, other text, or a reset after
    `cut` bytes of the body. Below 300 the request takes effect first."""

    match: str
    status: int = 200
    reason: str = ""
    word: str = ""
    left: int = 1
    after: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    delay: float = 0
    cut: int | None = None


def fail(context: Any, code: grpc.StatusCode, text: str, wait: float | None = None) -> None:
    if wait is None:
        context.abort(code, text)
    info = RetryInfo()
    info.retry_delay.FromNanoseconds(int((wait or 0) * 1e9))
    packed = Packed()
    packed.Pack(info)
    context.abort_with_status(
        rpc_status.to_status(Status(code=code.value[0], message=text, details=[packed]))
    )
