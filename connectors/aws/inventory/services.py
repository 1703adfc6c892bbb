"""What do the services themselves list of a region, things that never had a tag among them?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jmespath  # type: ignore[import-untyped]

from connectors.aws.inventory.failures import code
from connectors.aws.inventory.names import tags_of
from connectors.aws.inventory.place import Found, Place
from connectors.aws.inventory.service_table import LINES, Line
from recon.errors import Unreachable
from recon.snapshot.listing import Unseen


def described(place: Place, known: Callable[[str], bool]) -> Iterator[Found | Unseen]:
    """Resources page by page; `known`: whether an ARN was shown already, and needs no more questions. A type that
    can't be listed is Unseen. Raises Unreachable where no type at all could be."""
    failed, answered = None, False
    for line in LINES:
        if not (place.everywhere if line.everywhere else place.regional):
            continue
        if not place.desk.sessions.offered(line.service, place.region) and not line.everywhere:
            continue
        try:
            yield from _items(place, line, known)
            answered = True
        except Unreachable as error:
            failed = error
            region = "" if line.everywhere else place.region
            yield Unseen(
                *("aws", place.account, error.reason, region, line.type, error.kind, error.permission)
            )
    if failed is not None and not answered:
        raise failed


def _items(place: Place, line: Line, known: Callable[[str], bool]) -> Iterator[Found]:
    words = {"partition": place.partition, "region": place.region, "account": place.account}
    unless = jmespath.compile(line.unless.replace("{region}", place.region)) if line.unless else None
    asked: dict[str, Any] = {k: v.format(**words) if isinstance(v, str) else v for k, v in line.asked.items()}
    for page in place.desk.pages(line.service, line.operation, place.region, **asked):
        for item in jmespath.search(line.items, page) or ():
            if unless is not None and unless.search(item):
                continue
            if line.owner and item.get(line.owner, place.account) != place.account:
                continue
            found = jmespath.search(line.id, item)
            if not found:  # an address of EC2-Classic has no allocation, and can't be tagged
                continue
            text = str(found).removesuffix(":*")
            arn = line.arn.replace("{id}", text).replace("{tail}", text.rsplit("/", 1)[-1])
            for word, value in words.items():
                arn = arn.replace(f"{{{word}}}", value) if line.arn != "{id}" else arn
            if known(arn):
                continue
            tags = _detail(place, line, item) if line.detail else _inline(line, item)
            if tags is not None:
                yield Found(arn, tags)


def _inline(line: Line, item: Any) -> dict[str, str]:
    return tags_of(jmespath.search(line.tags, item)) if line.tags else {}


def _detail(place: Place, line: Line, item: Any) -> Mapping[str, str] | None:
    """The item's tags by a question of its own; None where it does not count, or is gone by now."""
    assert line.detail is not None
    parameter, path = line.detail.takes
    asked = {parameter: jmespath.search(path, item)}
    tags: dict[str, str] = {}
    try:
        for page in place.desk.pages(line.service, line.detail.operation, place.region, **asked):
            if line.detail.unless and jmespath.search(line.detail.unless, page):
                return None
            tags |= tags_of(jmespath.search(line.detail.tags, page)) if line.detail.tags else {}
    except Unreachable as error:
        if error.kind == "missing" or _gone(error):
            return None
        raise
    return tags


def _gone(error: Unreachable) -> bool:
    cause = error.__cause__
    gone = ("NoSuchEntity", "ResourceNotFoundException", "NotFoundException")
    return isinstance(cause, Exception) and code(cause) in gone
