"""How do other tools get what the store knows? Stable views as CSV or Parquet, our files as JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from recon.allocation import allocation_schema
from recon.config import config_schema
from recon.errors import InputError, Where
from recon.registry import registry_schema
from recon.yaml_file import not_allowed
from reports.csv_tables import write_csv
from reports.questions import STABLE_VIEWS, Store
from reports.schema import summary_schema


def open_store(path: Path) -> Store:
    """The published store, read-only. InputError where there is none, or it is no store."""
    if not path.is_file():
        raise InputError(
            "no store here yet; make one with tagrecon run, or name another (--store)", Where(path)
        )
    try:
        store = Store(path)
        store.columns("runs")
    except duckdb.Error as error:
        first = str(error).splitlines()[0][:200]
        message = (
            f"is no store of this tagrecon ({first}); name another (--store), or make one with tagrecon run"
        )
        raise InputError(message, Where(path)) from None
    return store


def write_views(store: Path, kind: str, views: Sequence[str], folder: Path) -> list[Path]:
    """One file per view, `<view>.<kind>`, in a fixed order of rows; the paths written.

    `kind` is csv or parquet, `views` names of docs/store.md, or `all`. InputError for an unknown one.
    """
    for view in views:
        if view not in (*STABLE_VIEWS, "all"):
            raise InputError(not_allowed(view, "view", (*STABLE_VIEWS, "all")))
    chosen = STABLE_VIEWS if "all" in views else tuple(dict.fromkeys(views))
    with open_store(store) as opened:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(opened, kind, view, folder / f"{view}.{kind}") for view in chosen]


def write_schemas(folder: Path) -> list[Path]:
    """The JSON Schemas of what a user writes and of summary.json; the paths written."""
    schemas = {
        "tagrecon": config_schema(),
        "registry": registry_schema(),
        "allocation": allocation_schema(),
        "summary": summary_schema(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas.items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _write(store: Store, kind: str, view: str, path: Path) -> Path:
    if kind == "parquet":
        return store.copy_parquet(store.select_all(view), path)
    columns, rows = store.stream(store.select_all(view))
    return write_csv(path, columns, rows)
