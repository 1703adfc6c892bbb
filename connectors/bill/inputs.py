"""Which columns of the file does each column of a mapping rest on?

Read from the mapping's own syntax tree, so that no list beside it can go stale.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import duckdb

from recon.errors import OurBug


def outputs_of(
    con: duckdb.DuckDBPyConnection, mapping: str, columns: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Output column → the relation's `columns` that its expression names, directly or through other outputs."""
    row = con.execute("SELECT json_serialize_sql(?)", [mapping]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree["error"]:
        raise OurBug(f"a billing format's mapping does not parse: {tree.get('error_message')}")
    items = {
        item["alias"] or item["column_names"][-1]: item
        for item in tree["statements"][0]["node"]["select_list"]
    }
    known = {c.casefold(): c for c in columns}
    direct = {alias: list(_names(item)) for alias, item in items.items()}
    return {alias: tuple(sorted(_resolved(alias, direct, known, set()))) for alias in items}


def _resolved(
    alias: str, direct: Mapping[str, list[str]], known: Mapping[str, str], seen: set[str]
) -> set[str]:
    found: set[str] = set()
    aliases = {a.casefold(): a for a in direct}
    for name in direct[alias]:
        folded = name.casefold()
        if folded in known:
            found.add(known[folded])
        elif folded in aliases and folded not in seen:
            found |= _resolved(aliases[folded], direct, known, seen | {folded})
    return found


def _names(node: Any) -> Iterator[str]:
    """Every first name of a column reference below `node` (a struct's field comes after the column)."""
    if isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            yield str(node["column_names"][0])
            return
        for child in node.values():
            yield from _names(child)
    elif isinstance(node, list):
        for child in node:
            yield from _names(child)
