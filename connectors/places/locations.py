"""Which files lie at a location that the user configured, wherever that is?

The only module that knows all places. Each cloud's SDK is an extra, and is imported only when a location of
its kind is looked at.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import cast

from connectors.places import local
from connectors.places.located import Located
from recon.errors import InputError
from recon.hostile import shown

_PLACES = {  # scheme → module, extra
    "s3": ("connectors.places.s3", "aws"),
    "az": ("connectors.places.azure_blob", "azure"),
    "abfss": ("connectors.places.azure_blob", "azure"),
    "https": ("connectors.places.azure_blob", "azure"),
    "gs": ("connectors.places.gcs", "gcp"),
    "bigquery": ("connectors.places.bigquery", "gcp"),
}
_MEANT = {
    "s3a": "s3",
    "s3n": "s3",
    "gcs": "gs",
    "azure": "az",
    "abfs": "abfss",
    "wasbs": "az",
    "bq": "bigquery",
}
_SDKS = {"boto3", "botocore", "azure", "google", "requests"}
_SECRET = re.compile(
    r"[?&](?:sig|sv|se|sp|X-Amz-Signature|X-Goog-Signature)=|://[^/@]*:[^/@]*@", re.IGNORECASE
)
_FORMS = "a local path, s3://bucket/prefix/, az://…, gs://bucket/prefix/, bigquery://project.dataset.table"


def list_files(
    location: str,
    spool: Path,
    *,
    known: Mapping[str, str] | None = None,
    tell: Callable[[str], None] | None = None,
    now: datetime | None = None,
) -> list[Located]:
    """The files at `location`, sorted by name; empty when nothing lies there: the caller reports a gap.

    `spool`: where downloads lie, made when needed. Only BigQuery uses the rest: `known`, name → identity as
    of the last look, lets it look at new partitions only; `tell` is shown what a query will read; `now`
    bounds the look-back (default: the clock).
    Raises InputError for a location that can't be right or an SDK that isn't installed, and Unreachable.
    """
    scheme = _scheme(location)
    if scheme is None:
        return local.list_files(location)
    place = _place(scheme)
    if scheme == "bigquery":
        found = place.list_files(location, spool, known=known, tell=tell, now=now)
    else:
        found = place.list_files(location, spool)
    return cast("list[Located]", found)


def estimate(location: str, *, known: Mapping[str, str] | None = None, now: datetime | None = None) -> int:
    """Bytes that one look at a `bigquery://` location and reading what it may find would process, by dry
    runs, which cost nothing; 0 for any other location. Raises as `list_files`."""
    if _scheme(location) != "bigquery":
        return 0
    return cast("int", _place("bigquery").estimate(location, known=known, now=now))


def _scheme(location: str) -> str | None:
    """The scheme of a URL that we read; None for a local path."""
    scheme, mark, rest = location.partition("://")
    if not mark:
        return None
    if _SECRET.search(location):
        raise InputError(
            f"a {shown(scheme, 20)}:// location holds a credential. Take it out of the configuration, replace it, "
            "and give it to the cloud's own chain (docs/places.md)"
        )
    if scheme not in _PLACES:
        meant = f" Did you mean {_MEANT[scheme]}://?" if scheme in _MEANT else ""
        raise InputError(f'location "{shown(location)}" is of no kind that is read.{meant} Allowed: {_FORMS}')
    return scheme if rest else _no_place(location)


def _no_place(location: str) -> str:
    raise InputError(f'location "{shown(location)}" names nothing. Allowed: {_FORMS}')


def _place(scheme: str) -> ModuleType:
    module, extra = _PLACES[scheme]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _SDKS:
            raise
        raise InputError(
            f"{scheme}:// locations need a library that is not installed ({error.name}): "
            f"pip install 'tagrecon[{extra}]'"
        ) from error
