"""How do requests to AWS look on the wire, and how are answers written? From botocore's own service models.

Requests are read and checked against the model of the service, answers are checked before they are written, so
that a stub can neither be asked nor say what AWS could not.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
from botocore.validate import ParamValidator

_SIGNED = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_NAMES = {"tagging": "resourcegroupstaggingapi", "elasticfilesystem": "efs", "elasticloadbalancing": "elbv2"}


@dataclass(frozen=True)
class Asked:
    """One request: who asks what where. `params`: None where the protocol is not read here."""

    service: str
    operation: str
    region: str
    access_key: str
    params: dict[str, Any] | None
    json: bool

    @property
    def line(self) -> str:
        """What rules of faults are matched against."""
        return f"{self.service}:{self.operation} {self.region} {self.access_key} {self.params}"


class Refused(Exception):
    """What a service answers instead: an error of its own."""

    def __init__(self, code: str, message: str = "no", status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(code)


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def read(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Asked:
    """What a signed request asks."""
    signed = _SIGNED.search(headers.get("Authorization", ""))
    key, region, signing = signed.groups() if signed else ("", "", "")
    service = _NAMES.get(signing, signing)
    target = headers.get("X-Amz-Target", "")
    params: dict[str, Any] | None = None
    if target:
        operation, params = target.rsplit(".", 1)[1], json.loads(body or b"{}")
    elif b"Action=" in body:
        form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        operation, params = form["Action"], form
    else:
        operation = _rest_operation(service, method, path)
        if service == "resource-explorer-2":
            params = json.loads(body or b"{}")
    return Asked(service, operation, region, key, params, bool(target))


def _rest_operation(service: str, method: str, path: str) -> str:
    """The operation whose method and path fit; the longest where several do."""
    try:
        names = model(service).operation_names
    except Exception:  # noqa: BLE001  a service that botocore does not know by its signing name
        return f"{method} {path}"
    plain, best = urlsplit(path).path.rstrip("/") or "/", ("", "")
    for name in names:
        http = model(service).operation_model(name).http
        uri = urlsplit(http["requestUri"]).path.rstrip("/") or "/"
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(uri))
        if http["method"] == method and re.fullmatch(pattern, plain) and len(uri) > len(best[0]):
            best = (uri, name)
    return best[1] or f"{method} {path}"


def check_request(asked: Asked) -> None:
    """Raises AssertionError where the model does not know such a request."""
    shape = model(asked.service).operation_model(asked.operation).input_shape
    if shape is None or asked.params is None:
        assert not asked.params, f"{asked.operation} takes nothing, got {asked.params}"
        return
    assert set(asked.params) <= set(shape.members), f"{asked.operation} got {asked.params}"
    report = ParamValidator().validate(asked.params, shape)
    assert not report.has_errors(), report.generate_report()


def answer(asked: Asked, said: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer. Raises AssertionError where the model does not know such a one."""
    headers = {**_JSON, "x-amzn-requestid": str(uuid.uuid4())}
    shape = model(asked.service).operation_model(asked.operation).output_shape
    if shape is None:
        assert not said, f"{asked.operation} says nothing"
        return 200, headers, b""
    assert set(said) <= set(shape.members), f"{asked.operation} can't say {set(said) - set(shape.members)}"
    report = ParamValidator().validate(said, shape)
    assert not report.has_errors(), report.generate_report()
    return 200, headers, json.dumps(said, ensure_ascii=False).encode()


def members(form: Mapping[str, str], service: str, operation: str) -> dict[str, Any]:
    """The parameters of a form of the query protocol, checked against the model: lists and structures of text."""
    found: dict[str, Any] = {}
    for name, value in form.items():
        if name in ("Action", "Version"):
            continue
        at, parts = found, name.split(".")
        for part in parts[:-1]:
            at = at.setdefault(part, {})
        at[parts[-1]] = value

    def listed(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        if set(node) == {"member"}:
            return [listed(node["member"][n]) for n in sorted(node["member"], key=int)]
        return {name: listed(each) for name, each in node.items()}

    said: dict[str, Any] = listed(found)
    report = ParamValidator().validate(said, model(service).operation_model(operation).input_shape)
    assert not report.has_errors(), report.generate_report()
    return said


def error(asked: Asked, status: int, code: str, message: str = "no") -> tuple[int, dict[str, str], bytes]:
    """An error as the service's protocol writes it."""
    protocol = model(asked.service).protocol
    if asked.json or protocol == "rest-json":
        body = json.dumps({"__type": code, "message": message}).encode()
        return status, {**_JSON, "x-amzn-errortype": code}, body
    inner = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    text = {
        "ec2": f"<Response><Errors>{inner}</Errors><RequestID>1</RequestID></Response>",
        "rest-xml": inner if asked.service == "s3" else f"<ErrorResponse>{inner}</ErrorResponse>",
    }.get(protocol, f"<ErrorResponse>{inner}<RequestId>1</RequestId></ErrorResponse>")
    return status, {"Content-Type": "text/xml"}, text.encode()


_JSON = {"Content-Type": "application/x-amz-json-1.1"}
