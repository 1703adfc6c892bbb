"""Which code manages the resource, what does it say of its tags, and where does the resource say otherwise?"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from recon.explain.find import Hit
from recon.registry import Registry, in_force
from reports.questions import Row, Store


def managed(
    store: Store, hit: Hit, live: Sequence[Row], in_inventory: bool, registry: Registry, day: dt.date
) -> list[dict[str, Any]]:
    """One per line of code: tool, address, file; `tags`: what it says of the registry's keys, None where it does not
    speak of tags at all; `differs`: keys whose live value is another one. `live`: the resource's tags now, which
    are known only where it is `in_inventory`; `day` decides which key a raw key means."""
    rows = store.ask(
        "SELECT tool, address, file, tags FROM managed_resources WHERE x_ProviderId = ? AND "
        "ResourceId IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL",
        hit.provider_id,
        list(hit.ids),
    )
    rules = in_force(registry, day)

    def known(raw_key: str) -> str | None:
        meant = rules.key_of(hit.provider_id, raw_key)
        return meant.key if meant else None

    found = []
    for row in rows:
        own: dict[str, str] | None = json.loads(row["tags"]) if row["tags"] is not None else None
        said = [{"key": known(k), "raw_key": k, "raw_value": v} for k, v in sorted((own or {}).items())]
        tags = [tag for tag in said if tag["key"] is not None]
        differs = _differs(tags, live) if own is not None and in_inventory else []
        found.append({**row, "tags": tags if own is not None else None, "differs": differs})
    return found


def _differs(tags: Sequence[Row], live: Sequence[Row]) -> list[dict[str, Any]]:
    """Keys of the registry of which code and resource say different things, by raw value; None: nothing."""
    code, now = _values(tags), _values(live)
    return [
        {"key": key, "code": code.get(key), "live": now.get(key)}
        for key in sorted(code.keys() | now.keys())
        if code.get(key) != now.get(key)
    ]


def _values(tags: Sequence[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in tags:
        if tag["key"] is not None:
            found.setdefault(str(tag["key"]), []).append(str(tag["raw_value"]))
    return {key: sorted(values) for key, values in found.items()}
