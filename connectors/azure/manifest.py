"""What does the manifest of a Cost Management export say?

An export writes `<root>/<export>/<first day>-<last day>/<run id>/` with its parts and a manifest.json (older ones:
_manifest.json). The daily run of a month-to-date export delivers the month again, and earlier runs may stay beside
it; exports of FOCUS data have the same manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Any

from connectors.bill.manifest import Manifest

# Usage is what ActualCost is called for accounts without commitments
_VIEWS = {"actualcost": "billed", "usage": "billed", "amortizedcost": "effective"}


def read_manifest(text: str, key: str) -> Manifest | None:
    """The manifest that `text`, which lies at `key`, holds; None for any other JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("exportConfig"), dict):
        return None
    blobs = document.get("blobs")
    if not isinstance(blobs, list):
        return None
    config, run = document["exportConfig"], _object(document, "runInfo")
    return Manifest(
        key=key,
        series=_series(config, run, document),
        delivery=_text(run, "runId") or PurePosixPath(key).parent.as_posix(),
        files=tuple(name for blob in blobs if isinstance(blob, dict) and (name := _text(blob, "blobName"))),
        rows=_rows(document, blobs),
        written=_text(run, "submittedTime") or _text(run, "executionTime"),
        view=_VIEWS.get(_text(config, "type").lower()),
    )


def _series(config: Mapping[str, Any], run: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Which export and which time. Where the manifest gives no dates, the folder that is named after them does."""
    start = _text(run, "startDate")[:10]
    time = f"{start} to {_end(run)}" if start else _folder_of_dates(document)
    return " ".join((_text(config, "resourceId") or _text(config, "exportName"), _text(config, "type"), time))


def _end(run: Mapping[str, Any]) -> str:
    """The last day; the month alone where the run went as far as it could. A month-to-date run ends on its own day,
    so that each day's run must compete with the next. A run of chosen days, over by the time that it ran, is another
    thing: were it taken for the newest of the month, it would drop the days that it lacks."""
    last, ran = _day(run, "endDate"), _day(run, "submittedTime") or _day(run, "executionTime")
    if last is None:
        return _text(run, "endDate")[:10]
    over = (
        (last + timedelta(days=1)).month == last.month and ran is not None and last < ran - timedelta(days=1)
    )
    return last.isoformat() if over else last.isoformat()[:7]


def _day(run: Mapping[str, Any], name: str) -> date | None:
    try:
        return date.fromisoformat(_text(run, name)[:10])
    except ValueError:
        return None


def _folder_of_dates(document: Mapping[str, Any]) -> str:
    for blob in document["blobs"]:
        for part in PurePosixPath(_text(blob, "blobName") if isinstance(blob, dict) else "").parts:
            first, dash, last = part.partition("-")
            if dash and len(first) == len(last) == 8 and first.isdecimal() and last.isdecimal():
                return part
    return ""


def _rows(document: Mapping[str, Any], blobs: list[Any]) -> int | None:
    """Rows promised: of the whole, else the sum of the parts where each says it."""
    whole = document.get("dataRowCount")
    if isinstance(whole, int):
        return whole
    counts = [
        c for blob in blobs if isinstance(blob, dict) and isinstance(c := blob.get("dataRowCount"), int)
    ]
    return sum(counts) if counts and len(counts) == len(blobs) else None


def _object(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
