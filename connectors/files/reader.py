"""How does an inventory dump become rows of resources?

The format is told by content: four shapes that the clouds' own commands and kubectl write, else a plain table with
columns provider, account, region, type, id, name, container, tags (JSON) or `tag:<key>`, observed_at.
Every format is one SELECT.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from recon.errors import DeliveryRefused
from recon.frames import one

COLUMNS = ("provider", "account", "region", "type", "id", "name", "container", "tags", "observed_at")
_ALSO = {
    "provider_id": "provider",
    "providername": "provider",
    "x_providerid": "provider",
    "account_id": "account",
    "accountid": "account",
    "subaccountid": "account",
    "project": "account",
    "projectid": "account",
    "project_id": "account",
    "subscription": "account",
    "subscriptionid": "account",
    "regionid": "region",
    "location": "region",
    "resource_type": "type",
    "resourcetype": "type",
    "resourceid": "id",
    "resource_id": "id",
    "arn": "id",
    "resourcename": "name",
    "resource_name": "name",
    "container_id": "container",
    "parent": "container",
    "labels": "tags",
    "observedat": "observed_at",
    "snapshot_at": "observed_at",
}
_MAX_OBJECT = 64 << 20  # DuckDB sets aside twice this for each thread


@dataclass(frozen=True)
class Dump:
    """`relation`: a temp table with COLUMNS as text; `lists_untagged` is False for formats that can't show
    a resource without tags; `shape` names the format."""

    relation: str
    shape: str
    lists_untagged: bool


def open_dump(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> Dump:
    """Read one dump into temp table `name`. Raises `DeliveryRefused` with the reason."""
    try:
        select, shape = _select(con, path)
        con.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {select}')
    except duckdb.Error as error:
        raise DeliveryRefused(
            str(path), f"can't be read as an inventory dump: {str(error).splitlines()[0][:200]}"
        ) from error
    return Dump(f'"{name}"', shape, shape != "aws_tagging")


def _select(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, str]:
    quoted = "'" + str(path).replace("'", "''") + "'"
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if head[:4] == b"PAR1":
        return _table(con, path, f"read_parquet({quoted})"), "table"
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise DeliveryRefused(str(path), "is empty")
    if text[0] in "{[":
        return _json(con, path, quoted, text)
    return _table(
        con, path, f"read_csv({quoted}, header = true, all_varchar = true, delim = ',', quote = '\"')"
    ), "table"


def _json(con: duckdb.DuckDBPyConnection, path: Path, quoted: str, text: str) -> tuple[str, str]:
    layout = (
        "array"
        if text[0] == "["
        else "newline_delimited"
        if _one_object(text.splitlines()[0])
        else "unstructured"
    )
    largest = (
        path.stat().st_size + 1 if layout == "unstructured" else min(path.stat().st_size + 1, _MAX_OBJECT)
    )
    docs = f"(SELECT json AS doc FROM read_json_objects({quoted}, format = '{layout}', maximum_object_size = {largest}))"
    row = one(con, f"SELECT doc FROM {docs} LIMIT 1")
    if row is None:
        return "SELECT " + ", ".join(f"NULL::VARCHAR AS {c}" for c in COLUMNS) + " WHERE false", "table"
    shape = _shape(json.loads(row[0]))
    if shape == "table":
        fields = f"(SELECT unnest(json_keys(doc)) AS k FROM {docs})"
        keys = [r[0] for r in con.execute(f"SELECT DISTINCT k FROM {fields} ORDER BY k").fetchall()]
        picked = ", ".join(
            f'doc ->> \'$."{_escaped(k)}"\' AS "{k.replace(chr(34), chr(34) * 2)}"' for k in keys
        )
        return _table(con, path, f"(SELECT {picked} FROM {docs})"), shape
    select = (files("connectors.files") / f"{shape}.sql").read_text(encoding="utf-8").replace("{docs}", docs)
    return (select.replace("{name}", _cluster(path)) if shape == "kubernetes_list" else select), shape


def _cluster(path: Path) -> str:
    """The cluster of a dump by kubectl, which does not name it, as SQL: the file's name up to its first dot, without
    a day. A copy of what lies in a bucket has no name that means anything."""
    name = re.sub(r"[-_]?(?<!\d)20\d{2}-\d{2}-\d{2}(T\d{6}Z)?", "", path.name.partition(".")[0]).strip("-_")
    if not name or re.fullmatch(r"[0-9a-f]{64}", name):
        reason = "does not say which cluster it is of: name the file after it (prod.json)"
        return f"error('{reason}, or set metadata.annotations.\"tagrecon/cluster\" in it')"
    return "'" + name.replace("'", "''") + "'"


def _shape(first: object) -> str:
    if not isinstance(first, dict):
        return "table"
    data = first.get("data")
    if isinstance(first.get("items", []), list) and str(first.get("kind", "")).endswith("List"):
        return "kubernetes_list"
    if "ResourceTagMappingList" in first or (isinstance(data, dict) and "ResourceTagMappingList" in data):
        return "aws_tagging"
    results = (
        first.get("results") or (first.get("body") or {}).get("results")
        if isinstance(first.get("body", {}), dict)
        else None
    )
    sample = results[0] if isinstance(results, list) and results else first
    if str(sample.get("name", "")).startswith("//") and ({"assetType", "asset_type"} & sample.keys()):
        return "gcp_assets"
    graph = isinstance(data, list) or (isinstance(data, dict) and {"columns", "rows"} <= data.keys())
    if graph or (
        "subscriptionId" in first and str(first.get("id", "")).lower().startswith("/subscriptions/")
    ):
        return "azure_graph"
    return "table"


def _table(con: duckdb.DuckDBPyConnection, path: Path, relation: str) -> str:
    """The SELECT over a plain table: its columns by any of their usual names, tags from JSON or `tag:` columns."""
    described = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    own: dict[str, tuple[str, str]] = {}
    tag_columns: list[tuple[str, str]] = []
    for column, sql_type, *_ in described:
        folded = re.sub(r"\s+", "_", column.strip().lower())
        if folded.startswith(("tag:", "label:")):
            tag_columns.append((column.split(":", 1)[1].strip(), column))
        elif (name := folded if folded in COLUMNS else _ALSO.get(folded)) and name not in own:
            own[name] = (column, sql_type)
    missing = [c for c in ("provider", "account", "id") if c not in own]
    if missing:
        raise DeliveryRefused(
            str(path),
            f"is no inventory dump: column {', '.join(missing)} not found. Expected {', '.join(COLUMNS)} "
            "(tags as JSON, or one column `tag:<key>` per tag), or a dump of the AWS tagging API, Azure Resource "
            "Graph, Cloud Asset Inventory or kubectl",
        )
    selected = [_column(name, own.get(name), tag_columns) for name in COLUMNS]
    return f"SELECT {', '.join(selected)} FROM {relation}"


def _column(name: str, found: tuple[str, str] | None, tag_columns: list[tuple[str, str]]) -> str:
    if name == "tags" and found is None and tag_columns:
        pairs = ", ".join(
            f"'{k.replace(chr(39), chr(39) * 2)}', nullif({_ident(c)}, '')" for k, c in tag_columns
        )
        return f"json_object({pairs})::VARCHAR AS tags"
    if found is None:
        return f"NULL::VARCHAR AS {name}"
    column, sql_type = found
    nested = name == "tags" and not sql_type.upper().startswith(("VARCHAR", "JSON"))
    value = f"to_json({_ident(column)})::VARCHAR" if nested else f"{_ident(column)}::VARCHAR"
    return f"{value if name == 'tags' else f'nullif(trim({value}), {chr(39) * 2})'} AS {name}"


def _ident(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _escaped(key: str) -> str:
    return key.replace("'", "''").replace('"', '\\"')


def _one_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
