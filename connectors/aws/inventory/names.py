"""What does an ARN say of a resource: account, region, type and name?

Types are spelled `service:type`, as the reader of tagging-API dumps and the taggability table spell them, whatever
source showed the resource, so that one resource has one type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[a-z0-9]*:.+", re.DOTALL)
_KIND = re.compile(r"([^/:]+)[/:]")
# Services whose ARNs name no type: the resource part is the name alone. Source: AWS Service Authorization Reference.
_ALONE = {"s3": "bucket", "sns": "topic", "sqs": "queue"}
_REGIONAL_WITHOUT_REGION = {"s3"}  # its ARNs name no region, yet a bucket lies in one


@dataclass(frozen=True)
class Arn:
    """The parts of an ARN. `account`, `region`: "" where it names none."""

    text: str
    service: str
    region: str
    account: str
    rest: str

    @property
    def type(self) -> str:
        """`service:type`; the service's own word where the ARN names no type."""
        if (
            self.service == "wafv2"
        ):  # regional/webacl/name/id: the second part is the type, the first its reach
            return f"wafv2:{'/'.join(self.rest.split('/')[:2])}"
        if self.service == "sns" and self.rest.count(":") == 1:
            return "sns:subscription"
        if alone := _ALONE.get(self.service):
            return f"{self.service}:{alone}"
        found = _KIND.match(self.rest.lstrip("/"))
        return f"{self.service}:{found[1] if found else ''}"

    @property
    def name(self) -> str:
        """What stands after the last slash or colon."""
        return re.split(r"[/:]", self.text)[-1]

    @property
    def is_global(self) -> bool:
        """Whether it lies in no region (IAM, CloudFront, Route 53, accounts)."""
        return not self.region and self.service not in _REGIONAL_WITHOUT_REGION

    @property
    def also(self) -> tuple[str, ...]:
        """Other ids by which a bill names it: a bucket by its bare name."""
        return (self.rest,) if self.service == "s3" and "/" not in self.rest else ()


def parse(text: object) -> Arn | None:
    """The parts of an ARN, None for what is none."""
    if not isinstance(text, str) or not _ARN.fullmatch(text):
        return None
    _, _, service, region, account, rest = text.split(":", 5)
    return Arn(text, service, region, account, rest)


def tags_of(raw: object) -> dict[str, str]:
    """Tags as any of AWS's services writes them: a map, or a list of pairs in one of their spellings."""
    if isinstance(raw, Mapping):
        return {str(k): str(v) for k, v in raw.items()}
    if not isinstance(raw, Iterable) or isinstance(raw, str | bytes):
        return {}
    return dict(pair for each in raw if isinstance(each, Mapping) and (pair := _pair(each)) is not None)


def _pair(each: Mapping[str, Any]) -> tuple[str, str] | None:
    folded = {str(k).lower(): v for k, v in each.items()}
    key = folded.get("key", folded.get("tagkey"))
    value = folded.get("value", folded.get("tagvalue"))
    return None if key is None else (str(key), "" if value is None else str(value))
