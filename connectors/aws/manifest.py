"""Which files make up one AWS delivery, and which deliveries replace each other?

Two kinds of manifest, told apart by what is in them, never by their name:

legacy report   `assemblyId`, `reportKeys`, `billingPeriod`. "Create new" deliveries keep one folder an assembly, with
                a copy of the manifest in it; the copy in the period's folder always names the newest assembly.
Data Exports    CUR 2.0 and FOCUS: `dataFiles` or `reportKeys`, `executionId`; the period stands in the path,
                `metadata/BILLING_PERIOD=2026-09/`, or in the data files' paths.

Manifests of generators list columns that their files don't have: only files, period and delivery are believed.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import Any

from connectors.bill.manifest import Manifest

_URI = re.compile(r"^s3[an]?://[^/]*/", re.IGNORECASE)
_PERIOD = re.compile(r"(?:^|/)billing_period=(\d{4})-(\d{1,2})(?:-\d{1,2})?(?:/|$)", re.IGNORECASE)
_YEAR_MONTH = re.compile(r"(?:^|/)year=(\d{4})/month=(\d{1,2})(?:/|$)", re.IGNORECASE)
_DATE_RANGE = re.compile(r"(?:^|/)(\d{4})(\d{2})\d{2}-\d{8}(?:/|$)")
_START = re.compile(r"^(\d{4})-?(\d{2})")
_FILES = ("reportKeys", "dataFiles", "files")
_PATHS = ("s3Uri", "uri", "key", "path", "name", "url")
_DELIVERY = ("assemblyId", "executionId")
_NAME = ("reportName", "exportName")
_WRITTEN = ("lastUpdatedTime", "completedAt", "createdAt", "generatedAt")


def read_manifest(text: str, key: str) -> Manifest | None:
    """The manifest that lies at `key` (its path inside the location); None where `text` is no JSON, or JSON that is
    no AWS manifest. The paths of its files carry neither bucket nor leading slash."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not _is_aws(told, key):
        return None
    files = tuple(dict.fromkeys(_files(told)))
    period = _period(told, key, files)
    if not period:
        return None
    name = _word(told, *_NAME) or _name_in(_word(told, "exportArn")) or _name_of(key)
    return Manifest(
        key=key,
        series="/".join(("aws", _word(told, "account"), _folder(key), name, period)),
        delivery=_word(told, *_DELIVERY),
        files=files,
        written=_word(told, *_WRITTEN),
    )


def _is_aws(told: dict[str, Any], key: str) -> bool:
    """A delivery's id and a list of files; a Data Exports manifest without the id is known by where it lies."""
    listed = any(isinstance(told.get(name), list) for name in _FILES[:2])
    return listed and bool(_word(told, *_DELIVERY) or _word(told, "exportArn") or _PERIOD.search(key))


def _files(told: dict[str, Any]) -> Iterator[str]:
    for name in _FILES:
        listed = told.get(name)
        for item in listed if isinstance(listed, list) else ():
            path = item if isinstance(item, str) else _word(item, *_PATHS) if isinstance(item, dict) else ""
            if path:
                yield _URI.sub("", path).lstrip("/")


def _period(told: dict[str, Any], key: str, files: tuple[str, ...]) -> str:
    """YYYY-MM: what the manifest says, else what the paths say; months are written with and without a zero."""
    said = told.get("billingPeriod")
    start = said.get("start") if isinstance(said, dict) else said
    if isinstance(start, str) and (hit := _START.match(start)):
        return _month(hit)
    for path in (key, *files):
        for pattern in (_PERIOD, _YEAR_MONTH, _DATE_RANGE):
            if hit := pattern.search(path):
                return _month(hit)
    return ""


def _folder(key: str) -> str:
    """Where the report lies, its periods' folders aside: two reports may have one name. A report's own id would tell
    them apart too, but generators draw it anew for every delivery."""
    hit = re.search(r"(?:^|/)(?:\d{8}-\d{8}|metadata)/", key, re.IGNORECASE)
    return key[: hit.start()] if hit else ""


def _month(hit: re.Match[str]) -> str:
    return f"{hit[1]}-{int(hit[2]):02d}"


def _name_in(arn: str) -> str:
    """…:export/daily-4f1c…: an export's own name, and the id that tells exports of one name apart."""
    return arn.rsplit("/", 1)[-1]


def _name_of(key: str) -> str:
    return posixpath.basename(key).removesuffix(".json").removesuffix("-Manifest").removesuffix("-manifest")


def _word(told: dict[str, Any], *names: str) -> str:
    """The first of the names that holds a text or number; blank where none does."""
    found = (told.get(name) for name in names)
    return next(
        (str(v) for v in found if isinstance(v, str | int) and not isinstance(v, bool) and str(v)), ""
    )
